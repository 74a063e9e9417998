"""Counting what is asked at every request: in this process, and told to the others in pieces.

Most people come nowhere near such a limit, and their requests cost a look into a dictionary and no SQL. Whoever is
turned down costs none either, until the limit ends.
"""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db, now
from app.limits import counting
from app.limits.stores import Tally
from app.limits.table import Limit

log = logging.getLogger(__name__)

ROOM = 20_000
"""Keys that a process keeps in mind; the longest unused is forgotten."""


@dataclass
class Own:
    """What this process knows of one key.

    Attributes:
        untold: when the tries were made that the others do not know of.
        told: how many there were with all processes when they were told last.
        free_at: when there is room again; None while there is.
    """

    untold: list[datetime] = field(default_factory=list)
    told: int = 0
    free_at: datetime | None = None


_own: OrderedDict[Tally, Own] = OrderedDict()
_lock = threading.Lock()


def touch(limit: Limit, key: str) -> None:
    """Count a request. Where a piece is full, the others are told in a transaction of its own.

    Raises:
        TooMany: the limit was reached; the request is not counted.
    """
    tally, moment = Tally(limit, key), now()
    with _lock:
        own = _own.setdefault(tally, Own())
        _own.move_to_end(tally)
        while len(_own) > ROOM:
            _own.popitem(last=False)
        if own.free_at is not None and own.free_at > moment:
            raise limit.refusal(own.free_at)
        own.free_at = None
        own.untold = [at for at in own.untold if at > moment - limit.window]
        own.untold.append(moment)
        count = len(own.untold)
        if count < limit.piece and own.told + count < limit.count:
            return
        untold, own.untold = own.untold, []
    try:
        own.told = counting.store().add(tally, count)
        own.free_at = counting.store().free_at(tally)
    except SQLAlchemyError:
        db.session.rollback()
        log.warning(
            "the limit on %s counts in this process only, for the database does not answer", limit.name
        )
        with _lock:
            own.untold = untold + own.untold
            own.told = 0
            if len(own.untold) >= limit.count:
                own.free_at = own.untold[-limit.count] + limit.window


def forget_all() -> None:
    """Forget what this process counted."""
    with _lock:
        _own.clear()
