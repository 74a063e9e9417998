"""How often something may be tried. Each try is a row, so all processes of the site count together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.accounts.models import Attempt
from app.core.db import db, now, transaction
from app.core.errors import TooMany
from app.core.i18n import gettext as _
from app.core.i18n import ngettext

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most `count` tries within `window`, for each key: a name, an account, or where somebody comes from."""

    kind: str
    count: int
    window: timedelta


SIGN_IN_AS = Limit("sign-in-as", 10, timedelta(minutes=15))
SIGN_IN_FROM = Limit("sign-in-from", 60, timedelta(minutes=15))
SIGN_UP_FROM = Limit("sign-up-from", 30, timedelta(hours=1))
PASSWORD_OF = Limit("password-of", 10, timedelta(minutes=15))
LETTER_TO = Limit("letter-to", 4, timedelta(hours=1))
LETTER_FROM = Limit("letter-from", 20, timedelta(hours=1))
EXPORT_OF = Limit("export-of", 5, timedelta(hours=1))


def spend(*tries: tuple[Limit, str]) -> Sequence[int]:
    """Count a try against each of these limits. A try without a key is not counted. A transaction of its own.

    Returns:
        What `give_back` takes if the try should not count after all.

    Raises:
        TooMany: one of the limits was reached; nothing is counted then, so waiting helps.
    """
    keyed = [(limit, _hashed(limit, key)) for limit, key in tries if key]
    _refuse_full(keyed, room=0)
    moment = now()
    rows = [Attempt(kind=limit.kind, key_hash=key, tried_at=moment) for limit, key in keyed]
    with transaction() as session:
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    try:
        # Several may have found the last place free at once; each sees the others now, and all step back.
        _refuse_full(keyed, room=1)
    except TooMany:
        give_back(ids)
        raise
    return ids


def give_back(ids: Sequence[int]) -> None:
    """Forget tries, because they were good. A transaction of its own."""
    with transaction() as session:
        session.execute(delete(Attempt).where(Attempt.id.in_(ids)))


def forget(limit: Limit, key: str) -> None:
    """Forget all tries under a key. Call inside a transaction."""
    db.session.execute(
        delete(Attempt).where(Attempt.kind == limit.kind, Attempt.key_hash == _hashed(limit, key))
    )


def forget_old() -> None:
    """Delete the tries that no limit counts any more. Call inside a transaction."""
    db.session.execute(delete(Attempt).where(Attempt.tried_at < now() - KEPT_FOR))


def _refuse_full(keyed: Sequence[tuple[Limit, str]], *, room: int) -> None:
    for limit, key in keyed:
        since = now() - limit.window
        # The newest tries fill the limit; it ends when the last of them grows too old to count.
        last = db.session.scalar(
            select(Attempt.tried_at)
            .where(Attempt.kind == limit.kind, Attempt.key_hash == key, Attempt.tried_at > since)
            .order_by(Attempt.tried_at.desc())
            .offset(limit.count - 1 + room)
            .limit(1)
        )
        if last is not None:
            raise _too_many(limit, last + limit.window)


def _too_many(limit: Limit, ends_at: datetime) -> TooMany:
    seconds = max(1, int((ends_at - now()).total_seconds()) + 1)
    minutes = -(-seconds // 60)
    words = _(
        "That was tried too often: it is possible %(count)d times in %(window)s. Please try again in %(wait)s.",
        count=limit.count,
        window=_minutes(int(limit.window.total_seconds()) // 60),
        wait=_minutes(minutes),
    )
    return TooMany(words, seconds)


def _minutes(count: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", count)


def _hashed(limit: Limit, key: str) -> str:
    return hashlib.sha256(f"{limit.kind}\0{key}".encode()).hexdigest()
