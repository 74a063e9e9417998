"""Saying that one has the same problem."""

import pytest
from build import a_question, a_user

from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import mark_affected
from app.forum.models import Affected


def test_people_say_so_and_take_it_back(app, helper):
    question = a_question()
    mark_affected(helper, question, is_affected=True)
    mark_affected(a_user(), question, is_affected=True)
    assert question.affected_count == 2
    mark_affected(helper, question, is_affected=False)
    assert question.affected_count == 1
    assert db.session.query(Affected).count() == 1


def test_saying_it_twice_counts_once(app, helper):
    question = a_question()
    for _ in range(2):
        mark_affected(helper, question, is_affected=True)
    assert question.affected_count == 1
    for _ in range(2):
        mark_affected(helper, question, is_affected=False)
    assert question.affected_count == 0


def test_the_asker_has_the_problem_anyway(app, asker):
    with pytest.raises(NotAllowed):
        mark_affected(asker, a_question(by=asker), is_affected=True)


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        mark_affected(visitor, a_question(), is_affected=True)


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_a_question_that_is_not_shown_is_refused(app, moderator, state):
    with pytest.raises(Refused, match="not shown any more"):
        mark_affected(moderator, a_question(**{state: now()}), is_affected=True)


def test_the_button_says_whether_it_is_pressed_and_how_many_there_are(app, helper, browser):
    question = a_question()
    page, address = browser(helper), f"/questions/{question.id}"
    text = page.get(address, follow_redirects=True).text
    assert "I have this problem too</button>" in text
    text = page.post(f"{address}/affected", data={"value": "yes"}, follow_redirects=True).text
    assert "1 person has this problem too" in text
    assert 'aria-pressed="true">' in text
    text = page.post(f"{address}/affected", data={"value": "no"}, follow_redirects=True).text
    assert "has this problem too" not in text


def test_the_asker_sees_no_button(app, asker, browser):
    question = a_question(by=asker)
    assert (
        "I have this problem too"
        not in browser(asker).get(f"/questions/{question.id}", follow_redirects=True).text
    )
    assert browser(asker).post(f"/questions/{question.id}/affected").status_code == 403
