"""Marking the answer that solved the problem."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import accept_answer, delete_answer, unaccept_answer
from app.notifications.models import Notification


def test_the_asker_accepts_and_the_answerer_is_rewarded_and_told(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    assert answer.is_accepted
    assert answer.question.is_solved
    assert helper.reputation == 15
    message = db.session.query(Notification).one()
    assert (message.user_id, message.kind) == (helper.id, "accepted")


def test_several_answers_may_be_right(app, asker):
    question = a_question(by=asker)
    for _ in range(2):
        accept_answer(asker, an_answer(to=question))
    assert question.accepted_count == 2


def test_taking_it_back_takes_the_points_back(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    unaccept_answer(asker, answer)
    assert not answer.question.is_solved
    assert helper.reputation == 0


def test_ones_own_answer_may_be_accepted_but_earns_nothing(app, asker):
    accept_answer(asker, an_answer(to=a_question(by=asker), by=asker))
    assert asker.reputation == 0
    assert db.session.query(Notification).count() == 0


def test_a_stranger_may_not_and_a_moderator_may(app, moderator):
    answer = an_answer()
    with pytest.raises(NotAllowed, match="the person who asked"):
        accept_answer(a_user(), answer)
    accept_answer(moderator, answer)
    assert answer.is_accepted


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        accept_answer(visitor, an_answer())


def test_a_hidden_answer_is_refused_and_nothing_is_saved(app, asker):
    answer = an_answer(to=a_question(by=asker), hidden_at=now())
    with pytest.raises(Refused, match="not shown any more"):
        accept_answer(asker, answer)
    assert answer.question.accepted_count == 0
    assert db.session.query(Notification).count() == 0


def test_accepting_twice_is_refused(app, asker):
    answer = an_answer(to=a_question(by=asker))
    accept_answer(asker, answer)
    with pytest.raises(Refused, match="already"):
        accept_answer(asker, answer)
    assert answer.question.accepted_count == 1


def test_deleting_an_accepted_answer_opens_the_question_again(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    delete_answer(helper, answer)
    assert not answer.question.is_solved
    assert answer.question.answer_count == 0
    assert helper.reputation == 0


def test_the_button_works(app, asker, browser):
    answer = an_answer(to=a_question(by=asker))
    page = browser(asker)
    assert "Accept this answer" in page.get(f"/questions/{answer.question_id}", follow_redirects=True).text
    response = page.post(f"/answers/{answer.id}/accept", follow_redirects=True)
    assert response.status_code == 200
    assert "Accepted answer" in response.text
    assert "Accept this answer" not in response.text


def test_a_strangers_post_is_answered_with_403(app, browser):
    answer = an_answer()
    assert browser(a_user()).post(f"/answers/{answer.id}/accept").status_code == 403


def test_a_get_changes_nothing(app, asker, browser):
    answer = an_answer(to=a_question(by=asker))
    assert browser(asker).get(f"/answers/{answer.id}/accept").status_code == 405
    assert not answer.is_accepted
