"""What tags gather in the community."""

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select

from app.catalog.models import Tag
from app.core.db import db
from app.forum import tag_order_queries, tally_queries
from app.forum.models import Question, question_tags
from app.forum.queries import QuestionRow, listed_questions, rows

LATELY = 2_000
"""How many of the newest questions say which tags are used most."""


def lately_used(viewer: Any) -> dict[int, int]:
    """How many of the newest questions have each tag, by the tag's number."""
    newest = listed_questions(viewer).with_only_columns(Question.id)
    newest = newest.order_by(Question.created_at.desc(), Question.id.desc()).limit(LATELY)
    counted = (
        select(question_tags.c.tag_id, func.count())
        .where(question_tags.c.question_id.in_(newest))
        .group_by(question_tags.c.tag_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def is_used(viewer: Any) -> ColumnElement[bool]:
    """Whether a listed question has the tag at hand."""
    having = listed_questions(viewer).join(question_tags).where(question_tags.c.tag_id == Tag.id)
    return having.correlate(Tag).exists()


def solved_with(viewer: Any, tag_id: int, limit: int) -> tuple[QuestionRow, ...]:
    """Questions with a tag that found their answer, the liveliest first."""
    statement = _with(viewer, tag_id).where(Question.accepted_count > 0)
    active = (question_tags.c.active_at.desc(), question_tags.c.question_id.desc())
    return rows(viewer, statement.order_by(*active), limit)


def open_with(viewer: Any, tag_id: int, limit: int) -> tuple[QuestionRow, ...]:
    """Questions with a tag that wait for their answer, the newest first."""
    # Asked so that no index of all that wait is preferred to the one of the tag's questions by age.
    statement = _with(viewer, tag_id).where(Question.accepted_count + 0 == 0)
    newest = (question_tags.c.created_at.desc(), question_tags.c.question_id.desc())
    return rows(viewer, statement.order_by(*newest), limit)


def _with(viewer: Any, tag_id: int) -> Select[Question]:
    return listed_questions(viewer).join(question_tags).where(question_tags.c.tag_id == tag_id)


def move_tag(tag_id: int, into_id: int) -> list[int]:
    """Give the questions of one tag another one instead. Call inside a transaction.

    Returns:
        The numbers of the questions.
    """
    having = question_tags.c.tag_id == tag_id
    ids = list(db.session.scalars(select(question_tags.c.question_id).where(having)))
    both = select(question_tags.c.question_id).where(question_tags.c.tag_id == into_id)
    missing = select(question_tags.c.question_id, literal(into_id)).where(
        having, question_tags.c.question_id.not_in(both)
    )
    db.session.execute(insert(question_tags).from_select(["question_id", "tag_id"], missing))
    db.session.execute(delete(question_tags).where(having))
    tag_order_queries.repair([into_id])
    tally_queries.repair([tag_id, into_id])
    return ids
