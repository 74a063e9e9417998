"""Hearing of an answer: the count at the top, the inbox, following, and no letter for what was seen."""

import re

import pytest
from playwright.sync_api import expect

from app.core.db import db
from app.notifications.models import Notification

pytestmark = pytest.mark.browser


def test_an_answer_is_heard_of_once_and_seen_by_opening_it(visit, site, scripts):
    asker, helper = visit("sam"), visit("mira")
    asker.goto("/ask")
    asker.get_by_label("Title").fill("Lamp hums at night since the last update")
    asker.get_by_label("Details").fill("It hums loudly. Nothing in the log.")
    asker.get_by_role("button", name="Post your question").click()
    asker.wait_for_load_state()
    if asker.get_by_text("Before it is posted").is_visible():
        asker.get_by_role("button", name="Post your question").click()
    expect(asker.get_by_role("heading", level=1)).to_have_text("Lamp hums at night since the last update")
    address = asker.url
    expect(asker.get_by_role("button", name="Follow this question", pressed=True)).to_be_visible()

    helper.goto(address)
    helper.get_by_role("button", name="Follow this question", pressed=False).click()
    expect(helper.get_by_role("button", name="Follow this question", pressed=True)).to_be_visible()
    for words in ("Turn the dimmer to its end and back.", "Else hold the button for ten seconds."):
        helper.goto(address)
        helper.get_by_label("Your answer").fill(words)
        helper.get_by_role("button", name="Post your answer").click()
        expect(helper.get_by_text(words)).to_be_visible()

    asker.goto("/notifications")
    expect(asker.get_by_role("group").or_(asker.locator(".menu")).first).to_contain_text(
        re.compile(r"Unread:\s+1")
    )
    line = asker.get_by_role("link", name="mira answered “Lamp hums at night since the last update”")
    expect(line).to_have_count(1)
    expect(asker.get_by_text("2 messages")).to_be_visible()
    line.click()
    expect(asker.get_by_role("heading", level=1)).to_have_text("Lamp hums at night since the last update")
    if scripts:
        expect(asker.locator("[data-unread]")).to_have_count(0)
    else:
        asker.goto("/notifications")
        asker.get_by_role("button", name="Mark as read mira answered").click()
        expect(asker.locator("[data-unread]")).to_have_count(0)
    with site.app.app_context():
        assert not db.session.query(Notification).filter(Notification.read_at.is_(None)).count()
        db.session.remove()

    helper.goto("/following")
    helper.get_by_role("button", name="Unfollow Lamp hums").click()
    expect(helper.get_by_text("Nothing yet")).to_be_visible()
    helper.goto("/settings/notifications")
    helper.get_by_role("combobox", name="Answers").select_option("Once a day")
    helper.get_by_role("button", name="Save").click()
    expect(helper.get_by_text("Saved.")).to_be_visible()
    expect(helper.get_by_role("combobox", name="Answers")).to_have_value("daily")
