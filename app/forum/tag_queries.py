"""What tags gather in the community."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select

from app.core.db import db
from app.forum.models import Question, question_tags
from app.forum.queries import QuestionRow, listed_questions, rows


def question_counts(viewer: Any, tag_ids: Collection[int] | None = None) -> dict[int, int]:
    """How many listed questions each of these tags has, or each of all tags, by the tag's number."""
    counted = (
        listed_questions(viewer)
        .join(question_tags)
        .with_only_columns(question_tags.c.tag_id, func.count())
        .group_by(question_tags.c.tag_id)
    )
    if tag_ids is not None:
        counted = counted.where(question_tags.c.tag_id.in_(tag_ids))
    return {row[0]: row[1] for row in db.session.execute(counted)}


def used(viewer: Any) -> Select[Any]:
    """The numbers of the tags that listed questions have."""
    return listed_questions(viewer).join(question_tags).with_only_columns(question_tags.c.tag_id)


def solved_with(viewer: Any, tag_id: int, limit: int) -> tuple[QuestionRow, ...]:
    """Questions with a tag that found their answer, the liveliest first."""
    statement = _with(viewer, tag_id).where(Question.accepted_count > 0)
    return rows(viewer, statement.order_by(Question.active_at.desc(), Question.id.desc()), limit)


def open_with(viewer: Any, tag_id: int, limit: int) -> tuple[QuestionRow, ...]:
    """Questions with a tag that wait for their answer, the newest first."""
    statement = _with(viewer, tag_id).where(Question.accepted_count == 0)
    return rows(viewer, statement.order_by(Question.created_at.desc(), Question.id.desc()), limit)


def _with(viewer: Any, tag_id: int) -> Select[Question]:
    having = select(question_tags.c.question_id).where(question_tags.c.tag_id == tag_id)
    return listed_questions(viewer).where(Question.id.in_(having))


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
    return ids
