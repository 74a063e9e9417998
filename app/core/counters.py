"""Counter columns against what they count: find those that differ, and set only those right."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from app.core.db import db

Truths = Mapping[str, tuple[Any, ColumnElement[int]]]
"""For each counter by name: its column, and the expression that it must equal."""


def total(of: Select[Any]) -> ColumnElement[int]:
    """A subquery's one number, 0 where it has none."""
    return func.coalesce(of.scalar_subquery(), 0)


def differences(truths: Truths) -> dict[str, int]:
    """How many rows of each counter are wrong; empty when all are right."""
    wrong = {}
    for name, (column, truth) in truths.items():
        count = db.session.scalar(select(func.count()).select_from(column.class_).where(column != truth)) or 0
        if count:
            wrong[name] = count
    return wrong


def repair(truths: Truths) -> dict[str, int]:
    """Set every wrong counter right. Call inside a transaction.

    Returns:
        How many rows were touched, by counter.
    """
    touched = {}
    for name, (column, truth) in truths.items():
        statement = update(column.class_).where(column != truth).values({column.key: truth})
        result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
        touched[name] = result.rowcount
    return touched
