"""Tries and hits in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import db
from app.limits.models import Attempt, LimitHit


def lock(numbers: Sequence[int]) -> None:
    """Let nobody else count under these keys until the transaction ends.

    Args:
        numbers: one for each key, of 64 bits. On SQLite the transaction holds the only write lock already.
    """
    if db.engine.dialect.name == "postgresql":
        for number in sorted(numbers):  # All lock in one order, so that none waits for the other.
            db.session.execute(select(func.pg_advisory_xact_lock(number)))


def full_until(kind: str, key_hash: str, count: int, since: datetime) -> datetime | None:
    """When the newest tries since then that fill a limit of so many began; None if they do not fill it."""
    tries = db.session.execute(
        select(Attempt.tried_at, Attempt.amount)
        .where(Attempt.kind == kind, Attempt.key_hash == key_hash, Attempt.tried_at > since)
        .order_by(Attempt.tried_at.desc(), Attempt.id.desc())
        .limit(count)
    ).all()
    sums = accumulate(amount for _moment, amount in tries)
    return next((row.tried_at for row, sum_ in zip(tries, sums, strict=True) if sum_ >= count), None)


def sum_of(kind: str, key_hash: str, since: datetime) -> int:
    """How many tries there were since then."""
    mine = (Attempt.kind == kind, Attempt.key_hash == key_hash, Attempt.tried_at > since)
    return db.session.scalar(select(func.coalesce(func.sum(Attempt.amount), 0)).where(*mine)) or 0


def forget_last(kind: str, key_hash: str) -> None:
    """Delete the latest try under a key."""
    mine = select(Attempt.id).where(Attempt.kind == kind, Attempt.key_hash == key_hash)
    latest = mine.order_by(Attempt.tried_at.desc(), Attempt.id.desc()).limit(1)
    db.session.execute(delete(Attempt).where(Attempt.id == latest.scalar_subquery()))


def forget(kind: str, key_hash: str) -> None:
    """Delete all tries under a key."""
    db.session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.key_hash == key_hash))


def forget_older(moment: datetime) -> None:
    """Delete the tries before that moment."""
    db.session.execute(delete(Attempt).where(Attempt.tried_at < moment))


# Hits


def add_hits(row: Mapping[str, Any]) -> None:
    """Add to what is counted for each limit, person or place, and day."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    put: Any = insert(LimitHit).values(**row)
    new = put.excluded
    changes = {"count": LimitHit.count + new.count, "last_at": new.last_at, "place": new.place}
    db.session.execute(put.on_conflict_do_update(index_elements=["kind", "who_hash", "day"], set_=changes))


def forget_hits_before(moment: datetime) -> None:
    """Delete what was last noted before that moment."""
    db.session.execute(delete(LimitHit).where(LimitHit.last_at < moment))
