"""Guarding an account: an authenticator app and a passkey are set up, and used to sign in."""

import re
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Page, expect

from app import site as site_settings
from app.accounts import passkeys
from app.core.db import now
from tests.journeys.conftest import PASSWORD, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def home(site: Site) -> str:
    """The site under a name, for browsers give passkeys to no number."""
    url = f"http://localhost:{urlsplit(site.url).port}"
    passkeys.configure(url, site_settings.name)
    return url


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, home: str) -> None:
    page.goto(f"{home}/sign-in?next=/questions")
    page.get_by_label("Username or email").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def set_up_app(page: Page, home: str) -> pyotp.TOTP:
    page.goto(f"{home}/settings/security")
    press(page, "Set up an app")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    key = page.get_by_role("main").locator("code").inner_text().replace(" ", "")
    app = pyotp.TOTP(key)
    page.get_by_label("Code", exact=True).fill(app.generate_otp(app.timecode(now())))
    press(page, "The app is set up")
    expect(page.get_by_text(re.compile(r"^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$"))).to_have_count(10)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    assert download.value.path().read_text().count("-") == 30
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("You have 10 codes left")).to_be_visible()
    return app


def test_an_app_is_set_up_and_asked_for(visit, home):
    page = visit()
    sign_in(page, home)
    app = set_up_app(page, home)
    other = visit()
    sign_in(other, home)
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    other.get_by_label("Code", exact=True).fill("000000")
    press(other, "Go on")
    expect(other.get_by_role("alert")).to_contain_text("does not fit")
    other.get_by_label("Code", exact=True).fill(app.generate_otp(app.timecode(now()) + 1))
    press(other, "Go on")
    other.wait_for_url("**/questions")


@pytest.mark.parametrize("scripts", [True])
def test_a_passkey_is_added_and_signs_in_without_a_name(visit, home, site):
    page = visit()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    sign_in(page, home)
    page.goto(f"{home}/settings/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Its name").fill("My phone")
    press(page, "Add a passkey")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="My phone")).to_be_visible()

    page.get_by_role("link", name="Add a passkey").click()
    press(page, "Add a passkey")  # The same device once more
    expect(page.get_by_role("alert")).to_contain_text("has a passkey for your account already")

    site.end_sessions()
    page.goto(f"{home}/sign-in?next=/questions")
    press(page, "Sign in with a passkey")
    page.wait_for_url(re.compile(r"^[^?]+/questions$"))
    site.end_sessions()
    sign_in(page, home)
    press(page, "Use your passkey")
    page.wait_for_url(re.compile(r"^[^?]+/questions$"))
    page.goto(f"{home}/settings/security")
    expect(page.get_by_text("Last used")).to_be_visible()


@pytest.mark.parametrize("scripts", [False])
def test_without_scripts_the_page_says_what_to_do_instead(visit, home):
    page = visit()
    page.goto(f"{home}/sign-in")
    expect(page.get_by_text("Passkeys need JavaScript, which is off here.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
