"""What is written down and counted of each request: who, what, when; no secrets, and no line from outside."""

import contextvars
import json
import logging
import multiprocessing
import re
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from build import a_question, a_user
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError

from app import create_app, settle
from app.config import BadSetting, settings
from app.core import public_version
from app.core.db import db, now
from app.web import log, seeing
from app.worker import nightly

TOKEN = "a token of twenty characters or more"
HOSTILE = [
    "two\nlines",
    "carriage\rreturn",
    "colours \x1b[31m and \x9b31m",
    '","level":"critical","x":"',
    "separators \u2028 \u2029 \x85",
    "turned \u202e around",
    "bell \x07, nothing \x00, gone \x7f",
    "half a pair \ud800",
]


@pytest.fixture
def lines(app, caplog):
    """What the log holds as JSON, a dictionary each."""
    caplog.set_level(logging.INFO, "aftercare")
    listeners = app.extensions["seeing"].listeners
    listeners.append(seeing.write_down)

    def read() -> list[dict[str, object]]:
        return [
            json.loads(log.Lines().format(record))
            for record in caplog.records
            if record.name.startswith("aftercare")
        ]

    yield read
    listeners.remove(seeing.write_down)


def test_a_request_is_one_line_with_who_what_and_how_long(lines, browser):
    a_question()
    person = a_user()
    answer = browser(person).get("/questions/1", headers={"X-Request-ID": "abc-12345"})
    (line,) = lines()
    assert answer.headers["X-Request-Id"] == line["request_id"] == "abc-12345"
    assert (line["endpoint"], line["path"]) == ("forum.read", "/questions/<int:question_id>")
    assert (line["status"], line["method"], line["user"]) == (301, "GET", person.id)
    assert line["ms"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_who_was_refused_and_why_is_seen_in_the_line(lines, browser, asker):
    browser(asker).get("/admin/")
    browser().post("/sign-in", data={"username": "mira", "password": "wrong words"})
    seen = [(line["endpoint"], line["status"], line["user"]) for line in lines()]
    assert seen == [("admin_state.state", 403, asker.id), ("accounts.do_sign_in", 400, None)]


def test_a_kept_page_has_a_line_too(app, lines, browser):
    app.config["KEEP_PAGES"] = True
    app.extensions["kept_pages"].shelf.clear()
    public_version.forget()
    first, second = browser().get("/tags"), browser().get("/tags")
    assert [line["endpoint"] for line in lines()] == ["tags.tags", "kept"]
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_the_log_holds_neither_queries_nor_secrets_nor_addresses(lines, browser):
    place = {"REMOTE_ADDR": "203.0.113.77"}
    browser().get("/search?q=my+private+words", environ_base=place)
    browser().post("/sign-in", data={"username": "mira", "password": "hush-hush-hush"}, environ_base=place)
    browser().get("/nowhere/my-private-words", environ_base=place)
    browser().get("/unsubscribe/private.token", environ_base=place)
    text_of_all = json.dumps(lines())
    for secret in ("private", "hush", "mira", "203.0"):
        assert secret not in text_of_all


@pytest.mark.parametrize(
    "given", ["x" * 8 + "\\n{forged}", "short", "x" * 65, "1234567\x1b[31m", '"},{"a":"b']
)
def test_a_number_from_outside_is_taken_only_if_it_is_plain(lines, browser, given):
    answer = browser().get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-Id"] == lines()[-1]["request_id"] != given
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize("bad", HOSTILE, ids=ascii)
@pytest.mark.parametrize("formatter", [log.Lines(), log.Plain(log.PLAIN)], ids=["json", "plain"])
def test_no_text_from_outside_forges_a_line_or_drives_a_terminal(formatter, bad):
    try:
        raise ValueError(f"an error with {bad}")
    except ValueError:
        error = sys.exc_info()
    record = logging.LogRecord("aftercare", logging.ERROR, "x.py", 1, "said: %s", (bad,), error)
    for name in log.EXTRA:
        setattr(record, name, bad)
    written = formatter.format(record)
    assert not log.UNSAFE.search(written.replace("\n    ", ""))
    if isinstance(formatter, log.Lines):
        line = json.loads(written)
        assert line["level"] == "error"
        assert line["message"] == f"said: {bad}"
        assert all(line[name] == bad for name in log.EXTRA)
    else:
        assert all(each.startswith("    ") for each in written.split("\n")[1:])


def test_an_error_of_the_database_does_not_tell_what_was_typed(app):
    with pytest.raises(StatementError) as error:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE x = :typed"), {"typed": "my secret"})
    assert "my secret" not in str(error.value)


def test_a_slow_statement_is_named_without_its_values(app, lines, monkeypatch):
    engine = create_engine("sqlite://")
    monkeypatch.setattr(type(db), "engine", engine)
    log.watch_queries(20)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.create_function("sleep", 1, lambda seconds: time.sleep(seconds))
        connection.execute(text("SELECT sleep(:moment), 'fixed'"), {"moment": 0.05})
        connection.execute(text("SELECT 1"))
    slow = [line for line in lines() if line["logger"] == "aftercare.queries"]
    assert len(slow) == 1
    assert slow[0]["ms"] > 20
    assert "0.05" not in json.dumps(slow)


def test_the_log_can_be_a_file_a_day_that_is_deleted_in_time(app, tmp_path):
    app.config.update(LOG_FOLDER=tmp_path, LOGS_KEPT=7)
    handler = log.DailyFiles(tmp_path)
    handler.setFormatter(log.Lines())
    handler.emit(logging.LogRecord("aftercare", logging.INFO, "x.py", 1, "half a pair \ud800", (), None))
    handler.close()
    today = tmp_path / f"{now():%Y-%m-%d}.log"
    assert json.loads(today.read_text())["message"].startswith("half a pair")
    for days in (7, 8):
        (tmp_path / f"{now() - timedelta(days=days):%Y-%m-%d}.log").touch()
    (tmp_path / "notes.txt").touch()
    nightly.DUTIES["forget old logs"]()
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AFTERCARE_LOG", "xml", "AFTERCARE_LOG must be json"),
        ("AFTERCARE_METRICS_TOKEN", "short", "20 characters"),
        ("AFTERCARE_REDIS_URL", "http://x", "redis://host"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=words):
        settings(SECRET_KEY="x")


def test_logs_look_the_same_in_every_process_of_a_site(tmp_path):
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from app import create_app; create_app(SECRET_KEY='x').logger.error('one\\ntwo')",
        ],
        env={"AFTERCARE_HOME": str(tmp_path), "AFTERCARE_LOG": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stderr.splitlines()[-1])["message"] == "one\ntwo"


# Metrics


def ask(site, address, headers=None):
    return site.test_client().get(address, headers=headers)


def read_metrics(site):
    answer = ask(site, "/metrics", {"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return answer.text


def test_metrics_are_those_of_all_processes(app, tmp_path):
    site = create_app(
        TESTING=True,
        SECRET_KEY="test",
        HOME=tmp_path,
        METRICS_TOKEN=TOKEN,
        SQLALCHEMY_DATABASE_URI=app.config["SQLALCHEMY_DATABASE_URI"],
    )
    try:
        ask(site, "/healthz")
        other = multiprocessing.get_context("fork").Process(target=ask, args=(site, "/healthz"))
        other.start()
        other.join()
        site.test_client().open("/healthz", method="BREW")
        written = contextvars.Context().run(read_metrics, site)
        with site.app_context():
            db.engine.dispose()
    finally:
        settle(app)
    assert 'aftercare_requests_total{endpoint="health.lives",method="GET",status="200"} 2.0' in written
    assert 'aftercare_request_seconds_count{endpoint="health.lives"} 2.0' in written
    assert 'method="other",status="405"} 1.0' in written  # Made-up methods make no rows of their own.
    for name in ("jobs_given_up", "mail_waiting", "index_changes_waiting", "sessions", "disk_free_bytes"):
        assert re.search(rf"^aftercare_{name} [\d.e+]+$", written, re.MULTILINE), name


@pytest.mark.parametrize("given", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ", "Bearer ü"])
def test_without_the_token_there_is_nothing_at_the_address(app, browser, given):
    app.config["METRICS_TOKEN"] = TOKEN
    assert browser().get("/metrics", headers={"Authorization": given}).status_code == 404
    app.config["METRICS_TOKEN"] = ""
    assert browser().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
