"""Where pictures are shown: noted whenever a text that may show some is written."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction

from app.core.addresses import PICTURE_NAME
from app.uploads import queries

_SHOWN = re.compile(f"/uploads/({PICTURE_NAME})")

_watched: dict[type[Any], tuple[str, str, Callable[[Any], set[str]]]] = {}


def names_in(text: object) -> set[str]:
    """The names of the pictures that a text shows; of what is no text, of its written form."""
    return {found[1] for found in _SHOWN.finditer(str(text))} if text else set()


def name_itself(value: object) -> set[str]:
    """For a column that holds nothing but the name of one picture."""
    return {str(value)} if value else set()


def watch(model: type[Any], kind: str, column: str, names: Callable[[Any], set[str]] = names_in) -> None:
    """From now on, note which pictures the rows of a model show.

    Args:
        model: has an `id`.
        kind: what such a row is called, such as "question".
        column: its attribute that may name pictures. Changes by bulk `update()` are not seen.
        names: reads the names out of it.
    """
    _watched[model] = (kind, column, names)


@event.listens_for(Session, "after_flush")
def _note_what_is_shown(session: Session, _context: UOWTransaction) -> None:
    for thing in [*session.new, *session.dirty, *session.deleted]:
        if type(thing) not in _watched:
            continue
        kind, column, names = _watched[type(thing)]
        history = inspect(thing).attrs[column].history
        now = set() if thing in session.deleted else names(history.added[0]) if history.added else None
        if now is None:
            continue
        # What stood there before is not always known, but a new row showed nothing.
        if now or thing not in session.new:
            queries.set_shown(session, kind, thing.id, now)
