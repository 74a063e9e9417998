"""Signing in and out, and the sessions behind it."""

import re
from datetime import timedelta

import pytest
from build import a_user

from app.accounts import passwords
from app.accounts.actions import sign_in, sign_out
from app.accounts.models import SESSION_IDLE, SESSION_LIFE, UserSession
from app.core.db import db, now

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def rita(app):
    return a_user(username="Rita", email="rita@example.com", email_key="rita@example.com", password_hash=HASH)


def signed_in(browser, **fields):
    page = browser()
    response = page.post("/sign-in", data={"username": "rita", "password": PASSWORD, **fields})
    return page, response


@pytest.mark.parametrize(
    "name", ["Rita", "rita", "RITA", " rita ", "ｒｉｔａ", "rita@example.com", "Rita@Example.COM"]
)
def test_the_name_or_the_address_will_do_however_written(app, rita, name):
    assert sign_in(name, PASSWORD).id == rita.id


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("rita", "wrong words"),
        ("rita", ""),
        ("rita", PASSWORD + " "),
        ("nobody", PASSWORD),
        ("", ""),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_what_does_not_fit_opens_no_session(app, rita, name, password):
    assert sign_in(name, password) is None
    assert db.session.query(UserSession).count() == 0


def test_an_imported_person_without_a_password_cannot_be_signed_in(app):
    a_user(username="old", password_hash=None)
    assert sign_in("old", "the password of nobody") is None


def test_only_the_hash_of_a_sessions_token_is_kept(app, rita):
    token = sign_in("rita", PASSWORD, "A browser").session_token
    row = db.session.query(UserSession).one()
    assert token not in (row.token_hash, row.browser)
    assert len(row.token_hash) == 64
    assert row.browser == "A browser"


def test_signing_out_makes_the_token_worthless(app, rita):
    token = sign_in("rita", PASSWORD).session_token
    sign_out(token)
    sign_out(token)
    sign_out(None)
    assert db.session.query(UserSession).count() == 0


# The page


def test_the_names_that_screen_readers_rely_on_are_on_the_form(app, browser):
    text = browser().get("/sign-in").text
    for label in ("Username or email", "Password"):
        assert re.search(rf"<label[^>]*>{label}</label>", text)
    assert "Sign in</button>" in text


def test_signing_in_and_out_again(app, rita, browser):
    page, response = signed_in(browser)
    assert response.status_code == 303
    text = page.get("/").text
    assert "Your account, Rita" in text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)[1]
    page.csrf_token = token
    response = page.post("/sign-out", follow_redirects=True)
    assert "Your account" not in response.text
    assert db.session.query(UserSession).count() == 0


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app, rita, browser):
    page, _response = signed_in(browser)
    copy = browser()
    copy.set_cookie("session", page.get_cookie("session").value)
    assert "Your account, Rita" in copy.get("/").text
    page.csrf_token = re.search(r'name="csrf_token" value="([^"]+)"', page.get("/").text)[1]
    page.post("/sign-out")
    assert "Your account" not in copy.get("/").text


def test_unknown_names_and_wrong_passwords_get_the_same_words(app, rita, browser):
    def words(name):
        response = browser().post("/sign-in", data={"username": name, "password": "wrong words"})
        assert response.status_code == 400
        return response.text.replace(f'value="{name}"', "")

    assert words("rita") == words("nobody")
    assert "do not fit together" in words("rita")


def test_a_mistake_keeps_the_name_and_forgets_the_password(app, rita, browser):
    _page, response = signed_in(browser, password="my secret guess", next="/ask")
    assert 'value="rita"' in response.text
    assert "my secret guess" not in response.text
    assert 'name="next" value="/ask"' in response.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app, rita, browser):
    _page, response = signed_in(browser)
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_what_a_session_held_before_signing_in_is_forgotten(app, rita, browser):
    page = browser()
    with page.session_transaction() as session:
        session["planted"] = "by somebody else"
    page.post("/sign-in", data={"username": "rita", "password": PASSWORD})
    with page.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/ask?title=x", "/ask?title=x"),
        ("/questions/1/a-b#answer-2", "/questions/1/a-b#answer-2"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("http://evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("\n//evil.example", "/"),
        (" //evil.example", "/"),
        ("evil.example", "/"),
        ("///evil.example", "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(app, rita, browser, address, expected):
    _page, response = signed_in(browser, next=address)
    assert response.location == expected


def test_a_foreign_next_is_not_even_on_the_form(app, browser):
    for page in ("/sign-in", "/sign-up"):
        assert "evil" not in browser().get(f"{page}?next=//evil.example").text


def test_a_page_for_people_leads_to_the_form_and_back(app, rita, browser):
    response = browser().get("/notifications?after=x")
    assert response.status_code == 302
    assert response.location == "/sign-in?next=/notifications?after%3Dx"
    assert 'name="next" value="/notifications?after=x"' in browser().get(response.location).text


# How long it lasts


def aged(browser, **fields):
    page, _response = signed_in(browser)
    row = db.session.query(UserSession).one()
    for name, value in fields.items():
        setattr(row, name, value)
    db.session.commit()
    return page


def is_signed_in(page):
    return "Your account, Rita" in page.get("/").text


def test_a_session_ends_when_it_was_not_used_for_long(app, rita, browser):
    assert is_signed_in(aged(browser, seen_at=now() - SESSION_IDLE + timedelta(minutes=1)))
    db.session.query(UserSession).delete()
    db.session.commit()
    assert not is_signed_in(aged(browser, seen_at=now() - SESSION_IDLE - timedelta(minutes=1)))


def test_a_session_ends_after_half_a_year_in_any_case(app, rita, browser):
    assert not is_signed_in(aged(browser, created_at=now() - SESSION_LIFE - timedelta(minutes=1)))


def test_using_a_session_keeps_it_alive_noted_once_an_hour(app, rita, browser):
    page = aged(browser, seen_at=now() - timedelta(days=29))
    assert is_signed_in(page)
    seen_at = db.session.query(UserSession).one().seen_at
    assert now() - seen_at < timedelta(minutes=1)
    assert is_signed_in(page)
    assert db.session.query(UserSession).one().seen_at == seen_at


def test_a_person_who_is_gone_is_a_visitor(app, browser):
    page = browser()
    with page.session_transaction() as session:
        session["_user_id"] = "a token that nobody has"
    assert page.get("/").status_code == 200
    assert page.get("/notifications").status_code == 302
