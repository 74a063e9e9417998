"""A question that was asked before: suggested, confirmed, declined, withdrawn; and what follows from it."""

import pytest
from build import a_question, a_user, an_answer, catch_up_search

from app import search
from app.core import counters
from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum import counters as forum
from app.forum.actions import delete_question, mark_affected
from app.forum.duplicates import (
    confirm_duplicate,
    decline_duplicate,
    original_from,
    suggest_duplicate,
    withdraw_duplicate,
)
from app.forum.models import Duplicate, Question
from app.forum.queries import affected_people, question_list
from app.policy import Role


def two_questions(asker):
    return (
        a_question(title="The lamp blinks in red all night"),
        a_question(by=asker, title="My light shows a crimson flicker"),
    )


def confirmed(question, original, by):
    duplicate = suggest_duplicate(by, question, original)
    assert duplicate.is_confirmed
    return duplicate


def wrong():
    return counters.differences(forum.truths())


# Suggesting


def test_a_member_suggests_and_the_asker_confirms(app, asker, helper):
    original, question = two_questions(asker)
    duplicate = suggest_duplicate(helper, question, original)
    assert duplicate.is_open
    assert question.duplicate_of_id is None
    confirm_duplicate(asker, duplicate)
    assert duplicate.is_confirmed
    assert question.duplicate_of_id == original.id


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
def test_who_may_decide_decides_by_suggesting(app, asker, role):
    original, question = two_questions(asker)
    actor = asker if role == Role.MEMBER else a_user(role=role)
    confirmed(question, original, actor)
    assert question.duplicate_of_id == original.id


def test_saying_the_same_twice_gives_one_suggestion(app, asker, helper):
    original, question = two_questions(asker)
    assert (
        suggest_duplicate(helper, question, original).id == suggest_duplicate(a_user(), question, original).id
    )
    assert db.session.query(Duplicate).count() == 1


def test_a_question_is_not_a_duplicate_of_itself(app, asker):
    question = a_question(by=asker)
    with pytest.raises(Invalid, match="same question"):
        suggest_duplicate(asker, question, question)


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at", "held_at"])
def test_what_is_not_shown_is_no_original_and_no_duplicate(app, helper, state):
    gone, here = a_question(**{state: now()}), a_question()
    for question, original in ((gone, here), (here, gone)):
        with pytest.raises(Refused, match="not shown any more"):
            suggest_duplicate(helper, question, original)


def test_at_most_three_suggestions_wait(app, asker, helper):
    question = a_question(by=asker)
    for _ in range(3):
        suggest_duplicate(helper, question, a_question())
    with pytest.raises(Refused, match="3 suggestions wait"):
        suggest_duplicate(helper, question, a_question())


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        suggest_duplicate(visitor, a_question(), a_question())


# Deciding


def test_only_the_asker_or_a_moderator_decides(app, asker, helper, expert):
    original, question = two_questions(asker)
    duplicate = suggest_duplicate(helper, question, original)
    for deed in (confirm_duplicate, decline_duplicate, withdraw_duplicate):
        for person in (
            helper,
            expert,
            original.author_id and db.session.get(type(helper), original.author_id),
        ):
            with pytest.raises(NotAllowed, match="the person who asked or a moderator"):
                deed(person, duplicate)
    assert duplicate.is_open


def test_what_was_declined_stays_declined_and_may_be_suggested_anew(app, asker, helper):
    original, question = two_questions(asker)
    duplicate = suggest_duplicate(helper, question, original)
    decline_duplicate(asker, duplicate)
    assert question.duplicate_of_id is None
    for deed in (confirm_duplicate, decline_duplicate):
        with pytest.raises(Refused, match="declined or withdrawn already"):
            deed(asker, duplicate)
    with pytest.raises(Refused, match="not marked as a duplicate"):
        withdraw_duplicate(asker, duplicate)
    assert suggest_duplicate(helper, question, original).id != duplicate.id


def test_confirming_one_suggestion_ends_the_others(app, asker, helper):
    original, question = two_questions(asker)
    other = suggest_duplicate(helper, question, a_question())
    confirm_duplicate(asker, suggest_duplicate(helper, question, original))
    assert not other.is_open
    assert not other.is_confirmed
    with pytest.raises(Refused, match="marked as a duplicate already"):
        suggest_duplicate(helper, question, a_question())


def test_an_original_that_went_meanwhile_is_not_pointed_to(app, asker, helper, moderator):
    original, question = two_questions(asker)
    duplicate = suggest_duplicate(helper, question, original)
    delete_question(moderator, original)
    with pytest.raises(Refused, match="not shown any more"):
        confirm_duplicate(asker, duplicate)


# Chains and circles


def test_a_chain_leads_to_its_end_from_both_sides(app, moderator):
    one, two, three, four = (a_question() for _ in range(4))
    confirmed(one, two, moderator)
    confirmed(two, three, moderator)  # What points to it follows.
    confirmed(four, one, moderator)  # What it points to leads on.
    assert {each.duplicate_of_id for each in (one, two, four)} == {three.id}
    assert wrong() == {}


def test_a_circle_is_refused(app, moderator):
    one, two, three = (a_question() for _ in range(3))
    confirmed(one, two, moderator)
    confirmed(two, three, moderator)
    for original in (one, two):
        with pytest.raises(Refused, match="already points to this one"):
            suggest_duplicate(moderator, three, original)


def test_a_circle_of_two_suggestions_is_refused_at_the_second(app, asker, helper, moderator):
    one, two = two_questions(asker)
    back, forth = suggest_duplicate(helper, one, two), suggest_duplicate(helper, two, one)
    confirm_duplicate(moderator, back)
    with pytest.raises(Refused, match="already points to this one"):
        confirm_duplicate(moderator, forth)


def test_withdrawing_the_middle_of_a_chain_gives_each_back_what_it_had(app, moderator):
    one, two, three, four = (a_question() for _ in range(4))
    confirmed(one, two, moderator)
    middle = confirmed(two, three, moderator)
    confirmed(four, three, moderator)
    withdraw_duplicate(moderator, middle)
    assert (one.duplicate_of_id, two.duplicate_of_id, four.duplicate_of_id) == (two.id, None, three.id)
    assert wrong() == {}


# People who have the problem


def test_people_count_at_the_original_each_once_and_come_back(app, asker):
    original, question = two_questions(asker)
    both, only_there, only_here = (a_user() for _ in range(3))
    for person, asked in ((both, original), (both, question), (only_there, original), (only_here, question)):
        mark_affected(person, asked, is_affected=True)
    duplicate = confirmed(question, original, asker)
    assert original.affected_count == 4  # Three who said so, and who asked the other.
    assert set(affected_people(original.id)) == {both.id, only_there.id, only_here.id, asker.id}
    assert wrong() == {}
    withdraw_duplicate(asker, duplicate)
    assert (original.affected_count, question.affected_count) == (2, 2)
    assert set(affected_people(original.id)) == {both.id, only_there.id}
    assert wrong() == {}


def test_who_marks_a_duplicate_counts_at_the_original_and_takes_it_back_at_either(app, asker, helper):
    original, question = two_questions(asker)
    confirmed(question, original, asker)
    mark_affected(helper, question, is_affected=True)
    mark_affected(helper, original, is_affected=True)
    assert original.affected_count == 2
    mark_affected(helper, original, is_affected=False)
    assert (original.affected_count, question.affected_count) == (1, 0)
    assert wrong() == {}


def test_who_asked_both_is_not_counted_as_another_person(app, asker):
    original, question = a_question(by=asker), a_question(by=asker)
    confirmed(question, original, asker)
    assert original.affected_count == 0
    assert wrong() == {}


# Finding


def hits(words):
    db.session.rollback()
    catch_up_search()
    return [(hit.kind, hit.id) for hit in search.find(words, audiences=("public",)).hits]


def test_the_title_and_the_answers_of_a_duplicate_find_the_original_until_it_is_withdrawn(app, asker):
    original, question = two_questions(asker)
    an_answer(to=question, body="Replace the zirconium fuse.")
    duplicate = confirmed(question, original, asker)
    assert hits("crimson flicker") == hits("zirconium") == [("question", original.id)]
    db.session.rollback()
    an_answer(to=question, body="Or the beryllium one.")
    assert hits("beryllium") == [("question", original.id)]
    catch_up_search()
    assert search.check() == []
    withdraw_duplicate(asker, duplicate)
    assert hits("crimson flicker") == [("question", question.id)]
    assert search.check() == []


def test_a_duplicate_is_found_by_itself_while_its_original_is_gone(app, asker, moderator):
    original, question = two_questions(asker)
    confirmed(question, original, asker)
    delete_question(moderator, original)
    assert hits("crimson flicker") == [("question", question.id)]
    assert search.check() == []


def test_lists_of_what_waits_leave_duplicates_out(app, asker, visitor):
    original, question = two_questions(asker)
    confirmed(question, original, asker)

    def listed(sort):
        page = question_list(visitor, sort=sort, product="", tag="", solved="", after=None)
        return {row.id for row in page.rows}

    assert listed("unanswered") == listed("affected") == {original.id}
    assert listed("newest") == {original.id, question.id}


# The pages


def test_the_asker_is_shown_the_suggestion_and_says_yes_and_takes_it_back(app, asker, helper, browser):
    original, question = two_questions(asker)
    an_answer(to=question, body="An answer that stays.")
    address, away = f"/questions/{question.id}/{question.slug}", browser(helper)
    catch_up_search()
    assert "crimson" in away.get(f"/questions/{question.id}/duplicate").text
    response = away.post(
        f"/questions/{question.id}/duplicate",
        data={"address": f"http://localhost/questions/{original.id}/{original.slug}"},
        follow_redirects=True,
    )
    assert "Whoever asked decides" in response.text
    assert "the same problem" not in response.text
    page = browser(asker)
    assert "helper thinks that this was asked before" in page.get(address).text
    text = page.post("/duplicates/1/confirm", follow_redirects=True).text
    assert "Answers are gathered" in text
    assert "An answer that stays." in text
    seen_by_visitor = browser().get(address).text
    assert "This has been asked before, and that is fine" in seen_by_visitor
    assert "Let it stand for itself" not in seen_by_visitor
    assert (
        "My light shows a crimson flicker" in browser().get(f"/questions/{original.id}/{original.slug}").text
    )
    text = page.post("/duplicates/1/withdraw", follow_redirects=True).text
    assert "This has been asked before" not in text


def test_the_asker_says_no(app, asker, helper, browser):
    original, question = two_questions(asker)
    suggest_duplicate(helper, question, original)
    text = browser(asker).post("/duplicates/1/decline", follow_redirects=True).text
    assert "how it differs" in text
    assert "thinks that this was asked before" not in text


def test_a_duplicate_of_what_is_gone_stands_for_itself_on_its_page(app, asker, moderator, browser):
    original, question = two_questions(asker)
    confirmed(question, original, asker)
    delete_question(moderator, original)
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert "asked before, and that is fine" not in text
    assert "Can you help?" in text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "https://example.org/questions/1",
        "/articles/1",
        "/questions/99",
        "//questions/1",
        "http://[x/1",
    ],
)
def test_an_address_that_names_no_question_of_ours_is_said_and_comes_back(app, asker, browser, address):
    _original, question = two_questions(asker)
    response = browser(asker).post(f"/questions/{question.id}/duplicate", data={"address": address})
    assert response.status_code == 400
    assert "paste the address of a question here" in response.text


def test_the_number_and_the_address_of_an_answer_name_its_question(app, asker, visitor):
    answer = an_answer()
    for address in (
        f"/questions/{answer.question_id}",
        str(answer.question_id),
        f"localhost/questions/{answer.question_id}/some-title?page=2#answer-1",
        f"http://localhost/answers/{answer.id}",
    ):
        found = original_from(visitor, address, "localhost")
        assert isinstance(found, Question)
        assert found.id == answer.question_id
