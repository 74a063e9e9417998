"""Something happened. `app/reactions.py` says what follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Event:
    """Base of every event. Subclasses are frozen dataclasses named in the past tense."""


Reaction = Callable[[Any], None]
_reactions: dict[type[Event], Sequence[Reaction]] = {}


def connect(reactions: Mapping[type[Event], Sequence[Reaction]]) -> None:
    """Set what follows each kind of event."""
    _reactions.clear()
    _reactions.update(reactions)


def publish(event: Event) -> None:
    """Run each reaction now, inside the caller's transaction; an error in one undoes the whole deed.

    Raises:
        KeyError: `app/reactions.py` has no row for this kind of event.
    """
    for react in _reactions[type(event)]:
        react(event)
