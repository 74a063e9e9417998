"""What a person's reputation must equal: what their ledger comes to."""

from sqlalchemy import func, select

from app.accounts.models import User
from app.core.counters import FIRST, LAST, Truths, total
from app.core.db import db
from app.reputation import queries
from app.reputation.models import ReputationDay


def truths() -> Truths:
    """For each person, what their days come to: all of them, and those of this month."""
    points = select(func.sum(ReputationDay.points)).where(ReputationDay.user_id == User.id)
    return {
        "users.reputation": (User.reputation, total(points)),
        "users.points_lately": (User.points_lately, total(points.where(ReputationDay.is_lately))),
    }


def people_with_wrong_days(first: int = FIRST, last: int = LAST) -> set[int]:
    """Of the people with these numbers, those of whom a day that is kept is not what its entries come to."""
    found = queries.days(people=(first, last)).c
    truth = {
        (row.user_id, row.day): int(row.points)
        for row in db.session.execute(select(found.user_id, found.day, found.points))
    }
    columns = (ReputationDay.user_id, ReputationDay.day, ReputationDay.points)
    said = select(*columns).where(ReputationDay.user_id.between(first, last), ReputationDay.points != 0)
    kept = {(user_id, day): points for user_id, day, points in db.session.execute(said)}
    # A day that comes to nothing need not be kept.
    differ = {key for key in {*truth, *kept} if truth.get(key, 0) != kept.get(key, 0)}
    return {user_id for user_id, _day in differ}
