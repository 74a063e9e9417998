"""What is done once a night, each duty on its own."""

import pytest
from build import an_article, catch_up_search

from app import search
from app.articles.feedback import give_feedback
from app.backup import making
from app.core.db import db, now
from app.jobs import queue
from app.jobs.models import Job
from app.worker import nightly


@pytest.fixture
def done(app, monkeypatch):
    """Two duties; the first fails."""
    notes = []
    monkeypatch.setattr(nightly, "DUTIES", {"fail": lambda: 1 / 0, "note": lambda: notes.append("done")})
    return notes


def at(monkeypatch, hour):
    monkeypatch.setattr(nightly, "now", lambda: now().replace(hour=hour, minute=0))


def test_each_duty_is_asked_for_once_a_night_and_one_that_fails_is_tried_again(done, monkeypatch):
    at(monkeypatch, 1)
    assert nightly.ask() == 0
    at(monkeypatch, 3)
    assert nightly.ask() == 2
    assert nightly.ask() == 0
    while queue.work_one():
        pass
    assert done == ["done"]
    failed = db.session.query(Job).filter(Job.due_at.is_not(None)).one()
    assert (failed.payload, failed.problem) == ({"duty": "fail"}, "division by zero")


def test_every_duty_of_the_house_can_be_done_on_an_empty_site(app):
    for duty in nightly.DUTIES.values():
        duty()


def test_a_backup_is_made_each_night_unless_the_settings_say_otherwise(app):
    app.config["NIGHTLY_BACKUP"] = False
    nightly.back_up()
    assert making.backups(app.config["BACKUPS"]) == []
    app.config["NIGHTLY_BACKUP"] = True
    nightly.back_up()
    assert len(making.backups(app.config["BACKUPS"])) == 1


def test_the_search_learns_at_night_which_guides_helped(app, asker):
    an_article(title="Washing lamps")
    voted_on = an_article(title="Drying lamps")
    catch_up_search()
    give_feedback(asker, voted_on, helped=True)
    assert search.lag() == 0
    nightly.tell_search_of_feedback()
    assert search.lag() == 1
    catch_up_search()
    assert search.find("lamps", audiences=frozenset({"public"})).hits[0].id == voted_on.id
