"""What a person's reputation must equal: what their ledger comes to."""

from sqlalchemy import func, select

from app.accounts.models import User
from app.core.counters import Truths, total
from app.reputation import queries


def truths() -> Truths:
    """For each person, what their entries come to, day by day."""
    days = queries.days()
    points = select(func.sum(days.c.points)).where(days.c.user_id == User.id)
    return {"users.reputation": (User.reputation, total(points))}
