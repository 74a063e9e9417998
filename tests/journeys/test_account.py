"""An account's life: opened, confirmed, its password forgotten and set anew, its browsers seen and ended, left."""

import email
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from app.jobs import queue
from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser

FIRST, SECOND = "the first words I took", "other words I will keep"


@pytest.fixture
def scripts() -> bool:
    return True


def link_in_letter(site: Site, about: str) -> str:
    """What the worker has sent about this: the path of the one link in it."""
    with site.app.app_context():
        while queue.work_one():
            pass
    for file in sorted((site.app.config["VAR"] / "mail").glob("*.eml"), reverse=True):
        letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        if letter["To"] == "rita@example.com" and about in letter["Subject"]:
            found = re.search(rf"{re.escape(site.app.config['URL'])}(/\S+)", letter.get_content())
            assert found
            return found[1]
    raise AssertionError(f"no letter about “{about}”")


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username or email").fill("rita")
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def test_from_the_first_letter_to_the_last(visit, site):
    page, other = visit(), visit()
    page.goto("/sign-up")
    page.get_by_label("Username").fill("rita")
    page.get_by_label("Email").fill("rita@example.com")
    page.get_by_label("Password").fill(FIRST)
    press(page, "Create account")
    expect(page.get_by_text("We sent a letter to rita@example.com")).to_be_visible()

    page.goto(link_in_letter(site, "confirm"))
    press(page, "Yes, this is my address")
    expect(page.get_by_text("rita@example.com is confirmed")).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()

    other.goto("/sign-in")
    other.get_by_role("link", name="Forgot your password?").click()
    other.get_by_label("Username or email").fill("rita")
    press(other, "Send the link")
    expect(other.get_by_text("If there is an account of rita")).to_be_visible()
    other.goto(link_in_letter(site, "new password"))
    other.get_by_label("New password").fill(SECOND)
    press(other, "Set the password")
    expect(other.get_by_text("Your new password is set")).to_be_visible()
    page.goto("/settings")  # Every browser was signed out, this one too.
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, FIRST)
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    sign_in(page, SECOND)
    page.wait_for_url("**/")
    sign_in(other, SECOND)
    other.wait_for_url("**/")

    page.goto("/settings/sessions")
    expect(page.get_by_text("This browser")).to_have_count(1)
    press(page, "Sign out there")
    expect(page.get_by_text("That browser is signed out.")).to_be_visible()
    other.goto("/")
    expect(other.get_by_role("link", name="Sign in")).to_be_visible()

    page.goto("/settings/data")
    for _ in range(2):  # No page follows a file, so the button stays good.
        with page.expect_download() as download:
            press(page, "Download the copy")
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert {"account.json", "questions.json", "user_sessions.json"} <= set(names)
    page.get_by_text("I want to leave").click()
    page.get_by_label("Your password").fill(SECOND)
    press(page, "Delete my account for good")
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    sign_in(page, SECOND)
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
