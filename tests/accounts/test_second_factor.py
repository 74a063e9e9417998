"""Authenticator apps, recovery codes, and the second step of signing in."""

import html
import re
from datetime import timedelta
from urllib.parse import unquote

import pyotp
import pytest
from build import a_question, a_user, letters_to

from app.accounts import codes, factor_queries, factors, passwords
from app.accounts.actions import (
    change_password,
    end_all_sessions,
    request_password_reset,
    sign_in,
    start_session,
)
from app.accounts.factor_models import STEP_LIFE, AuthenticatorApp, RecoveryCode, SignInStep
from app.accounts.models import User, UserSession
from app.accounts.proof import PROOF_LIFE
from app.accounts.steps import Begun
from app.core.db import db, now, transaction
from app.core.errors import Gone, Invalid, ProofNeeded, Refused, SignInNeeded, TooMany
from app.forum.models import Answer
from app.jobs import queue
from app.jobs.models import Job

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


@pytest.fixture(autouse=True)
def no_half_minute_ends_during_a_test(monkeypatch):
    moment = now()
    monkeypatch.setattr(factors, "now", lambda: moment)


def secret_of(user):
    return codes.unsealed(factor_queries.app_of(user.id).sealed_secret)


def code_of(user, *, steps=0):
    """What the person's app shows now, or so many half minutes later."""
    app = pyotp.TOTP(secret_of(user))
    return app.generate_otp(app.timecode(factors.now()) + steps)


def guarded(user):
    """Set an app up as its owner does; returns the recovery codes. The code that shows now is still good."""
    start_session(user)
    factors.set_up_app(user)
    shown = factors.confirm_app(user, code_of(user, steps=-1))
    with transaction():
        end_all_sessions(user)
    return shown


def fields_of(text, action):
    """The hidden fields of the form that sends to `action`, as a browser would send them."""
    forms = re.findall(r'<form method="post" action="([^"]+)"(.*?)</form>', text, re.DOTALL)
    inside = next(inner for where, inner in forms if where == action)
    fields = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', inside):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def is_signed_in(page):
    return "Your account, rita" in page.get("/").text


# Setting up


def test_an_app_counts_only_after_its_first_code(app, rita):
    start_session(rita)
    factors.set_up_app(rita)
    assert rita.second_factor_at is None
    assert isinstance(sign_in("rita", PASSWORD), User)
    with pytest.raises(Invalid) as refusal:
        factors.confirm_app(rita, "000000" if code_of(rita) != "000000" else "000001")
    assert refusal.value.field == "one_time_code"
    shown = factors.confirm_app(rita, code_of(rita))
    assert len(shown) == len(set(shown)) == 10
    assert rita.second_factor_at is not None
    assert isinstance(sign_in("rita", PASSWORD), Begun)
    assert [letter["subject"] for letter in letters_to("rita@example.com")] == [
        "A new way to show that it is you"
    ]


def test_neither_the_secret_nor_a_recovery_code_can_be_read_in_the_database(app, rita):
    shown = guarded(rita)
    row = db.session.query(AuthenticatorApp).one()
    assert secret_of(rita) not in row.sealed_secret
    stored = {one.code_hash for one in db.session.query(RecoveryCode)}
    assert not {codes.plain(one) for one in shown} & stored
    codes.configure("another key of the site")
    assert codes.unsealed(row.sealed_secret) is None
    codes.configure(app.config["SECRET_KEY"])


def test_an_app_is_set_up_once(app, rita):
    guarded(rita)
    start_session(rita)
    with pytest.raises(Refused, match="already"):
        factors.set_up_app(rita)
    with pytest.raises(Refused, match="No app waits"):
        factors.confirm_app(rita, code_of(rita))


def test_without_the_app_the_recovery_codes_go_too(app, rita):
    guarded(rita)
    start_session(rita)
    factors.remove_app(rita)
    assert rita.second_factor_at is None
    assert db.session.query(RecoveryCode).count() == 0
    assert isinstance(sign_in("rita", PASSWORD), User)
    assert "taken away" in letters_to("rita@example.com")[-1]["subject"]
    with pytest.raises(Refused, match="no app any more"):
        factors.remove_app(rita)
    with pytest.raises(Refused, match="Set one up first"):
        factors.renew_recovery_codes(rita)


@pytest.mark.parametrize(
    "deed", [factors.set_up_app, factors.remove_app, factors.renew_recovery_codes, factors.secret_to_set_up]
)
def test_what_guards_the_account_is_touched_only_by_who_has_just_shown_who_it_is(app, rita, deed):
    start_session(rita)
    factors.set_up_app(rita)
    rita.session_proved_at = now() - PROOF_LIFE
    with pytest.raises(ProofNeeded):
        deed(rita)


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    for deed in (factors.set_up_app, factors.remove_app, factors.renew_recovery_codes):
        with pytest.raises(SignInNeeded):
            deed(visitor)


# Codes


def step_for(user):
    return sign_in(user.username, PASSWORD).token


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_fits_half_a_minute_early_or_late(app, rita, steps):
    guarded(rita)
    db.session.query(AuthenticatorApp).update({"last_step": 0})
    db.session.commit()
    user, _then = factors.finish_sign_in(step_for(rita), code_of(rita, steps=steps))
    assert user.session_token is not None


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_minute_does_not_fit(app, rita, steps):
    guarded(rita)
    with pytest.raises(Invalid):
        factors.finish_sign_in(step_for(rita), code_of(rita, steps=steps))


def test_a_code_works_once_and_none_before_it_works_after_it(app, rita):
    guarded(rita)
    code, earlier = code_of(rita), code_of(rita, steps=-1)
    factors.finish_sign_in(step_for(rita), f" {code[:3]} {code[3:]} ")
    for used in (code, earlier):
        with pytest.raises(Invalid, match="used already"):
            factors.finish_sign_in(step_for(rita), used)
    assert db.session.query(UserSession).count() == 1


def test_a_recovery_code_works_once_however_typed_and_its_use_is_told(app, rita):
    shown = guarded(rita)
    user, _then = factors.finish_sign_in(step_for(rita), shown[0].lower().replace("-", " "))
    assert user.session_token is not None
    with pytest.raises(Invalid):
        factors.finish_sign_in(step_for(rita), shown[0])
    letter = letters_to("rita@example.com")[-1]
    assert letter["subject"] == "A recovery code was used"
    assert "Codes that are left: 9." in letter["text"]


def test_new_recovery_codes_make_the_old_ones_worthless(app, rita):
    old = guarded(rita)
    start_session(rita)
    fresh = factors.renew_recovery_codes(rita)
    assert not set(old) & set(fresh)
    with pytest.raises(Invalid):
        factors.finish_sign_in(step_for(rita), old[0])
    assert factors.finish_sign_in(step_for(rita), fresh[0])[0].id == rita.id


def test_a_code_of_somebody_else_does_not_fit(app, rita):
    other = a_user(username="other", password_hash=HASH)
    guarded(rita)
    theirs = guarded(other)
    with pytest.raises(Invalid):
        factors.finish_sign_in(step_for(rita), theirs[0])


def test_codes_can_be_tried_six_times_however_often_the_sign_in_begins_anew(app, rita):
    guarded(rita)
    for _ in range(6):
        with pytest.raises(Invalid):
            factors.finish_sign_in(step_for(rita), "not a code")
    with pytest.raises(TooMany):
        factors.finish_sign_in(step_for(rita), code_of(rita))


# The step


def test_a_step_grants_nothing_and_is_over_once_it_was_taken(app, rita, browser):
    guarded(rita)
    token = step_for(rita)
    page = browser()
    with page.session_transaction() as session:
        session["_user_id"] = token
    assert not is_signed_in(page)
    factors.finish_sign_in(token, code_of(rita))
    with pytest.raises(Gone):
        factors.finish_sign_in(token, code_of(rita, steps=1))


def test_a_step_ends_after_ten_minutes(app, rita):
    guarded(rita)
    token = step_for(rita)
    db.session.query(SignInStep).update({"expires_at": now() - timedelta(seconds=1)})
    db.session.commit()
    with pytest.raises(Gone):
        factors.finish_sign_in(token, code_of(rita))
    assert timedelta(minutes=10) == STEP_LIFE


def test_a_step_ends_with_all_sessions(app, rita):
    guarded(rita)
    token = step_for(rita)
    change_password(start_session(rita), PASSWORD, "five other words for me")
    with pytest.raises(Gone):
        factors.finish_sign_in(token, code_of(rita))


def test_a_new_password_by_letter_does_not_replace_the_second_step(app, rita, browser, visitor):
    guarded(rita)
    request_password_reset(visitor, "rita", site_url="https://help.example")
    while db.session.query(Job).filter_by(kind="reset-password", finished_at=None).count():
        queue.work_one()
    link = re.search(r"token=(\S+)", letters_to("rita@example.com")[-1]["text"])[1]
    page = browser()
    page.post("/reset-password", data={"token": unquote(link), "new_password": "five other words for me"})
    response = page.post("/sign-in", data={"username": "rita", "password": "five other words for me"})
    assert response.location == "/sign-in/second-step"
    assert not is_signed_in(page)


# The pages


def half_signed_in(browser, **fields):
    page = browser()
    response = page.post("/sign-in", data={"username": "rita", "password": PASSWORD, **fields})
    assert response.location == "/sign-in/second-step"
    return page


def test_signing_in_takes_two_steps_and_leads_to_where_one_wanted(app, rita, browser):
    guarded(rita)
    page = half_signed_in(browser, next="/ask?title=x")
    assert not is_signed_in(page)
    form = page.get("/sign-in/second-step")
    assert form.headers["Cache-Control"] == "no-store"
    assert re.search(r"<label[^>]*>Code</label>", form.text)
    wrong = page.post("/sign-in/second-step", data={"one_time_code": "my guess"})
    assert wrong.status_code == 400
    assert "does not fit" in wrong.text
    assert "my guess" not in wrong.text
    right = page.post("/sign-in/second-step", data={"one_time_code": code_of(rita)})
    assert right.location == "/ask?title=x"
    assert is_signed_in(page)


def test_who_comes_to_the_second_step_without_the_first_begins_at_the_first(app, rita, browser):
    guarded(rita)
    page = browser()
    assert page.get("/sign-in/second-step").location == "/sign-in"
    response = page.post("/sign-in/second-step", data={"one_time_code": code_of(rita)})
    assert response.status_code == 410
    assert "Please begin again" in response.text


def test_what_was_typed_survives_both_steps(app, rita, browser):
    guarded(rita)
    page, address = browser(), f"/questions/{a_question().id}/answers"
    kept = fields_of(page.post(address, data={"body": "Two words"}).text, "/sign-in")
    page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD})
    offered = page.post("/sign-in/second-step", data={"one_time_code": code_of(rita)})
    assert "Look over what you typed" in offered.text
    assert page.post(address, data=fields_of(offered.text, address)).status_code == 303
    assert db.session.query(Answer).one().body == "Two words"


def test_setting_up_shows_picture_and_key_then_the_codes_once(app, rita, browser):
    page = browser(rita)
    assert page.post("/settings/security/app").location == "/settings/security/app"
    text = page.get("/settings/security/app").text
    assert "<svg" in text
    assert "style=" not in text.partition("<main")[2].partition("</main")[0]
    assert codes.in_groups(secret_of(rita)) in text
    wrong = page.post("/settings/security/app/confirm", data={"one_time_code": "1"})
    assert wrong.status_code == 400
    assert codes.in_groups(secret_of(rita)) in wrong.text
    done = page.post("/settings/security/app/confirm", data={"one_time_code": code_of(rita)})
    shown = re.findall(r"<li><code>([A-Z2-9-]{19})</code></li>", done.text)
    assert len(shown) == 10
    assert done.headers["Cache-Control"] == "no-store"
    file = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download', done.text)[1]
    assert unquote(html.unescape(file)).split() == shown
    after = page.get("/settings/security").text
    assert "You have 10 codes left" in after
    assert not any(one in after for one in shown)
    assert page.get("/settings/security/app").location == "/settings/security"


def test_new_codes_are_made_and_the_app_is_taken_away_on_the_page(app, rita, browser):
    guarded(rita)
    page = browser(rita)
    assert page.post("/settings/security/recovery-codes").text.count("<li><code>") == 10
    response = page.post("/settings/security/app/remove", follow_redirects=True)
    assert "not asked for any more" in response.text
    assert "Set up an app" in response.text


# Is it you?


def old(page):
    """It has been long since the person showed who it is."""
    db.session.query(UserSession).update({"proved_at": now() - PROOF_LIFE})
    db.session.commit()
    return page


def test_a_page_that_asks_who_it_is_leads_on_to_where_one_wanted(app, rita, browser):
    page = browser(rita)
    page.post("/settings/security/app")
    old(page)
    response = page.get("/settings/security/app")
    assert response.location == "/confirm-identity?next=/settings/security/app"
    kept = fields_of(page.get(response.location).text, "/confirm-identity")
    wrong = page.post("/confirm-identity", data={**kept, "password": "wrong words"})
    assert wrong.status_code == 400
    assert "not your current password" in wrong.text
    kept = fields_of(wrong.text, "/confirm-identity")
    right = page.post("/confirm-identity", data={**kept, "password": PASSWORD})
    assert right.location == "/settings/security/app"
    assert page.get(right.location).status_code == 200


def test_a_form_that_waited_for_proof_comes_back_whole(app, browser, rita):
    admin = a_user(username="admin", password_hash=HASH, role=5)
    page, address = old(browser(admin)), "/admin/people/rita/role"
    first = page.post(address, data={"role": "3"})
    assert first.status_code == 403
    assert "Please show that it is you" in first.text
    assert rita.role == 1
    kept = fields_of(first.text, "/confirm-identity")
    offered = page.post("/confirm-identity", data={**kept, "password": PASSWORD})
    assert page.post(address, data=fields_of(offered.text, address)).status_code == 303
    assert rita.role == 3


def test_a_code_shows_who_it_is_as_well_and_is_used_up(app, rita, browser):
    guarded(rita)
    page, code = old(browser(rita)), code_of(rita)
    assert page.post("/confirm-identity", data={"one_time_code": code}).status_code == 303
    assert page.post("/settings/security/recovery-codes").status_code == 200
    old(page)
    assert page.post("/confirm-identity", data={"one_time_code": code}).status_code == 400
    assert page.post("/settings/security/recovery-codes").status_code == 403


def test_proof_counts_in_its_own_session_only_and_for_ten_minutes(app, rita, browser):
    here, elsewhere = browser(rita), browser(rita)
    old(here)
    here.post("/confirm-identity", data={"password": PASSWORD})
    assert here.post("/settings/data/copy", buffered=True).status_code == 200
    assert elsewhere.post("/settings/data/copy", buffered=True).status_code == 403
    assert old(here).post("/settings/data/copy", buffered=True).status_code == 403


def test_wrong_proofs_are_counted(app, rita, browser):
    page = browser(rita)
    for _ in range(10):
        assert page.post("/confirm-identity", data={"password": "wrong"}).status_code == 400
    assert page.post("/confirm-identity", data={"password": PASSWORD}).status_code == 429


def test_who_has_no_password_shows_in_another_way_who_it_is_before_changing_one(app, browser):
    nadia = a_user(username="nadia", password_hash=None)
    page = old(browser(nadia))
    assert page.post("/settings/email", data={"email": "new@example.com"}).status_code == 403
    with transaction():
        db.session.query(UserSession).update({"proved_at": now()})
    assert page.post("/settings/email", data={"email": "new@example.com"}).status_code == 303
