"""Told to end, the server drops nobody."""

import os
import signal
import threading
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import flask_migrate
import pytest
from build import a_question
from sqlalchemy import text

from app.core.db import db
from benchmarks.serving import GONE


@pytest.fixture
def stamped(app):
    flask_migrate.stamp()
    yield
    db.session.rollback()
    db.session.execute(text("DROP TABLE IF EXISTS alembic_version"))
    db.session.commit()


def test_a_balancer_hears_of_it_first_and_every_request_is_answered(stamped, serve):
    a_question()
    site = serve("--workers", "2", AFTERCARE_DRAIN="1", AFTERCARE_KEEP_PAGES="0")
    statuses, elsewhere = [], threading.Event()

    def go_on() -> None:
        while not elsewhere.is_set():
            try:
                statuses.append(site.get("/questions")[0])
            except GONE as error:
                statuses.append(error)

    assert site.get("/readyz")[0] == 200
    people = [threading.Thread(target=go_on) for _person in range(4)]
    for person in people:
        person.start()
    while len(statuses) < 8:
        time.sleep(0.01)
    site.web.send(signal.SIGTERM)
    until = time.monotonic() + 10
    while site.get("/readyz")[0] == 200:
        assert time.monotonic() < until
    before = len(statuses)
    while len(statuses) < before + 4:
        time.sleep(0.01)
    elsewhere.set()
    for person in people:
        person.join()
    assert set(statuses) == {200}
    assert site.web.wait() == 0


def ask(site, path: str) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", path, headers={"Connection": "close"})
    return connection


def answer(connection: HTTPConnection) -> int:
    with closing(connection):
        response = connection.getresponse()
        response.read()
        return response.status


def test_who_waits_at_the_door_is_let_in_and_who_is_in_the_middle_finishes(app, serve):
    site = serve("--workers", "1")
    (worker,) = site.workers()
    form = b"username=nobody&password=nothing-that-is-right"
    in_the_middle = HTTPConnection("127.0.0.1", site.port, timeout=20)
    in_the_middle.putrequest("POST", "/sign-in")
    in_the_middle.putheader("Content-Type", "application/x-www-form-urlencoded")
    in_the_middle.putheader("Content-Length", str(len(form)))
    in_the_middle.endheaders(form[:10])
    while site.get("/healthz")[0] != 200:  # Whoever came before this one is in now.
        pass
    os.kill(worker, signal.SIGSTOP)
    at_the_door = [ask(site, "/questions") for _person in range(6)]
    site.web.send(signal.SIGTERM)
    time.sleep(0.2)
    os.kill(worker, signal.SIGCONT)
    assert [answer(each) for each in at_the_door] == [200] * 6
    in_the_middle.send(form[10:])
    assert answer(in_the_middle) == 400
    assert site.web.wait() == 0


def test_clients_that_do_not_close_their_end_keep_nobody_waiting(app, serve):
    site = serve("--workers", "1")
    with ExitStack() as stack:
        for _client in range(15):
            stack.enter_context(closing(ask(site, "/healthz")))
        # One after the other they would be waited for beyond the patience of this one.
        assert site.get("/healthz")[0] == 200
