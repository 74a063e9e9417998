"""Addresses: confirmed by a link, changed only when the new one is confirmed."""

import re
from datetime import timedelta

import pytest
from build import a_user, letters_to

from app.accounts import passwords
from app.accounts.actions import (
    change_email,
    confirm_email,
    request_password_reset,
    reset_password,
    send_confirmation,
    sign_up,
)
from app.accounts.models import AccountLink
from app.core.db import db, now
from app.core.errors import Gone, Invalid, NotAllowed, Refused, SignInNeeded, TooMany
from app.jobs import queue

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)
SITE = "https://help.example"
NEW = "rita.new@example.com"


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


def token_to(address):
    return re.search(r"https://help\.example/confirm-email\?token=(\S+)", letters_to(address)[-1]["text"])[1]


def test_who_signs_up_gets_a_letter_and_confirms_the_address_with_its_link(app, visitor):
    user = sign_up(visitor, "rita", "rita@example.com", PASSWORD, site_url=SITE)
    assert not user.is_email_verified
    token = token_to("rita@example.com")
    confirm_email(visitor, token)
    assert user.is_email_verified
    with pytest.raises(Gone):
        confirm_email(visitor, token)


def test_an_account_that_could_not_be_opened_sends_no_letter(app, rita, visitor):
    with pytest.raises(Invalid):
        sign_up(visitor, "other", "rita@example.com", PASSWORD, site_url=SITE)
    assert letters_to("rita@example.com") == []


def test_the_letter_can_be_asked_for_again_a_few_times(app, rita):
    for _ in range(4):
        send_confirmation(rita, site_url=SITE)
    with pytest.raises(TooMany):
        send_confirmation(rita, site_url=SITE)
    confirm_email(rita, token_to("rita@example.com"))
    with pytest.raises(Refused, match="confirmed already"):
        send_confirmation(rita, site_url=SITE)


def test_a_link_is_good_for_a_day(app, rita):
    send_confirmation(rita, site_url=SITE)
    db.session.query(AccountLink).one().expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(Gone):
        confirm_email(rita, token_to("rita@example.com"))


def test_a_link_is_good_for_its_purpose_only(app, rita, visitor):
    send_confirmation(rita, site_url=SITE)
    with pytest.raises(Gone):
        reset_password(visitor, token_to("rita@example.com"), "five other words for me")


def test_a_new_address_takes_the_place_of_the_old_one_once_it_is_confirmed(app, rita):
    change_email(rita, PASSWORD, f" {NEW} ", site_url=SITE)
    assert rita.email == "rita@example.com"
    assert letters_to("rita@example.com") == []
    confirm_email(rita, token_to(NEW))
    assert (rita.email, rita.email_key, rita.is_email_verified) == (NEW, NEW, True)
    [told] = letters_to("rita@example.com")
    assert "was changed" in told["subject"]
    assert "r…@example.com" in told["text"]
    assert NEW not in told["text"]


def test_a_link_that_went_to_the_old_address_opens_nothing_any_more(app, rita, visitor):
    request_password_reset(visitor, "rita", site_url=SITE)
    queue.work_one()
    to_old = re.search(r"reset-password\?token=(\S+)", letters_to("rita@example.com")[-1]["text"])[1]
    change_email(rita, PASSWORD, NEW, site_url=SITE)
    confirm_email(visitor, token_to(NEW))
    with pytest.raises(Gone):
        reset_password(visitor, to_old, "five other words for me")


def test_the_last_of_several_wishes_counts(app, rita):
    change_email(rita, PASSWORD, "first@example.com", site_url=SITE)
    first = token_to("first@example.com")
    change_email(rita, PASSWORD, NEW, site_url=SITE)
    with pytest.raises(Gone):
        confirm_email(rita, first)
    confirm_email(rita, token_to(NEW))
    assert rita.email == NEW


@pytest.mark.parametrize(
    ("password", "email", "field"),
    [
        ("wrong words", NEW, "password"),
        (PASSWORD, "no address", "email"),
        (PASSWORD, "RITA@example.com", "email"),
        (PASSWORD, "Sam@Example.com", "email"),
    ],
)
def test_mistakes_change_nothing(app, rita, password, email, field):
    a_user(username="sam")
    with pytest.raises(Invalid) as refusal:
        change_email(rita, password, email, site_url=SITE)
    assert refusal.value.field == field
    assert db.session.query(AccountLink).count() == 0


def test_an_address_that_somebody_took_meanwhile_is_not_taken_twice(app, rita, visitor):
    change_email(rita, PASSWORD, NEW, site_url=SITE)
    a_user(username="sam", email=NEW, email_key=NEW)
    with pytest.raises(Refused, match="another account"):
        confirm_email(rita, token_to(NEW))
    assert rita.email == "rita@example.com"


def test_who_is_signed_out_or_suspended_changes_no_address(app, rita, visitor):
    with pytest.raises(SignInNeeded):
        change_email(visitor, PASSWORD, NEW, site_url=SITE)
    with pytest.raises(SignInNeeded):
        send_confirmation(visitor, site_url=SITE)
    rita.suspended_until = now() + timedelta(days=1)
    db.session.commit()
    with pytest.raises(NotAllowed, match="suspended"):
        change_email(rita, PASSWORD, NEW, site_url=SITE)


# The pages


def test_opening_the_link_changes_nothing_until_the_button_is_pressed(app, rita, browser):
    page = browser(rita)
    text = page.get("/settings/account").text
    assert "Not confirmed yet" in text
    page.post("/settings/email/confirmation")
    token = re.search(r"token=(\S+)", letters_to("rita@example.com")[0]["text"])[1]
    response = page.get(f"/confirm-email?token={token}")
    assert "Yes, this is my address" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert not rita.is_email_verified
    response = page.post("/confirm-email", data={"token": token}, follow_redirects=True)
    assert "rita@example.com is confirmed" in response.text
    assert "Not confirmed yet" not in response.text
    assert page.get(f"/confirm-email?token={token}").status_code == 404
    assert page.post("/confirm-email", data={"token": token}).status_code == 404


def test_the_form_keeps_the_address_and_not_the_password(app, rita, browser):
    page = browser(rita)
    response = page.post("/settings/email", data={"email": NEW, "password": "my wrong guess"})
    assert response.status_code == 400
    assert f'value="{NEW}"' in response.text
    assert "my wrong guess" not in response.text
    response = page.post("/settings/email", data={"email": NEW, "password": PASSWORD}, follow_redirects=True)
    assert f"We sent a letter to {NEW}." in response.text
    assert "until then this one stays" in response.text
