"""Signing in at an OpenID Connect provider, which runs as a process of its own."""

import html
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3
from build import a_question, a_user, letters_to

from app.accounts import oidc, passwords
from app.accounts.factor_models import LinkedIdentity, SignInStep
from app.accounts.models import User, UserSession
from app.accounts.proof import PROOF_LIFE
from app.accounts.queries import person_named
from app.config import BadSetting, settings
from app.core import outgoing
from app.core.db import db, now
from app.core.outgoing import Allowed

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)
SUBJECT, SECRET = "248289761001", "the client's secret"
BACK = "http://127.0.0.1:8000/sign-in/elsewhere/back"


class Provider:
    """The process, and how to tell it what to do."""

    def __init__(self, url):
        self.url = url

    def behave(self, **how):
        assert urllib3.request("POST", f"{self.url}/behave", json=how).status == 200

    @property
    def asked(self):
        return urllib3.request("GET", f"{self.url}/asked").json()


@pytest.fixture(scope="module")
def process():
    command = [sys.executable, Path(__file__).parent / "provider.py"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        yield Provider(running.stdout.readline().decode().strip())
        running.terminate()


@pytest.fixture
def provider(app, process):
    process.behave()
    use(process.url)
    outgoing.configure(Allowed.read(["127.0.0.1"]))
    yield process
    outgoing.configure(Allowed())
    oidc.configure(oidc.Provider())


def use(issuer, secret=SECRET):
    oidc.configure(oidc.Provider(issuer, "aftercare", secret, "Lamp ID", BACK))


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


def link(user, provider):
    db.session.add(
        LinkedIdentity(user_id=user.id, issuer=provider.url, subject=SUBJECT, label="rita@example.com")
    )
    db.session.commit()


def led_back(page):
    """What a browser does with the page that leads on: goes there, signs in, and is sent back. Returns that address."""
    address = html.unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)[1])
    answer = urllib3.request("GET", address, redirect=False)
    assert answer.status == 302
    assert answer.headers["Location"].startswith(BACK)
    return answer.headers["Location"].removeprefix("http://127.0.0.1:8000")


def go(page, **fields):
    """Press the button, sign in there and come back."""
    return page.get(led_back(page.post("/sign-in/elsewhere", data=fields)))


def is_signed_in(page, name="rita"):
    return f"Your account, {name}" in page.get("/").text


# Signing in


def test_without_a_provider_there_is_no_button(app, browser):
    assert "Sign in with" not in browser().get("/sign-in").text
    assert browser().post("/sign-in/elsewhere").status_code == 409


def test_who_is_known_is_signed_in_and_led_to_where_they_wanted(provider, rita, browser):
    link(rita, provider)
    page = browser()
    assert "Sign in with Lamp ID" in page.get("/sign-in").text
    response = go(page, next="/ask?title=x")
    assert response.location == "/ask?title=x"
    assert is_signed_in(page)
    assert db.session.query(LinkedIdentity).one().used_at is not None


def test_a_form_that_waits_survives_the_way_there_and_back(provider, rita, browser):
    link(rita, provider)
    page, address = browser(), f"/questions/{a_question().id}/answers"
    assert "Lamp ID" in page.post(address, data={"body": "Two words"}).text
    offered = go(page, kept_action=address, kept_name="body", kept_value="Two words")
    assert "Look over what you typed" in offered.text
    assert "Two words" in offered.text


def test_a_second_factor_is_asked_for_all_the_same(provider, rita, browser):
    link(rita, provider)
    rita.second_factor_at = now()
    db.session.commit()
    page = browser()
    assert go(page).location == "/sign-in/second-step"
    assert not is_signed_in(page)


def test_nobody_is_recognised_by_their_address_alone(provider, rita, browser):
    page = browser()
    assert go(page).location == "/sign-in/elsewhere/new"
    assert not is_signed_in(page)
    text = page.get("/sign-in/elsewhere/new").text
    assert "Have an account here already?" in text
    data = {"username": "rita2", "email": "rita@example.com"}
    response = page.post("/sign-in/elsewhere/new", data=data)
    assert response.status_code == 400
    assert "There is an account with this address already" in response.text
    assert db.session.query(LinkedIdentity).count() == 0


def test_another_subject_with_the_same_address_is_somebody_else(provider, rita, browser):
    link(rita, provider)
    provider.behave(user={"sub": "another", "email": "rita@example.com", "email_verified": True})
    assert go(browser()).location == "/sign-in/elsewhere/new"


# A new account


def newcomer(browser, **data):
    page = browser()
    go(page)
    text = page.get("/sign-in/elsewhere/new").text
    assert "as rita@example.com" in text
    return page, page.post(
        "/sign-in/elsewhere/new", data={"username": "rita", "email": "rita@example.com", **data}
    )


def test_a_newcomer_gets_an_account_whose_address_is_certain(provider, browser):
    page, response = newcomer(browser)
    assert response.status_code == 303
    assert is_signed_in(page)
    user = person_named("rita")
    assert user.is_email_verified
    assert user.password_hash is None
    assert not letters_to("rita@example.com")
    other = browser()
    assert go(other).location == "/"
    assert is_signed_in(other)


def test_an_address_that_the_provider_has_not_verified_gets_a_letter(provider, browser):
    provider.behave(user={"sub": "1", "email": "rita@example.com", "email_verified": False})
    newcomer(browser)
    assert not person_named("rita").is_email_verified
    assert letters_to("rita@example.com")[0]["subject"] == "Please confirm your e-mail address"


def test_another_address_than_the_verified_one_gets_a_letter(provider, browser):
    newcomer(browser, email="other@example.com")
    assert not person_named("rita").is_email_verified
    assert letters_to("other@example.com")


def test_claims_that_are_not_in_the_token_are_asked_for(provider, browser):
    provider.behave(wrong={"userinfo": {"nickname": "x"}})
    newcomer(browser)
    assert person_named("rita").is_email_verified


def test_claims_about_another_subject_are_not_believed(provider, browser):
    provider.behave(wrong={"userinfo": {"sub": "somebody else"}})
    page = browser()
    go(page)
    assert f"as {SUBJECT}" in page.get("/sign-in/elsewhere/new").text


@pytest.mark.parametrize(
    ("field", "value"), [("username", "x"), ("username", "taken"), ("email", "no address")]
)
def test_a_mistake_is_told_and_can_be_mended(provider, browser, field, value):
    a_user(username="taken")
    page, response = newcomer(browser, **{field: value})
    assert response.status_code == 400
    assert f'value="{value}"' in response.text
    assert db.session.query(User).count() == 1
    page.post("/sign-in/elsewhere/new", data={"username": "rita", "email": "rita@example.com"})
    assert is_signed_in(page)


def test_a_newcomer_opens_one_account_in_their_own_browser(provider, browser):
    page, _response = newcomer(browser)
    assert page.get("/sign-in/elsewhere/new").location == "/sign-in"
    stranger = browser()
    assert stranger.get("/sign-in/elsewhere/new").location == "/sign-in"
    assert stranger.post("/sign-in/elsewhere/new", data={"username": "x2"}).location == "/sign-in"
    assert db.session.query(User).count() == 1


# What is not believed

MOMENT = int(now().timestamp())
WRONG = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "for another site": {"claims": {"aud": "another"}},
    "for several, and none of them is named": {"claims": {"aud": ["aftercare", "another"]}},
    "made for another": {"claims": {"aud": ["aftercare", "another"], "azp": "another"}},
    "expired": {"claims": {"exp": MOMENT - 3600, "iat": MOMENT - 7200}},
    "of the future": {"claims": {"iat": MOMENT + 3600, "exp": MOMENT + 7200}},
    "without an end": {"claims": {"exp": None}},
    "of another issuer": {"claims": {"iss": "https://evil.example"}},
    "of nobody": {"claims": {"sub": None}},
    "of a number": {"claims": {"sub": 5}},
    "another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "not signed": {"signature": "none"},
    "signed by somebody else": {"signature": "stranger"},
    "signed with what both know": {"signature": "shared secret"},
    "signed by a key that is not there": {"signature": "unknown key"},
    "broken": {"signature": "broken"},
    "another provider answers": {"answer": {"iss": "https://evil.example"}},
    "it should say who answers": {
        "about": {"authorization_response_iss_parameter_supported": True},
        "answer": {"iss": None},
    },
    "no code": {"answer": {"code": ""}},
    "a code that it does not know": {"answer": {"code": "made up"}},
    "not signed in there": {"answer": "error"},
    "it breaks down": {"token": "down"},
    "nonsense": {"token": "nonsense"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_right_signs_nobody_in_and_loses_nothing(provider, rita, browser, wrong):
    link(rita, provider)
    provider.behave(wrong=wrong)
    page = browser()
    response = go(page, next="/ask", kept_action="/ask", kept_name="title", kept_value="A title of words")
    assert response.status_code == 502
    assert "Lamp ID" in response.text
    assert "evil" not in response.text
    assert 'value="A title of words"' in response.text
    assert not is_signed_in(page)
    assert db.session.query(UserSession).count() == 0


@pytest.mark.parametrize(
    "about",
    [
        "down",
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
    ],
)
def test_a_description_that_is_not_right_is_not_followed_and_the_page_says_so(provider, rita, browser, about):
    provider.behave(wrong={"about": about})
    response = browser().post("/sign-in/elsewhere", data={"next": "/ask"})
    assert response.status_code == 503
    assert "Lamp ID does not answer at the moment" in response.text
    assert 'name="next" value="/ask"' in response.text


def test_a_provider_that_is_not_there_leaves_the_other_ways(provider, rita, browser):
    use("http://127.0.0.1:9")
    page = browser()
    assert page.get("/sign-in").status_code == 200
    assert page.post("/sign-in/elsewhere").status_code == 503
    page.post("/sign-in", data={"username": "rita", "password": PASSWORD})
    assert is_signed_in(page)


def test_a_provider_within_ones_own_network_is_asked_only_if_it_is_allowed(provider, browser):
    outgoing.configure(Allowed())
    oidc._known.clear()
    assert browser().post("/sign-in/elsewhere").status_code == 503


def test_a_wrong_client_secret_is_no_way_in(provider, rita, browser):
    link(rita, provider)
    use(provider.url, secret="guessed")
    assert go(browser()).status_code == 502


def test_new_keys_are_fetched_once_when_one_is_missing(provider, rita, browser, monkeypatch):
    link(rita, provider)
    go(browser())
    monkeypatch.setattr(oidc, "NEW_KEYS_EVERY", 0.0)
    provider.behave(wrong={"signature": "unknown key"})
    go(browser())
    assert provider.asked.count("keys") == 1


def test_an_answer_counts_in_the_browser_that_asked_and_once(provider, rita, browser):
    link(rita, provider)
    asking, other = browser(), browser()
    address = led_back(asking.post("/sign-in/elsewhere"))
    assert other.get(address).location == "/sign-in"
    assert not is_signed_in(other)
    assert asking.get(address).location == "/"
    assert is_signed_in(asking)
    again = browser()
    with again.session_transaction() as session:
        session["elsewhere"] = parse_qs(urlsplit(address).query)["state"][0]
    assert again.get(address).location == "/sign-in"
    assert not is_signed_in(again)


def test_an_answer_of_ones_own_making_is_none(provider, browser):
    page = browser()
    page.post("/sign-in/elsewhere")
    for state in ("", "made up"):
        response = page.get(f"/sign-in/elsewhere/back?{urlencode({'code': 'x', 'state': state})}")
        assert response.location == "/sign-in"


def test_beginning_is_limited(provider, browser, monkeypatch):
    page = browser()
    for _ in range(120):
        page.post("/sign-in/elsewhere")
    assert page.post("/sign-in/elsewhere").status_code == 429
    assert db.session.query(SignInStep).count() == 120


# Linking


def aged(page):
    db.session.query(UserSession).update({"proved_at": now() - PROOF_LIFE})
    db.session.commit()
    return page


def test_linking_asks_first_who_it_is_and_is_told_by_mail(provider, rita, browser):
    page = aged(browser(rita))
    assert page.post("/settings/security/identities").status_code == 403
    page.post("/confirm-identity", data={"password": PASSWORD})
    response = page.get(led_back(page.post("/settings/security/identities")))
    assert response.location == "/settings/security"
    row = db.session.query(LinkedIdentity).one()
    assert (row.user_id, row.issuer, row.subject) == (rita.id, provider.url, SUBJECT)
    assert letters_to("rita@example.com")[-1]["subject"] == "A new way to sign in was linked"
    other = browser()
    go(other)
    assert is_signed_in(other)


def test_an_account_there_belongs_to_one_person_here(provider, rita, asker, browser):
    link(asker, provider)
    page = browser(rita)
    address = led_back(page.post("/settings/security/identities"))
    assert "is linked to an account here already" in page.get(address, follow_redirects=True).text
    assert db.session.query(LinkedIdentity).one().user_id == asker.id


def test_somebody_links_one_account_of_a_provider(provider, rita, browser):
    link(rita, provider)
    provider.behave(user={"sub": "another"})
    page = browser(rita)
    address = led_back(page.post("/settings/security/identities"))
    assert "You have linked another account" in page.get(address, follow_redirects=True).text


def test_what_was_begun_by_one_is_not_finished_by_another_in_the_same_browser(provider, rita, asker, browser):
    page = browser(rita)
    address = led_back(page.post("/settings/security/identities"))
    other = browser(asker)
    with other.session_transaction() as session:
        session["elsewhere"] = parse_qs(urlsplit(address).query)["state"][0]
    other.get(address)
    assert db.session.query(LinkedIdentity).count() == 0


def test_a_link_is_taken_away_and_told_but_never_the_only_way_in(provider, rita, browser):
    link(rita, provider)
    number = db.session.query(LinkedIdentity).one().id
    page = browser(rita)
    assert "rita@example.com" in page.get("/settings/security").text
    rita.password_hash = None
    db.session.commit()
    refused = page.post(f"/settings/security/identities/{number}/unlink")
    assert refused.status_code == 409
    assert "your only way in" in refused.text
    rita.password_hash = HASH
    db.session.commit()
    assert page.post(f"/settings/security/identities/{number}/unlink").status_code == 303
    assert letters_to("rita@example.com")[-1]["subject"] == "A way to sign in was taken away"
    assert go(browser()).location == "/sign-in/elsewhere/new"


def test_nobody_takes_away_somebody_elses_link(provider, rita, asker, browser):
    link(rita, provider)
    number = db.session.query(LinkedIdentity).one().id
    assert browser(asker).post(f"/settings/security/identities/{number}/unlink").status_code == 409
    assert db.session.query(LinkedIdentity).count() == 1


# Is it you?


def test_who_has_no_password_shows_there_who_it_is(provider, browser):
    nadia = a_user(username="nadia", password_hash=None)
    link(nadia, provider)
    page = aged(browser(nadia))
    text = page.get("/settings/account").text
    assert "Show first that it is you" in text
    assert "Your password" not in text
    assert "Your password" not in page.get("/settings/data").text
    assert "Show it at Lamp ID" in page.get("/confirm-identity?next=/settings/account").text
    leaving = page.post("/confirm-identity/elsewhere", data={"next": "/settings/account"})
    assert page.get(led_back(leaving)).location == "/settings/account"
    assert {"prompt": "login"} in provider.asked
    assert page.post("/settings/password", data={"new_password": PASSWORD}).status_code == 303
    assert page.post("/settings/data/delete", data={"password": PASSWORD}).status_code == 303


def test_another_account_there_proves_nothing(provider, browser):
    nadia = a_user(username="nadia", password_hash=None)
    link(nadia, provider)
    provider.behave(user={"sub": "another"})
    page = aged(browser(nadia))
    response = page.get(led_back(page.post("/confirm-identity/elsewhere")))
    assert response.status_code == 409
    assert "not the account at Lamp ID that is linked here" in response.text
    assert page.post("/settings/data/copy", buffered=True).status_code == 403


# Settings


@pytest.mark.parametrize(
    ("issuer", "client", "words"),
    [
        ("login.example.com", "x", "AFTERCARE_OIDC_ISSUER must be like"),
        ("https://login.example.com", "", "needs AFTERCARE_OIDC_CLIENT_ID"),
    ],
)
def test_a_mistyped_provider_stops_the_start_with_words(monkeypatch, tmp_path, issuer, client, words):
    monkeypatch.setenv("AFTERCARE_OIDC_ISSUER", issuer)
    monkeypatch.setenv("AFTERCARE_OIDC_CLIENT_ID", client)
    with pytest.raises(BadSetting, match=words):
        settings(HOME=tmp_path)
