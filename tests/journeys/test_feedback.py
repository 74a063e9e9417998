"""Feedback on a guide: a reader says what went wrong, a writer mends it, and the reader hears of it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

GUIDE = "/articles/lamp-does-not-pair"


def region(page):
    return page.get_by_role("region", name="Did this fix your problem?")


def test_a_visitor_says_what_is_missing_without_an_account(visit, scripts):
    visitor = visit()
    visitor.goto(GUIDE)
    region(visitor).get_by_role("button", name="No", exact=True).click()
    box = region(visitor)
    expect(box.get_by_text("What went wrong?")).to_be_visible()
    box.get_by_role("button", name="A step is missing").click()
    expect(box.get_by_role("button", name="A step is missing")).to_have_attribute("aria-pressed", "true")
    box.get_by_label("In your words (optional)").fill("Unplug the hub first.")
    box.get_by_label("E-mail (optional)").fill("reader@example.com")
    box.get_by_role("button", name="Send").click()
    expect(box.get_by_text("with your address for word of the fix")).to_be_visible()
    expect(box.get_by_label("In your words (optional)")).to_have_count(0)
    assert visitor.url.endswith(GUIDE) is scripts
    assert visitor.context.cookies() == []

    visitor.goto(GUIDE)
    expect(region(visitor).get_by_role("button", name="No", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )

    writer = visit("wanda")
    writer.goto(GUIDE)
    writer.get_by_role("link", name="1 new report from readers").click()
    expect(writer.get_by_text("Unplug the hub first.")).to_be_visible()
    expect(writer.get_by_role("link", name="reader@example.com")).to_be_visible()


def test_a_member_changes_their_mind_and_one_answer_counts(visit):
    member = visit("sam")
    member.goto(GUIDE)
    for name, words in (
        ("No", "What went wrong?"),
        ("Yes, thanks", "Good to hear."),
        ("No", "What went wrong?"),
    ):
        region(member).get_by_role("button", name=name, exact=True).click()
        expect(region(member).get_by_text(words)).to_be_visible()
    member.goto(GUIDE)
    expect(region(member).get_by_role("button", name="No", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_who_reported_it_hears_that_it_was_fixed(visit):
    member, writer = visit("sam"), visit("wanda")
    member.goto(GUIDE)
    region(member).get_by_role("button", name="No", exact=True).click()
    region(member).get_by_role("button", name="It is outdated").click()
    expect(region(member).get_by_text("you hear of it in your notifications")).to_be_visible()

    writer.goto("/workshop")
    writer.get_by_role("link", name="Feedback 1").click()
    expect(writer.get_by_role("heading", name="It is outdated")).to_be_visible()
    writer.get_by_role("button", name="Accept").click()
    expect(writer.get_by_text("Nothing new")).to_be_visible()
    writer.get_by_role("link", name="Accepted 1").click()
    writer.get_by_role("button", name="Fixed", exact=True).click()
    expect(writer.get_by_text("because of them")).to_be_visible()

    member.goto("/notifications")
    member.get_by_role("link", name="is better now because of you").click()
    expect(member.get_by_role("heading", level=1)).to_have_text("The lamp does not pair with the hub")


def test_declining_without_a_reason_is_answered_in_place(visit, scripts):
    member, writer = visit("sam"), visit("wanda")
    member.goto(GUIDE)
    region(member).get_by_role("button", name="No", exact=True).click()
    region(member).get_by_role("button", name="Something is wrong").click()
    expect(region(member).get_by_label("In your words (optional)")).to_be_visible()

    writer.goto("/workshop/feedback")
    writer.get_by_text("Decline with a reason").click()
    writer.get_by_label("Why the guide stays as it is").fill("   ")
    writer.get_by_role("button", name="Decline", exact=True).click()
    expect(writer.get_by_text("Please say in a sentence why")).to_be_visible()
    writer.get_by_label("Why the guide stays as it is").fill("It is right since firmware 3.")
    writer.get_by_role("button", name="Decline", exact=True).click()
    expect(writer.get_by_text("Declined. The reason stands with it.")).to_be_visible()
    writer.goto("/workshop/feedback?state=declined")
    expect(writer.get_by_text("Declined by wanda: It is right since firmware 3.")).to_be_visible()
