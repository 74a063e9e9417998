"""Remarks under a question or an answer."""

import pytest
from build import a_comment, a_question, a_user, an_answer

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import comment, delete_comment
from app.forum.models import Comment
from app.notifications.models import Notification


def test_a_member_comments_on_a_question_and_its_author_hears(app, asker, helper):
    question = a_question(by=asker)
    remark = comment(helper, question, None, "Which *model*?")
    assert (remark.question_id, remark.answer_id, remark.author_id) == (question.id, None, helper.id)
    assert "<em>model</em>" in remark.body_html
    message = db.session.query(Notification).one()
    assert (message.user_id, message.kind) == (asker.id, "comment")


def test_a_comment_on_an_answer_is_told_to_the_answerer(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    remark = comment(asker, answer.question, answer, "That helped.")
    assert remark.answer_id == answer.id
    message = db.session.query(Notification).one()
    assert (message.user_id, message.answer_id) == (helper.id, answer.id)


def test_nobody_hears_of_their_own_comment(app, asker):
    comment(asker, a_question(by=asker), None, "I forgot to say: it is new.")
    assert db.session.query(Notification).count() == 0


def test_sending_it_twice_gives_one_comment(app, helper):
    question = a_question()
    assert (
        comment(helper, question, None, "Same here.").id == comment(helper, question, None, "Same here.").id
    )
    assert db.session.query(Comment).count() == 1


def test_the_same_words_under_another_post_are_another_comment(app, helper):
    question = a_question()
    answers = [an_answer(to=question), an_answer(to=question)]
    for post in (None, *answers):
        comment(helper, question, post, "Thank you!")
    assert db.session.query(Comment).count() == 3


@pytest.mark.parametrize(
    ("body", "words"), [("", "write something"), (" \n", "write something"), ("x" * 1_001, "at most 1000")]
)
def test_what_cannot_be_taken_is_said(app, helper, body, words):
    with pytest.raises(Invalid, match=words) as refusal:
        comment(helper, a_question(), None, body)
    assert refusal.value.field == "comment"
    assert db.session.query(Comment).count() == 0


def test_a_thousand_characters_are_taken(app, helper):
    assert comment(helper, a_question(), None, "x" * 1_000).id


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_what_is_not_shown_takes_no_comment(app, asker, helper, state):
    question = a_question(by=asker, **{state: now()})
    with pytest.raises(Refused, match="not shown any more"):
        comment(asker, question, None, "Words")
    answer = an_answer(by=helper, **{state: now()})
    with pytest.raises(Refused, match="not shown any more"):
        comment(helper, answer.question, answer, "Words")
    with pytest.raises(Refused, match="not shown any more"):
        comment(asker, question, an_answer(to=question), "Words")


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        comment(visitor, a_question(), None, "Words")


def test_its_author_and_a_moderator_delete_it(app, helper, moderator):
    question = a_question()
    for person in (helper, moderator):
        remark = a_comment(on=question, by=helper)
        delete_comment(person, remark)
        assert remark.deleted_at is not None


def test_others_may_not_delete_it_not_even_the_asker(app, asker):
    remark = a_comment(on=a_question(by=asker))
    with pytest.raises(NotAllowed, match="its author or a moderator"):
        delete_comment(asker, remark)


def test_a_visitor_is_asked_to_sign_in_to_delete(app, visitor):
    with pytest.raises(SignInNeeded):
        delete_comment(visitor, a_comment(on=a_question()))


def test_deleting_it_twice_is_refused(app, helper):
    remark = a_comment(on=a_question(), by=helper)
    delete_comment(helper, remark)
    with pytest.raises(Refused, match="already deleted"):
        delete_comment(helper, remark)


def test_the_forms_work(app, helper, browser):
    answer = an_answer()
    page = browser(helper)
    for place, words in (
        (f"/questions/{answer.question_id}", "On the question"),
        (f"/answers/{answer.id}", "On the answer"),
    ):
        response = page.post(f"{place}/comments", data={"comment": words}, follow_redirects=True)
        assert response.status_code == 200
        assert words in response.text
    remark = db.session.query(Comment).filter_by(body="On the answer").one()
    response = page.post(f"/comments/{remark.id}/delete", follow_redirects=True)
    assert "On the answer" not in response.text
    assert "On the question" in response.text
    assert page.post(f"/comments/{remark.id}/delete").status_code == 404


def test_a_comment_that_is_too_long_comes_back_as_typed_where_it_was_typed(app, helper, browser):
    answer = an_answer()
    typed = "y" * 1_001
    response = browser(helper).post(f"/answers/{answer.id}/comments", data={"comment": typed})
    assert response.status_code == 400
    assert f'id="comment-answer-{answer.id}-error"' in response.text
    assert response.text.count("at most 1000") == 2  # At the top of the page, and at this field alone.
    assert typed in response.text


def test_a_strangers_delete_is_answered_with_403(app, browser):
    remark = a_comment(on=a_question())
    assert browser(a_user()).post(f"/comments/{remark.id}/delete").status_code == 403
    assert remark.deleted_at is None
