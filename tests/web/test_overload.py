"""When more people come than can be served, some hear so at once, and the others are served soon."""

import pytest
from build import a_question

from app.web import overload
from app.web.overload import Queue


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return Queue(clock)


def test_a_burst_waits(queue, clock):
    assert not queue.is_too_long(0.0)
    clock.now += 0.9
    assert not queue.is_too_long(0.9)


def test_nobody_waits_for_longer_than_is_worth_it(queue):
    assert queue.is_too_long(overload.PATIENCE + 0.01)


def test_once_nobody_has_found_a_free_thread_for_a_while_waiting_is_short(queue, clock):
    queue.is_too_long(0.0)
    clock.now += overload.BUSY_AFTER + 0.1
    assert queue.is_too_long(overload.PATIENCE_WHEN_BUSY + 0.01)
    assert not queue.is_too_long(overload.PATIENCE_WHEN_BUSY - 0.01)
    assert queue.is_too_long(overload.PATIENCE_WHEN_BUSY + 0.01), "a shorter wait is no free thread"
    assert not queue.is_too_long(overload.AT_ONCE)
    assert not queue.is_too_long(overload.PATIENCE_WHEN_BUSY + 0.01), "a free thread ends it"


def test_what_somebody_wrote_waits_longer_but_not_for_ever(queue, clock):
    clock.now += 60
    assert not queue.is_too_long(overload.PATIENCE_FOR_WORDS - 0.1, written=True)
    assert queue.is_too_long(overload.PATIENCE_FOR_WORDS + 0.1, written=True)


LONG = {overload.WAITED: overload.PATIENCE_FOR_WORDS + 1}


def test_who_waited_too_long_hears_that_the_site_is_busy_and_when_to_come_back(app, browser):
    browser().get("/")  # So that the page of the error need not ask for the settings.
    response = browser().get("/questions", environ_overrides=LONG)
    assert response.status_code == 503
    assert "More people are here" in response.text
    assert "<main" in response.text
    assert overload.COME_BACK[0] <= int(response.headers["Retry-After"]) <= overload.COME_BACK[1]
    assert response.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in response.headers


def test_a_refusal_asks_the_database_nothing(app, browser, asker, statements):
    page = browser(asker)
    page.get("/questions", environ_overrides=LONG)
    before = statements.count
    assert page.get("/questions", environ_overrides=LONG).status_code == 503
    assert statements.count == before


def test_what_was_refused_was_not_done(app, browser, asker):
    from app.core.db import db
    from app.forum.models import Question

    fields = {"title": "The lamp blinks at night", "body": "It blinks.", "looked": "1"}
    assert browser(asker).post("/ask", data=fields, environ_overrides=LONG).status_code == 503
    assert db.session.query(Question).count() == 0


def test_static_files_kept_pages_and_health_are_answered_all_the_same(app, browser):
    app.config["KEEP_PAGES"] = True
    question = a_question()
    address = browser().get(f"/questions/{question.id}").headers["Location"]
    assert browser().get(address).status_code == 200
    for path in (address, "/healthz", "/static/x/css/app.css"):
        assert browser().get(path, environ_overrides=LONG).status_code == 200
