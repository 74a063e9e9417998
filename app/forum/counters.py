"""What the community's counter columns count."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, update

from app.core import tallies
from app.core.counters import FIRST, LAST, Truths, total
from app.core.db import db
from app.forum.duplicate_queries import people_with_the_problem
from app.forum.models import Answer, Comment, Question, Vote, confidence


def truths() -> Truths:
    """For each counter column of the community, what it must equal."""
    here = (Answer.question_id == Question.id, *Answer.here())
    votes: dict[str, tuple[Any, ColumnElement[int]]] = {}
    for model, column in ((Question, Vote.question_id), (Answer, Vote.answer_id)):
        for value, name in ((1, "up"), (-1, "down")):
            cast = select(func.count()).where(column == model.id, Vote.value == value)
            imported = getattr(model, f"imported_{name}")
            counter = getattr(model, f"{name}_count")
            votes[f"{model.__tablename__}.{name}_count"] = (counter, imported + total(cast))
    return {
        **votes,
        "questions.answer_count": (Question.answer_count, total(select(func.count()).where(*here))),
        "questions.accepted_count": (
            Question.accepted_count,
            total(select(func.count()).where(*here, Answer.accepted_at.is_not(None))),
        ),
        "questions.affected_count": (Question.affected_count, people_with_the_problem()),
    }


def repair_confidence(first: int = FIRST, last: int = LAST) -> int:
    """Set the confidence of each of these answers whose votes say otherwise right. Call inside a transaction.

    Args:
        first, last: their numbers; without these all answers.

    Returns:
        How many answers were touched.
    """
    columns = (Answer.id, Answer.up_count, Answer.down_count, Answer.confidence)
    rows = db.session.execute(select(*columns).where(Answer.id.between(first, last))).all()
    wrong = [
        {"id": answer_id, "confidence": truth}
        for answer_id, up, down, stored in rows
        if abs((truth := confidence(up, down)) - stored) > 1e-9
    ]
    if wrong:
        db.session.execute(update(Answer), wrong)
    return len(wrong)


def tally_truths() -> tallies.Truths:
    """What the tallies of posts must come to: of the site those that are here."""
    amount = func.count().label("amount")
    found: dict[str, Select[*tuple[Any, ...]]] = {}
    for model in (Answer, Comment):
        counted = select(literal(tallies.WHOLE_SITE).label("of_id"), amount).where(*model.here())
        found[model.__tablename__] = counted
    return found
