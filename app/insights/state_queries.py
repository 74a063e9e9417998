"""How things stand: what there is, what waits, what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from app.accounts.models import UserSession
from app.core import tallies
from app.core.db import db, now, revision
from app.forum import tally_queries
from app.jobs.models import Job
from app.mail import outbox
from app.policy import Role
from app.search.changes import SearchChange

FAILED_SHOWN = 20


@dataclass(frozen=True)
class WaitingWork:
    """The work of one kind that waits, and since when the oldest of it is due."""

    kind: str
    count: int
    oldest_due: datetime


@dataclass(frozen=True)
class State:
    """How things stand with what the database knows."""

    counts: Mapping[str, int]
    picture_bytes: int
    waiting: tuple[WaitingWork, ...]
    failed_count: int
    failed: Sequence[Job]
    index_lag: int
    index_behind_since: datetime | None
    revision: str


def state() -> State:
    """Ask for all of it, in a handful of statements."""
    counted = {
        "failed": select(func.count(Job.id)).where(Job.died_at.is_not(None)),
        "index_lag": select(func.count()).select_from(SearchChange).where(SearchChange.indexed_at.is_(None)),
        "behind_since": select(func.min(SearchChange.created_at)).where(SearchChange.indexed_at.is_(None)),
    }
    one_row = select(*(each.scalar_subquery().label(name) for name, each in counted.items()))
    counts = dict(db.session.execute(one_row).one()._mapping)
    names = ("people", "guides", "answers", "comments", "pictures", "picture_bytes")
    site = tallies.of({tallies.WHOLE_SITE, *Role}, names)
    dead = select(Job).where(Job.died_at.is_not(None)).order_by(Job.id.desc()).limit(FAILED_SHOWN)
    return State(
        counts={
            "people": site["people"],
            "guides": site["guides"],
            "questions": sum(tally.listed for tally in tally_queries.by_product().values()),
            "answers": site["answers"],
            "comments": site["comments"],
            "pictures": site["pictures"],
        },
        picture_bytes=site["picture_bytes"],
        failed_count=counts.pop("failed"),
        waiting=_waiting(),
        failed=db.session.scalars(dead).all(),
        index_lag=counts.pop("index_lag"),
        index_behind_since=counts.pop("behind_since"),
        revision=revision(db.engine),
    )


@dataclass(frozen=True)
class Standing:
    """What waits at this moment, as numbers."""

    waiting: tuple[WaitingWork, ...]
    given_up: int
    mail_waiting: int
    oldest_job_seconds: float
    index_lag: int
    index_lag_seconds: float
    sessions: int


def standing() -> Standing:
    """Ask for what a watching machine wants to know, in two statements."""
    unread = SearchChange.indexed_at.is_(None)
    counted = {
        "given_up": select(func.count(Job.id)).where(Job.died_at.is_not(None)),
        "index_lag": select(func.count()).select_from(SearchChange).where(unread),
        "behind_since": select(func.min(SearchChange.created_at)).where(unread),
        "sessions": select(func.count(UserSession.id)),
    }
    one_row = select(*(each.scalar_subquery().label(name) for name, each in counted.items()))
    found = db.session.execute(one_row).one()
    waiting = _waiting()
    return Standing(
        waiting=waiting,
        given_up=found.given_up,
        mail_waiting=sum(work.count for work in waiting if work.kind == outbox.KIND),
        oldest_job_seconds=max((_seconds_since(work.oldest_due) for work in waiting), default=0.0),
        index_lag=found.index_lag,
        index_lag_seconds=_seconds_since(found.behind_since),
        sessions=found.sessions,
    )


def _waiting() -> tuple[WaitingWork, ...]:
    due = select(Job.kind, func.count(), func.min(Job.due_at)).where(Job.due_at.is_not(None))
    return tuple(
        WaitingWork(kind, count, oldest)
        for kind, count, oldest in db.session.execute(due.group_by(Job.kind).order_by(Job.kind))
        if oldest is not None
    )


def _seconds_since(moment: datetime | None) -> float:
    return max(0.0, (now() - moment).total_seconds()) if moment else 0.0


def is_late(work: WaitingWork) -> bool:
    """Whether work is due for so long that the worker probably does not run."""
    return (now() - work.oldest_due).total_seconds() > 120


def database_bytes() -> int:
    """How much room the database takes."""
    if db.engine.dialect.name == "postgresql":
        return int(db.session.scalar(select(func.pg_database_size(func.current_database()))) or 0)
    pages = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return int(db.session.scalar(pages) or 0)


def database() -> str:
    """Which database this is, and its version."""
    dialect = db.engine.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    return f"{ {'sqlite': 'SQLite', 'postgresql': 'PostgreSQL'}.get(dialect.name, dialect.name) } {version}".strip()
