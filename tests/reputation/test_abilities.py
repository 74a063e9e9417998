"""What reputation opens under each preset, and what somebody is told who has too little of it."""

import html
from dataclasses import replace

import pytest
from build import a_question, a_user, an_answer

from app import policy
from app.core.db import db
from app.core.errors import NotAllowed, TooMany
from app.forum.actions import comment, edit_answer, vote, vote_down
from app.forum.models import Vote
from app.policy import (
    ABILITIES,
    PRESETS,
    RULES,
    Role,
    has,
    may,
    missing,
    reputation,
    role,
    short_of,
    threshold,
)
from app.site.values import Limits, Settings


@pytest.fixture
def preset(monkeypatch):
    """`preset("growing")` lets the site be that far."""

    def choose(name):
        monkeypatch.setattr(policy, "_current_preset", lambda: name)

    return choose


def test_each_preset_asks_for_no_less_than_the_one_before():
    for ability in ABILITIES.values():
        points = [ability.points(preset) for preset in PRESETS]
        assert points == sorted(points)


def test_a_young_site_is_usable_at_once(app, asker):
    for deed in ("ask_question", "answer_question", "upload_image"):
        assert may(asker, deed)
    post = an_answer()
    for deed in ("vote", "vote_down", "comment"):
        assert may(asker, deed, post)


@pytest.mark.parametrize("name", sorted(ABILITIES))
@pytest.mark.parametrize("chosen", list(PRESETS))
def test_an_ability_begins_at_its_points(preset, name, chosen):
    preset(chosen)
    points = threshold(name)
    assert points == ABILITIES[name].points(chosen)
    member = {"is_authenticated": True, "is_suspended": False, "role": Role.MEMBER}
    assert has(type("Person", (), {**member, "reputation": points}), name)
    if points:
        assert not has(type("Person", (), {**member, "reputation": points - 1}), name)
    assert not has(type("Person", (), {**member, "reputation": points, "is_suspended": True}), name)


def test_an_ability_that_there_is_not_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        reputation("fly")


def test_a_refusal_says_how_much_it_takes_and_how_much_there_is(app, asker, preset):
    preset("established")
    asker.reputation = 40
    db.session.commit()
    with pytest.raises(NotAllowed, match=r"^You need 125 reputation for this; you have 40\. "):
        vote_down(asker, an_answer())
    with pytest.raises(NotAllowed, match=r"^You need 50 reputation for this; you have 40\. "):
        comment(asker, a_question(), None, "Hello")
    with pytest.raises(NotAllowed, match=r"^You need 2000 reputation"):
        edit_answer(asker, an_answer(), "Mine now")


def test_in_ones_own_thread_one_comments_without_any(app, asker, helper, preset):
    preset("established")
    answer = an_answer(to=a_question(by=asker), by=helper)
    assert may(asker, "comment", answer)
    assert may(helper, "comment", answer)
    assert not may(a_user(), "comment", answer)


def test_roles_need_no_reputation(app, preset):
    preset("established")
    answer = an_answer()
    assert may(a_user(role=Role.EXPERT), "vote_down", answer)
    assert not may(a_user(role=Role.WRITER), "edit_answer", answer)
    assert may(a_user(role=Role.MODERATOR), "edit_answer", answer)


def test_where_no_reputation_is_enough_the_refusal_says_who_may(app, asker):
    assert missing(asker, "promote_answer") == "This is open to a support writer."
    assert short_of(asker, "promote_answer") == ""
    own = a_question(by=asker)
    assert short_of(asker, "vote", own) == ""
    assert missing(asker, "vote", a_question()) == ""


def test_of_two_ways_the_cheaper_one_is_told_and_of_two_conditions_the_dearer(app, asker, preset):
    preset("established")
    either = reputation("vote_up") | reputation("vote_down")
    both = reputation("vote_up") & reputation("vote_down")
    assert (either.needs(asker, None), both.needs(asker, None)) == (15, 125)
    never = role(Role.ADMIN, "an administrator")
    assert (never & reputation("vote_up")).needs(asker, None) is None
    assert (never | reputation("vote_up")).needs(asker, None) == 15


def test_the_words_of_a_rule_follow_the_preset(app, preset):
    with app.test_request_context():
        assert str(RULES["vote"].words) == "any member other than its author"
        preset("growing")
        assert "a member with 5 reputation" in str(RULES["vote"].words)


def test_the_page_says_it_where_the_button_would_be(app, browser, asker, preset):
    preset("established")
    answer = an_answer()
    text = html.unescape(browser(asker).get(f"/questions/{answer.question_id}", follow_redirects=True).text)
    assert "You need 15 reputation for this; you have 0." in text
    assert "You need 50 reputation for this; you have 0." in text
    assert 'aria-disabled="true" title="You need 10 reputation' in text  # Suggest a change.
    assert 'aria-disabled="true" title="You need 50 reputation' in text  # Asked before?
    refused = browser(asker).get(f"/questions/{answer.question_id}/duplicate")
    assert refused.status_code == 403
    assert "You need 50 reputation for this; you have 0." in html.unescape(refused.text)
    response = browser(asker).post(f"/answers/{answer.id}/vote", data={"value": "1"})
    assert response.status_code == 403
    assert "You need 15 reputation for this; you have 0." in html.unescape(response.text)
    asker.reputation = 20
    db.session.commit()
    text = html.unescape(browser(asker).get(f"/questions/{answer.question_id}", follow_redirects=True).text)
    assert 'aria-disabled="true" title="You need 125 reputation' in text


def test_votes_up_and_down_are_told_apart_to_those_who_may_see(app, browser, asker, helper, preset):
    answer = an_answer(by=helper, up_count=3, down_count=1)
    address = f"/questions/{answer.question_id}"
    assert "3 up, 1 down" not in browser(asker).get(address, follow_redirects=True).text
    asker.reputation = threshold("see_vote_counts")
    db.session.commit()
    assert "3 up, 1 down" in browser(asker).get(address, follow_redirects=True).text


def test_a_day_has_room_for_so_many_votes(app, asker, monkeypatch):
    limits = Limits(new_votes_per_day=2, votes_per_day=3)
    monkeypatch.setattr("app.forum.actions.settings", lambda: replace(Settings(), limits=limits))
    first = an_answer()
    vote(asker, first, 1)
    vote(asker, an_answer(), 1)
    with pytest.raises(TooMany, match="2 of these a day"):
        vote(asker, an_answer(), 1)
    vote(asker, first, -1)
    asker.reputation = threshold("more_per_day")
    db.session.commit()
    vote(asker, an_answer(), 1)
    assert db.session.query(Vote).count() == 3
