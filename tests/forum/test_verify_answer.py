"""Experts and staff vouch for an answer."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import unverify_answer, verify_answer
from app.notifications.models import Notification


@pytest.mark.parametrize("who", ["expert", "writer", "moderator"])
def test_experts_and_staff_verify_and_the_answerer_is_rewarded_and_told(app, request, helper, who):
    person = request.getfixturevalue(who)
    answer = an_answer(by=helper)
    verify_answer(person, answer)
    assert answer.verified_by_id == person.id
    assert helper.reputation == 10
    message = db.session.query(Notification).one()
    assert (message.user_id, message.kind) == (helper.id, "verified")


def test_taking_it_back_takes_the_points_back(app, expert, writer, helper):
    answer = an_answer(by=helper)
    verify_answer(expert, answer)
    unverify_answer(writer, answer)
    assert answer.verified_at is None
    assert answer.verified_by_id is None
    assert helper.reputation == 0


def test_members_may_not(app, asker):
    answer = an_answer(to=a_question(by=asker), verified_at=None)
    for deed in (verify_answer, unverify_answer):
        with pytest.raises(NotAllowed, match="an expert or staff"):
            deed(a_user(reputation=9000), answer)


def test_nobody_verifies_their_own_answer(app, expert):
    with pytest.raises(NotAllowed, match="other than its author"):
        verify_answer(expert, an_answer(by=expert))


@pytest.mark.parametrize("deed", [verify_answer, unverify_answer])
def test_a_visitor_is_asked_to_sign_in(app, visitor, deed):
    with pytest.raises(SignInNeeded):
        deed(visitor, an_answer())


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_an_answer_that_is_not_shown_is_refused(app, expert, state):
    with pytest.raises(Refused, match="not shown any more"):
        verify_answer(expert, an_answer(**{state: now()}))


def test_twice_and_back_what_never_was_are_refused(app, expert):
    answer = an_answer()
    with pytest.raises(Refused, match="not verified"):
        unverify_answer(expert, answer)
    verify_answer(expert, answer)
    with pytest.raises(Refused, match="already"):
        verify_answer(expert, answer)


def test_the_button_works_and_readers_see_who_vouches(app, expert, browser):
    answer = an_answer()
    page, thread = browser(expert), f"/questions/{answer.question_id}"
    assert "Verified by staff</button>" in page.get(thread, follow_redirects=True).text
    page.post(f"/answers/{answer.id}/verify")
    text = browser().get(thread, follow_redirects=True).text
    assert "Verified by expert" in text
    assert "Take verification back" not in text
    page.post(f"/answers/{answer.id}/unverify")
    assert "Verified by expert" not in browser().get(thread, follow_redirects=True).text


def test_a_members_post_is_answered_with_403(app, browser):
    assert browser(a_user()).post(f"/answers/{an_answer().id}/verify").status_code == 403
