"""Sums that are kept along as rows come, change and go, so that no page has to count them.

Rows are only added, so no two deeds wait for each other here; what belongs together is added up by whoever reads it,
and every night the worker joins it into one row.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    Select,
    String,
    delete,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from app.core.counters import FIRST, LAST
from app.core.db import ROWS_AT_ONCE, Base, db, flushed, in_parts, transaction

WHOLE_SITE = 0
Key = tuple[str, int]
"""What is counted, and of whom: a person's number, a role's, or the whole site's."""

Value = Callable[[str], Any]
"""Gives the value of a column, by its name."""

Truths = Mapping[str, Select[*tuple[Any, ...]]]
"""For each thing that is counted: the statement that counts it, with columns `of_id` and `amount`."""


class Tally(Base):
    """So many more, or fewer, of something.

    Attributes:
        what: what is counted.
        of_id: of whom; see `Key`.
    """

    __tablename__ = "tallies"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(30))
    of_id: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_tallies_of", "of_id", "what", "amount"),)


class Tallied:
    """What counts while it is there. The columns that `tallied` asks for must be mapped with `active_history`."""

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        """What a row with these values adds to which sums."""
        raise NotImplementedError


# Reading


def of(of_ids: Collection[int], whats: Collection[str]) -> dict[str, int]:
    """The sums of these (a person, say, or the whole site) together, each of these; 0 where there is nothing."""
    summed = select(Tally.what, func.sum(Tally.amount)).where(Tally.of_id.in_(of_ids), Tally.what.in_(whats))
    found = db.session.execute(summed.group_by(Tally.what))
    return {**dict.fromkeys(whats, 0), **{what: int(amount) for what, amount in found}}


def of_each(of_ids: Collection[int], what: str) -> dict[int, int]:
    """One sum of each of these; 0 where there is nothing."""
    summed = select(Tally.of_id, func.sum(Tally.amount)).where(Tally.of_id.in_(of_ids), Tally.what == what)
    found = db.session.execute(summed.group_by(Tally.of_id))
    return {**dict.fromkeys(of_ids, 0), **{of_id: int(amount) for of_id, amount in found}}


def table(of_ids: Select[int], whats: Collection[str]) -> dict[Key, int]:
    """Each of these sums of all whose numbers the statement gives, as far as there is anything."""
    summed = select(Tally.what, Tally.of_id, func.sum(Tally.amount))
    wanted = summed.where(Tally.of_id.in_(of_ids), Tally.what.in_(whats)).group_by(Tally.of_id, Tally.what)
    return {(what, of_id): int(amount) for what, of_id, amount in db.session.execute(wanted) if amount}


# Keeping along


@event.listens_for(Session, "after_flush")
def _tally_what_was_flushed(session: Session, _context: UOWTransaction) -> None:
    sums: Counter[Key] = Counter()
    for each in flushed(session, Tallied):
        if each not in session.new:
            for key, amount in each.tallied(partial(before, each)):
                sums[key] -= amount
        if each not in session.deleted:
            for key, amount in each.tallied(partial(getattr, each)):
                sums[key] += amount
    write(session, sums)


def before(row: Any, name: str) -> Any:
    """What a column said before the flush at hand."""
    history = inspect(row).attrs[name].history
    if history.deleted:
        return history.deleted[0]
    return None if history.added else getattr(row, name)


def write(session: Session, sums: Mapping[Key, int]) -> None:
    """Add these to what is there. May be called while the session flushes."""
    rows = [
        {"what": what, "of_id": of_id, "amount": amount} for (what, of_id), amount in sums.items() if amount
    ]
    if rows:
        session.connection().execute(insert(Tally), rows)


# Upkeep


def join_rows() -> None:
    """Make one row of all that belong together, some thousand at a time."""
    last = -1
    while True:
        with transaction() as session:
            several = (
                select(Tally.of_id)
                .where(Tally.of_id > last)
                .group_by(Tally.of_id, Tally.what)
                .having(func.count() > 1)
            )
            found = session.scalars(several.order_by(Tally.of_id).limit(ROWS_AT_ONCE)).all()
            if not found:
                return
            for of_id in dict.fromkeys(found):
                _join(session, of_id)
            last = found[-1]


def _join(session: Session, of_id: int) -> None:
    columns = Tally.__table__.c
    theirs = select(columns.id, columns.what, columns.amount).where(columns.of_id == of_id)
    rows = session.execute(theirs.order_by(columns.id).with_for_update()).all()
    sums: Counter[Key] = Counter()
    for row in rows:
        sums[row.what, of_id] += row.amount
    for some in in_parts([row.id for row in rows]):
        session.connection().execute(delete(Tally).where(Tally.id.in_(some)))
    write(session, sums)


def differences(truths: Truths, first: int = FIRST, last: int = LAST) -> dict[Key, int]:
    """What must be added to the sums of those from `first` to `last`, which `truths` count, so that they are right."""
    parts: list[Select[*tuple[Any, ...]]] = []
    for what, truth in truths.items():
        counted = truth.subquery().c
        parts.append(select(literal(what).label("what"), counted.of_id, counted.amount))
    said = select(Tally.what, Tally.of_id, (-Tally.amount).label("amount"))
    parts.append(said.where(Tally.of_id.between(first, last), Tally.what.in_(list(truths))))
    # One statement, so that both are seen at the same moment.
    both = union_all(*parts).subquery().c
    missing = func.sum(both.amount)
    rows: Sequence[Any] = db.session.execute(
        select(both.what, both.of_id, missing).group_by(both.what, both.of_id).having(missing != 0)
    ).all()
    return {(what, of_id): int(amount) for what, of_id, amount in rows}


def repair(truths: Truths, first: int = FIRST, last: int = LAST) -> int:
    """Set the sums of those from `first` to `last`, which `truths` count, right. Call inside a transaction.

    Returns:
        How many sums were touched.
    """
    db.session.flush()
    missing = differences(truths, first, last)
    write(db.session(), missing)
    return len(missing)
