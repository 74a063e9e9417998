"""A second factor that staff must have, and letting somebody in again who is locked out."""

import re

import pyotp
import pytest
from build import a_user, letters_to

from app import site
from app.accounts import codes, factor_queries, factors, passwords
from app.accounts.actions import sign_in, start_session
from app.accounts.models import User, UserSession
from app.core.db import db, now
from app.core.errors import NotAllowed, ProofNeeded, Refused
from app.policy import Role, allow, standing
from app.site.actions import require_second_factor
from app.site.models import SiteChange

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def admin(app):
    return start_session(a_user(username="admin", role=Role.ADMIN, second_factor_at=now()))


@pytest.fixture
def required(app, admin):
    require_second_factor(admin, True)


def test_it_is_off_until_the_environment_or_an_administrator_says_so(app, admin, writer):
    assert standing(writer) == Role.WRITER
    app.config["STAFF_SECOND_FACTOR"] = True
    assert standing(writer) == Role.EXPERT
    require_second_factor(admin, False)
    assert standing(writer) == Role.WRITER
    require_second_factor(admin, True)
    app.config["STAFF_SECOND_FACTOR"] = False
    assert standing(writer) == Role.EXPERT
    assert [one.what for one in db.session.query(SiteChange).order_by(SiteChange.id)] == [
        "Staff need no second factor",
        "Staff need a second factor",
    ]


def test_an_administrator_without_one_cannot_ask_it_of_others(app, moderator):
    admin = start_session(a_user(role=Role.ADMIN))
    with pytest.raises(Refused, match="of your own first"):
        require_second_factor(admin, True)
    with pytest.raises(NotAllowed):
        require_second_factor(start_session(moderator), True)
    admin.session_proved_at = None
    with pytest.raises(ProofNeeded):
        require_second_factor(admin, False)


def test_who_lacks_it_is_told_what_is_missing(app, required, writer):
    with pytest.raises(NotAllowed, match="need a second factor"):
        allow(writer, "promote_answer")
    writer.second_factor_at = now()
    allow(writer, "promote_answer")


def test_staff_without_one_are_led_to_set_one_up_and_are_staff_after_that(app, required, writer, browser):
    page = browser(writer)
    for path in ("/", "/workshop", "/questions"):
        assert page.get(path).location == "/settings/security"
    text = page.get("/settings/security").text
    assert "Staff of this site need a second factor" in text
    assert "/workshop" not in text
    page.post("/settings/security/app")
    secret = codes.unsealed(factor_queries.app_of(writer.id).sealed_secret)
    page.post("/settings/security/app/confirm", data={"one_time_code": pyotp.TOTP(secret).now()})
    assert page.get("/workshop").status_code == 200


def test_what_they_sent_is_shown_to_them_again(app, required, writer, browser):
    response = browser(writer).post("/ask", data={"title": "A title of words", "body": "And a text"})
    assert response.status_code == 403
    assert "need a second factor" in response.text
    assert "A title of words" in response.text


def test_members_are_asked_for_nothing(app, required, asker, expert, browser):
    for person in (asker, expert):
        assert browser(person).get("/questions").status_code == 200


def test_the_page_shows_who_has_none_and_decides(app, admin, writer, browser):
    page = browser(admin)
    text = page.get("/admin/security").text
    assert re.search(r'<a href="/admin/people/writer">writer</a>', text)
    response = page.post("/admin/security/second-factor", data={"required": "1"}, follow_redirects=True)
    assert "Staff need a second factor now." in response.text
    assert site.settings().staff_second_factor is True
    page.post("/admin/security/second-factor", data={"required": "0"})
    assert site.settings().staff_second_factor is False


def test_a_command_lets_somebody_in_again(app):
    rita = start_session(a_user(username="rita", password_hash=HASH))
    factors.set_up_app(rita)
    secret = codes.unsealed(factor_queries.app_of(rita.id).sealed_secret)
    factors.confirm_app(rita, pyotp.TOTP(secret).now())
    result = app.test_cli_runner().invoke(args=["admin", "reset-factors", "Rita"])
    assert result.exit_code == 0
    assert "rita: 1 apps and passkeys and all recovery codes taken away, 1 sessions ended." in result.output
    assert "rita@example.com" in result.output
    db.session.expire_all()
    assert db.session.query(UserSession).count() == 0
    assert isinstance(sign_in("rita", PASSWORD), User)
    assert letters_to("rita@example.com")[-1]["subject"] == "Your second factors were taken away"
    missing = app.test_cli_runner().invoke(args=["admin", "reset-factors", "nobody"])
    assert missing.exit_code == 1
    assert "nobody called nobody" in missing.output
