"""Passkeys: added, used alone and as the second step, taken away."""

import json
from datetime import timedelta

import pytest
from authenticator import PRESENT, Authenticator
from build import a_question, a_user, letters_to

from app.accounts import passkeys, passwords
from app.accounts.actions import sign_in, start_session
from app.accounts.factor_models import Passkey, RecoveryCode, SignInStep
from app.accounts.models import User, UserSession
from app.accounts.proof import PROOF_LIFE
from app.accounts.steps import Begun
from app.core.db import db, now
from app.core.errors import Gone, Invalid, ProofNeeded, Refused, SignInNeeded, TooMany

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)
SITE, HOST = "https://help.example", "help.example"


@pytest.fixture(autouse=True)
def a_site_with_a_name(app):
    """Gone with the next test: each settles the site anew."""
    passkeys.configure(SITE, lambda: "Lamp help")


@pytest.fixture
def rita(app):
    return start_session(a_user(username="rita", password_hash=HASH))


@pytest.fixture
def device():
    return Authenticator(SITE, HOST)


def add(user, device, name="My phone"):
    return passkeys.register_passkey(user, name, device.create(passkeys.registration_options(user)))


# Adding


def test_a_passkey_is_a_second_factor_and_the_first_one_brings_recovery_codes(app, rita, device):
    assert len(add(rita, device)) == 10
    assert rita.second_factor_at is not None
    assert isinstance(sign_in("rita", PASSWORD), Begun)
    assert add(rita, Authenticator(SITE, HOST), "A key in the drawer") == ()
    assert [one.name for one in db.session.query(Passkey).order_by(Passkey.id)] == [
        "My phone",
        "A key in the drawer",
    ]
    letter = letters_to("rita@example.com")[0]
    assert letter["subject"] == "A new way to show that it is you"
    assert "passkey “My phone”" in letter["text"]


def test_no_device_learns_who_somebody_is_here_and_all_of_one_person_hear_the_same(app, rita, device):
    add(rita, device)
    second = Authenticator(SITE, HOST)
    add(rita, second, "Second")
    assert device.handle == second.handle
    assert len(device.handle) == 32
    options = json.loads(passkeys.registration_options(rita))
    assert {one["id"] for one in options["excludeCredentials"]} == {
        json.loads(one.get(passkeys.sign_in_options()))["id"] for one in (device, second)
    }


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_passkey_needs_a_name(app, rita, device, name):
    with pytest.raises(Invalid) as refusal:
        add(rita, device, name)
    assert refusal.value.field == "name"


def test_a_passkey_of_somebody_is_nobody_elses(app, rita, device):
    add(rita, device)
    other = start_session(a_user(username="other"))
    with pytest.raises(Refused, match="in use already"):
        add(other, device)


def test_there_are_twenty_at_most(app, rita, monkeypatch, device):
    monkeypatch.setattr(passkeys, "MOST", 1)
    add(rita, device)
    with pytest.raises(Refused, match="the most"):
        passkeys.registration_options(rita)


def test_passkeys_are_changed_only_by_who_has_just_shown_who_it_is(app, rita, device, visitor):
    answer = device.create(passkeys.registration_options(rita))
    rita.session_proved_at = now() - PROOF_LIFE
    for deed in (
        lambda: passkeys.registration_options(rita),
        lambda: passkeys.register_passkey(rita, "x", answer),
        lambda: passkeys.remove_passkey(rita, 1),
    ):
        with pytest.raises(ProofNeeded):
            deed()
    with pytest.raises(SignInNeeded):
        passkeys.registration_options(visitor)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://[::1]", "http://help.example", "https://192.0.2.1"]
)
def test_a_site_without_a_name_or_without_https_gets_none(app, rita, url):
    passkeys.configure(url, lambda: "x")
    for ask in (lambda: passkeys.registration_options(rita), passkeys.sign_in_options):
        with pytest.raises(Refused, match="HTTPS"):
            ask()
    passkeys.configure("http://localhost:8000", lambda: "x")
    assert passkeys.are_possible()


# Signing in


def test_a_passkey_alone_signs_in_without_a_name_for_it_is_two_proofs(app, rita, device):
    add(rita, device)
    user = passkeys.sign_in_with_passkey(device.get(passkeys.sign_in_options()), "A browser")
    assert user.id == rita.id
    assert user.session_token is not None
    row = db.session.query(Passkey).one()
    assert (row.sign_count, row.used_at is not None) == (1, True)


def test_a_device_that_was_not_unlocked_is_only_a_second_step(app, rita, device):
    add(rita, device)
    device.flags = PRESENT
    with pytest.raises(Invalid):
        passkeys.sign_in_with_passkey(device.get(passkeys.sign_in_options()))
    token = sign_in("rita", PASSWORD).token
    user, _then = passkeys.finish_sign_in_with_passkey(token, device.get(passkeys.second_step_options(token)))
    assert user.session_token is not None


def test_a_challenge_is_good_for_one_answer(app, rita, device):
    add(rita, device)
    options = passkeys.sign_in_options()
    passkeys.sign_in_with_passkey(device.get(options))
    with pytest.raises(Gone):
        passkeys.sign_in_with_passkey(device.get(options))


def test_a_challenge_is_good_for_one_try_also_when_that_failed(app, rita, device):
    add(rita, device)
    options = passkeys.sign_in_options()
    device.flags = PRESENT
    with pytest.raises(Invalid):
        passkeys.sign_in_with_passkey(device.get(options))
    device.flags |= 4
    with pytest.raises(Gone):
        passkeys.sign_in_with_passkey(device.get(options))


def test_a_challenge_ends_after_ten_minutes_and_one_of_our_own_making_was_never_asked(app, rita, device):
    add(rita, device)
    options = passkeys.sign_in_options()
    db.session.query(SignInStep).update({"expires_at": now() - timedelta(seconds=1)})
    db.session.commit()
    for asked in (options, json.dumps({"challenge": "AAAA"})):
        with pytest.raises(Gone):
            passkeys.sign_in_with_passkey(device.get(asked))


def test_a_challenge_for_one_thing_is_no_challenge_for_another(app, rita, device):
    add(rita, device)
    token = sign_in("rita", PASSWORD).token
    for options in (passkeys.second_step_options(token), passkeys.proof_options(rita)):
        with pytest.raises(Gone):
            passkeys.sign_in_with_passkey(device.get(options))
    with pytest.raises(Gone):
        passkeys.finish_sign_in_with_passkey(token, device.get(passkeys.sign_in_options()))
    with pytest.raises(Gone):
        passkeys.confirm_identity_with_passkey(rita, device.get(passkeys.sign_in_options()))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://help.example"},
        {"host": "evil.example"},
        {"count": -1},  # It counted further before: somebody has made a copy of it.
        {"flags": 0},
        {"handle": b"somebody else"},
        {"key": Authenticator(SITE, HOST).key},
        {"id": b"another credential"},
    ],
)
def test_an_answer_that_is_not_quite_right_signs_nobody_in(app, rita, device, change):
    device.count = 5
    add(rita, device)
    for name, value in change.items():
        setattr(device, name, value)
    with pytest.raises(Invalid):
        passkeys.sign_in_with_passkey(device.get(passkeys.sign_in_options()))
    assert db.session.query(UserSession).count() == 1


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "nonsense", '{"id": 1}', "x" * 100_000])
def test_nonsense_is_no_answer(app, rita, answer):
    with pytest.raises(Invalid):
        passkeys.sign_in_with_passkey(answer)
    with pytest.raises(Invalid):
        passkeys.register_passkey(rita, "A name", answer)


def test_the_passkey_of_one_is_no_second_step_for_another(app, rita, device):
    add(rita, device)
    other = start_session(a_user(username="other", password_hash=HASH))
    add(other, Authenticator(SITE, HOST))
    token = sign_in("other", PASSWORD).token
    with pytest.raises(Invalid, match="not known"):
        passkeys.finish_sign_in_with_passkey(token, device.get(passkeys.second_step_options(token)))


def test_beginning_is_limited(app, rita):
    for _ in range(120):
        passkeys.sign_in_options("a place")
    with pytest.raises(TooMany):
        passkeys.sign_in_options("a place")


# Taking away


def test_what_was_taken_away_opens_nothing_and_the_last_one_takes_the_recovery_codes_along(app, rita, device):
    add(rita, device)
    passkeys.remove_passkey(rita, db.session.query(Passkey).one().id)
    assert rita.second_factor_at is None
    assert db.session.query(RecoveryCode).count() == 0
    assert isinstance(sign_in("rita", PASSWORD), User)
    with pytest.raises(Invalid):
        passkeys.sign_in_with_passkey(device.get(passkeys.sign_in_options()))
    assert "“My phone”" in letters_to("rita@example.com")[-1]["text"]


def test_nobody_takes_away_what_is_somebody_elses(app, rita, device):
    add(rita, device)
    other = start_session(a_user(username="other"))
    with pytest.raises(Refused):
        passkeys.remove_passkey(other, db.session.query(Passkey).one().id)
    assert db.session.query(Passkey).count() == 1


# The pages


def test_a_form_that_waits_survives_a_sign_in_with_a_passkey(app, rita, device, browser):
    add(rita, device)
    page, address = browser(), f"/questions/{a_question().id}/answers"
    assert "Sign in with a passkey" in page.post(address, data={"body": "Two words"}).text
    options = page.post("/sign-in/passkey/options")
    assert options.mimetype == "application/json"
    assert options.headers["Cache-Control"] == "no-store"
    data = {
        "credential": device.get(options.text),
        "kept_action": address,
        "kept_name": "body",
        "kept_value": "Two words",
    }
    offered = page.post("/sign-in/passkey", data=data)
    assert "Look over what you typed" in offered.text
    assert "Your account, rita" in page.get("/").text


def test_a_wrong_answer_shows_the_form_again_with_words(app, rita, device, browser):
    response = browser().post("/sign-in/passkey", data={"credential": "x", "next": "/ask"})
    assert response.status_code == 400
    assert "did not work with this passkey" in response.text
    assert 'name="next" value="/ask"' in response.text


def test_the_page_offers_a_name_and_lists_what_was_added(app, rita, device, browser):
    page = browser(rita)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    assert 'value="Firefox on Linux"' in page.get("/settings/security/passkeys/new", headers=agent).text
    options = page.post("/settings/security/passkeys/options").text
    done = page.post(
        "/settings/security/passkeys", data={"name": "My <phone>", "credential": device.create(options)}
    )
    assert done.text.count("<li><code>") == 10
    assert "My &lt;phone&gt;" in page.get("/settings/security").text
    number = db.session.query(Passkey).one().id
    response = page.post(f"/settings/security/passkeys/{number}/remove", follow_redirects=True)
    assert "opens your account no more" in response.text


def test_a_passkey_shows_that_it_is_still_oneself(app, rita, device, browser):
    add(rita, device)
    page = browser(rita)
    db.session.query(UserSession).update({"proved_at": now() - PROOF_LIFE})
    db.session.commit()
    assert page.get("/settings/security/passkeys/new").location.startswith("/confirm-identity")
    data = {
        "credential": device.get(page.post("/confirm-identity/passkey/options").text),
        "next": "/settings/security",
    }
    assert page.post("/confirm-identity/passkey", data=data).location == "/settings/security"
    assert page.get("/settings/security/passkeys/new").status_code == 200
