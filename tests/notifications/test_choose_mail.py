"""What reaches a person by mail is theirs to choose."""

import re

import pytest
from build import a_user

from app.core.db import db, now
from app.core.errors import Invalid, SignInNeeded
from app.notifications.actions import choose_mail
from app.notifications.kinds import TOPICS
from app.notifications.models import MailChoice


def chosen():
    return {one.topic: one.choice for one in db.session.query(MailChoice)}


def test_the_last_choice_counts_and_others_stay_as_they_are(app, asker):
    choose_mail(asker, {"answers": "off", "comments": "daily"})
    choose_mail(asker, {"answers": "now"})
    assert chosen() == {"answers": "now", "comments": "daily"}


@pytest.mark.parametrize("choices", [{"answers": "often"}, {"weather": "now"}, {"answers": ""}])
def test_what_is_no_choice_is_refused_and_nothing_is_saved(app, asker, choices):
    with pytest.raises(Invalid):
        choose_mail(asker, {"comments": "off", **choices})
    assert chosen() == {}


def test_who_is_signed_out_has_nothing_to_choose(app, visitor, browser):
    with pytest.raises(SignInNeeded):
        choose_mail(visitor, {"answers": "off"})
    assert browser().get("/settings/notifications").location.startswith("/sign-in?next=")


def test_the_page_shows_what_is_chosen_and_saves(app, asker, browser):
    page = browser(asker)
    text = page.get("/settings/notifications").text
    assert "confirm your e-mail address first" in text
    assert len(re.findall(r"<select", text)) == len(TOPICS)
    assert re.search(r'name="following".*?value="daily" selected', text, re.DOTALL)
    page.post("/settings/notifications", data={"following": "off", "answers": "daily"})
    assert chosen() == {"following": "off", "answers": "daily"}
    assert page.post("/settings/notifications", data={"answers": "x"}).status_code == 400


def test_the_page_names_the_address_that_letters_go_to(app, browser):
    person = a_user(username="mira", email_verified_at=now())
    assert "Letters go to mira@example.com" in browser(person).get("/settings/notifications").text
