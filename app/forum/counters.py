"""What the community's counter columns count."""

from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from app.core.counters import Truths, total
from app.core.db import db
from app.forum.duplicate_queries import people_with_the_problem
from app.forum.models import Answer, Question, Vote, confidence


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


def repair_confidence() -> int:
    """Set the confidence of every answer whose votes say otherwise right. Call inside a transaction.

    Returns:
        How many answers were touched.
    """
    count = 0
    rows = db.session.execute(select(Answer.id, Answer.up_count, Answer.down_count, Answer.confidence)).all()
    for answer_id, up, down, stored in rows:
        truth = confidence(up, down)
        if abs(truth - stored) > 1e-9:
            db.session.execute(update(Answer).where(Answer.id == answer_id).values(confidence=truth))
            count += 1
    return count
