"""The settings as this process knows them: read once, and again within a second after any process changed them."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.site import queries
from app.site.values import Settings

LOOK_AGAIN = 1.0
"""Seconds after which the stamp in the database is looked at again."""


@dataclass(frozen=True)
class _Kept:
    settings: Settings
    stamp: str
    looked_at: float


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_default_name: Callable[[], str] = lambda: "Aftercare"  # noqa: E731


def configure(default_name: Callable[[], str]) -> None:
    """Say what the site is called until an administrator names it."""
    global _default_name
    _default_name = default_name


def settings() -> Settings:
    """What administrators decided. Costs nothing but once a second, and then one row.

    What is read is what was saved, also inside a transaction that is about to change it. A database that
    does not answer leaves what was known before.
    """
    engine = db.engine
    known = _kept.get(engine)
    moment = time.monotonic()
    if known is not None and moment - known.looked_at < LOOK_AGAIN:
        return known.settings
    try:
        with engine.connect() as connection:
            stamp = queries.stamp(connection)
            if known is None or known.stamp != stamp:
                known = _Kept(queries.all_settings(connection), stamp, moment)
            else:
                known = _Kept(known.settings, stamp, moment)
    except SQLAlchemyError as error:
        logging.getLogger(__name__).warning("The settings could not be read: %s", error)
        known = _Kept(known.settings if known else Settings(), known.stamp if known else "?", moment)
    _kept[engine] = known
    return known.settings


def name() -> str:
    """What the site is called."""
    return settings().site_name or _default_name()


def forget() -> None:
    """Read the settings again when they are asked for next: they have just been changed here."""
    _kept.pop(db.engine, None)
