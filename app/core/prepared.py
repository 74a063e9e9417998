"""Statements that are built once for each kind of reader: to build one takes longer than to ask the database."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import BindParameter, Integer, bindparam

Shape = ParamSpec("Shape")
Statement = TypeVar("Statement")


@dataclass(frozen=True)
class Reader:
    """A viewer as the doors know them, in a statement that is kept: of what kind they are, their number left open."""

    is_authenticated: bool
    role: int

    @property
    def id(self) -> BindParameter[int]:
        return bindparam("reader_id", type_=Integer)


def prepared(
    build: Callable[Concatenate[Any, Shape], Statement],
) -> Callable[Concatenate[Any, Shape], Statement]:
    """Keep what `build(reader, ...)` makes, for each kind of reader and each of its other arguments, which are few.

    What is asked for is left open (`bindparam`) and given when the statement is run, with the reader's number:
    `db.session.scalars(one_question(viewer), given(viewer, question_id=7))`.
    """
    kept = cache(build)

    @wraps(build)
    def statement_for(viewer: Any, /, *shape: Shape.args, **named: Shape.kwargs) -> Statement:
        return kept(Reader(viewer.is_authenticated, viewer.role), *shape, **named)  # type: ignore[arg-type]

    return statement_for


def given(viewer: Any, **asked: Any) -> dict[str, Any]:
    """What stands open in a prepared statement, filled in for this viewer."""
    return {"reader_id": viewer.id, **asked}
