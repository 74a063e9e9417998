"""Forgotten passwords: a letter with a link that works once and not for long."""

import re
from datetime import timedelta

import pytest
from build import a_user, letters_to

from app.accounts import passwords
from app.accounts.actions import (
    request_password_reset,
    reset_password,
    send_reset_link,
    sign_in,
    start_session,
)
from app.accounts.models import AccountLink, UserSession
from app.core.db import db, now
from app.core.errors import Gone, Invalid, TooMany
from app.jobs import queue
from app.jobs.models import Job

OLD, NEW = "four words in a row", "five other words for me"
HASH = passwords.hashed(OLD)
SITE = "https://help.example"


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


def ask(visitor, name="rita"):
    """Ask for a link, and let the worker find out whether there is an account."""
    request_password_reset(visitor, name, site_url=SITE)
    while db.session.query(Job).filter_by(kind="reset-password", finished_at=None).count():
        queue.work_one()


def token_to(address="rita@example.com"):
    link = r"https://help\.example/reset-password\?token=(\S+)"
    return re.search(link, letters_to(address)[-1]["text"])[1]


@pytest.mark.parametrize("name", ["rita", " RITA ", "Rita@example.com"])
def test_the_link_sets_a_new_password_and_ends_every_session(app, rita, visitor, name):
    start_session(rita)
    ask(visitor, name)
    token = token_to()
    reset_password(visitor, token, NEW)
    assert db.session.query(UserSession).count() == 0
    assert sign_in("rita", OLD) is None
    assert sign_in("rita", NEW).id == rita.id
    assert rita.is_email_verified
    assert "Your password was changed" in letters_to("rita@example.com")[-1]["subject"]


def test_a_link_works_once_and_makes_the_others_worthless(app, rita, visitor):
    ask(visitor)
    first = token_to()
    ask(visitor)
    second = token_to()
    reset_password(visitor, second, NEW)
    for token in (first, second, "made up", ""):
        with pytest.raises(Gone, match="ask for a new one"):
            reset_password(visitor, token, "and yet another one")
    assert sign_in("rita", NEW) is not None


def test_a_link_is_good_for_one_hour(app, rita, visitor):
    ask(visitor)
    token = token_to()
    link = db.session.query(AccountLink).one()
    assert timedelta(minutes=59) < link.expires_at - now() <= timedelta(hours=1)
    link.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(Gone):
        reset_password(visitor, token, NEW)


def test_only_the_hash_of_the_token_is_kept(app, rita, visitor):
    ask(visitor)
    token = token_to()
    link = db.session.query(AccountLink).one()
    assert token not in (link.token_hash, link.email)
    assert len(link.token_hash) == 64


def test_a_bad_new_password_leaves_the_link_good(app, rita, visitor):
    ask(visitor)
    token = token_to()
    with pytest.raises(Invalid):
        reset_password(visitor, token, "short")
    reset_password(visitor, token, NEW)


def test_nobody_learns_which_accounts_there_are(app, rita, browser):
    def answer(name):
        text = browser().post("/forgot-password", data={"name": name}).text
        return text.replace(name, "NAME")

    a_user(username="without-address", email=None, email_key=None)
    assert answer("rita") == answer("nobody") == answer("rita@example.com") == answer("without-address")
    # Nor by the time it takes: the same rows are written, and the worker does the rest.
    assert db.session.query(Job).count() == 4
    assert db.session.query(AccountLink).count() == 0
    while queue.work_one():
        pass
    assert db.session.query(AccountLink).count() == 2


def test_a_second_attempt_at_the_job_sends_no_second_letter(app, rita, visitor):
    request_password_reset(visitor, "rita", site_url=SITE)
    work = queue.claim()
    send_reset_link(work)
    send_reset_link(work)
    assert len(letters_to("rita@example.com")) == 1
    assert db.session.query(AccountLink).count() == 1


def test_letters_are_limited_for_each_address_whether_it_is_known_or_not(app, rita, visitor):
    for name in ("rita", "nobody"):
        for _ in range(4):
            request_password_reset(visitor, name, site_url=SITE)
        with pytest.raises(TooMany, match=r"4 times in 60 minutes. Please try again in 60 minutes"):
            request_password_reset(visitor, name, site_url=SITE)


def test_the_address_of_the_site_is_as_set_and_not_as_a_request_claims(app, rita, browser):
    browser().post("/forgot-password", data={"name": "rita"}, headers={"Host": "evil.example"})
    queue.work_one()
    [letter] = letters_to("rita@example.com")
    assert "evil" not in letter["text"]
    assert app.config["URL"] + "/reset-password?token=" in letter["text"]


# The pages


def test_the_way_from_the_sign_in_form_to_a_new_password(app, rita, browser):
    page = browser()
    assert 'href="/forgot-password"' in page.get("/sign-in").text
    assert "Please give your username" in page.post("/forgot-password", data={"name": " "}).text
    page.post("/forgot-password", data={"name": "rita"})
    queue.work_one()
    token = re.search(r"token=(\S+)", letters_to("rita@example.com")[0]["text"])[1]
    response = page.get(f"/reset-password?token={token}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "For rita." in response.text
    bad = page.post("/reset-password", data={"token": token, "new_password": "short"})
    assert bad.status_code == 400
    assert "at least 8 characters" in bad.text
    good = page.post("/reset-password", data={"token": token, "new_password": NEW}, follow_redirects=True)
    assert "Your new password is set" in good.text
    assert sign_in("rita", NEW) is not None
    again = page.get(f"/reset-password?token={token}")
    assert again.status_code == 404
    assert "Send me a new link" in again.text
