"""Many people at the same moment: real threads, each with a session of its own."""

import random
import threading
from collections.abc import Callable

import pytest
from build import a_comment, a_question, a_user, an_answer, an_article

from app.accounts.models import User
from app.articles.models import Article, Draft
from app.catalog.models import Tag
from app.core import counters
from app.core.db import db
from app.core.errors import Declined, NotAllowed, Refused
from app.forum import actions, duplicate_queries, duplicates, promotion, suggested_edits
from app.forum import counters as forum
from app.forum.actions import QuestionText
from app.forum.models import (
    Affected,
    Answer,
    Comment,
    Duplicate,
    PostRevision,
    Question,
    SuggestedEdit,
    Vote,
)
from app.forum.suggested_edits import EditText
from app.policy import Role
from app.reputation import counters as reputation
from app.reputation.models import ReputationEntry


def at_once(app, *deeds: Callable[[], object]) -> list[object]:
    """Do all deeds in threads that start together; what each gave back or raised, in the order of the deeds."""
    db.session.remove()
    start = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def run(number: int, deed: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                results[number] = deed()
            except Exception as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def the(model, number):
    return db.session.get_one(model, number)


def mistakes(results):
    return [one for one in results if isinstance(one, Exception) and not isinstance(one, Declined)]


def wrong():
    return counters.differences({**forum.truths(), **reputation.truths()})


def test_ten_people_vote_and_each_vote_counts_once(app, helper):
    post = an_answer(by=helper).id
    people = [a_user().id for _ in range(5)] * 2
    results = at_once(
        app, *(lambda who=who: actions.vote(the(User, who), the(Answer, post), 1) for who in people)
    )
    assert not mistakes(results)
    answer = the(Answer, post)
    assert (answer.up_count, db.session.query(Vote).count()) == (5, 5)
    assert wrong() == {}


def test_one_person_changing_their_mind_in_many_windows_has_one_vote(app, asker, helper):
    post, who = a_question(by=helper).id, asker.id
    values = [1, -1, 0, 1, -1, 1, 0, -1]
    results = at_once(
        app,
        *(lambda value=value: actions.vote(the(User, who), the(Question, post), value) for value in values),
    )
    assert not mistakes(results)
    assert db.session.query(Vote).count() <= 1
    assert wrong() == {}


def test_people_who_vote_on_each_other_do_not_wait_for_each_other_for_ever(app):
    people = [a_user().id for _ in range(4)]
    posts = {who: an_answer(by=the(User, who)).id for who in people}
    deeds = [
        lambda one=one, other=other: actions.vote(the(User, one), the(Answer, posts[other]), 1)
        for one in people
        for other in people
        if one != other
    ]
    results = at_once(app, *deeds)
    assert results == [None] * len(deeds)
    assert [the(User, who).reputation for who in people] == [30] * 4


def test_an_answer_is_accepted_once_and_rewarded_once(app, asker, helper):
    number, who = an_answer(to=a_question(by=asker), by=helper).id, asker.id
    results = at_once(app, *[lambda: actions.accept_answer(the(User, who), the(Answer, number))] * 6)
    assert sorted(type(one).__name__ for one in results) == ["NoneType"] + ["Refused"] * 5
    assert the(Answer, number).question.accepted_count == 1
    assert db.session.query(ReputationEntry).count() == 1
    assert wrong() == {}


def test_accepting_and_deleting_at_the_same_moment_leave_nothing_half_done(app, asker, helper):
    question = a_question(by=asker)
    numbers = [an_answer(to=question, by=helper).id for _ in range(4)]
    asked, helped = asker.id, helper.id
    deeds = []
    for number in numbers:
        deeds.append(lambda number=number: actions.accept_answer(the(User, asked), the(Answer, number)))
        deeds.append(lambda number=number: actions.delete_answer(the(User, helped), the(Answer, number)))
    results = at_once(app, *deeds)
    assert not mistakes(results)
    assert the(Question, 1).answer_count == the(Question, 1).accepted_count == 0
    assert the(User, helped).reputation == 0
    assert wrong() == {}


def test_a_double_press_asks_answers_and_comments_once(app, asker):
    who, question = asker.id, a_question().id
    text = QuestionText("The lamp blinks and blinks", "It does.", tags=("lamp", "blink"))
    results = at_once(
        app,
        *[lambda: actions.ask_question(the(User, who), text).id] * 4,
        *[lambda: actions.answer_question(the(User, who), the(Question, question), "Hold it.").id] * 4,
        *[lambda: actions.comment(the(User, who), the(Question, question), None, "Same here.").id] * 4,
    )
    assert not mistakes(results)
    assert len(set(results[:4])) == len(set(results[4:8])) == len(set(results[8:])) == 1
    assert (db.session.query(Answer).count(), db.session.query(Comment).count()) == (1, 1)
    assert db.session.query(Question).count() == 2
    assert wrong() == {}


def test_people_may_use_the_same_new_tag_at_the_same_moment(app):
    people = [a_user().id for _ in range(6)]
    text = QuestionText("The lamp blinks and blinks", "It does.", tags=("brand-new", "other-new"))
    results = at_once(app, *(lambda who=who: actions.ask_question(the(User, who), text).id for who in people))
    assert not mistakes(results)
    assert db.session.query(Question).count() == 6
    assert db.session.query(Tag).count() == 2


def test_marking_oneself_affected_in_many_windows_counts_once(app, asker):
    question, people = a_question().id, [asker.id, asker.id, asker.id, a_user().id, a_user().id]
    results = at_once(
        app,
        *(
            lambda who=who: actions.mark_affected(the(User, who), the(Question, question), is_affected=True)
            for who in people
        ),
    )
    assert results == [None] * 5
    assert the(Question, question).affected_count == db.session.query(Affected).count() == 3


def test_two_writers_who_promote_at_once_share_one_draft(app, writer, second_writer):
    number, people = an_answer().id, [writer.id, second_writer.id] * 2
    results = at_once(
        app,
        *(lambda who=who: promotion.promote_answer(the(User, who), the(Answer, number)).id for who in people),
    )
    assert set(results) == {1}
    assert db.session.query(Draft).count() == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_after_all_kinds_of_deeds_at_once_every_counter_is_right(app, seed):
    people = [
        a_user(role=role).id for role in (Role.MEMBER, Role.MEMBER, Role.WRITER, Role.MODERATOR, Role.EXPERT)
    ]
    questions = [a_question(by=the(User, people[number])).id for number in range(2)]
    answers = [
        an_answer(to=the(Question, questions[number % 2]), by=the(User, people[number % 5])).id
        for number in range(6)
    ]
    guide = an_article().id

    def busy(number: int) -> list[Exception]:
        dice, unexpected = random.Random(seed * 100 + number), []
        for _turn in range(20):
            who, answer = the(User, dice.choice(people)), the(Answer, dice.choice(answers))
            question = the(Question, dice.choice(questions))
            post = dice.choice([answer, question])
            deeds = [
                lambda who=who, post=post: actions.vote(who, post, dice.choice([1, 1, -1, 0])),
                lambda who=who, question=question: actions.mark_affected(
                    who, question, is_affected=dice.random() < 0.6
                ),
                lambda who=who, answer=answer: actions.accept_answer(who, answer),
                lambda who=who, answer=answer: actions.unaccept_answer(who, answer),
                lambda who=who, answer=answer: actions.verify_answer(who, answer),
                lambda who=who, answer=answer: actions.delete_answer(who, answer),
                lambda who=who, answer=answer: actions.undelete_answer(who, answer),
                lambda who=who, answer=answer: actions.edit_answer(who, answer, f"Text {dice.random()}"),
                lambda who=who, answer=answer: actions.comment(
                    who, answer.question, answer, f"Remark {dice.random()}"
                ),
                lambda who=who, question=question: actions.answer_question(
                    who, question, f"Answer {dice.random()}"
                ),
                lambda who=who, answer=answer: promotion.link_to_article(who, answer, the(Article, guide)),
            ]
            try:
                dice.choice([*deeds[:3] * 2, *deeds])()
            except (Refused, NotAllowed):
                continue
            except Exception as error:
                unexpected.append(error)
        return unexpected

    results = at_once(app, *(lambda number=number: busy(number) for number in range(8)))
    assert results == [[]] * 8
    assert wrong() == {}
    assert db.session.query(ReputationEntry).count() > 10
    assert db.session.query(Answer).count() > len(answers)
    with app.app_context():
        assert forum.repair_confidence() == 0


def test_two_who_decide_about_a_duplicate_at_once_see_each_others_word(app, asker, helper, moderator):
    question, original = a_question(by=asker), a_question()
    number = duplicates.suggest_duplicate(helper, question, original).id
    people = [asker.id, moderator.id]
    results = at_once(
        app,
        *(
            lambda who=who: duplicates.confirm_duplicate(the(User, who), the(Duplicate, number))
            for who in people
        ),
        *(
            lambda who=who: duplicates.decline_duplicate(the(User, who), the(Duplicate, number))
            for who in people
        ),
    )
    assert sorted(type(one).__name__ for one in results) == ["NoneType"] + ["Refused"] * 3
    assert wrong() == {}


@pytest.mark.parametrize("seed", [3])
def test_links_between_questions_made_and_taken_back_at_once_hold_no_circle(app, moderator, seed):
    numbers = [a_question().id for _ in range(5)]
    people, judge = [a_user().id for _ in range(3)], moderator.id

    def busy(number: int) -> list[Exception]:
        dice, unexpected = random.Random(seed * 100 + number), []
        for _turn in range(12):
            one, other = (the(Question, each) for each in dice.sample(numbers, 2))
            confirmed = duplicate_queries.confirmed(one.id)
            try:
                if dice.random() < 0.4:
                    who = the(User, dice.choice(people))
                    actions.mark_affected(who, one, is_affected=dice.random() < 0.7)
                elif confirmed and dice.random() < 0.5:
                    duplicates.withdraw_duplicate(the(User, judge), confirmed)
                else:
                    duplicates.suggest_duplicate(the(User, judge), one, other)
            except Declined:
                continue
            except Exception as error:
                unexpected.append(error)
        return unexpected

    results = at_once(app, *(lambda number=number: busy(number) for number in range(4)))
    assert results == [[]] * 4
    leads_to = {number: the(Question, number).duplicate_of_id for number in numbers}
    assert all(root is None or leads_to[root] is None for root in leads_to.values())
    assert wrong() == {}


def test_a_suggestion_taken_over_by_two_at_once_is_taken_over_once(app, asker, helper, moderator):
    number = suggested_edits.suggest_edit(
        asker, an_answer(by=helper, body="Hold it."), EditText(body="Hold it long.")
    ).id
    people = [helper.id, moderator.id] * 2
    results = at_once(
        app,
        *(
            lambda who=who: suggested_edits.approve_suggested_edit(the(User, who), the(SuggestedEdit, number))
            for who in people
        ),
    )
    assert sorted(type(one).__name__ for one in results) == ["NoneType"] + ["Refused"] * 3
    assert db.session.query(PostRevision).count() == 1


def test_a_comment_made_an_answer_by_two_at_once_is_one_answer(app, helper, moderator):
    number, people = a_comment(on=a_question(), by=helper).id, [helper.id, moderator.id] * 2
    results = at_once(
        app,
        *(lambda who=who: actions.convert_comment(the(User, who), the(Comment, number)).id for who in people),
    )
    assert set(results) == {1}
    assert wrong() == {}
