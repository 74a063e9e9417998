"""What is the matter around the site is told from what is a fault of its own."""

import errno
import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.trouble import Trouble, trouble_of


def of_sqlite(code: int) -> OperationalError:
    error = sqlite3.OperationalError("it says no")
    error.sqlite_errorcode = code
    return OperationalError("INSERT", None, error)


def of_postgres(error: psycopg.Error) -> OperationalError:
    return OperationalError("INSERT", None, error)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Trouble.FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Trouble.FULL),
        (OSError(errno.EMFILE, "Too many open files"), Trouble.BUSY),
        (FileNotFoundError(errno.ENOENT, "no such file"), None),
        (of_sqlite(sqlite3.SQLITE_FULL), Trouble.FULL),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), Trouble.BUSY),
        (of_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE), Trouble.AWAY),
        (of_sqlite(sqlite3.SQLITE_ERROR), None),
        (of_postgres(psycopg.errors.DiskFull()), Trouble.FULL),
        (of_postgres(psycopg.errors.TooManyConnections()), Trouble.BUSY),
        (of_postgres(psycopg.errors.DeadlockDetected()), Trouble.BUSY),
        (of_postgres(psycopg.errors.AdminShutdown()), Trouble.AWAY),
        (of_postgres(psycopg.OperationalError("connection refused")), Trouble.AWAY),
        (PoolTimeoutError("QueuePool limit"), Trouble.BUSY),
        (IntegrityError("INSERT", None, psycopg.errors.UniqueViolation()), None),
        (ValueError(), None),
    ],
)
def test_trouble_is_known_by_its_number(error, what):
    assert trouble_of(error) is what
