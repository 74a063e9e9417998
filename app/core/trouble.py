"""What goes wrong around the site and not in it: a full disk, a database that does not answer. It passes."""

import errno
import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Trouble(Enum):
    """What is the matter."""

    FULL = "the disk is full"
    AWAY = "the database does not answer"
    BUSY = "the database is too busy"


KINDS = (DBAPIError, PoolTimeoutError, OSError)
"""The errors among which there may be trouble."""

_FILES = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EMFILE: Trouble.BUSY,
    errno.ENFILE: Trouble.BUSY,
}
# https://sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_IOERR: Trouble.AWAY,
    sqlite3.SQLITE_CANTOPEN: Trouble.AWAY,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "53100": Trouble.FULL,
    "53": Trouble.BUSY,
    "40": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY,
    "57": Trouble.AWAY,
    "08": Trouble.AWAY,
}
_PRIMARY = 0xFF


def trouble_of(error: BaseException) -> Trouble | None:
    """What is the matter around the site, if that is why this was raised; None if it is a fault of its own."""
    if isinstance(error, OSError):
        return _FILES.get(error.errno or 0)
    if isinstance(error, PoolTimeoutError):
        return Trouble.BUSY
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _SQLITE.get(getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY)
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or (isinstance(error, OperationalError) and not state):
        return Trouble.AWAY  # No state: there was no server to tell one.
    return _POSTGRES.get(state) or _POSTGRES.get(state[:2])
