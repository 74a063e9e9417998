"""A piece of work that waits for the worker."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now

KEY_LONGEST = 200
PROBLEM_LONGEST = 500


class Job(Base):
    """One piece of work, written in the transaction of the deed that asks for it.

    Attributes:
        kind: which handler does it.
        key: at most one job of a kind has this key, ever; without one, each is a job of its own.
        payload: what the handler needs; emptied once the work is over, for it may hold addresses or links.
        due_at: when it may be taken. While somebody works on it: when their claim ends. None: it is over.
        attempts: how often it was taken.
        step: how far the present attempt is known to have come; see `Work.mark`.
        claim: the token of whoever works on it.
        problem: why the last attempt failed.
    """

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(KEY_LONGEST))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(String(40), default="")
    claim: Mapped[str | None] = mapped_column(String(32))
    finished_at: Mapped[datetime | None]
    died_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(PROBLEM_LONGEST), default="")

    __table_args__ = (
        Index("uq_jobs_kind_key", "kind", "key", unique=True),
        Index("ix_jobs_due", "due_at", "id"),
    )
