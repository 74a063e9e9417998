"""A new password."""

import re

import pytest
from build import a_user

from app.accounts import passwords
from app.accounts.actions import change_password, sign_in, start_session
from app.accounts.models import UserSession
from app.core.db import db
from app.core.errors import Invalid, SignInNeeded

OLD, NEW = "four words in a row", "five other words for me"
HASH = passwords.hashed(OLD)


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


def test_the_new_one_fits_and_the_old_one_does_not(app, rita):
    change_password(start_session(rita), OLD, NEW)
    assert sign_in("rita", OLD) is None
    assert sign_in("rita", NEW).id == rita.id


def test_all_other_sessions_end(app, rita):
    for _ in range(2):
        start_session(rita)
    here = start_session(rita).session_token
    change_password(rita, OLD, NEW)
    assert db.session.query(UserSession).count() == 1
    assert rita.session_token == here


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong words", NEW, "current_password"),
        ("", NEW, "current_password"),
        (OLD, "short", "new_password"),
        (OLD, "rita", "new_password"),
    ],
)
def test_mistakes_change_nothing(app, rita, current, new, field):
    start_session(rita)
    before = rita.password_hash
    with pytest.raises(Invalid) as refusal:
        change_password(rita, current, new)
    assert refusal.value.field == field
    assert rita.password_hash == before
    assert db.session.query(UserSession).count() == 1


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        change_password(visitor, OLD, NEW)


def test_the_form_works_and_other_browsers_are_signed_out(app, rita, browser):
    here, elsewhere = browser(rita), browser(rita)
    assert "Your account, rita" in elsewhere.get("/").text
    text = here.get("/settings/account").text
    for label in ("Current password", "New password"):
        assert re.search(rf"<label[^>]*>{label}</label>", text)
    data = {"current_password": OLD, "new_password": NEW}
    response = here.post("/settings/password", data=data, follow_redirects=True)
    assert "Your password is changed" in response.text
    assert "Your account, rita" in here.get("/").text
    assert "Your account, rita" not in elsewhere.get("/").text


def test_a_mistake_shows_its_words_and_no_password(app, rita, browser):
    data = {"current_password": "my wrong guess", "new_password": NEW}
    response = browser(rita).post("/settings/password", data=data)
    assert response.status_code == 400
    assert "not your current password" in response.text
    assert "my wrong guess" not in response.text
    assert NEW not in response.text


def test_the_account_page_asks_visitors_to_sign_in(app, browser):
    assert browser().get("/settings/account").location == "/sign-in?next=/settings/account"
