"""What a person's reputation must equal: the sum of their ledger."""

from sqlalchemy import func, select

from app.accounts.models import User
from app.core.counters import Truths, total
from app.reputation.models import ReputationEntry


def truths() -> Truths:
    """For each person, the sum of their entries."""
    points = select(func.sum(ReputationEntry.points)).where(ReputationEntry.user_id == User.id)
    return {"users.reputation": (User.reputation, total(points))}
