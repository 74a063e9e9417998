"""Writing into the ledger: a cause comes, a cause is taken back, and the sums follow: of the day, of the month, of all."""

from collections.abc import Collection
from datetime import date, timedelta

from app.accounts.models import User
from app.core.db import db, now, transaction
from app.reputation import queries
from app.reputation.models import ReputationDay, ReputationEntry
from app.reputation.points import CAUSES

LATELY = timedelta(days=30)
DAYS_AT_ONCE = 500


def give(user_id: int, cause: str, *, by_id: int | None = None, **about: int | None) -> None:
    """Write a cause into a person's ledger and bring their sums up to date. Call inside a transaction."""
    day, points = now().date(), CAUSES[cause].points
    user = _locked(user_id)
    db.session.add(
        ReputationEntry(user_id=user_id, cause=cause, points=points, by_id=by_id, day=day, **about)
    )
    _settle_days(user, {day})


def take_back(user_id: int, *causes: str, by_id: int | None = None, **about: int) -> None:
    """Cancel what stands in a person's ledger for these causes about one post. Call inside a transaction."""
    user = _locked(user_id)
    entries = queries.standing(causes, by_id=by_id, **about)
    for entry in entries:
        entry.cancelled_at = now()
    _settle_days(user, {entry.day for entry in entries})


def settle_about(**post: int) -> None:
    """A post came or went: settle the days on which it brought somebody points. Call inside a transaction."""
    db.session.flush()
    for user_id, days in queries.days_about(**post).items():
        _settle_days(_locked(user_id), days)


def settle(user_id: int) -> None:
    """Set a person's sums to what their whole ledger comes to. Call inside a transaction."""
    user = _locked(user_id)
    _settle_days(user, None)
    user.reputation, user.points_lately = queries.sums_of_days(user_id)


def move_month_on() -> None:
    """Let the days that are too old count no more for "this month", some hundred at a time."""
    since = (now() - LATELY).date()
    while True:
        with transaction():
            user_ids = queries.whose_days_are_over(since, DAYS_AT_ONCE)
            for user_id in sorted(user_ids):
                user = _locked(user_id)
                for row in queries.days_that_are_over(user_id, since):
                    user.points_lately -= row.points
                    row.is_lately = False
            if not user_ids:
                return


def _settle_days(user: User, on: Collection[date] | None) -> None:
    """Bring these days (None: all there are), and with each what it adds to the sums, to what their entries come to."""
    db.session.flush()
    truth, rows = queries.totals(user.id, on), queries.day_rows(user.id, on)
    since = (now() - LATELY).date()
    for day in sorted({*truth, *rows}):
        row, points = rows.get(day), truth.get(day, 0)
        if row is None:
            row = ReputationDay(user_id=user.id, day=day, points=0, is_lately=day >= since)
            db.session.add(row)
        gained = points - row.points
        if gained:
            row.points = points
            user.reputation += gained
            user.points_lately += gained if row.is_lately else 0
    db.session.flush()


def _locked(user_id: int) -> User:
    # For changing, not for removing: each of two people may write a row that points to the other meanwhile.
    # Read afresh, for somebody else may have changed the sum since this transaction saw it.
    db.session.flush()
    return db.session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
