"""What is drawn once and kept shows each reader what is theirs, and never what was."""

import re

import pytest
from build import a_question, a_user, an_answer
from flask import Flask
from markupsafe import Markup

from app.core.db import transaction
from app.forum import actions
from app.forum.models import Question
from app.web import pieces

ADDRESS = "/questions/1/the-lock-beeps"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(autouse=True)
def kept(app: Flask) -> None:
    app.config["KEEP_PAGES"] = True


@pytest.fixture
def question(app: Flask) -> Question:
    asked = a_question(title="The lock beeps", by=a_user(username="sam"))
    an_answer(to=asked, body="Press the *button*.")
    return asked


def test_what_is_told_by_the_same_values_is_drawn_once(app):
    drawn = []

    def macro(*values):
        drawn.append(values)
        return Markup("<b>{}</b>").format(*values)

    with app.test_request_context("/"):
        shown = [pieces.kept(macro, value) for value in ("a", "b", "a")]
    assert shown == ["<b>a</b>", "<b>b</b>", "<b>a</b>"]
    assert drawn == [("a",), ("b",)]


def test_its_forms_carry_the_token_of_whoever_looks(browser, question):
    pages = [browser(a_user()).get(ADDRESS).text for _each in range(2)]
    for page in pages:
        assert len(set(TOKEN.findall(page))) == 1
        assert page.count('name="opened"') == page.count('name="referral"') > 2
        assert str(pieces.TOKEN_HERE) not in page
    first, second = (re.findall(r'name="opened" value="([^"]+)"', page)[0] for page in pages)
    assert first != second


def test_a_visitors_page_carries_none_after_a_members_was_drawn(browser, question):
    browser(a_user()).get(ADDRESS)
    page = browser().get(ADDRESS).text
    assert "csrf_token" not in page
    assert 'name="opened"' not in page
    assert "<!--" not in page


def test_a_change_is_seen_at_once(browser, question):
    answer = an_answer(to=question)
    reader = browser(a_user())
    assert "Score:</span> 1<" not in reader.get(ADDRESS).text
    actions.vote(a_user(reputation=500), answer, 1)
    assert "Score:</span> 1<" in reader.get(ADDRESS).text


def test_moments_are_told_in_the_zone_of_whoever_looks(browser, question):
    here, there = a_user(), a_user()
    with transaction():
        here.time_zone, there.time_zone = "Asia/Tokyo", "America/New_York"
    assert "JST" in browser(here).get(ADDRESS).text
    page = browser(there).get(ADDRESS).text
    assert "JST" not in page
