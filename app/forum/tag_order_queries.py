"""What lists of a tag are chosen and ordered by: a copy that each tag of a question keeps, so that a list is read off an index."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Update, event, inspect, or_, update
from sqlalchemy.orm import Session, UOWTransaction

from app.core.db import db, flushed, in_parts
from app.forum.models import Question, question_tags

_COPIED: dict[str, ColumnElement[Any]] = {
    "product_id": Question.product_id.expression,
    "created_at": Question.created_at.expression,
    "active_at": Question.active_at.expression,
    "changed_at": Question.changed_at(),
    "affected_count": Question.affected_count.expression,
    "answer_count": Question.answer_count.expression,
}
_FOLLOWED_BY = {
    **{name: {name} for name in _COPIED if name != "changed_at"},
    "active_at": {"active_at", "changed_at"},
    "edited_at": {"changed_at"},
    "tags": set(_COPIED),
}
"""What of a question is looked at, and which copies follow it."""


@event.listens_for(Session, "after_flush")
def _copy_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    names, ids = set[str](), list[int]()
    for each in flushed(session, Question):
        if each not in session.deleted and (changed := _copies_to_change(session, each)):
            names |= changed
            ids.append(each.id)
    for some in in_parts(sorted(ids)):
        # Only what changed is written, so that the indexes of the other orders are left alone.
        session.connection().execute(_copying(names).where(question_tags.c.question_id.in_(some)))


def _copies_to_change(session: Session, question: Question) -> set[str]:
    if question in session.new:
        return set(_COPIED)
    state = inspect(question).attrs
    return {
        copy for name, copies in _FOLLOWED_BY.items() if state[name].history.has_changes() for copy in copies
    }


def repair(tag_ids: Collection[int] | None = None) -> int:
    """Make the copies that differ, or those of some tags, equal to the questions. Call inside a transaction.

    Returns:
        How many tags of questions were touched.
    """
    db.session.flush()
    differs = [question_tags.c[name].is_distinct_from(value) for name, value in _COPIED.items()]
    statement = _copying(_COPIED).where(or_(*differs))
    if tag_ids is not None:
        statement = statement.where(question_tags.c.tag_id.in_(tag_ids))
    return db.session().connection().execute(statement).rowcount


def _copying(names: Collection[str]) -> Update:
    return (
        update(question_tags)
        .values({question_tags.c[name]: _COPIED[name] for name in sorted(names)})
        .where(question_tags.c.question_id == Question.id)
    )
