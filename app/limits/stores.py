"""Where tries are counted for all processes: rows of the database, or Redis while it answers.

Flask-Limiter counts the requests of a route; half of our limits count what a deed turned out to be (a wrong password,
a letter to one mailbox), forget the good ones, and must work where no request is. So the windows in Redis are those of
`limits`, the library under Flask-Limiter, and without Redis the tries are rows.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from app.core.db import db, now, transaction
from app.limits import queries
from app.limits.models import Attempt
from app.limits.table import Limit

log = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds that Redis may take to answer."""

PAUSE = 15.0
"""Seconds for which Redis is left alone after it did not answer."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Tally:
    """One limit as it counts for one key."""

    limit: Limit
    key: str

    @property
    def key_hash(self) -> str:
        """Stands for the key, so that no name and no address is kept."""
        return hashlib.sha256(f"{self.limit.name}\0{self.key}".encode()).hexdigest()


class Store(Protocol):
    """Counts tries for all processes."""

    def free_at(self, tally: Tally) -> datetime | None:
        """When there is room again; None if there is room now."""

    def take(self, tallies: Sequence[Tally]) -> Tally | None:
        """Count a try for each, or none at all. Returns the first that is full; None if all had room."""

    def add(self, tally: Tally, amount: int) -> int:
        """Count so many, also beyond the limit. Returns how many there are now."""

    def give_back(self, tallies: Sequence[Tally]) -> None:
        """Take back the latest try of each."""

    def forget(self, tally: Tally) -> None:
        """Forget all tries under a key."""


class Rows:
    """Tries as rows. Each call is a transaction of its own, unless it is made inside one."""

    def free_at(self, tally: Tally) -> datetime | None:
        limit = tally.limit
        began = queries.full_until(limit.name, tally.key_hash, limit.count, now() - limit.window)
        return began + limit.window if began else None

    def take(self, tallies: Sequence[Tally]) -> Tally | None:
        with transaction() as session:
            queries.lock([int(tally.key_hash[:15], 16) for tally in tallies])
            for tally in tallies:
                if self.free_at(tally):
                    return tally
            session.add_all(_row(tally, 1) for tally in tallies)
        return None

    def add(self, tally: Tally, amount: int) -> int:
        with transaction() as session:
            session.add(_row(tally, amount))
            session.flush()
            return queries.sum_of(tally.limit.name, tally.key_hash, now() - tally.limit.window)

    def give_back(self, tallies: Sequence[Tally]) -> None:
        with transaction():
            for tally in tallies:
                queries.forget_last(tally.limit.name, tally.key_hash)

    def forget(self, tally: Tally) -> None:
        if db.session().info.get("in_deed"):
            queries.forget(tally.limit.name, tally.key_hash)
            return
        with transaction():
            queries.forget(tally.limit.name, tally.key_hash)


def _row(tally: Tally, amount: int) -> Attempt:
    return Attempt(kind=tally.limit.name, key_hash=tally.key_hash, amount=amount, tried_at=now())


class InRedis:
    """Tries in the moving windows of `limits`, which several machines share."""

    def __init__(self, url: str) -> None:
        from limits.storage.redis import RedisStorage

        self._windows = RedisStorage(
            url, key_prefix="aftercare", socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )

    def free_at(self, tally: Tally) -> datetime | None:
        began, count = self._windows.get_moving_window(*_window(tally))
        return datetime.fromtimestamp(began, UTC) + tally.limit.window if count >= tally.limit.count else None

    def take(self, tallies: Sequence[Tally]) -> Tally | None:
        for number, tally in enumerate(tallies):
            if not self._windows.acquire_entry(*_window(tally)):
                self.give_back(tallies[:number])
                return tally
        return None

    def add(self, tally: Tally, amount: int) -> int:
        # A list of the latest keeps no more than the limit has; what is beyond it need not be told apart.
        for _each in range(amount):
            self._windows.acquire_entry(*_window(tally))
        return self._windows.get_moving_window(*_window(tally))[1]

    def give_back(self, tallies: Sequence[Tally]) -> None:
        for tally in tallies:
            self._windows.storage.lpop(self._windows.prefixed_key(_window(tally)[0]))

    def forget(self, tally: Tally) -> None:
        self._windows.clear(_window(tally)[0])


def _window(tally: Tally) -> tuple[str, int, int]:
    limit = tally.limit
    return f"{limit.name}/{tally.key_hash}", limit.count, int(limit.window / timedelta(seconds=1))


class WhileItAnswers:
    """Redis as long as it answers, and the database's rows while it does not, so that a limit always holds."""

    def __init__(self, first: Store, instead: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._first, self._instead, self._clock = first, instead, clock
        self._again_at = float("-inf")

    def _ask(self, what: Callable[[Store], Result]) -> Result:
        from redis.exceptions import RedisError

        if self._clock() >= self._again_at:
            with suppress(RedisError):
                found = what(self._first)
                self._again_at = float("-inf")
                return found
            self._again_at = self._clock() + PAUSE
            log.warning("Redis does not answer; limits are counted in the database for %.0f s", PAUSE)
        return what(self._instead)

    def free_at(self, tally: Tally) -> datetime | None:
        return self._ask(lambda store: store.free_at(tally))

    def take(self, tallies: Sequence[Tally]) -> Tally | None:
        return self._ask(lambda store: store.take(tallies))

    def add(self, tally: Tally, amount: int) -> int:
        return self._ask(lambda store: store.add(tally, amount))

    def give_back(self, tallies: Sequence[Tally]) -> None:
        self._ask(lambda store: store.give_back(tallies))

    def forget(self, tally: Tally) -> None:
        self._ask(lambda store: store.forget(tally))


def store_for(redis_url: str) -> Store:
    """The place that the settings ask for: "" for the database."""
    rows: Any = Rows()
    return WhileItAnswers(InRedis(redis_url), rows) if redis_url else rows
