"""How things stand: what there is, what waits, what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.accounts.models import User
from app.articles.models import Article
from app.core.db import db, now, revision
from app.forum.models import Answer, Comment, Question
from app.jobs.models import Job
from app.search.changes import SearchChange
from app.uploads.models import Upload

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
        "people": select(func.count(User.id)).where(User.deleted_at.is_(None)),
        "guides": select(func.count(Article.id)).where(Article.withdrawn_at.is_(None)),
        "questions": select(func.count(Question.id)).where(*Question.here()),
        "answers": select(func.count(Answer.id)).where(*Answer.here()),
        "comments": select(func.count(Comment.id)).where(*Comment.here()),
        "pictures": select(func.count(Upload.id)),
        "picture_bytes": select(func.coalesce(func.sum(Upload.size), 0)),
        "failed": select(func.count(Job.id)).where(Job.died_at.is_not(None)),
        "index_lag": select(func.count()).select_from(SearchChange).where(SearchChange.indexed_at.is_(None)),
        "behind_since": select(func.min(SearchChange.created_at)).where(SearchChange.indexed_at.is_(None)),
    }
    one_row = select(*(each.scalar_subquery().label(name) for name, each in counted.items()))
    counts = dict(db.session.execute(one_row).one()._mapping)
    due = select(Job.kind, func.count(), func.min(Job.due_at)).where(Job.due_at.is_not(None))
    dead = select(Job).where(Job.died_at.is_not(None)).order_by(Job.id.desc()).limit(FAILED_SHOWN)
    return State(
        picture_bytes=counts.pop("picture_bytes"),
        failed_count=counts.pop("failed"),
        waiting=tuple(
            WaitingWork(kind, count, oldest)
            for kind, count, oldest in db.session.execute(due.group_by(Job.kind).order_by(Job.kind))
            if oldest is not None
        ),
        failed=db.session.scalars(dead).all(),
        index_lag=counts.pop("index_lag"),
        index_behind_since=counts.pop("behind_since"),
        revision=revision(db.engine),
        counts=counts,
    )


def is_late(work: WaitingWork) -> bool:
    """Whether work is due for so long that the worker probably does not run."""
    return (now() - work.oldest_due).total_seconds() > 120


def database() -> str:
    """Which database this is, and its version."""
    dialect = db.engine.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    return f"{ {'sqlite': 'SQLite', 'postgresql': 'PostgreSQL'}.get(dialect.name, dialect.name) } {version}".strip()
