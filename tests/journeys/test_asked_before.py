"""A question that was asked before, and a change that somebody suggests: from a member's word to the thread."""

import pytest
from playwright.sync_api import expect

from app.accounts.queries import person_named
from app.forum import actions
from app.forum.actions import QuestionText

pytestmark = pytest.mark.browser

WORDS = "Unplug the hub.\n\nWait for ten seconds."


def test_a_member_says_that_it_was_asked_before_and_suggests_better_words(visit, site, scripts):
    with site.app.app_context():
        sam, mira = person_named("sam"), person_named("mira")
        original = actions.ask_question(
            mira, QuestionText("The hub forgets all lamps at night", "Every night.")
        )
        asked = actions.ask_question(sam, QuestionText("Lamps are gone in the morning", "All of them."))
        for _ in range(35):
            number = actions.answer_question(sam, original, f"{WORDS} Or {_}.").id
        first, second = f"/questions/{original.id}", f"/questions/{asked.id}"

    member = visit("jonas")
    member.goto(second)
    member.get_by_role("link", name="Asked before?").click()
    member.get_by_label("Address of the other question").fill(f"{site.url}{first}")
    member.get_by_role("button", name="This is the same problem").last.click()
    expect(member.get_by_text("Whoever asked decides.")).to_be_visible()

    asker = visit("sam")
    asker.goto(second)
    asker.get_by_role("button", name="Yes, the same problem").click()
    expect(asker.get_by_text("This has been asked before, and that is fine")).to_be_visible()
    asker.get_by_role("link", name="Answer there").click()
    expect(asker.get_by_role("heading", name="The hub forgets all lamps at night", level=1)).to_be_visible()
    expect(asker.get_by_text("1 person has this problem too")).to_be_visible()
    expect(asker.get_by_role("link", name="Lamps are gone in the morning").first).to_be_visible()

    member.goto(f"/answers/{number}")
    assert "?after=" in member.url
    if scripts:  # An address without its page finds it too.
        member.goto(f"{first}#answer-{number}")
        member.wait_for_url("**?after=*#answer-*")
    answer = member.locator(f"#answer-{number}")
    answer.get_by_role("link", name="Suggest a change").click()
    member.get_by_label("Text", exact=True).fill(WORDS.replace("ten", "twelve"))
    member.get_by_label("What does it improve?").fill("Ten is too short.")
    member.get_by_role("button", name="Send the suggestion").click()
    expect(member.get_by_text("Thank you. Those who may change it")).to_be_visible()

    asker.goto(f"/answers/{number}")
    asker.get_by_role("link", name="A change to this is suggested. Have a look.").click()
    expect(asker.get_by_text("Ten is too short.")).to_be_visible()
    asker.get_by_role("button", name="Take it over").click()
    expect(asker.locator(f"#answer-{number}").get_by_text("Wait for twelve seconds.")).to_be_visible()
