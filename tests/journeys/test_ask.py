"""Somebody asks, and is shown first what may answer it already."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_suggestion_answers_it_before_it_is_asked(visit, scripts):
    page = visit("sam")
    page.goto("/ask")
    page.get_by_label("Title").fill("My lamp does not pair with the hub any more")
    page.get_by_label("Details").fill("The app says that pairing timed out.")
    if scripts:
        page.get_by_label("Details").blur()
    else:
        page.get_by_role("button", name="Post your question").click()
        expect(page.get_by_text("Before it is posted")).to_be_visible()
    similar = page.get_by_role("region", name="Similar")
    expect(similar.get_by_role("link", name="The lamp does not pair with the hub")).to_be_visible()
    similar.get_by_role("button", name="This answered it").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The lamp does not pair with the hub")


def test_what_a_visitor_typed_survives_signing_in(visit):
    page = visit()
    page.goto("/ask")
    page.get_by_label("Title").fill("The shade hums at night")
    page.get_by_label("Details").fill("A low hum, only when it is dimmed.")
    page.get_by_role("button", name="Post your question").click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_label("Username or email").fill("sam")
    page.get_by_label("Password").fill("journeys need a password")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("A low hum, only when it is dimmed.")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    if page.get_by_text("Before it is posted").is_visible():
        page.get_by_role("button", name="Post your question").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The shade hums at night")


def test_a_title_too_short_is_said_in_place_and_nothing_is_lost(visit, scripts):
    if scripts:
        pytest.skip("with scripts the browser says so itself")
    page = visit("sam")
    page.goto("/ask")
    page.get_by_label("Title").fill("Hum")
    page.get_by_label("Details").fill("A low hum, only when it is dimmed.")
    page.get_by_role("button", name="Post your question").click()
    expect(page.get_by_role("alert")).to_contain_text("in a few words")
    expect(page.get_by_label("Details")).to_have_value("A low hum, only when it is dimmed.")
