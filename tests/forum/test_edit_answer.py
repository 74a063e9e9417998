"""Changing an answer."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import edit_answer
from app.forum.models import PostRevision
from app.policy import threshold


def test_the_author_changes_it_and_the_old_words_are_kept(app, helper):
    answer = an_answer(by=helper, body="Hold it.")
    before = answer.question.active_at
    edit_answer(helper, answer, "Hold it *longer*.")
    assert answer.body == "Hold it *longer*."
    assert "<em>longer</em>" in answer.body_html
    assert answer.edited_by_id == helper.id
    assert answer.question.active_at > before
    assert db.session.query(PostRevision).one().body == "Hold it."


def test_votes_and_acceptance_outlive_a_change(app, helper):
    answer = an_answer(by=helper, up_count=3, confidence=0.5, accepted_at=now())
    edit_answer(helper, answer, "Corrected a typo.")
    assert (answer.up_count, answer.confidence, answer.is_accepted) == (3, 0.5, True)


def test_saving_without_a_change_keeps_no_revision(app, helper):
    answer = an_answer(by=helper)
    edit_answer(helper, answer, f"  {answer.body}\r\n")
    assert answer.edited_at is None
    assert db.session.query(PostRevision).count() == 0


def test_experienced_members_and_moderators_may_and_others_may_not(app, moderator):
    answer = an_answer()
    edit_answer(moderator, answer, "By a moderator.")
    edit_answer(a_user(reputation=threshold("edit_others")), answer, "By an experienced member.")
    with pytest.raises(NotAllowed, match="You need 200 reputation for this; you have 0"):
        edit_answer(a_user(), answer, "By a stranger.")
    assert answer.body == "By an experienced member."


def test_the_asker_may_not_change_an_answer(app, asker):
    with pytest.raises(NotAllowed):
        edit_answer(asker, an_answer(to=a_question(by=asker)), "My words")


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        edit_answer(visitor, an_answer(), "Words")


def test_a_deleted_answer_is_refused(app, helper):
    with pytest.raises(Refused, match="deleted"):
        edit_answer(helper, an_answer(by=helper, deleted_at=now()), "Words")


def test_an_empty_text_is_refused(app, helper):
    with pytest.raises(Invalid):
        edit_answer(helper, an_answer(by=helper), " ")


def test_the_form_works_and_the_history_shows_the_difference(app, helper, browser):
    answer = an_answer(by=helper, body="Hold it.")
    page = browser(helper)
    assert "Hold it." in page.get(f"/answers/{answer.id}/edit").text
    response = page.post(
        f"/answers/{answer.id}/edit", data={"body": "Hold it longer."}, follow_redirects=True
    )
    assert "Hold it longer." in response.text
    history = browser().get(f"/answers/{answer.id}/history").text
    assert "<del>− Hold it.</del>" in history
    assert "<ins>+ Hold it longer.</ins>" in history


def test_a_form_with_a_mistake_comes_back_as_typed(app, helper, browser):
    answer = an_answer(by=helper)
    response = browser(helper).post(f"/answers/{answer.id}/edit", data={"body": "z" * 30_001})
    assert response.status_code == 400
    assert "z" * 30_001 in response.text


def test_a_strangers_form_is_answered_with_403(app, browser):
    page, address = browser(a_user()), f"/answers/{an_answer().id}/edit"
    assert page.get(address).status_code == 403
    assert page.post(address, data={"body": "Words"}).status_code == 403
