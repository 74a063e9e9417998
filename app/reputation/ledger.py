"""Writing into the ledger: a cause comes, a cause is taken back, and the sum follows."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date

from app.accounts.models import User
from app.core.db import db, now
from app.reputation import queries
from app.reputation.models import ReputationEntry
from app.reputation.points import CAUSES


def give(user_id: int, cause: str, *, by_id: int | None = None, **about: int | None) -> None:
    """Write a cause into a person's ledger and bring their sum up to date. Call inside a transaction."""
    day, points = now().date(), CAUSES[cause].points
    with _settling(user_id, {day}):
        db.session.add(
            ReputationEntry(user_id=user_id, cause=cause, points=points, by_id=by_id, day=day, **about)
        )


def take_back(user_id: int, *causes: str, by_id: int | None = None, **about: int) -> None:
    """Cancel what stands in a person's ledger for these causes about one post. Call inside a transaction."""
    entries = queries.standing(causes, by_id=by_id, **about)
    with _settling(user_id, {entry.day for entry in entries}):
        for entry in entries:
            entry.cancelled_at = now()


def settle(user_id: int) -> None:
    """Set a person's reputation to what their whole ledger comes to. Call inside a transaction."""
    user = _locked(user_id)
    user.reputation = queries.worth(user_id)


@contextmanager
def _settling(user_id: int, days: Collection[date]) -> Iterator[None]:
    """What is written meanwhile belongs to these days, so the sum changes by what they come to then."""
    user = _locked(user_id)
    before = queries.worth(user_id, days)
    yield
    db.session.flush()
    user.reputation += queries.worth(user_id, days) - before


def _locked(user_id: int) -> User:
    # For changing, not for removing: each of two people may write a row that points to the other meanwhile.
    # Read afresh, for somebody else may have changed the sum since this transaction saw it.
    db.session.flush()
    return db.session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
