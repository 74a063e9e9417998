"""Pages of long lists by keyset: each page starts after the last row of the one before, at any depth as fast."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnClause, ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import KeyedColumnElement

from app.core.db import UtcDateTime, db
from app.core.errors import Invalid
from app.core.i18n import gettext as _

Row = TypeVar("Row")
Named = KeyedColumnElement[Any] | InstrumentedAttribute[Any]
Order = Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursors of the pages that follow and that come before (None at either end)."""

    rows: Sequence[Row]
    next_cursor: str | None
    previous_cursor: str | None = None


BACKWARDS = "~"
"""How a cursor begins whose page is the one before its row."""


def is_backwards(cursor: str | None) -> bool:
    """Whether a cursor leads to the page before a row; such a page shows the same as one that begins after another row."""
    return bool(cursor and cursor.startswith(BACKWARDS))


def page_of(
    statement: Select[Row],
    column: Named,
    id_column: Named,
    *,
    after: str | None,
    size: int,
    descending: bool = True,
) -> Page[Row]:
    """The rows of `statement` on the page of the cursor `after`, ordered by `column` and then by id.

    The rows say under the columns' names what stands there, also where the columns are copies in another table.

    Raises:
        Invalid: the cursor is not one of ours.
    """

    def fetch(arranged: Select[Row]) -> Sequence[Row]:
        return db.session.scalars(arranged).unique().all()

    def key(row: Row) -> tuple[Any, ...]:
        return getattr(row, column.key), getattr(row, id_column.key)

    return _page(statement, (column, id_column), after, size, descending, fetch, key)


def page_of_pairs(
    statement: Select[Any],
    number: ColumnElement[int],
    id_column: InstrumentedAttribute[int],
    *,
    after: str | None,
    size: int,
) -> Page[Any]:
    """As `page_of`, for a statement that gives pairs of a row and a whole number, by which they are ordered, highest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """

    def key(pair: Any) -> tuple[Any, ...]:
        return int(pair[1]), getattr(pair[0], id_column.key)

    return _page(statement, (number, id_column), after, size, True, _fetch_rows, key)


def page_by(
    statement: Select[Any],
    order: Order,
    *,
    after: str | None,
    size: int,
    values: Mapping[str, Any],
) -> Page[Any]:
    """As `page_of`, for a prepared statement of any columns, ordered by several expressions, the lowest first.

    The last of `order` tells rows apart that are alike in the others. Each row ends with the values of `order`.
    `values` is what stands open in the statement.

    Raises:
        Invalid: the cursor is not one of ours.
    """

    def fetch(arranged: Select[Any]) -> Sequence[Any]:
        return db.session.execute(arranged, values).all()

    def key(row: Any) -> tuple[Any, ...]:
        return tuple(row[-len(order) :])

    arrange = _arranged if after else _first_rows
    return _page(_with_order(statement, order), order, after, size, False, fetch, key, arrange)


@cache
def _with_order(statement: Select[Any], order: Order) -> Select[Any]:
    return statement.add_columns(*(column.label(f"order_{place}") for place, column in enumerate(order)))


def cursor_after(values: Sequence[Any]) -> str:
    """The cursor of the page that begins after the row with these values of its order."""
    plain = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _fetch_rows(arranged: Select[Any]) -> Sequence[Any]:
    return db.session.execute(arranged).all()


def _arranged(statement: Select[Any], order: Order, is_falling: bool, limit: int) -> Select[Any]:
    arranged = [column.desc() if is_falling else column.asc() for column in order]
    return statement.order_by(None).order_by(*arranged).limit(limit)


_first_rows = cache(_arranged)
"""The first page of a prepared statement is a statement that is prepared too."""


def _page(
    statement: Select[Any],
    order: Order,
    after: str | None,
    size: int,
    descending: bool,
    fetch: Callable[[Select[Any]], Sequence[Any]],
    key: Callable[[Any], tuple[Any, ...]],
    arrange: Callable[..., Select[Any]] = _arranged,
) -> Page[Any]:
    backwards = is_backwards(after)
    is_falling = descending != backwards
    parts = (
        _parts_after(statement, order, after.removeprefix(BACKWARDS), is_falling) if after else [statement]
    )
    rows: list[Any] = []
    for part in parts:
        if len(rows) <= size:
            rows += fetch(arrange(part, order, is_falling, size + 1 - len(rows)))
    has_more, rows = len(rows) > size, rows[:size]
    if backwards and not has_more:
        # The first page, and whole, also where less than a page comes before the cursor.
        return _page(statement, order, None, size, descending, fetch, key)
    if backwards:
        rows = rows[::-1]
    first, last = (cursor_after(key(rows[0])), cursor_after(key(rows[-1]))) if rows else (None, None)
    return Page(
        rows,
        next_cursor=last if has_more or backwards else None,
        previous_cursor=f"{BACKWARDS}{first}" if after and first else None,
    )


def _parts_after(statement: Select[Any], order: Order, cursor: str, is_falling: bool) -> list[Select[Any]]:
    """What comes after a cursor, in parts that follow one another."""
    values = _read(cursor, [_kind(column) for column in order])
    first, *rest = order
    if isinstance(first, ColumnClause | InstrumentedAttribute) and _kind(first) is int and len(rest) == 1:
        # Many rows have the same number, and SQLite does not find a place among them by comparing (number, id): where
        # the id is the table's own key it would go through all that are alike.
        alike = statement.where(first == values[0], _is_past(rest[0], values[1], is_falling))
        return [alike, statement.where(_is_past(first, values[0], is_falling))]
    there = tuple_(*(literal(value, column.type) for value, column in zip(values, order, strict=True)))
    return [statement.where(_is_past(tuple_(*order), there, is_falling))]


def _is_past(here: Any, there: Any, is_falling: bool) -> ColumnElement[bool]:
    past: ColumnElement[bool] = here < there if is_falling else here > there
    return past


def _kind(column: Any) -> type:
    return datetime if isinstance(column.type, UtcDateTime) else column.type.python_type


def _read(cursor: str, kinds: Sequence[type]) -> list[Any]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        plain = json.loads(base64.urlsafe_b64decode(padded))
        values = [
            datetime.fromisoformat(value["t"]) if kind is datetime else value
            for value, kind in zip(plain, kinds, strict=True)
        ]
        if not all(type(value) is kind and _fits(value) for value, kind in zip(values, kinds, strict=True)):
            raise ValueError(cursor)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise Invalid(_("This page of the list does not exist. Please start from its first page.")) from error
    return values


def _fits(value: Any) -> bool:
    """Whether the database can compare its column with this value."""
    if isinstance(value, datetime):
        return value.tzinfo is not None and bool(value.astimezone(UTC))
    if isinstance(value, str):
        return bool(value.encode()) and "\0" not in value
    return bool(-(2**31) < value < 2**31)
