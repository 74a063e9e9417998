"""Writing into the ledger: a cause comes, a cause is taken back, and the sum follows."""

from app.accounts.models import User
from app.core.db import db, now
from app.reputation import queries
from app.reputation.models import ReputationEntry
from app.reputation.points import CAUSES


def give(user_id: int, cause: str, *, by_id: int | None = None, **about: int | None) -> None:
    """Write a cause into a person's ledger and bring their sum up to date. Call inside a transaction."""
    db.session.add(
        ReputationEntry(user_id=user_id, cause=cause, points=CAUSES[cause].points, by_id=by_id, **about)
    )
    settle(user_id)


def take_back(user_id: int, *causes: str, by_id: int | None = None, **about: int) -> None:
    """Cancel what stands in a person's ledger for these causes about one post. Call inside a transaction."""
    for entry in queries.standing(causes, by_id=by_id, **about):
        entry.cancelled_at = now()
    settle(user_id)


def settle(user_id: int) -> None:
    """Set a person's reputation to what their ledger comes to. Call inside a transaction."""
    # For changing, not for removing: each of two people may write a row that points to the other meanwhile.
    user = db.session.get_one(User, user_id, with_for_update={"key_share": True})
    db.session.flush()
    user.reputation = queries.worth(user_id)
