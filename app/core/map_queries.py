"""Maps for search engines: rows are cut into them by their numbers, and an index knows the last change of each map."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, literal, literal_column, select

from app.core.db import db

ROWS_PER_MAP = 10_000
"""50,000 are allowed, within 50 MB; a smaller file is made in well under a second. Indexes are made for this number."""

Name = TypeVar("Name", int, str)


def map_of(number: Any, size: int = ROWS_PER_MAP) -> ColumnElement[int]:
    """In which map, from 0, the row of a number stands. Its figures are written out, so that an index over it is used."""
    place: ColumnElement[int] = (number - literal_column("1", Integer)) // literal_column(str(size), Integer)
    return place


def last_changes(
    numbers: Select[int | None],
    size: int,
    *newest_first: Callable[[ColumnElement[int]], Select[datetime]],
) -> list[tuple[int, datetime]]:
    """For each map that has any row: its place, from 1, and its last change.

    Args:
        numbers: gives the highest number of the rows.
        size: how many numbers stand in one map.
        newest_first: given `map_of`, when rows of that map were changed, the last change first.
    """
    start = select(literal(0).label("map")).cte("maps", recursive=True)
    maps = start.union_all(
        select(start.c.map + 1).where(start.c.map < map_of(numbers.scalar_subquery(), size))
    )
    newest = [of(maps.c.map).limit(1).correlate(maps).scalar_subquery() for of in newest_first]
    rows = db.session.execute(select(maps.c.map, *newest))
    return sorted(
        (row[0] + 1, max(changes)) for row in rows if (changes := [each for each in row[1:] if each])
    )


def newest_of(*lists: Iterable[tuple[Name, datetime]]) -> list[tuple[Name, datetime]]:
    """Each name of these lists once, with the last of its changes."""
    found: dict[Name, datetime] = {}
    for name, changed_at in chain(*lists):
        found[name] = max(changed_at, found.get(name, changed_at))
    return sorted(found.items())
