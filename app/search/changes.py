"""What the index has yet to learn: rows written in the same transaction as the change they speak of."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import String, event, insert
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from app.core.db import Base, flushed, now
from app.search.documents import Key


class SearchChange(Base):
    """Something that can be found was added, changed or taken away.

    `indexed_at` is set when the present index knows it, but a rebuild that is running may not; the row then goes
    with the end of that rebuild.
    """

    __tablename__ = "search_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int]
    created_at: Mapped[datetime]
    indexed_at: Mapped[datetime | None]


class Searchable:
    """A mixin for models whose changes the index must follow."""

    def search_keys(self) -> Iterable[Key]:
        """The documents that this row is part of: an answer names its question.

        It is called while the session flushes, also for deleted rows, so it reads columns and loads nothing.
        """
        raise NotImplementedError


def note_change(session: Session, kind: str, item_id: int) -> None:
    """Have the index look at this document again, once the session's transaction is committed.

    Changes of `Searchable` models are noted without this; changes by bulk `update()` and `delete()` are not.
    """
    _note(session, {(kind, item_id)})


def _note(session: Session, keys: Iterable[Key]) -> None:
    moment = now()
    rows = [{"kind": kind, "item_id": item, "created_at": moment} for kind, item in sorted(keys)]
    if rows:
        session.connection().execute(insert(SearchChange), rows)


@event.listens_for(Session, "after_flush")
def _note_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    keys: set[Key] = set()
    for each in flushed(session, Searchable):
        keys.update(each.search_keys())
    _note(session, keys)
