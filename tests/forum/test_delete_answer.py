"""Putting an answer away, and bringing it back."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import accept_answer, delete_answer, undelete_answer


def test_the_author_deletes_and_brings_back_and_the_count_follows(app, helper):
    answer = an_answer(by=helper)
    delete_answer(helper, answer)
    assert not answer.is_here
    assert answer.question.answer_count == 0
    undelete_answer(helper, answer)
    assert answer.is_here
    assert answer.question.answer_count == 1


def test_an_acceptance_does_not_come_back(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    delete_answer(helper, answer)
    undelete_answer(helper, answer)
    assert not answer.is_accepted
    assert not answer.question.is_solved
    assert helper.reputation == 0


def test_what_a_moderator_deleted_only_a_moderator_brings_back(app, helper, moderator):
    answer = an_answer(by=helper)
    delete_answer(moderator, answer)
    with pytest.raises(NotAllowed, match="whoever deleted it or a moderator"):
        undelete_answer(helper, answer)
    assert answer.question.answer_count == 0
    undelete_answer(moderator, answer)
    assert answer.question.answer_count == 1


def test_a_hidden_answer_was_not_counted_so_deleting_it_counts_nothing_off(app, helper):
    question = a_question()
    an_answer(to=question)
    hidden = an_answer(to=question, by=helper, hidden_at=now())
    assert question.answer_count == 1
    delete_answer(helper, hidden)
    assert question.answer_count == 1
    undelete_answer(helper, hidden)
    assert question.answer_count == 1


@pytest.mark.parametrize("deed", [delete_answer, undelete_answer])
def test_strangers_and_the_asker_may_not(app, asker, deed):
    answer = an_answer(to=a_question(by=asker))
    for person in (asker, a_user(reputation=5000)):
        with pytest.raises(NotAllowed, match=r"(its author|whoever deleted it) or a moderator"):
            deed(person, answer)


@pytest.mark.parametrize("deed", [delete_answer, undelete_answer])
def test_a_visitor_is_asked_to_sign_in(app, visitor, deed):
    with pytest.raises(SignInNeeded):
        deed(visitor, an_answer())


def test_deleting_twice_and_bringing_back_what_is_here_are_refused(app, helper):
    answer = an_answer(by=helper)
    with pytest.raises(NotAllowed, match="whoever deleted it"):
        undelete_answer(helper, answer)
    delete_answer(helper, answer)
    with pytest.raises(Refused, match="already deleted"):
        delete_answer(helper, answer)
    assert answer.question.answer_count == 0


def test_the_buttons_work_and_others_do_not_see_it(app, helper, browser):
    answer = an_answer(by=helper, body="A secret remedy.")
    page, thread = browser(helper), f"/questions/{answer.question_id}"
    response = page.post(f"/answers/{answer.id}/delete", follow_redirects=True)
    assert "Bring back" in response.text
    assert "A secret remedy." not in browser().get(thread, follow_redirects=True).text
    assert browser().get(f"/answers/{answer.id}").status_code == 410
    page.post(f"/answers/{answer.id}/undelete")
    assert "A secret remedy." in browser().get(thread, follow_redirects=True).text


def test_a_strangers_post_is_answered_with_403(app, browser):
    assert browser(a_user()).post(f"/answers/{an_answer().id}/delete").status_code == 403
