"""Who reached a limit, for moderators to see."""

import hashlib
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.core.db import now, transaction
from app.limits import queries

log = logging.getLogger(__name__)

AT_MOST_EVERY = timedelta(seconds=10)
ROOM = 5_000


@dataclass
class Pending:
    """Hits of one limit by one person or place: written down already, and not yet."""

    written: int
    count: int
    written_at: datetime


_pending: OrderedDict[tuple[str, str, int | None, str], Pending] = OrderedDict()
_lock = threading.Lock()


def note(kind: str, key: str, *, user_id: int | None = None, place: str = "") -> None:
    """Write down that somebody was turned down. A transaction of its own, where it is worth one.

    Somebody who keeps trying must not make the database write at each try. It is written when their number has
    doubled, and every ten seconds; what is not written yet goes along with their next try.

    Args:
        kind: the name of the limit.
        key: under what it counted: a name, an account or a place; only a short hash of it is kept.
        place: the beginning of a network address.
    """
    moment = now()
    name = (kind, hashlib.sha256(f"{kind}\0{key}".encode()).hexdigest()[:16], user_id, place)
    with _lock:
        pending = _pending.setdefault(name, Pending(0, 0, moment))
        _pending.move_to_end(name)
        pending.count += 1
        while len(_pending) > ROOM:
            _pending.popitem(last=False)
        if pending.count < pending.written and pending.written_at > moment - AT_MOST_EVERY:
            return
        count, pending.count, pending.written_at = pending.count, 0, moment
        pending.written += count
    row = {
        "kind": kind,
        "who_hash": name[1],
        "day": moment.date(),
        "user_id": user_id,
        "place": place,
        "count": count,
        "first_at": moment,
        "last_at": moment,
    }
    try:
        with transaction():
            queries.add_hits(row)
    except SQLAlchemyError as error:  # Whoever is turned down is told so, whether it can be noted or not.
        log.warning("who reached the limit on %s could not be noted: %s", kind, error)


def forget_older(days: int) -> None:
    """Delete what is older than so many days. Call inside a transaction."""
    queries.forget_hits_before(now() - timedelta(days=days))


def forget_pending() -> None:
    """Forget what this process has not written down yet."""
    with _lock:
        _pending.clear()
