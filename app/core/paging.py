"""Pages of long lists by keyset: each page starts after the last row of the one before, at any depth as fast."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import UtcDateTime, db
from app.core.errors import Invalid
from app.core.i18n import gettext as _

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and where the next ones start (None at the end)."""

    rows: Sequence[Row]
    next_cursor: str | None


def page_of(
    statement: Select[Row],
    column: InstrumentedAttribute[Any],
    id_column: InstrumentedAttribute[int],
    *,
    after: str | None,
    size: int,
    descending: bool = True,
) -> Page[Row]:
    """The rows of `statement` that follow the cursor `after`, ordered by `column` and then by id.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    if after:
        kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
        value, last_id = _read(after, kind)
        if descending:
            statement = statement.where(or_(column < value, and_(column == value, id_column < last_id)))
        else:
            statement = statement.where(or_(column > value, and_(column == value, id_column > last_id)))
    order = (column.desc(), id_column.desc()) if descending else (column.asc(), id_column.asc())
    rows = db.session.scalars(statement.order_by(None).order_by(*order).limit(size + 1)).unique().all()
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], _write(getattr(last, column.key), getattr(last, id_column.key)))


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
