"""Machines learn whether the site lives and is ready, and what happened, without learning what people typed."""

import flask_migrate
import pytest
from sqlalchemy import text

from app.core.db import db


@pytest.fixture
def stamped(app):
    flask_migrate.stamp()
    yield
    db.session.rollback()
    db.session.execute(text("DROP TABLE IF EXISTS alembic_version"))
    db.session.commit()


def test_it_lives(browser):
    answer = browser().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_ready_when_the_tables_are_as_the_program_wants_them(stamped, browser):
    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "missing": []})


def test_it_is_not_ready_with_old_tables_and_says_what_to_do(stamped, browser):
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    answer = browser().get("/readyz")
    assert answer.status_code == 503
    assert "flask db upgrade" in answer.json["missing"][0]


def test_it_is_not_ready_without_tables(app, browser):
    assert browser().get("/readyz").status_code == 503
    assert browser().get("/healthz").status_code == 200
