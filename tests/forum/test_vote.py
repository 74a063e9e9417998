"""Voting on questions and answers: once each, never on one's own, and back again."""

from datetime import timedelta

import pytest
from build import a_question, a_user, an_answer
from sqlalchemy.exc import IntegrityError

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import vote
from app.forum.models import Vote, confidence
from app.reputation.models import ReputationEntry


def ledger(person):
    entries = db.session.query(ReputationEntry).filter_by(user_id=person.id).order_by(ReputationEntry.id)
    return [(entry.points, entry.cancelled_at is None) for entry in entries]


@pytest.fixture(params=[a_question, an_answer])
def post(app, request, helper):
    return request.param(by=helper)


@pytest.mark.parametrize(
    ("values", "up", "down", "rows"),
    [
        ([1], 1, 0, 1),
        ([-1], 0, 1, 1),
        ([1, 1], 1, 0, 1),
        ([1, -1], 0, 1, 1),
        ([-1, 1], 1, 0, 1),
        ([1, 0], 0, 0, 0),
        ([-1, 0], 0, 0, 0),
        ([0], 0, 0, 0),
        ([1, 0, -1, 1], 1, 0, 1),
    ],
)
def test_a_person_has_one_vote_that_can_be_changed_and_withdrawn(app, asker, post, values, up, down, rows):
    for value in values:
        vote(asker, post, value)
    assert (post.up_count, post.down_count) == (up, down)
    assert post.score == up - down
    assert db.session.query(Vote).count() == rows


def test_each_person_counts_once(app, post):
    for value in (1, 1, 1, -1):
        vote(a_user(), post, value)
    assert (post.up_count, post.down_count, post.score) == (3, 1, 2)


def test_the_ledger_holds_each_vote_and_reputation_is_what_stands_of_them(app, asker, helper):
    answer = an_answer(by=helper)
    for value in (1, -1, 0):
        vote(asker, answer, value)
    assert ledger(helper) == [(10, False), (-2, False)]
    assert helper.reputation == 0
    vote(asker, a_question(by=helper), 1)
    assert helper.reputation == 5
    assert ledger(asker) == []


def test_the_confidence_of_an_answer_follows_its_votes(app, asker):
    answer = an_answer()
    vote(asker, answer, 1)
    assert answer.confidence == pytest.approx(confidence(1, 0))
    vote(asker, answer, 0)
    assert answer.confidence == 0


def test_nobody_votes_on_their_own_post_not_even_an_administrator(app, post, helper):
    with pytest.raises(NotAllowed, match="other than its author"):
        vote(helper, post, 1)
    helper.role = 5
    db.session.commit()
    with pytest.raises(NotAllowed):
        vote(helper, post, 1)
    assert db.session.query(Vote).count() == 0


@pytest.mark.parametrize("value", [2, -2, 100])
def test_a_vote_weighs_one(app, asker, post, value):
    with pytest.raises(Invalid, match="up, down or taken back"):
        vote(asker, post, value)
    assert post.score == 0


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_what_is_not_shown_is_not_voted_on(app, asker, post, state):
    setattr(post, state, now())
    db.session.commit()
    with pytest.raises(Refused, match="not shown any more"):
        vote(asker, post, 1)


def test_a_visitor_is_asked_to_sign_in(app, visitor, post):
    with pytest.raises(SignInNeeded):
        vote(visitor, post, 1)


def test_a_suspended_person_may_not(app, post):
    with pytest.raises(NotAllowed, match="suspended"):
        vote(a_user(suspended_until=now() + timedelta(hours=1)), post, 1)


def test_the_database_itself_keeps_it_to_one(app, asker):
    question = a_question()
    db.session.add_all([Vote(user_id=asker.id, question_id=question.id, value=1) for _ in range(2)])
    with pytest.raises(IntegrityError):
        db.session.commit()


@pytest.mark.parametrize("about", [{}, {"question_id": 1, "answer_id": 1}])
def test_the_database_wants_exactly_one_post(app, asker, about):
    an_answer(to=a_question())
    db.session.add(Vote(user_id=asker.id, value=1, **about))
    with pytest.raises(IntegrityError):
        db.session.commit()


def test_the_buttons_work_and_show_what_one_voted(app, asker, browser):
    answer = an_answer()
    page, thread = browser(asker), f"/questions/{answer.question_id}"
    text = page.get(thread, follow_redirects=True).text
    assert text.count('aria-label="Vote up" aria-pressed="false"') == 2
    response = page.post(f"/answers/{answer.id}/vote", data={"value": "1"}, follow_redirects=True)
    assert response.status_code == 200
    assert response.text.count('aria-label="Vote up" aria-pressed="true"') == 1
    # Pressing the same button again takes the vote back.
    assert '<button type="submit" name="value" value="0" aria-label="Vote up"' in response.text
    page.post(f"/questions/{answer.question_id}/vote", data={"value": "-1"})
    assert answer.question.down_count == 1


def test_ones_own_post_has_no_buttons(app, asker, browser):
    question = a_question(by=asker)
    text = browser(asker).get(f"/questions/{question.id}", follow_redirects=True).text
    assert "Vote up" not in text
    assert browser(asker).post(f"/questions/{question.id}/vote", data={"value": "1"}).status_code == 403


@pytest.mark.parametrize("value", ["", "up", "9" * 30, "1.5"])
def test_a_value_that_is_none_is_answered_kindly(app, asker, browser, value):
    response = browser(asker).post(f"/questions/{a_question().id}/vote", data={"value": value})
    assert response.status_code == 400
    assert "up, down or taken back" in response.text
