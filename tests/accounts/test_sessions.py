"""The browsers in which one is signed in: seen, ended one by one or all at once."""

import re
from datetime import timedelta

import pytest
from build import a_user

from app.accounts import browsers, passwords
from app.accounts.actions import end_all_sessions, end_other_sessions, end_session, start_session
from app.accounts.models import SESSION_IDLE, UserSession
from app.accounts.queries import sessions_of
from app.core.db import db, now, transaction
from app.core.errors import Refused, SignInNeeded

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
EDGE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36 Edg/143.0"
CHROME = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Mobile Safari/537.36"
)
PASSWORD = "four words in a row"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (EDGE, "Edge on Mac"),
        (CHROME, "Chrome on Android"),
        ("curl/8.5", "A browser that does not say its name"),
        ("", "A browser that does not say its name"),
    ],
)
def test_browsers_are_named_as_their_owners_name_them(app, says, words):
    assert browsers.described(says) == words


def test_the_page_lists_them_and_marks_this_one(app, asker, browser):
    page = browser(asker)
    start_session(asker, FIREFOX)
    start_session(asker, SAFARI)
    start_session(a_user(), EDGE)
    text = page.get("/settings/sessions").text
    assert text.count("This browser") == 1
    assert "Firefox on Windows" in text
    assert "Safari on iPhone" in text
    assert "Edge" not in text
    assert text.count("Sign out there") == 2


def test_the_one_that_looks_comes_first_and_what_is_over_is_left_out(app, asker):
    start_session(asker, SAFARI)
    old = start_session(asker, EDGE)
    db.session.query(UserSession).filter_by(browser=EDGE).one().seen_at = now() - SESSION_IDLE - timedelta(1)
    db.session.commit()
    assert old
    start_session(asker, FIREFOX)
    found = sessions_of(asker)
    assert [one.browser for one in found] == ["Firefox on Windows", "Safari on iPhone"]
    assert [one.is_this for one in found] == [True, False]
    assert db.session.query(UserSession).count() == 2  # And its row is gone.


def test_one_can_be_ended(app, asker, browser):
    page, other = browser(asker), browser(asker)
    number = db.session.query(UserSession).order_by(UserSession.id.desc()).first().id
    response = page.post(f"/settings/sessions/{number}/end", follow_redirects=True)
    assert "That browser is signed out." in response.text
    assert "Your account" not in other.get("/").text
    assert page.post(f"/settings/sessions/{number}/end").status_code == 409


def test_nobody_ends_a_session_of_somebody_else(app, asker, helper):
    start_session(helper)
    theirs = db.session.query(UserSession).one().id
    with pytest.raises(Refused):
        end_session(asker, theirs)
    assert db.session.query(UserSession).count() == 1


def test_all_others_can_be_ended_at_once(app, asker, helper, browser):
    start_session(helper)
    browser(asker)
    page = browser(asker)
    response = page.post("/settings/sessions/end-others", follow_redirects=True)
    assert "1 other browser was signed out." in response.text
    assert "Your account, asker" in response.text
    assert db.session.query(UserSession).filter_by(user_id=helper.id).count() == 1


def test_who_is_suspended_may_still_end_them(app, asker):
    asker.suspended_until = now() + timedelta(days=1)
    db.session.commit()
    start_session(asker)
    asker.session_token = None
    assert end_other_sessions(asker) == 1


def test_a_visitor_has_none(app, visitor):
    with pytest.raises(SignInNeeded):
        end_other_sessions(visitor)
    with pytest.raises(SignInNeeded):
        end_session(visitor, 1)


def test_suspending_ends_them_all(app, asker, browser):
    page = browser(asker)
    with transaction():
        assert end_all_sessions(asker) == 1
    assert "Your account" not in page.get("/").text


def test_signing_in_again_in_the_same_browser_leaves_one_session(app, browser):
    a_user(username="rita", password_hash=passwords.hashed(PASSWORD))
    page = browser()
    for _ in range(2):
        page.post("/sign-in", data={"username": "rita", "password": PASSWORD, "csrf_token": token_of(page)})
    assert db.session.query(UserSession).count() == 1
    assert "Your account, rita" in page.get("/").text


def token_of(page):
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get("/").text)
    return found[1] if found else ""
