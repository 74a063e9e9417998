"""What moderators do: each deed once, with a reason, in the log, and with its consequences."""

from datetime import timedelta

import pytest
from build import a_comment, a_question, a_user, an_answer

from app.accounts.models import UserSession
from app.core import counters
from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused
from app.forum import actions as forum
from app.forum import counters as forum_counters
from app.forum.screening import Sending
from app.moderation.actions import (
    answer_reports,
    approve_post,
    hide_all_posts,
    hide_post,
    lift_suspension,
    note_on_person,
    report,
    restore_post,
    suspend,
)
from app.moderation.models import Act, Case, PersonNote
from app.notifications.models import Notification
from app.policy import Role

LINK = "https://pills.example/now"
SLOWLY = Sending(taken=timedelta(minutes=1))


def wrong():
    return counters.differences(forum_counters.truths())


def held_answer(helper, question):
    return forum.answer_question(helper, question, f"See {LINK}", SLOWLY)


def kinds(person):
    return {one.kind for one in db.session.query(Notification).filter_by(user_id=person.id)}


@pytest.fixture
def thread(app, asker, helper):
    """A question with an accepted answer and a comment, all by others than the moderator."""
    question = a_question(by=asker)
    answer = an_answer(to=question, by=helper, accepted_at=now())
    return question, answer, a_comment(on=answer, by=helper)


def test_only_moderators_moderate(app, thread, writer, helper):
    _question, answer, _remark = thread
    for deed in (
        lambda who: approve_post(who, answer),
        lambda who: hide_post(who, answer, "Spam"),
        lambda who: restore_post(who, answer, "Mistake"),
        lambda who: answer_reports(who, answer, "Fine", helped=False),
        lambda who: suspend(who, helper, 1, "Spam"),
        lambda who: lift_suspension(who, helper, "Mistake"),
        lambda who: note_on_person(who, helper, "Friendly"),
    ):
        with pytest.raises(NotAllowed, match="a moderator"):
            deed(writer)
    assert db.session.query(Act).count() == 0


def test_a_hidden_answer_counts_no_more_and_counts_again_when_restored(app, thread, moderator, helper):
    question, answer, _remark = thread
    hide_post(moderator, answer, "It is an advertisement.")
    assert (answer.is_here, answer.hidden_why) == (False, "It is an advertisement.")
    assert (question.answer_count, question.accepted_count) == (0, 0)
    assert wrong() == {}
    assert "post_hidden" in kinds(helper)
    restore_post(moderator, answer, "It was none.")
    assert (question.answer_count, question.accepted_count) == (1, 1)
    assert wrong() == {}


def test_a_question_and_a_comment_are_hidden_alike(app, thread, moderator):
    question, _answer, remark = thread
    for post in (question, remark):
        hide_post(moderator, post, "Private data")
        assert not post.is_here
        restore_post(moderator, post, "It is gone from it")
        assert post.is_here


def test_hiding_needs_a_reason_that_fits(app, thread, moderator):
    for why in ("", "  \n ", "x" * 501):
        with pytest.raises(Invalid) as caught:
            hide_post(moderator, thread[1], why)
        assert caught.value.field == "why"


def test_what_is_hidden_cannot_be_hidden_and_what_is_shown_cannot_be_restored_or_approved(
    app, thread, moderator
):
    answer = thread[1]
    for deed in (restore_post, lambda who, post, _why: approve_post(who, post)):
        with pytest.raises(Refused):
            deed(moderator, answer, "Why not")
    hide_post(moderator, answer, "Spam")
    with pytest.raises(Refused, match="hidden already"):
        hide_post(moderator, answer, "Spam")


def test_hiding_closes_the_case_and_thanks_who_reported_it(app, thread, moderator, asker):
    report(asker, thread[1], "spam")
    hide_post(moderator, thread[1], "Advertising")
    assert db.session.query(Case).one().closed_at is not None
    assert "report_answered" in kinds(asker)


def test_a_held_post_that_is_hidden_appears_for_the_first_time_when_it_is_restored(
    app, asker, helper, moderator
):
    question = a_question(by=asker)
    answer = held_answer(helper, question)
    hide_post(moderator, answer, "Looks like spam")
    assert db.session.query(Case).one().closed_at is not None
    assert "answer" not in kinds(asker)
    restore_post(moderator, answer, "It is none")
    assert (answer.is_here, question.answer_count) == (True, 1)
    assert "answer" in kinds(asker)
    assert wrong() == {}


def test_a_held_post_is_approved_or_hidden_and_not_just_closed(app, helper, moderator):
    answer = held_answer(helper, a_question())
    with pytest.raises(Refused, match="approve it or hide it"):
        answer_reports(moderator, answer, "Fine", helped=False)


def test_a_held_post_that_its_author_deleted_waits_no_more(app, browser, helper, moderator):
    answer = held_answer(helper, a_question())
    forum.delete_answer(helper, answer)
    assert "Nothing waits" in browser(moderator).get("/moderation").text
    with pytest.raises(Refused, match="deleted by its author"):
        approve_post(moderator, answer)


def test_its_author_hears_that_a_held_post_is_shown(app, helper, moderator):
    answer = held_answer(helper, a_question())
    approve_post(moderator, answer)
    assert "post_shown" in kinds(helper)


def test_closing_answers_those_who_reported_and_needs_words_and_a_case(app, thread, moderator, asker):
    with pytest.raises(Refused, match="Nobody waits"):
        answer_reports(moderator, thread[1], "Fine", helped=False)
    report(asker, thread[1], "rude")
    with pytest.raises(Invalid):
        answer_reports(moderator, thread[1], " ", helped=True)
    answer_reports(moderator, thread[1], "I have edited it.", helped=True)
    assert db.session.query(Act).one().deed == "settle"


# People


def test_a_suspended_person_reads_and_sees_why_and_until_when_and_takes_no_part(
    app, browser, helper, moderator
):
    question = a_question()
    page = browser(helper)
    suspend(moderator, helper, 7, "Three advertisements in a row.")
    response = page.get(f"/questions/{question.id}/{question.slug}")
    assert response.status_code == 200
    assert f"Suspended until {helper.suspended_until:%Y-%m-%d}" in response.text
    assert "Three advertisements in a row." in response.text
    response = page.post(f"/questions/{question.id}/answers", data={"body": "Another one"})
    assert response.status_code == 403
    lift_suspension(moderator, helper, "They apologised.")
    assert "Three advertisements" not in page.get("/questions").text
    assert page.post(f"/questions/{question.id}/answers", data={"body": "Sorry"}).status_code == 303


def test_a_suspension_without_end_lasts_until_it_is_lifted(app, browser, helper, moderator):
    suspend(moderator, helper, None, "Spam")
    assert "Suspended until it is lifted" in browser(helper).get("/questions").text


def test_sessions_end_with_a_suspension_when_the_moderator_says_so(app, browser, helper, moderator):
    page = browser(helper)
    suspend(moderator, helper, 1, "Spam")
    assert db.session.query(UserSession).filter_by(user_id=helper.id).count() == 1
    suspend(moderator, helper, 7, "Spam from a stolen account", sign_out=True)
    assert db.session.query(UserSession).filter_by(user_id=helper.id).count() == 0
    assert "Sign in" in page.get("/").text


def test_who_can_be_suspended_by_whom(app, moderator):
    other = a_user(role=Role.MODERATOR)
    with pytest.raises(Refused, match="This is you"):
        suspend(moderator, moderator, 1, "Holiday")
    with pytest.raises(NotAllowed, match="administrators"):
        suspend(moderator, other, 1, "Quarrel")
    suspend(a_user(role=Role.ADMIN), other, 1, "Quarrel")
    with pytest.raises(Invalid):
        suspend(moderator, a_user(), 3, "No such length")
    with pytest.raises(Invalid):
        suspend(moderator, a_user(), 1, "")
    with pytest.raises(Refused, match="not suspended"):
        lift_suspension(moderator, a_user(), "Mistake")


def test_notes_are_for_moderators_only(app, browser, helper, moderator):
    note_on_person(moderator, helper, "Means well, writes in anger.")
    for words in ("", " ", "x" * 2001):
        with pytest.raises(Invalid):
            note_on_person(moderator, helper, words)
    assert db.session.query(PersonNote).count() == 1
    assert "Means well" in browser(moderator).get("/moderation/people/helper").text
    assert "Means well" not in browser(helper).get("/people/helper").text
    assert browser(helper).get("/moderation/people/helper").status_code == 403


def test_all_posts_of_a_spammer_are_hidden_at_once_and_one_can_be_restored(
    app, browser, thread, helper, moderator, expert
):
    question, answer, remark = thread
    forum.delete_comment(helper, remark)
    held = held_answer(helper, question)
    page = browser(moderator)
    assert "Hide all their 2 posts" in page.get("/moderation/people/helper").text
    response = page.post("/moderation/people/helper/hide", data={"why_all": " "})
    assert response.status_code == 400
    assert "Please say in a sentence why." in response.text
    page.post("/moderation/people/helper/hide", data={"why_all": "All of it is spam."})
    assert {answer.hidden_why, held.hidden_why} == {"All of it is spam."}
    assert (question.answer_count, question.accepted_count) == (0, 0)
    restore_post(moderator, answer, "Not this one.")
    assert question.answer_count == 1
    assert wrong() == {}
    an_answer(by=expert)
    for person, words in ((expert, "one by one"), (a_user(), "nothing to hide")):
        with pytest.raises(Refused, match=words):
            hide_all_posts(moderator, person, "Spam")
    with pytest.raises(NotAllowed):
        hide_all_posts(expert, helper, "Spam")
