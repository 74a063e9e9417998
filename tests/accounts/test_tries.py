"""Trying passwords: so often and no more, for each account and from each place, and never a word about which exist."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from build import a_user

from app import limits
from app.accounts import passwords
from app.accounts.actions import (
    change_password,
    delete_account,
    send_confirmation,
    sign_in,
    sign_up,
    start_session,
)
from app.accounts.models import SESSION_IDLE, AccountLink, UserSession
from app.core.db import db, now
from app.core.errors import Invalid, TooMany
from app.limits import Limit, Per, table
from app.limits.models import Attempt
from app.web.limiting import origin
from app.worker import nightly

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)
LIMIT = Limit("test", "Tests", 3, timedelta(minutes=15), Per.NAME)


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


@pytest.fixture
def quick(monkeypatch):
    """Checking a password takes a while on purpose; here it only matters whether it is checked."""
    monkeypatch.setattr(
        passwords, "fits", lambda password, password_hash: password_hash is not None and password == PASSWORD
    )


def grow_older(by):
    for one in db.session.query(Attempt):
        one.tried_at -= by
    db.session.commit()


@pytest.mark.parametrize("name", ["rita", "nobody", "rita@example.com"])
def test_after_ten_wrong_passwords_even_the_right_one_has_to_wait(app, rita, quick, name):
    for _ in range(10):
        assert sign_in(name, "wrong words") is None
    with pytest.raises(TooMany) as refusal:
        sign_in(name, PASSWORD)
    assert "possible 10 times in 15 minutes. Please try again in 15 minutes." in str(refusal.value)
    assert 890 < refusal.value.seconds <= 900
    grow_older(timedelta(minutes=14, seconds=30))
    with pytest.raises(TooMany, match=r"again in (29|30) seconds"):
        sign_in(name, PASSWORD)
    grow_older(timedelta(seconds=31))
    assert (sign_in(name, PASSWORD) is None) == (name == "nobody")


def test_waiting_helps_for_tries_during_the_wait_do_not_count(app, rita, quick):
    for _ in range(10):
        sign_in("rita", "wrong words")
    for _ in range(5):
        with pytest.raises(TooMany):
            sign_in("rita", "wrong words")
    assert db.session.query(Attempt).count() == 10


def test_others_are_not_held_up(app, rita, quick):
    a_user(username="sam", password_hash=HASH)
    for _ in range(10):
        sign_in("rita", "wrong words", origin="one place")
    assert sign_in("sam", PASSWORD, origin="one place") is not None


def test_one_place_cannot_try_many_names(app, rita, quick, monkeypatch):
    monkeypatch.setattr(table, "SIGN_IN_FROM", LIMIT)
    for number in range(3):
        sign_in(f"name-{number}", "wrong words", origin="one place")
    with pytest.raises(TooMany, match="3 times"):
        sign_in("rita", PASSWORD, origin="one place")
    assert sign_in("rita", PASSWORD, origin="another place") is not None


def test_signing_in_forgets_the_wrong_tries_before_it(app, rita, quick):
    for _ in range(2):
        for _ in range(9):
            sign_in("rita", "wrong words")
        assert sign_in("rita", PASSWORD) is not None
    assert db.session.query(Attempt).count() == 0


def test_who_is_signed_in_cannot_try_passwords_without_end_either(app, rita, quick):
    for _ in range(5):
        with pytest.raises(Invalid):
            change_password(rita, "wrong words", "five other words for me")
        with pytest.raises(Invalid):
            delete_account(rita, "wrong words")
    with pytest.raises(TooMany):
        delete_account(rita, PASSWORD)


def test_accounts_are_not_opened_by_the_dozen(app, visitor, monkeypatch):
    monkeypatch.setattr(passwords, "hashed", lambda password: "x")
    monkeypatch.setattr(table, "SIGN_UP_FROM", LIMIT)
    for number in range(3):
        with pytest.raises(Invalid):  # A mistake does not count.
            sign_up(visitor, "?", "x@example.com", PASSWORD, site_url="x", origin="here")
        sign_up(visitor, f"name-{number}", f"{number}@example.com", PASSWORD, site_url="x", origin="here")
    with pytest.raises(TooMany):
        sign_up(visitor, "one-more", "more@example.com", PASSWORD, site_url="x", origin="here")


def test_nobody_asks_without_end_which_accounts_there_are(app, rita, visitor, monkeypatch):
    monkeypatch.setattr(table, "SIGN_UP_FROM", LIMIT)
    for _ in range(3):
        with pytest.raises(Invalid, match="has this name already"):
            sign_up(visitor, "rita", "x@example.com", PASSWORD, site_url="x", origin="here")
    with pytest.raises(TooMany):
        sign_up(visitor, "rita", "x@example.com", PASSWORD, site_url="x", origin="here")


def test_neither_names_nor_addresses_of_readers_are_kept(app, rita, quick):
    sign_in("my password in the wrong field", "wrong words", origin="192.0.2.7")
    kept = str([(one.kind, one.key_hash) for one in db.session.query(Attempt)])
    assert "my password" not in kept
    assert "192.0.2.7" not in kept


def test_what_is_over_is_forgotten_every_night(app, rita, quick):
    for old, name in ((True, "rita"), (False, "sam")):
        sign_in(name, "wrong words")
        start_session(rita)
        send_confirmation(rita, site_url="https://help.example")
        if old:
            grow_older(timedelta(days=2))
            db.session.query(UserSession).one().seen_at = now() - SESSION_IDLE - timedelta(days=1)
            db.session.query(AccountLink).one().expires_at = now() - timedelta(seconds=1)
            db.session.commit()
    nightly.DUTIES["forget sessions, links and tries that are over"]()
    assert db.session.query(Attempt).filter_by(kind="sign-in-as").count() == 1
    assert db.session.query(AccountLink).count() == 1
    assert db.session.query(UserSession).count() == 1


def test_processes_that_try_at_once_count_together(app):
    def try_once(_number):
        with app.app_context():
            try:
                limits.spend((LIMIT, "rita"))
                return True
            except TooMany:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(try_once, range(12)))
    assert taken.count(True) == 3
    assert db.session.query(Attempt).count() == 3
    assert all(one.tried_at <= now() for one in db.session.query(Attempt))


def test_the_page_says_when_the_limit_ends_and_keeps_what_was_typed(app, rita, quick, browser):
    page = browser()
    kept = {"kept_action": "/ask", "kept_name": "title", "kept_value": "My long title"}
    for _ in range(10):
        assert page.post("/sign-in", data={"username": "rita", "password": "wrong"}).status_code == 400
    response = page.post("/sign-in", data={"username": "rita", "password": PASSWORD, **kept})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "Please try again in 15 minutes" in response.text
    assert 'value="My long title"' in response.text


def test_other_limits_have_a_page_too(app, browser):
    page = browser()
    for _ in range(4):
        page.post("/forgot-password", data={"name": "nobody"})
    response = page.post("/forgot-password", data={"name": "nobody"})
    assert response.status_code == 429
    assert "A little slower, please" in response.text
    assert "Please try again in 60 minutes" in response.text
    assert int(response.headers["Retry-After"]) > 3500


@pytest.mark.parametrize(
    ("one", "other", "are_one_place"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),  # A provider's customer has the whole half.
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "unix:", False),
    ],
)
def test_a_place_is_an_address_or_the_network_of_one_customer(app, one, other, are_one_place):
    def place(address):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return origin()

    assert (place(one) == place(other)) == are_one_place
    assert one not in place(one) or not one
