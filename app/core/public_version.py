"""A number that grows with every change of anything a visitor could see, so that whatever was kept before it is old.

The number is raised as the last thing before a commit, in the same transaction: whoever reads a number sees at
least the changes that it counts, and a change that was undone was never counted.
"""

import time
from typing import Any

from sqlalchemy import BigInteger, Engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, UOWTransaction, mapped_column

from app.core.db import Base, db, flushed

LOOK_AGAIN = 0.5
"""Seconds after which a number that another process may have raised is read again."""

PRIVATE = frozenset(
    {
        "account_links",
        "article_views",
        "attempts",
        "authenticator_apps",
        "awaited_answers",
        "drafts",
        "golden_queries",
        "jobs",
        "limit_hits",
        "linked_identities",
        "mail_choices",
        "notes_on_people",
        "notification_lines",
        "notifications",
        "passkeys",
        "pinned_results",
        "post_drafts",
        "public_version",
        "recovery_codes",
        "question_tallies",
        "reports",
        "search_changes",
        "search_clicks",
        "searches",
        "sign_in_steps",
        "solved_while_asking",
        "tallies",
        "thread_changes",
        "upload_uses",
        "uploads",
        "user_sessions",
    }
)
"""Tables of which nothing stands on a page that visitors see, or only on one that is never kept."""


class PublicVersion(Base):
    """The one row that holds the number."""

    __tablename__ = "public_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


@event.listens_for(Session, "after_flush")
def _note_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    if any(each.__tablename__ not in PRIVATE for each in flushed(session)):
        session.info["public_change"] = True


@event.listens_for(Session, "do_orm_execute")
def _note_what_was_executed(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        table = getattr(state.statement, "table", None)
        if getattr(table, "name", "") not in PRIVATE:
            state.session.info["public_change"] = True


@event.listens_for(Session, "before_commit")
def _raise_the_number(session: Session) -> None:
    session.flush()
    if not session.info.pop("public_change", False):
        return
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    begin: Any = insert(PublicVersion).values(id=1, number=1)
    connection.execute(
        begin.on_conflict_do_update(index_elements=["id"], set_={"number": PublicVersion.number + 1})
    )
    session.info["public_version_raised"] = True


@event.listens_for(Session, "after_commit")
def _look_at_once(session: Session) -> None:
    if session.info.pop("public_version_raised", False):
        forget()


@event.listens_for(Session, "after_rollback")
def _nothing_happened(session: Session) -> None:
    session.info.pop("public_change", None)
    session.info.pop("public_version_raised", None)


_known: dict[Engine, tuple[int, float]] = {}


def forget() -> None:
    """Read the number from the database when it is asked for next."""
    _known.clear()


def current(engine: Engine | None = None) -> int | None:
    """The number as of at most half a second ago; what this process changed itself counts at once.

    Returns:
        None if the database does not answer.
    """
    engine = engine or db.engine
    number, looked_at = _known.get(engine, (0, float("-inf")))
    moment = time.monotonic()
    if moment - looked_at < LOOK_AGAIN:
        return number
    try:
        with engine.connect() as connection:
            number = connection.scalar(select(PublicVersion.number)) or 0
    except SQLAlchemyError:
        return None
    _known[engine] = (number, moment)
    return number
