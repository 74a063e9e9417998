"""How many questions each product and tag has, without counting them: kept along as questions come, change and go."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    cast,
    delete,
    event,
    func,
    insert,
    inspect,
    null,
    select,
)
from sqlalchemy.orm import Session, UOWTransaction

from app.core import tallies
from app.core.db import db, flushed, in_parts, transaction
from app.forum.models import Question, QuestionTally, question_tags

Key = tuple[int | None, int | None]
"""A product's number and a tag's, one of them at most."""


@dataclass(frozen=True)
class Tally:
    """Questions that lists show, and those of them that wait: without an answer, without a solution."""

    listed: int = 0
    unanswered: int = 0
    unsolved: int = 0


def by_product() -> dict[int | None, Tally]:
    """What each product has, by its number; questions about no product under None."""
    counted = _sums().where(QuestionTally.tag_id.is_(None)).group_by(QuestionTally.product_id)
    rows: Any = db.session.execute(counted.add_columns(QuestionTally.product_id))
    return {product_id: Tally(*counts) for *counts, product_id in rows}


def by_tag(tag_ids: Collection[int]) -> dict[int, int]:
    """How many questions that lists show have each of these tags, by the tag's number."""
    counted = _sums().where(QuestionTally.tag_id.in_(tag_ids)).group_by(QuestionTally.tag_id)
    return {row.tag_id: row.listed for row in db.session.execute(counted.add_columns(QuestionTally.tag_id))}


def _sums() -> Select[*tuple[Any, ...]]:
    return select(
        func.sum(QuestionTally.listed).label("listed"),
        func.sum(QuestionTally.unanswered).label("unanswered"),
        func.sum(QuestionTally.unsolved).label("unsolved"),
    )


# Keeping along


@event.listens_for(Session, "after_flush")
def _tally_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    changed = flushed(session, Question)
    tags = _tags_of(session, [each.id for each in changed if _matters_to_tags(session, each)])
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in changed:
        was_there, is_there = each not in session.new, each not in session.deleted
        before = _standing(partial(tallies.before, each)) if was_there else Tally()
        after = _standing(partial(getattr, each)) if is_there else Tally()
        _add(sums, (tallies.before(each, "product_id") if was_there else None, None), before, -1)
        _add(sums, (each.product_id, None), after, 1)
        now, added, removed = tags.get(each.id, set()), _ids(each, "added"), _ids(each, "deleted")
        for tag_id in (now - added) | removed:
            _add(sums, (None, tag_id), Tally(before.listed), -1)
        for tag_id in now:
            _add(sums, (None, tag_id), Tally(after.listed), 1)
    _write(session, sums)


def _standing(value: Any) -> Tally:
    """What one question adds to a tally; the same as `_truth` says of all."""
    if any(value(name) is not None for name in ("deleted_at", "hidden_at", "held_at")):
        return Tally()
    waits = value("duplicate_of_id") is None
    return Tally(1, int(waits and not value("answer_count")), int(waits and not value("accepted_count")))


def _ids(question: Question, which: str) -> set[int]:
    return {tag.id for tag in getattr(inspect(question).attrs.tags.history, which) or ()}


def _matters_to_tags(session: Session, question: Question) -> bool:
    if question in session.new or question in session.deleted:
        return True
    state = inspect(question).attrs
    return any(state[name].history.has_changes() for name in ("deleted_at", "hidden_at", "held_at", "tags"))


def _tags_of(session: Session, question_ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for some in in_parts(sorted(question_ids)):
        columns = (question_tags.c.question_id, question_tags.c.tag_id)
        having = select(*columns).where(question_tags.c.question_id.in_(some))
        for question_id, tag_id in session.connection().execute(having):
            found[question_id].add(tag_id)
    return found


def _add(sums: dict[Key, list[int]], key: Key, tally: Tally, sign: int) -> None:
    for at, count in enumerate((tally.listed, tally.unanswered, tally.unsolved)):
        sums[key][at] += sign * count


def _write(session: Session, sums: dict[Key, list[int]]) -> None:
    names = ("product_id", "tag_id", "listed", "unanswered", "unsolved")
    rows = [dict(zip(names, (*key, *counts), strict=True)) for key, counts in sums.items() if any(counts)]
    if rows:
        session.connection().execute(insert(QuestionTally), rows)


# Upkeep


def join_rows() -> None:
    """Make one row of all that belong to the same product or tag."""
    with transaction() as session:
        columns = QuestionTally.__table__.c
        rows = session.execute(select(*columns).order_by(columns.id).with_for_update()).all()
        sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in rows:
            counts = Tally(row.listed, row.unanswered, row.unsolved)
            _add(sums, (row.product_id, row.tag_id), counts, 1)
        for some in in_parts([row.id for row in rows]):
            session.connection().execute(delete(QuestionTally).where(QuestionTally.id.in_(some)))
        _write(session, sums)


def differences(tag_ids: Collection[int] | None = None) -> dict[Key, Tally]:
    """What must be added to the tallies (or to those of some tags) so that they are right; empty if they are."""
    said = select(
        QuestionTally.product_id,
        QuestionTally.tag_id,
        (-QuestionTally.listed).label("listed"),
        (-QuestionTally.unanswered).label("unanswered"),
        (-QuestionTally.unsolved).label("unsolved"),
    )
    if tag_ids is None:
        both = _truth_of_products().union_all(_truth_of_tags(), said)
    else:
        of_tags = _truth_of_tags().where(question_tags.c.tag_id.in_(tag_ids))
        both = of_tags.union_all(said.where(QuestionTally.tag_id.in_(tag_ids)))
    # One statement, so that both are seen at the same moment.
    rows = both.subquery().c
    sums = [func.sum(rows[name]) for name in ("listed", "unanswered", "unsolved")]
    found = db.session.execute(
        select(rows.product_id, rows.tag_id, *sums).group_by(rows.product_id, rows.tag_id)
    )
    return {(product, tag): Tally(*counts) for product, tag, *counts in found if any(counts)}


def repair(tag_ids: Collection[int] | None = None) -> int:
    """Set the tallies, or those of some tags, right. Call inside a transaction.

    Returns:
        How many products and tags were touched.
    """
    db.session.flush()
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for key, missing in differences(tag_ids).items():
        _add(sums, key, missing, 1)
    _write(db.session(), sums)
    return len(sums)


def _truth_of_products() -> Select[*tuple[Any, ...]]:
    waits = Question.duplicate_of_id.is_(None)
    counted = select(
        Question.product_id,
        cast(null(), Integer).label("tag_id"),
        func.count().label("listed"),
        _count_if(waits & (Question.answer_count == 0)).label("unanswered"),
        _count_if(waits & (Question.accepted_count == 0)).label("unsolved"),
    )
    return counted.where(*Question.here()).group_by(Question.product_id)


def _truth_of_tags() -> Select[*tuple[Any, ...]]:
    nothing = [cast(0, Integer).label(name) for name in ("unanswered", "unsolved")]
    counted = select(
        cast(null(), Integer).label("product_id"),
        question_tags.c.tag_id,
        func.count().label("listed"),
        *nothing,
    ).join(Question, Question.id == question_tags.c.question_id)
    return counted.where(*Question.here()).group_by(question_tags.c.tag_id)


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(cast(condition, Integer))
