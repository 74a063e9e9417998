"""Four processes serve one site: each follows within a second what was changed through another."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from build import a_question, a_user, an_article, catch_up_search

from app.core.db import db
from app.forum import actions, live_hub
from app.forum.actions import QuestionText
from app.limits.table import SIGN_IN_AS
from app.policy import Role
from app.site import actions as site_settings
from benchmarks.serving import Site

PROCESSES = 4
A_SECOND = 1.2
"""With the moment that the one who looks once a second needs for its look."""


@pytest.fixture
def four(app, serve):
    running = serve("--workers", str(PROCESSES))
    until = time.monotonic() + 10
    while len(running.workers()) < PROCESSES and time.monotonic() < until:
        time.sleep(0.02)
    assert len(running.workers()) == PROCESSES
    return running


@contextmanager
def only(process: int, of: Site) -> Iterator[None]:
    """Have this process answer, for the others are asleep."""
    others = [number for number in of.workers() if number != process]
    for number in others:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in others:
            os.kill(number, signal.SIGCONT)


def each(site: Site, path: str) -> list[str]:
    """What each process answers, by its number."""
    texts = []
    for process in sorted(site.workers()):
        with only(process, site):
            status, text = site.get(path)
        assert status == 200, text
        texts.append(text)
    return texts


def listening(site: Site, question_id: int) -> socket.socket:
    """A page of a thread that is open."""
    stream = socket.create_connection(("127.0.0.1", site.port), timeout=10)
    stream.sendall(f"GET /questions/{question_id}/live HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    received = b""
    while live_hub.opening(live_hub.RETRY) not in received:
        received += stream.recv(4096)
    return stream


def test_pages_settings_the_index_and_open_pages_of_all_follow_a_change_in_another(four, asker):
    asked = a_question(by=asker, title="The lamp blinks all night")
    catch_up_search()
    address = f"/questions/{asked.id}/the-lamp-blinks-all-night"
    assert all("The lamp blinks all night" in text for text in each(four, address))
    assert all("Glowworm" not in text for text in each(four, "/search?q=glowworm"))
    assert len(set(each(four, "/"))) == 1, "each process keeps the same page"
    administrator = a_user(role=Role.ADMIN)
    with ExitStack() as stack:
        streams = []
        for process in sorted(four.workers()):
            with only(process, four):
                streams.append(stack.enter_context(listening(four, asked.id)))
        time.sleep(live_hub.LOOK_EVERY)  # From the first look on they know what is new.

        text = QuestionText(title="The lamp blinks all day", body="It does, Glowworm and all.")
        actions.edit_question(asker, asked, text)
        site_settings.rename_site(administrator, "Lamps and more")
        catch_up_search()
        time.sleep(A_SECOND)

        for stream in streams:
            stream.setblocking(False)
            assert f"data: {asked.id}" in stream.recv(4096).decode()
    pages = each(four, f"/questions/{asked.id}/the-lamp-blinks-all-day")
    assert all("Glowworm" in text and "Lamps and more" in text for text in pages)
    assert all("The lamp blinks all day" in text for text in each(four, "/search?q=glowworm"))


def test_all_count_the_tries_of_one_limit_together(four, asker):
    statuses = []
    for number in range(SIGN_IN_AS.count + PROCESSES):
        with only(sorted(four.workers())[number % PROCESSES], four):
            statuses.append(four.post("/sign-in", username=asker.username, password="not the password")[0])
    assert statuses.count(429) == PROCESSES
    assert statuses[-PROCESSES:] == [429] * PROCESSES


def test_what_each_has_gathered_of_views_adds_up_when_they_end(four, asker):
    asked, guide = a_question(by=asker, title="The lamp blinks"), an_article(title="Reset the lamp")
    person = {"User-Agent": "Mozilla/5.0 Firefox/140.0"}
    for times, process in enumerate(sorted(four.workers()), start=1):
        with only(process, four):
            for _again in range(times):
                assert four.get(f"/questions/{asked.id}/the-lamp-blinks", **person)[0] == 200
            assert four.get("/articles/reset-the-lamp", **person)[0] == 200
    four.web.send(signal.SIGTERM)
    assert four.web.wait() == 0
    db.session.rollback()
    assert (asked.view_count, guide.view_count) == (1 + 2 + 3 + 4, PROCESSES)
