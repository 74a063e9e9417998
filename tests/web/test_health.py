"""Machines learn whether the site lives and is ready, and what happened, without learning what people typed."""

import json
import logging
import time

import flask_migrate
import pytest
from build import a_question, a_user
from sqlalchemy import text

from app.config import BadSetting, settings
from app.core.db import db
from app.web import health


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


@pytest.fixture
def lines(app, caplog):
    """What the log holds as JSON, a dictionary each."""
    app.config["LOG"] = "json"
    caplog.set_level(logging.INFO, "aftercare")
    formatter = health.Lines()

    def read() -> list[dict[str, object]]:
        return [
            json.loads(formatter.format(record))
            for record in caplog.records
            if record.name.startswith("aftercare")
        ]

    return read


def test_a_request_is_one_line_with_who_what_and_how_long(lines, browser):
    a_question()
    person = a_user()
    browser(person).get("/questions/1", headers={"X-Request-ID": "abc-12345"})
    line = lines()[-1]
    assert line["path"] == "/questions/<int:question_id>"
    assert (line["status"], line["method"], line["user"]) == (301, "GET", person.id)
    assert line["request_id"] == "abc-12345"
    assert line["ms"] >= 0


def test_the_log_holds_neither_queries_nor_secrets_nor_lines_from_outside(lines, browser):
    bad = "x" * 8 + "\\n{forged}"
    browser().get("/search?q=my+private+words", headers={"X-Request-ID": bad})
    browser().post("/sign-in", data={"username": "mira", "password": "hush-hush-hush"})
    browser().get("/nowhere/my-private-words")
    text_of_all = json.dumps(lines())
    for secret in ("private", "hush", "forged", "mira"):
        assert secret not in text_of_all


def test_nothing_is_written_unless_the_settings_ask_for_it(app, browser, caplog):
    caplog.set_level(logging.INFO, "aftercare")
    browser().get("/")
    assert [record for record in caplog.records if record.name == "aftercare.requests"] == []


def test_a_slow_statement_is_named_without_its_values(app, lines, monkeypatch):
    from sqlalchemy import create_engine

    engine = create_engine("sqlite://")
    monkeypatch.setattr(type(db), "engine", engine)
    health._watch_queries(20)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.create_function("sleep", 1, lambda seconds: time.sleep(seconds))
        connection.execute(text("SELECT sleep(:moment), 'fixed'"), {"moment": 0.05})
        connection.execute(text("SELECT 1"))
    slow = [line for line in lines() if line["logger"] == "aftercare.queries"]
    assert len(slow) == 1
    assert slow[0]["ms"] > 20
    assert "0.05" not in json.dumps(slow)


def test_a_setting_of_the_log_that_does_not_exist_stops_the_start(monkeypatch):
    monkeypatch.setenv("AFTERCARE_LOG", "xml")
    with pytest.raises(BadSetting, match="AFTERCARE_LOG must be json"):
        settings(SECRET_KEY="x")
