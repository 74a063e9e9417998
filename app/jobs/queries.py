"""What the queue asks the database. All of it happens inside a transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import db, now
from app.jobs.models import Job


def insert_unless_known(values: dict[str, Any]) -> bool:
    """Write a job, unless there was ever one of its kind with its key. Returns whether it was written."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    done = db.session.execute(insert(Job).values(values).on_conflict_do_nothing().returning(Job.id))
    return done.scalar() is not None


def anything_due() -> bool:
    """Whether there is work to take; asks without a lock."""
    return bool(db.session.scalar(select(exists().where(Job.due_at <= now()))))


def job_with_key(kind: str, key: str) -> Job | None:
    """The job, locked, if nobody works on it or has done it."""
    wanted = select(Job).where(Job.kind == kind, Job.key == key, Job.due_at.is_not(None), Job.claim.is_(None))
    return db.session.scalar(wanted.with_for_update())


def next_due() -> Job | None:
    """The job that has waited longest, locked; one that somebody else is taking at this moment is passed over."""
    due = select(Job).where(Job.due_at <= now()).order_by(Job.due_at, Job.id).limit(1)
    return db.session.scalar(due.with_for_update(skip_locked=True))


def claimed(job_id: int, claim: str) -> Job | None:
    """The job, locked, if the claim on it still holds."""
    mine = select(Job).where(Job.id == job_id, Job.claim == claim, Job.due_at.is_not(None))
    return db.session.scalar(mine.with_for_update().execution_options(populate_existing=True))


def jobs(*, dead_only: bool, most: int) -> Sequence[Job]:
    """Jobs that wait or have died, the latest first."""
    dead = Job.died_at.is_not(None)
    wanted = dead if dead_only else or_(dead, Job.due_at.is_not(None))
    return db.session.scalars(select(Job).where(wanted).order_by(Job.id.desc()).limit(most)).all()


def dead_job(job_id: int) -> Job | None:
    """A job that has died, locked; None if there is no such."""
    return db.session.scalar(select(Job).where(Job.id == job_id, Job.died_at.is_not(None)).with_for_update())


def forget_keys(kind: str, keys: Sequence[str]) -> None:
    """Take waiting jobs back before anybody took them."""
    waiting = (Job.kind == kind, Job.key.in_(keys), Job.due_at.is_not(None), Job.claim.is_(None))
    db.session.execute(delete(Job).where(*waiting))


def forget_with(kind: str, name: str, value: str) -> None:
    """Delete jobs of a kind, waiting or given up, whose payload has this value under this name."""
    theirs = (Job.kind == kind, Job.payload[name].as_string() == value, Job.claim.is_(None))
    db.session.execute(delete(Job).where(*theirs).execution_options(synchronize_session=False))


def forget_finished(before: datetime) -> int:
    """Delete what was finished or given up before then, and with it the memory of its keys. Returns how many."""
    old = delete(Job).where(or_(Job.finished_at < before, Job.died_at < before))
    return int(db.session.execute(old.execution_options(synchronize_session=False)).rowcount or 0)  # type: ignore[attr-defined]


def reopen(job: Job) -> None:
    """Have a dead job tried again from the start."""
    db.session.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(due_at=now(), died_at=None, attempts=0, step="", claim=None, problem="")
    )
