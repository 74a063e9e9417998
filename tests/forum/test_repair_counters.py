"""`flask repair counters`: what was counted wrong is set right, and nothing else is touched."""

import pytest
from build import a_product, a_question, a_tag, a_user, an_answer
from sqlalchemy import select, update

from app.catalog.models import Tag
from app.core import counters
from app.core.db import db, now
from app.forum import counters as forum
from app.forum.actions import (
    QuestionText,
    accept_answer,
    answer_question,
    ask_question,
    delete_answer,
    edit_question,
    mark_affected,
    vote,
)
from app.forum.models import question_tags
from app.reputation import counters as reputation

COPIED = ("product_id", "created_at", "active_at", "changed_at", "affected_count", "answer_count")


def wrong():
    return counters.differences({**forum.truths(), **reputation.truths()})


def test_after_all_kinds_of_deeds_nothing_is_wrong(app, asker, helper):
    question = a_question(by=asker)
    answers = [an_answer(to=question, by=helper) for _ in range(3)]
    for answer in answers:
        vote(asker, answer, 1)
    vote(helper, question, -1)
    mark_affected(helper, question, is_affected=True)
    accept_answer(asker, answers[0])
    accept_answer(asker, answers[1])
    delete_answer(helper, answers[0])
    assert wrong() == {}


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("answer_count", "questions"),
        ("accepted_count", "questions"),
        ("affected_count", "questions"),
        ("up_count", "questions"),
        ("down_count", "questions"),
        ("up_count", "answers"),
        ("down_count", "answers"),
        ("reputation", "users"),
    ],
)
def test_each_counter_that_is_wrong_is_found_and_set_right(app, column, table):
    answer = an_answer()
    thing = {"questions": answer.question, "answers": answer, "users": a_user()}[table]
    right = getattr(thing, column)
    setattr(thing, column, right + 7)
    db.session.commit()
    assert wrong() == {f"{table}.{column}": 1}
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert result.exit_code == 0, result.output
    assert f"{table}.{column}: 1 set right" in result.output
    others = [line for line in result.output.splitlines() if "question_ta" not in line]
    assert result.output.count(": 0 set right") >= len(others) - 1
    db.session.expire_all()
    assert getattr(thing, column) == right


def test_votes_that_came_as_numbers_are_part_of_the_truth(app):
    a_question(up_count=5, imported_up=5, down_count=2, imported_down=2)
    assert wrong() == {}


def test_confidence_is_set_right_too(app):
    an_answer(up_count=3, imported_up=3, confidence=0.99)
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert "answers.confidence: 1 set right" in result.output
    assert (
        "answers.confidence: 0 set right" in app.test_cli_runner().invoke(args=["repair", "counters"]).output
    )


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_answers_that_are_not_shown_count_nowhere(app, state):
    answer = an_answer(accepted_at=now(), **{state: now()})
    assert answer.question.answer_count == 0
    assert wrong() == {}


def test_what_lists_of_a_tag_are_ordered_by_follows_every_change_of_the_question(app, asker, helper, writer):
    text = QuestionText("The lamp blinks", "It blinks.", a_product(), tags=["lamp", "red"])
    question = ask_question(asker, text)
    assert copies_of(question) == {"lamp": truth_of(question), "red": truth_of(question)}
    answer = answer_question(helper, question, "Hold it for ten seconds.")
    accept_answer(asker, answer)
    mark_affected(writer, question, is_affected=True)
    assert copies_of(question) == {"lamp": truth_of(question), "red": truth_of(question)}
    assert (question.answer_count, question.affected_count) == (1, 1)
    edit_question(asker, question, QuestionText("The hub blinks", "Red.", a_product(), tags=["hub", "red"]))
    assert copies_of(question) == {"hub": truth_of(question), "red": truth_of(question)}
    delete_answer(helper, answer)
    assert copies_of(question)["hub"] == truth_of(question)
    assert question.answer_count == 0


def test_copies_for_the_lists_of_a_tag_that_are_wrong_are_set_right_and_no_others(app):
    question, other = (a_question(tags=[a_tag(name)]) for name in ("lamp", "hub"))
    db.session.execute(
        update(question_tags).where(wrong_one(question)).values(answer_count=9, active_at=None)
    )
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert "question_tags: 1 set right" in result.output
    assert copies_of(question) == {"lamp": truth_of(question)}
    assert copies_of(other) == {"hub": truth_of(other)}


def wrong_one(question):
    return question_tags.c.question_id == question.id


def copies_of(question):
    """What each tag of a question keeps of it, by the tag's name."""
    columns = [question_tags.c[name] for name in COPIED]
    having = select(Tag.slug, *columns).join(question_tags).where(wrong_one(question)).order_by(Tag.slug)
    return {slug: tuple(kept) for slug, *kept in db.session.execute(having)}


def truth_of(question):
    changed_at = max(question.active_at, question.edited_at or question.active_at)
    values = {name: getattr(question, name) for name in COPIED if name != "changed_at"}
    return tuple({**values, "changed_at": changed_at}[name] for name in COPIED)
