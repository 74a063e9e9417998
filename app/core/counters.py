"""Counter columns against what they count: find those that differ, and set only those right."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from app.core.db import db

Truths = Mapping[str, tuple[Any, ColumnElement[int]]]
"""For each counter by name: its column, and the expression that it must equal."""

FIRST, LAST = 0, 2**31 - 1
"""All rows there may be, by number."""

AT_ONCE = 2_000


def total(of: Select[Any]) -> ColumnElement[int]:
    """A subquery's one number, 0 where it has none."""
    return func.coalesce(of.scalar_subquery(), 0)


def ranges(model: Any) -> Iterator[tuple[int, int]]:
    """The numbers of all rows of a table in parts, each from a first to a last one."""
    highest = db.session.scalar(select(func.max(model.id))) or 0
    for first in range(1, highest + 1, AT_ONCE):
        yield first, first + AT_ONCE - 1


def differences(truths: Truths) -> dict[str, int]:
    """How many rows of each counter are wrong; empty when all are right."""
    wrong = {}
    for name, (column, truth) in truths.items():
        count = db.session.scalar(select(func.count()).select_from(column.class_).where(column != truth)) or 0
        if count:
            wrong[name] = count
    return wrong


def repair(truths: Truths, first: int = FIRST, last: int = LAST) -> dict[str, int]:
    """Set every wrong counter of the rows with these numbers right; without numbers of all. Call inside a transaction.

    Returns:
        How many rows were touched, by counter.
    """
    touched = {}
    for name, (column, truth) in truths.items():
        model = column.class_
        wrong = update(model).where(model.id.between(first, last), column != truth)
        statement = wrong.values({column.key: truth})
        result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
        touched[name] = result.rowcount
    return touched
