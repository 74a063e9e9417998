"""People search with slips, writers teach the search; what they decide is there for the next visitor."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.core.db import now

pytestmark = pytest.mark.browser
LAMP = "The lamp does not pair with the hub"


def test_a_slip_is_mended_a_code_is_first_and_a_facet_leaves_what_fits(visit):
    page = visit()
    results = page.get_by_role("main").get_by_role("listitem").get_by_role("heading", level=2)
    page.goto("/search?q=lamp+dos+not+pear+wth+hub")
    expect(page.get_by_text("Search instead for")).to_be_visible()
    expect(results.first).to_have_text(LAMP)
    page.goto("/search?q=E+104")
    expect(results.first).to_have_text(LAMP)
    page.goto("/search?q=lamp")
    expect(results).not_to_have_count(1)
    page.goto("/search?q=lamp+tag:pairing")
    expect(results).to_have_text([LAMP])
    page.get_by_role("link", name="Questions 0").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing fits within this filter.")).to_be_visible()


def test_what_a_writer_teaches_the_search_is_there_for_the_next_visitor(visit):
    wanda, visitor = visit("wanda"), visit()
    heading = visitor.get_by_role("main").get_by_role("listitem").get_by_role("heading", level=2)
    visitor.goto("/search?q=gadget+loses+wireless")
    expect(visitor.get_by_text("Sign in to be told when there is an answer")).to_be_visible()

    wanda.goto("/workshop/searches/words?q=gadget+loses+wireless")
    wanda.get_by_role("link", name="Other words for it").click()
    wanda.get_by_label("Who types").fill("gadget")
    wanda.get_by_label("also finds").fill("lamp")
    wanda.get_by_role("button", name="See what changes").click()
    wanda.get_by_role("button", name="Save").click()
    visitor.goto("/search?q=gadget+loses+wireless")
    expect(visitor.get_by_text("Also looked for: lamp")).to_be_visible()
    expect(heading.filter(has_text="Clean the lamp")).to_be_visible()

    wanda.goto("/workshop/searches/words?q=gadget+loses+wireless")
    guide = wanda.get_by_role("main").get_by_role("listitem").filter(has_text="Clean the lamp")
    guide.get_by_role("button", name="Must be in the first three").click()
    guide.get_by_text("Pin on top").click()
    guide.get_by_label("Until").fill(f"{now() + timedelta(days=7):%Y-%m-%d}")
    guide.get_by_role("button", name="Pin", exact=True).click()
    visitor.reload()
    expect(heading.first).to_have_text("Clean the lamp")
    expect(visitor.get_by_text("Recommended")).to_be_visible()

    # Without the other word the golden query finds nothing, so that word cannot go.
    wanda.goto("/workshop/searches?list=golden")
    expect(wanda.get_by_text("holds", exact=True)).to_be_visible()
    wanda.goto("/workshop/synonyms")
    wanda.get_by_role("link", name="gadget").click()
    wanda.get_by_role("button", name="Drop these words").click()
    expect(wanda.get_by_text("would no longer be found there")).to_be_visible()
