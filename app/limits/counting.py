"""Counting try by try. All processes of the site count together."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.core.db import now
from app.core.errors import TooMany
from app.limits import queries, stores
from app.limits.stores import Store, Tally
from app.limits.table import Limit

KEPT_FOR = timedelta(days=1)

_store: Store = stores.Rows()


def configure(redis_url: str) -> None:
    """Say where tries are counted: the address of a Redis server, or "" for the database."""
    global _store
    _store = stores.store_for(redis_url)


def store() -> Store:
    """Where tries are counted."""
    return _store


def spend(*tries: tuple[Limit, str]) -> Sequence[Tally]:
    """Count a try against each of these limits. A try without a key is not counted. A transaction of its own.

    Returns:
        What `give_back` takes if the try should not count after all.

    Raises:
        TooMany: one of the limits was reached; nothing is counted then, so waiting helps.
    """
    tallies = [Tally(limit, key) for limit, key in tries if key]
    for tally in tallies:  # Whoever is turned down writes nothing.
        _refuse_full(tally)
    full = store().take(tallies) if tallies else None
    if full is not None:
        _refuse_full(full)
        raise _refusal(full, now() + timedelta(seconds=1))
    return tallies


def give_back(tallies: Sequence[Tally]) -> None:
    """Forget tries, because they were good. A transaction of its own."""
    if tallies:
        store().give_back(tallies)


def forget(limit: Limit, key: str) -> None:
    """Forget all tries under a key."""
    store().forget(Tally(limit, key))


def forget_old() -> None:
    """Delete the tries that no limit counts any more. Call inside a transaction."""
    queries.forget_older(now() - KEPT_FOR)


def _refuse_full(tally: Tally) -> None:
    free_at = store().free_at(tally)
    if free_at is not None:
        raise _refusal(tally, free_at)


def _refusal(tally: Tally, free_at: datetime) -> TooMany:
    return tally.limit.refusal(free_at, key=tally.key_hash)
