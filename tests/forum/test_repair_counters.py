"""`flask repair counters`: what was counted wrong is set right, and nothing else is touched."""

import pytest
from build import a_question, a_user, an_answer

from app.core import counters
from app.core.db import db, now
from app.forum import counters as forum
from app.forum.actions import accept_answer, delete_answer, mark_affected, vote
from app.reputation import counters as reputation


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
    others = [line for line in result.output.splitlines() if "question_tallies" not in line]
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
