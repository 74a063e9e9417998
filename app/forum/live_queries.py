"""What open pages ask: whether anything changed in a thread since they were drawn."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, bindparam, delete, event, func, insert, select
from sqlalchemy.orm import Session, UOWTransaction

from app.core import addresses
from app.core.db import db, flushed, now, transaction
from app.forum.live_models import ThreadChange
from app.forum.models import Answer, Comment, Question

KEPT = timedelta(hours=1)
"""Pages that slept for longer ask for everything anew."""

AT_FIRST = 200


@event.listens_for(Session, "after_flush")
def _note_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    """Write a row for each thread that this flush changes, in the same transaction."""
    threads = {
        each.question_id
        for each in flushed(session, Answer | Comment | Question)
        # Nobody has a page open of a question that is only just asked.
        if isinstance(each, Answer | Comment) or (isinstance(each, Question) and each in session.dirty)
    } - {each.id for each in session.deleted if isinstance(each, Question)}
    if threads:
        moment = now()
        rows = [{"question_id": thread, "created_at": moment} for thread in sorted(threads)]
        session.connection().execute(insert(ThreadChange), rows)


_LAST_CHANGE = select(func.max(ThreadChange.id)).where(ThreadChange.question_id == bindparam("question_id"))


def last_change(question_id: int) -> int:
    """The number of the last change of a thread that is still kept; 0 if there is none."""
    return db.session.scalar(_LAST_CHANGE, {"question_id": question_id}) or 0


@dataclass(frozen=True)
class LivePage:
    """What the page of a question tells its script: where to listen, what to ask for, and what it knows already."""

    stream_url: str
    posts_url: str
    since: int


def live_page(question_id: int, after: str | None) -> LivePage:
    """What the page of a thread that the cursor `after` leads to needs to follow it."""
    stream_url = addresses.live(question_id)
    return LivePage(stream_url, f"{stream_url}/posts?after={after or ''}", last_change(question_id))


def changes_after(engine: Engine, number: int | None) -> dict[int, int]:
    """The changes of all threads after that number, the newest few if it is None: number → thread.

    It takes a connection of its own, because the thread that asks lives beside the requests.
    """
    statement = select(ThreadChange.id, ThreadChange.question_id).order_by(ThreadChange.id.desc())
    statement = statement.limit(AT_FIRST) if number is None else statement.where(ThreadChange.id > number)
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def forget_old_changes() -> int:
    """Take away the changes that no open page asks about any more.

    Returns:
        How many they were.
    """
    with transaction() as session:
        gone = session.execute(delete(ThreadChange).where(ThreadChange.created_at < now() - KEPT))
        return int(gone.rowcount)  # type: ignore[attr-defined]
