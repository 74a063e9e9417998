"""The settings as this process knows them: as new as anything else that a visitor can see.

They are looked at again when the public version was raised, which every change in any process does; the version
itself is read at most twice a second.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core import public_version
from app.core.db import db
from app.site import queries
from app.site.values import Settings


@dataclass(frozen=True)
class _Kept:
    settings: Settings
    stamp: str
    version: int


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_default_name: Callable[[], str] = lambda: "Aftercare"  # noqa: E731


def configure(default_name: Callable[[], str]) -> None:
    """Say what the site is called until an administrator names it."""
    global _default_name
    _default_name = default_name


def settings() -> Settings:
    """What administrators decided, as of at most half a second ago; what this process changed counts at once.

    What is read is what was saved, also inside a transaction that is about to change it. A database that
    does not answer leaves what was known before.
    """
    engine = db.engine
    known, version = _kept.get(engine), public_version.current(engine)
    if version is None:
        return known.settings if known else Settings()
    if known is not None and known.version == version:
        return known.settings
    try:
        with engine.connect() as connection:
            stamp = queries.stamp(connection)
            is_same = known is not None and known.stamp == stamp
            found = known.settings if known and is_same else queries.all_settings(connection)
    except SQLAlchemyError as error:
        logging.getLogger(__name__).warning("The settings could not be read: %s", error)
        return known.settings if known else Settings()
    _kept[engine] = _Kept(found, stamp, version)
    return found


def name() -> str:
    """What the site is called."""
    return settings().site_name or _default_name()


def staff_need_second_factor(default: bool) -> bool:
    """Whether staff must have a second factor; `default` holds until an administrator decides."""
    decided = settings().staff_second_factor
    return default if decided is None else decided


def forget() -> None:
    """Read the settings again when they are asked for next, whatever the version is."""
    _kept.pop(db.engine, None)
