"""Pages of long lists by keyset: each page starts after the last row of the one before, at any depth as fast."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import UtcDateTime, db
from app.core.errors import Invalid
from app.core.i18n import gettext as _

Row = TypeVar("Row")


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
    column: InstrumentedAttribute[Any],
    id_column: InstrumentedAttribute[int],
    *,
    after: str | None,
    size: int,
    descending: bool = True,
) -> Page[Row]:
    """The rows of `statement` on the page of the cursor `after`, ordered by `column` and then by id.

    Raises:
        Invalid: the cursor is not one of ours.
    """

    def fetch(arranged: Select[Row]) -> Sequence[Row]:
        return db.session.scalars(arranged).unique().all()

    def key(row: Row) -> tuple[Any, int]:
        return getattr(row, column.key), getattr(row, id_column.key)

    return _page(statement, column, id_column, after, size, descending, fetch, key)


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

    def fetch(arranged: Select[Any]) -> Sequence[Any]:
        return db.session.execute(arranged).all()

    def key(pair: Any) -> tuple[int, int]:
        return int(pair[1]), getattr(pair[0], id_column.key)

    return _page(statement, number, id_column, after, size, True, fetch, key)


def _page(
    statement: Select[Any],
    column: Any,
    id_column: InstrumentedAttribute[int],
    after: str | None,
    size: int,
    descending: bool,
    fetch: Callable[[Select[Any]], Sequence[Any]],
    key: Callable[[Any], tuple[Any, int]],
) -> Page[Any]:
    backwards = is_backwards(after)
    wanted = statement
    if after:
        kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
        value, last_id = _read(after.removeprefix(BACKWARDS), kind)
        beyond = [column < value, id_column < last_id]
        if descending == backwards:
            beyond = [column > value, id_column > last_id]
        wanted = wanted.where(or_(beyond[0], and_(column == value, beyond[1])))
    is_falling = descending != backwards
    order = (column.desc(), id_column.desc()) if is_falling else (column.asc(), id_column.asc())
    rows = fetch(wanted.order_by(None).order_by(*order).limit(size + 1))
    has_more, rows = len(rows) > size, rows[:size]
    if backwards and not has_more:
        # The first page, and whole, also where less than a page comes before the cursor.
        return _page(statement, column, id_column, None, size, descending, fetch, key)
    if backwards:
        rows = rows[::-1]
    first, last = (_write(*key(rows[0])), _write(*key(rows[-1]))) if rows else (None, None)
    return Page(
        rows,
        next_cursor=last if has_more or backwards else None,
        previous_cursor=f"{BACKWARDS}{first}" if after and first else None,
    )


def _write(value: Any, row_id: int) -> str:
    plain = {"t": value.isoformat()} if isinstance(value, datetime) else {"v": value}
    return base64.urlsafe_b64encode(json.dumps([plain, row_id]).encode()).decode().rstrip("=")


def _read(cursor: str, kind: type) -> tuple[Any, int]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        plain, row_id = json.loads(base64.urlsafe_b64decode(padded))
        value = datetime.fromisoformat(plain["t"]) if kind is datetime else plain["v"]
        if type(value) is not kind or type(row_id) is not int or not (_fits(value) and _fits(row_id)):
            raise ValueError(cursor)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise Invalid(_("This page of the list does not exist. Please start from its first page.")) from error
    return value, row_id


def _fits(value: Any) -> bool:
    """Whether the database can compare its column with this value."""
    if isinstance(value, datetime):
        return value.tzinfo is not None and bool(value.astimezone(UTC))
    if isinstance(value, str):
        return bool(value.encode()) and "\0" not in value
    return -(2**31) < int(value) < 2**31
