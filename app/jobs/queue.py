"""The queue: work is asked for inside a deed's transaction, and done afterwards, at least once.

A worker takes a job by writing its claim into the row, with the moment at which the claim ends. If the worker
dies, the claim ends by itself and the next one takes the job again. On PostgreSQL rows that others are taking are
skipped (`FOR UPDATE SKIP LOCKED`); on SQLite the transaction holds the write lock from its start.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.db import db, now, transaction
from app.jobs import queries
from app.jobs.models import KEY_LONGEST, PROBLEM_LONGEST, Job

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_PAUSE_WHILE_AWAY = timedelta(minutes=30)
WAITS_FOR = timedelta(days=4)
"""For so long work waits for somebody who is away."""

KEPT_FOR = timedelta(days=60)

log = logging.getLogger(__name__)


class GiveUp(Exception):
    """This work cannot succeed, however often it is tried; the message says why."""


class NotNow(Exception):
    """Somebody whom this work needs, such as a mail server, is away; the message says who. The work waits for days."""


class ClaimLost(Exception):
    """The work took so long that somebody else has taken it; whatever is left of it is theirs."""


@dataclass(frozen=True)
class Work:
    """A job that somebody has taken.

    Attributes:
        step: how far an earlier attempt, of which nothing more was heard, had come; "" as a rule.
        attempt: 1 for the first one.
    """

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    created_at: datetime
    attempt: int
    step: str
    claim: str

    def mark(self, step: str) -> None:
        """Write down how far this attempt has come, so that the next one knows if this process dies now.

        Renews the claim. A transaction of its own.

        Raises:
            ClaimLost: somebody else has taken the job.
        """
        with transaction():
            job = queries.claimed(self.id, self.claim)
            if job is None:
                raise ClaimLost
            job.step, job.due_at = step, now() + LEASE


Handler = Callable[[Work], None]
_handlers: dict[str, Handler] = {}
_at_work: dict[str, int] = {}
"""What this process has taken: the claim and the job's number."""


def connect(handlers: Mapping[str, Handler]) -> None:
    """Set who does which kind of work; the table is `app/worker/handlers.py`."""
    _handlers.clear()
    _handlers.update(handlers)


def enqueue(
    kind: str, payload: dict[str, Any], *, key: str | None = None, delay: timedelta = timedelta(0)
) -> bool:
    """Have work done after the present transaction; nothing happens if that fails.

    Args:
        kind: a row of the table of handlers.
        payload: what JSON can hold.
        key: a second job of this kind with this key is not made, also when the first is done long ago.
        delay: how long to wait at least.

    Returns:
        Whether a job was made.

    Raises:
        RuntimeError: there is no transaction.
        ValueError: the key is too long.
    """
    if not db.session().info.get("in_deed"):
        raise RuntimeError("Work is asked for inside a transaction.")
    if key is not None and len(key) > KEY_LONGEST:
        raise ValueError(f"A job's key has at most {KEY_LONGEST} characters.")
    moment = now()
    return queries.insert_unless_known(
        {
            "kind": kind,
            "key": key,
            "payload": payload,
            "created_at": moment,
            "due_at": moment + delay,
            "attempts": 0,
            "step": "",
            "problem": "",
        }
    )


def claim() -> Work | None:
    """Take the job that has waited longest; None if none is due.

    A job whose workers died so often that it is likely their bane dies instead.
    """
    if not queries.anything_due():
        db.session.rollback()
        return None
    with transaction():
        job = queries.next_due()
        if job is None:
            return None
        if job.attempts >= MOST_ATTEMPTS:
            _die(job, "The worker ended each time it tried this.")
            return None
        return _take(job)


def _take(job: Job) -> Work:
    job.attempts += 1
    job.claim, job.due_at = secrets.token_hex(16), now() + LEASE
    return Work(
        id=job.id,
        kind=job.kind,
        key=job.key or f"job-{job.id}",
        payload=dict(job.payload),
        created_at=job.created_at,
        attempt=job.attempts,
        step=job.step,
        claim=job.claim,
    )


def work_one() -> bool:
    """Take a job and do it. What fails is tried again later, each time after a longer pause, and dies at last.

    Returns:
        Whether there was one.
    """
    work = claim()
    if work is None:
        return False
    _do(work)
    return True


def work_now(kind: str, key: str) -> str:
    """Do one job at once, whenever it would be due.

    Returns:
        "" if it is done now; else what went wrong.
    """
    with transaction():
        job = queries.job_with_key(kind, key)
        work = _take(job) if job is not None else None
    return "Somebody else has taken it." if work is None else _do(work)


def _do(work: Work) -> str:
    """Do a job that was taken; write down how it went, and return what went wrong."""
    _at_work[work.claim] = work.id
    try:
        return _done(work)
    finally:
        del _at_work[work.claim]


def let_go() -> int:
    """Give back what this process has taken and cannot finish any more, so that another may take it at once.

    Whoever is still at it here finds the claim gone at the next `Work.mark`.

    Returns:
        How many jobs that were.
    """
    count = 0
    with transaction():
        for claim, job_id in tuple(_at_work.items()):
            job = queries.claimed(job_id, claim)
            if job is not None:
                job.claim, job.due_at, job.attempts = None, now(), job.attempts - 1
                count += 1
    return count


def _done(work: Work) -> str:
    try:
        handler = _handlers.get(work.kind)
        if handler is None:
            raise GiveUp(f"Nobody knows how to do “{work.kind}”.")
        handler(work)
    except ClaimLost:
        log.warning("%s %d took too long; another worker has it now", work.kind, work.id)
        return "It took too long."
    except Exception as error:  # whatever goes wrong in one job, the others go on
        db.session.rollback()
        return _failed(work, error)
    with transaction():
        job = queries.claimed(work.id, work.claim)
        if job is not None:
            job.finished_at, job.due_at, job.claim, job.payload, job.problem = now(), None, None, {}, ""
    return ""


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 20 seconds, then three times as long each time."""
    factor: int = 3 ** (attempts - 1)
    return min(FIRST_PAUSE * factor, LONGEST_PAUSE)


def pause_at_age(age: timedelta) -> timedelta:
    """How long work of this age waits for somebody who is away: half as long again as it has waited."""
    return min(max(FIRST_PAUSE, age / 2), LONGEST_PAUSE_WHILE_AWAY)


def forget_finished() -> int:
    """Delete what was finished or given up two months ago. Returns how many."""
    with transaction():
        return queries.forget_finished(now() - KEPT_FOR)


def _failed(work: Work, error: Exception) -> str:
    problem = (str(error).splitlines() or [""])[0] or type(error).__name__
    with transaction():
        job = queries.claimed(work.id, work.claim)
        if job is None:
            return problem
        age, pause = now() - job.created_at, pause_after(job.attempts)
        if isinstance(error, NotNow) and age < WAITS_FOR:
            job.attempts, pause = job.attempts - 1, pause_at_age(age)
        elif isinstance(error, GiveUp) or job.attempts >= MOST_ATTEMPTS:
            _die(job, problem)
            return problem
        job.due_at, job.claim, job.problem = now() + pause, None, problem[:PROBLEM_LONGEST]
    log.warning("%s %d: %s; trying again in %.0f s", work.kind, work.id, problem, pause.total_seconds())
    return problem


def _die(job: Job, problem: str) -> None:
    job.died_at, job.due_at, job.claim, job.problem = now(), None, None, problem[:PROBLEM_LONGEST]
    log.error("%s %d is given up: %s (flask jobs list --dead)", job.kind, job.id, problem)
