"""What is kept about people: the page tells it from the settings, addresses are kept short, and time erases."""

import re
from datetime import timedelta

import pytest
from build import a_question, a_user, an_article, letters_to
from sqlalchemy import select
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import create_environ

from app.accounts.actions import delete_account
from app.accounts.holdings import ELSEWHERE
from app.accounts.passwords import hashed
from app.articles.feedback_models import Feedback
from app.config import BadSetting, settings
from app.core.db import Base, db, now, transaction
from app.insights.models import SolvedWhileAsking
from app.jobs import queue
from app.jobs.models import Job
from app.mail import outbox
from app.web import limiting
from app.worker import nightly

PASSWORD = "four words in a row"
ABROAD = {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Firefox/140.0"}
PERSONAL = re.compile(
    r"e_?mail|password|phone|address|(^|_)ip($|_)|browser|agent|place$|visitor|key_hash|name_hash|payload"
)


def test_every_column_that_sounds_personal_has_its_fate(app):
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if PERSONAL.search(column.name) and not column.name.endswith(("_at", "_id"))
    }
    not_of_people = {"post_drafts.place", "searches.key", "jobs.key"}
    assert found - not_of_people <= set(ELSEWHERE)
    there = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    assert set(ELSEWHERE) <= there


def everything_kept() -> str:
    """All rows of all tables, as text."""
    rows = []
    for table in Base.metadata.sorted_tables:
        rows += [f"{table.name} {tuple(row)}" for row in db.session.execute(select(table))]
    return "\n".join(rows)


def test_no_table_ever_holds_the_address_of_a_reader(app, browser, monkeypatch):
    an_article(title="Reset the lamp")
    a_question(by=a_user())
    page = browser()

    def post(address, **data):
        return page.post(address, data=data, environ_base=ABROAD).status_code

    assert post("/articles/reset-the-lamp/feedback", helped="no") == 200
    monkeypatch.setattr("app.accounts.passwords.fits", lambda *_: False)
    for _ in range(11):
        post("/sign-in", username="nobody", password="wrong words")
    post("/forgot-password", name="nobody")
    assert post("/sign-up", username="rita", email="rita@example.com", password=PASSWORD) == 303
    kept = everything_kept()
    assert "203.0.113.0/24" in kept
    assert "203.0.113.77" not in kept


def test_the_page_tells_what_the_settings_say(app, browser):
    app.config.update(SEARCHES_KEPT=33, LIMIT_HITS_KEPT=44, PRIVACY_CONTACT="mailto:data@example.com")
    page = browser().get("/privacy").text
    for words in ("33 days", "44 days", "30 days after the last visit, at most 180 days", "180 days"):
        assert words in page
    assert '<a href="mailto:data@example.com">data@example.com</a>' in page
    assert "Nothing is written unless something breaks" in page
    app.config.update(LOG_FOLDER=app.config["VAR"] / "log", LOGS_KEPT=55)
    assert "55 days" in browser().get("/privacy").text
    assert 'href="/privacy"' in browser().get("/help").text


def test_letters_that_wait_for_somebody_who_left_do_not_leave(app):
    rita, sam = a_user(username="rita", password_hash=hashed(PASSWORD)), a_user(username="sam")
    with transaction():
        for person in (rita, sam):
            outbox.send_later(to=person.email, subject="News", text="…", key=f"news:{person.id}")
    delete_account(rita, PASSWORD)
    assert [letter["subject"] for letter in letters_to("rita@example.com")] == ["Your account is deleted"]
    assert len(letters_to("sam@example.com")) == 1


def test_what_could_never_be_done_is_forgotten_too(app):
    with transaction():
        queue.enqueue("mail", {"to": "rita@example.com"}, key="old")
    db.session.query(Job).update({"died_at": now() - queue.KEPT_FOR - timedelta(days=1), "due_at": None})
    db.session.commit()
    nightly.DUTIES["forget finished jobs"]()
    assert db.session.query(Job).count() == 0


def test_addresses_and_words_of_visitors_are_forgotten_after_the_days_of_the_settings(app):
    app.config.update(FEEDBACK_ADDRESSES_KEPT=10, SEARCHES_KEPT=10)
    guide = an_article()
    for days in (9, 11):
        moment = now() - timedelta(days=days)
        db.session.add(
            Feedback(
                article_id=guide.id,
                edition=1,
                helped=False,
                reason="wrong",
                words=f"{days}",
                email="reader@example.com",
                visitor_key=f"{days}",
                said_at=moment,
            )
        )
        db.session.add(SolvedWhileAsking(title=f"My name is {days}", created_at=moment))
    db.session.commit()
    nightly.DUTIES["forget addresses left with feedback"]()
    nightly.DUTIES["forget old searches"]()
    db.session.expire_all()
    said = db.session.query(Feedback).order_by(Feedback.id)
    assert [(one.words, one.email) for one in said] == [("9", "reader@example.com"), ("11", "")]
    titles = db.session.query(SolvedWhileAsking).order_by(SolvedWhileAsking.id)
    assert [one.title for one in titles] == ["My name is 9", ""]


# Whom to tell of a hole


def test_whom_to_tell_of_a_hole_stands_where_people_look_for_it(app, browser):
    assert browser().get("/.well-known/security.txt").status_code == 404
    app.config["SECURITY_CONTACT"] = "mailto:security@example.com"
    answer = browser().get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:security@example.com"
    assert fields["Canonical"].endswith("/.well-known/security.txt")
    assert fields["Expires"] > f"{now():%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a@example.com", "mailto:a@example.com"),
        ("https://example.com/hole", "https://example.com/hole"),
        ("", ""),
    ],
)
def test_a_contact_is_a_mail_address_or_a_page(monkeypatch, given, kept):
    monkeypatch.setenv("AFTERCARE_SECURITY_CONTACT", given)
    assert settings(SECRET_KEY="x")["SECURITY_CONTACT"] == kept


@pytest.mark.parametrize("given", ["call me", "http://example.com", "a@b\nExpires: never"])
def test_anything_else_stops_the_start(monkeypatch, given):
    monkeypatch.setenv("AFTERCARE_SECURITY_CONTACT", given)
    with pytest.raises(BadSetting, match="AFTERCARE_SECURITY_CONTACT"):
        settings(SECRET_KEY="x")


@pytest.mark.parametrize(("proxies", "place"), [(0, "192.0.2.0/24"), (1, "203.0.113.0/24")])
def test_what_a_reader_claims_of_where_they_come_from_counts_only_behind_a_proxy(app, proxies, place):
    seen = []

    def note(environ, start_response):
        with app.request_context(environ):
            seen.append(limiting.place())
        start_response("200 OK", [])
        return ()

    fixed = ProxyFix(note, x_for=proxies) if proxies else note
    claims = {"HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.9", "REMOTE_ADDR": "192.0.2.9"}
    list(fixed(create_environ(environ_base=claims), lambda *_: None))
    assert seen == [place]
