"""A customer finds the fix in a guide."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_somebody_pastes_an_error_code_and_reads_the_fix(visit):
    page = visit()
    page.goto("/")
    page.get_by_role("searchbox", name="Search guides and answers").fill("pairing timed out E-104")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="The lamp does not pair with the hub").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The lamp does not pair with the hub")
    expect(page.get_by_text("Hold the ring for ten seconds")).to_be_visible()


def test_titles_appear_while_typing_and_the_keyboard_opens_one(visit, scripts):
    if not scripts:
        pytest.skip("titles while typing are a help of scripts; without them it is a plain form")
    page = visit()
    page.goto("/questions")
    box = page.get_by_role("searchbox", name="Search guides and answers")
    box.press_sequentially("lamp pai", delay=20)
    expect(page.get_by_role("option").first).to_contain_text("The lamp does not pair")
    box.press("ArrowDown")
    with page.expect_request("**/search/noted") as noted:
        box.press("Enter")
    assert "q=lamp+pai" in noted.value.post_data
    assert "typed=1" in noted.value.post_data
    expect(page.get_by_role("heading", level=1)).to_have_text("The lamp does not pair with the hub")


def test_nothing_found_leads_to_asking_with_the_same_words(visit):
    page = visit()
    page.goto("/search?q=zebrafish+umbrella")
    page.get_by_role("link", name="Ask the community with this text").click()
    expect(page.get_by_label("Title")).to_have_value("zebrafish umbrella")


def test_a_guide_for_staff_is_nowhere_for_a_visitor_and_there_for_a_writer(visit):
    page = visit()
    page.goto("/search?q=bench+notes+repair+desk")
    expect(page.get_by_role("main").get_by_text("Bench notes for the repair desk")).to_have_count(0)
    assert page.goto("/articles/repair-notes").status == 404
    assert "Bench notes" not in page.content()
    staff = visit("wanda")
    staff.goto("/search?q=bench+notes+repair+desk")
    expect(staff.get_by_role("link", name="Bench notes for the repair desk")).to_be_visible()
