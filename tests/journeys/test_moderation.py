"""A first post with a link waits, a moderator approves it; another one is reported, hidden with a reason, and in the log."""

import pytest
from build import a_question, an_answer
from playwright.sync_api import expect

from app.accounts.queries import person_named
from app.core.db import db

pytestmark = pytest.mark.browser


@pytest.fixture
def thread(site):
    """A question of Mira's that Jonas answered; its address."""
    with site.app.app_context():
        question = a_question(by=person_named("mira"), title="The lamp hums at night")
        an_answer(to=question, by=person_named("jonas"), body="Buy my pills.")
        db.session.remove()
    return "/questions/1/the-lamp-hums-at-night"


def test_a_held_post_appears_when_approved_and_a_reported_one_is_hidden_with_a_reason(visit, thread):
    sam = visit("sam")
    sam.goto(thread)
    sam.get_by_label("Your answer", exact=True).fill("The fix is at https://lamps.example/hum today.")
    sam.get_by_role("button", name="Post your answer").click()
    expect(sam.get_by_text("a moderator looks at it first")).to_be_visible()
    expect(sam.get_by_text("Only you see this until a moderator has looked at it.")).to_be_visible()

    mira = visit("mira")
    mira.goto(thread)
    expect(mira.get_by_text("lamps.example")).to_have_count(0)
    mira.locator("#answer-1").get_by_role("link", name="Report").click()
    mira.get_by_label("Spam or advertising").check()
    mira.get_by_label("In your words").fill("It has nothing to do with lamps.")
    mira.get_by_role("button", name="Send to the moderators").click()
    expect(mira.get_by_text("A moderator will look at it")).to_be_visible()

    mona = visit("mona")
    mona.locator(".menu summary").click()
    mona.get_by_role("link", name="Moderation 2").click()
    held = mona.locator("#case-answer-2")
    expect(held.get_by_text("First posts with links")).to_be_visible()
    held.get_by_role("button", name="Approve").click()
    expect(mona.get_by_text("Approved. It is shown now")).to_be_visible()
    reported = mona.locator("#case-answer-1")
    expect(reported.get_by_text("It has nothing to do with lamps.")).to_be_visible()
    reported.get_by_text("Hide with a reason").click()
    reported.get_by_label("Why it is hidden").fill("This advertises something else.")
    reported.get_by_role("button", name="Hide", exact=True).click()
    expect(mona.get_by_text("Nothing waits")).to_be_visible()

    mira.goto(thread)
    expect(mira.get_by_role("link", name="lamps.example/hum")).to_be_visible()
    expect(mira.get_by_text("Buy my pills.")).to_have_count(0)
    mira.goto("/notifications")
    expect(mira.get_by_role("link", name="sam answered")).to_be_visible()
    expect(mira.get_by_text("A moderator has hidden it: This advertises something else.")).to_be_visible()

    jonas = visit("jonas")
    jonas.goto(thread)
    expect(jonas.get_by_text("Hidden by a moderator: This advertises something else.")).to_be_visible()

    visitor = visit()
    visitor.goto("/")
    visitor.get_by_role("link", name="What moderators did").click()
    expect(visitor.get_by_text("This advertises something else.")).to_be_visible()
    expect(visitor.get_by_text("jonas")).to_have_count(0)
