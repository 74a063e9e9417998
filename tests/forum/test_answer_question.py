"""Answering."""

import pytest
from build import a_question, a_user

from app.core.db import db, now
from app.core.errors import Invalid, Refused, SignInNeeded
from app.forum.actions import answer_question
from app.forum.models import Affected, Answer
from app.notifications.models import Notification

BODY = "Hold the button for **ten** seconds."


def test_a_member_answers_and_the_asker_hears(app, asker, helper):
    question = a_question(by=asker)
    before = question.active_at
    answer = answer_question(helper, question, BODY)
    assert (answer.body, answer.author_id, answer.question_id) == (BODY, helper.id, question.id)
    assert "<strong>ten</strong>" in answer.body_html
    assert question.answer_count == 1
    assert question.active_at > before
    message = db.session.query(Notification).one()
    assert (message.user_id, message.kind, message.answer_id) == (asker.id, "answer", answer.id)


def test_everyone_with_the_problem_hears_and_nobody_of_their_own_answer(app, asker, helper):
    question = a_question(by=asker)
    other = a_user()
    db.session.add_all([Affected(user_id=one.id, question_id=question.id) for one in (helper, other)])
    db.session.commit()
    answer_question(helper, question, BODY)
    told = {message.user_id for message in db.session.query(Notification)}
    assert told == {asker.id, other.id}


def test_ones_own_question_may_be_answered(app, asker):
    answer_question(asker, a_question(by=asker), BODY)
    assert db.session.query(Notification).count() == 0


def test_sending_it_twice_gives_one_answer_and_one_message(app, helper):
    question = a_question()
    assert answer_question(helper, question, BODY).id == answer_question(helper, question, f" {BODY}\r\n").id
    assert question.answer_count == 1
    assert db.session.query(Notification).count() == 1


@pytest.mark.parametrize(
    ("body", "words"), [("", "write something"), ("?!", "write something"), ("x" * 30_001, "30,000")]
)
def test_what_cannot_be_taken_is_said(app, helper, body, words):
    question = a_question()
    with pytest.raises(Invalid, match=words):
        answer_question(helper, question, body)
    assert question.answer_count == 0


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_a_question_that_is_not_shown_takes_no_answer(app, asker, state):
    question = a_question(by=asker, **{state: now()})
    with pytest.raises(Refused, match="not shown any more"):
        answer_question(asker, question, BODY)
    assert db.session.query(Answer).count() == 0


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        answer_question(visitor, a_question(), BODY)


def test_the_form_posts_it_and_leads_to_it(app, helper, browser):
    question = a_question()
    page = browser(helper)
    text = page.get(f"/questions/{question.id}", follow_redirects=True).text
    assert ">Your answer</label>" in text
    assert "Post your answer</button>" in text
    response = page.post(f"/questions/{question.id}/answers", data={"body": BODY})
    assert response.status_code == 303
    assert response.location == f"/questions/{question.id}/{question.slug}#answer-1"
    assert "<strong>ten</strong>" in page.get(response.location).text


def test_a_form_with_a_mistake_comes_back_as_typed(app, helper, browser):
    question = a_question()
    typed = "x" * 30_001
    response = browser(helper).post(f"/questions/{question.id}/answers", data={"body": typed})
    assert response.status_code == 400
    assert typed in response.text
    assert "30,000" in response.text


def test_there_is_no_answering_what_is_not_there(app, helper, browser):
    page = browser(helper)
    assert page.post("/questions/99/answers", data={"body": BODY}).status_code == 404
    deleted = a_question(deleted_at=now())
    assert page.post(f"/questions/{deleted.id}/answers", data={"body": BODY}).status_code == 410
