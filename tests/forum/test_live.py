"""An open page of a thread hears of changes: what is noted, what the stream says, and what it costs the server."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from build import a_comment, a_question, a_user, an_answer

from app.core.db import db, now
from app.forum import actions, live_hub, live_queries
from app.forum.live_hub import Hub, Listener
from app.forum.live_models import ThreadChange

STREAM = "text/event-stream; charset=utf-8"


def changes():
    return [row.question_id for row in db.session.query(ThreadChange).order_by(ThreadChange.id)]


# What is noted


def test_each_deed_in_a_thread_is_noted_with_it_and_not_without_it(app, asker, helper):
    question = a_question(by=asker)
    assert changes() == []
    answer = actions.answer_question(helper, question, "Hold it for ten seconds.")
    for deed in (
        lambda: actions.comment(asker, question, answer, "That works."),
        lambda: actions.vote(asker, answer, 1),
        lambda: actions.mark_affected(helper, question, is_affected=True),
        lambda: actions.accept_answer(asker, answer),
        lambda: actions.edit_answer(helper, answer, "Hold it for twenty seconds."),
        lambda: actions.delete_answer(helper, answer),
    ):
        before = live_queries.last_change(question.id)
        deed()
        assert live_queries.last_change(question.id) > before
    before = live_queries.last_change(question.id)
    with contextlib.suppress(Exception):
        actions.answer_question(helper, question, " ")
    assert live_queries.last_change(question.id) == before
    assert set(changes()) == {question.id}


def test_changes_of_an_hour_ago_are_forgotten_and_their_numbers_are_not_given_again(app):
    question = a_question()
    an_answer(to=question)
    newest = live_queries.last_change(question.id)
    db.session.query(ThreadChange).update({"created_at": now() - timedelta(hours=2)})
    db.session.commit()
    assert live_queries.forget_old_changes() == len({newest})
    assert changes() == []
    an_answer(to=question)
    assert live_queries.last_change(question.id) > newest


# What a request gets where the server keeps its connection


def test_a_stream_says_at_once_what_is_new_and_only_by_number(app, browser):
    question = a_question()
    an_answer(to=question, body="The secret words")
    newest = live_queries.last_change(question.id)
    client = browser()
    first = client.get(f"/questions/{question.id}/live?since=0")
    assert first.content_type == STREAM
    assert first.text == f"retry: 3000\n\nid: {newest}\ndata: {question.id}\n\n"
    assert first.headers["Cache-Control"] == "no-store"
    again = client.get(f"/questions/{question.id}/live?since=0", headers={"Last-Event-ID": str(newest)})
    assert again.text == "retry: 3000\n\n"


@pytest.mark.parametrize("number", ["", "-1", "x", "9" * 40, "٣"])
def test_a_number_that_is_none_is_taken_for_the_beginning(app, browser, number):
    question = a_question()
    an_answer(to=question)
    response = browser().get(f"/questions/{question.id}/live", headers={"Last-Event-ID": number})
    assert "data:" in response.text


def test_who_may_not_open_a_question_hears_nothing_of_it(app, browser, asker, helper, moderator):
    question = a_question(by=asker, hidden_at=now(), hidden_why="Spam")
    for path in ("live", "live/posts"):
        address = f"/questions/{question.id}/{path}"
        assert browser().get(address).status_code == 410
        assert browser(helper).get(address).status_code == 410
        assert browser(asker).get(address).status_code == 200
        assert browser(moderator).get(address).status_code == 200
        assert browser().get(f"/questions/99/{path}").status_code == 404


def test_the_posts_are_those_that_this_reader_may_see(app, browser, asker, helper, moderator):
    question = a_question(by=asker)
    an_answer(to=question, by=helper, body="Hidden words", hidden_at=now(), hidden_why="Rude")
    a_comment(on=an_answer(to=question, body="Shown words"), body="A remark")
    seen = {
        who: browser(person).get(f"/questions/{question.id}/live/posts").text
        for who, person in (("visitor", None), ("asker", asker), ("author", helper), ("staff", moderator))
    }
    for who, text in seen.items():
        assert "Shown words" in text
        assert "A remark" in text
        assert ("Hidden words" in text) == (who in ("author", "staff")), who


def test_the_posts_alone_cost_less_than_the_page(app, browser, statements):
    question = a_question()
    for _ in range(5):
        a_comment(on=an_answer(to=question))
    client, statements.count = browser(), 0
    client.get(f"/questions/{question.id}/{question.slug}")
    whole, statements.count = statements.count, 0
    response = client.get(f"/questions/{question.id}/live/posts")
    assert statements.count < min(whole, 12), statements.seen
    assert 'name="robots" content="noindex"' in response.text
    assert response.text.count('class="post answer"') == 5


def test_the_page_tells_its_script_where_to_listen_and_what_it_shows_already(app, browser):
    question = a_question()
    an_answer(to=question)
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert f'data-live="/questions/{question.id}/live"' in text
    assert f'data-since="{live_queries.last_change(question.id)}"' in text
    assert 'role="status"' in text


# The hub


class Thread:
    """A hub with a database of our own making, and readers who listen to it."""

    def __init__(self):
        self.rows = {}
        self.reads = []
        self.hub = Hub(self.read)
        self.sockets = []

    def read(self, number):
        self.reads.append(number)
        return {key: thread for key, thread in self.rows.items() if number is None or key > number}

    def listen(self, question_id, after=0, sent=0):
        ours, theirs = socket.socketpair()
        ours.settimeout(5)
        self.sockets.append(ours)
        self.hub.listen(theirs, question_id, after=after, sent=sent)
        return ours

    def close(self):
        for each in self.sockets:
            each.close()
        self.hub.stop()


@pytest.fixture
def thread(monkeypatch):
    monkeypatch.setattr(live_hub, "LOOK_EVERY", 0.02)
    made = Thread()
    yield made
    made.close()


def wait_until(holds):
    latest = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < latest
        time.sleep(0.005)


def is_silent(reader):
    reader.settimeout(0.1)
    try:
        return not reader.recv(100)
    except TimeoutError:
        return True


def test_a_change_reaches_those_who_have_the_thread_open_and_nobody_else(thread):
    reader, second, other = thread.listen(1), thread.listen(1), thread.listen(2)
    wait_until(lambda: thread.reads)
    thread.rows[5] = 1
    assert reader.recv(100) == second.recv(100) == b"id: 5\ndata: 1\n\n"
    assert is_silent(other)


def test_what_changed_while_a_reader_was_on_their_way_is_told_and_what_they_know_is_not(thread):
    thread.rows.update({3: 1, 4: 2})
    late, informed = thread.listen(1, after=2), thread.listen(2, after=4)
    assert late.recv(100) == b"id: 3\ndata: 1\n\n"
    assert is_silent(informed)


def test_a_deed_that_began_earlier_and_ended_later_is_not_missed(thread):
    reader = thread.listen(1)
    wait_until(lambda: thread.reads)
    thread.rows[9] = 1
    assert reader.recv(100) == b"id: 9\ndata: 1\n\n"
    thread.rows[8] = 1
    assert reader.recv(100) == b"id: 9\ndata: 1\n\n"


def test_the_database_is_asked_once_for_all_and_not_at_all_for_nobody(thread):
    readers = [thread.listen(1) for _ in range(50)]
    wait_until(lambda: len(thread.reads) >= 3)
    started, asked = time.monotonic(), len(thread.reads)
    time.sleep(0.2)
    assert len(thread.reads) - asked <= (time.monotonic() - started) / live_hub.LOOK_EVERY + 1
    for reader in readers:
        reader.close()
    wait_until(lambda: thread.hub.count == 0)
    asked = len(thread.reads)
    time.sleep(0.1)
    assert len(thread.reads) == asked


def test_a_database_that_is_away_for_a_while_ends_no_stream(thread, monkeypatch, caplog):
    def fail(_number):
        raise OSError("The database is away.")

    reader = thread.listen(1)
    wait_until(lambda: thread.reads)
    monkeypatch.setattr(thread.hub, "_read", fail)
    thread.rows[5] = 1
    assert reader.recv(100) == b"id: 5\ndata: 1\n\n"


def test_a_stream_that_ends_is_exactly_as_long_as_was_said(thread, monkeypatch):
    monkeypatch.setattr(live_hub, "LIVES", (0.05, 0.05))
    reader = thread.listen(1, sent=15)
    received = b""
    while data := reader.recv(10_000):
        received += data
    assert len(received) == live_hub.LENGTH - 15
    assert received.startswith(b":")
    assert received.endswith(b"\n\n")


def test_a_lively_thread_fills_a_stream_and_never_overflows_it(thread):
    reader = thread.listen(1, sent=live_hub.LENGTH - live_hub.LONGEST_EVENT - 20)
    wait_until(lambda: thread.reads)
    thread.rows[2**40] = 1
    received = b""
    while data := reader.recv(10_000):
        received += data
    assert len(received) == live_hub.LONGEST_EVENT + 20
    assert b"id: 1099511627776" in received


def test_an_event_of_the_largest_numbers_has_room():
    assert len(live_hub.event(2**63 - 1, 2**31 - 1)) <= live_hub.LONGEST_EVENT
    assert len(live_hub.filling(3)) == 3


def test_who_does_not_read_is_let_go(thread):
    ours, theirs = socket.socketpair()
    with ours:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        listener = Listener(theirs, 1, 0, 0, time.monotonic())
        while listener.send(b"x" * 1000):
            pass
        theirs.close()


def test_no_more_are_taken_in_than_there_is_room_for(app, browser, monkeypatch):
    question = a_question()
    monkeypatch.setattr(live_hub, "LISTENERS", 0)
    response = browser().get(f"/questions/{question.id}/live")
    assert response.text.startswith(f"retry: {live_hub.RETRY_WHEN_FULL}\n")


# Through a real server


@pytest.fixture
def served(app, tmp_path):
    """The site behind one process with two threads of the server that serves real sites."""
    address = str(app.config["SQLALCHEMY_DATABASE_URI"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    command += ["--worker-class", "gthread", "--no-control-socket", "--log-level", "warning"]
    environment = {**os.environ, "AFTERCARE_HOME": str(tmp_path), "DATABASE_URL": address, "PYTHONPATH": "."}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until_served(port)
            yield SimpleNamespace(port=port, process=process)
        finally:
            process.terminate()
            complaints = process.stderr.read()
            process.wait(20)
    assert "Traceback" not in complaints


def wait_until_served(port):
    """The port is open before the site behind it is put together, which takes a while on a busy machine."""
    latest = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), ask(port, "/products", version="1.0", patience=60) as page:
            if page.recv(100):
                return
        assert time.monotonic() < latest
        time.sleep(0.1)


def ask(port, path, *, version="1.1", patience=20):
    connection = socket.create_connection(("127.0.0.1", port), timeout=patience)
    connection.sendall(f"GET {path} HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
    return connection


def read_until(connection, end):
    received = b""
    while end not in received:
        try:
            data = connection.recv(65_536)
        except TimeoutError:
            data = b""
        assert data, received
        received += data
    return received


def test_a_hundred_open_pages_leave_a_small_server_free_and_all_hear_of_a_change(app, served, asker):
    question, helper = a_question(by=asker), a_user()
    known = live_queries.last_change(question.id)
    with contextlib.ExitStack() as stack:
        # Every fifth stands behind a proxy that speaks as nginx does.
        readers = [
            stack.enter_context(
                ask(
                    served.port,
                    f"/questions/{question.id}/live?since={known}",
                    version="1.1" if number % 5 else "1.0",
                )
            )
            for number in range(100)
        ]
        for reader in readers:
            assert b"text/event-stream" in read_until(reader, b"retry: 3000\n\n")
        started = time.monotonic()
        for _ in range(5):
            with ask(served.port, "/questions", version="1.0") as page:
                assert b"</html>" in read_until(page, b"</html>")
        assert time.monotonic() - started < 5
        actions.answer_question(helper, question, "Hold it for ten seconds.")
        moment = time.monotonic()
        number = live_queries.last_change(question.id)
        for reader in readers:
            assert f"id: {number}\ndata: {question.id}\n\n".encode() in read_until(reader, b"data: ")
        assert time.monotonic() - moment < 4
