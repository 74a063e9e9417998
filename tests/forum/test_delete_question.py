"""Putting a question away, and bringing it back."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import delete_question, undelete_question


def test_the_author_deletes_and_brings_back(app, asker):
    question = a_question(by=asker)
    delete_question(asker, question)
    assert not question.is_here
    assert question.deleted_by_id == asker.id
    undelete_question(asker, question)
    assert question.is_here
    assert question.deleted_by_id is None


def test_what_others_have_answered_only_a_moderator_deletes(app, asker, moderator):
    question = a_question(by=asker)
    an_answer(to=question)
    with pytest.raises(Refused, match="People have put work into"):
        delete_question(asker, question)
    assert question.is_here
    delete_question(moderator, question)
    assert not question.is_here


def test_ones_own_answer_does_not_stand_in_the_way(app, asker):
    question = a_question(by=asker)
    an_answer(to=question, by=asker)
    delete_question(asker, question)
    assert not question.is_here


def test_what_a_moderator_deleted_only_a_moderator_brings_back(app, asker, moderator):
    question = a_question(by=asker)
    delete_question(moderator, question)
    with pytest.raises(NotAllowed, match="whoever deleted it or a moderator"):
        undelete_question(asker, question)
    undelete_question(moderator, question)
    assert question.is_here


@pytest.mark.parametrize("deed", [delete_question, undelete_question])
def test_strangers_may_not(app, deed):
    question = a_question(deleted_at=now() if deed is undelete_question else None)
    with pytest.raises(NotAllowed, match=r"(its author|whoever deleted it) or a moderator"):
        deed(a_user(reputation=5000), question)


@pytest.mark.parametrize("deed", [delete_question, undelete_question])
def test_a_visitor_is_asked_to_sign_in(app, visitor, deed):
    with pytest.raises(SignInNeeded):
        deed(visitor, a_question())


def test_deleting_twice_and_bringing_back_what_is_here_are_refused(app, asker):
    question = a_question(by=asker)
    with pytest.raises(NotAllowed, match="whoever deleted it"):
        undelete_question(asker, question)
    delete_question(asker, question)
    with pytest.raises(Refused, match="already deleted"):
        delete_question(asker, question)


def test_the_buttons_work_and_the_author_still_sees_it(app, asker, browser):
    question = a_question(by=asker)
    page = browser(asker)
    response = page.post(f"/questions/{question.id}/delete", follow_redirects=True)
    assert response.status_code == 200
    assert "Deleted" in response.text
    assert "Bring back" in response.text
    assert browser().get(f"/questions/{question.id}").status_code == 410
    assert "It is back" in page.post(f"/questions/{question.id}/undelete", follow_redirects=True).text
    assert browser().get(f"/questions/{question.id}", follow_redirects=True).status_code == 200


def test_a_strangers_post_is_answered_with_403(app, browser):
    assert browser(a_user()).post(f"/questions/{a_question().id}/delete").status_code == 403


def test_a_stranger_learns_only_that_a_deleted_one_is_gone(app, browser):
    question = a_question(deleted_at=now())
    assert browser(a_user()).post(f"/questions/{question.id}/undelete").status_code == 410
