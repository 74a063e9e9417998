"""What is done once a night, each duty on its own."""

import pytest

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
