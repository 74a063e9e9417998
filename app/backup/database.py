"""Copying the database while people write, checking a copy, and putting one back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine

from app.backup.archive import Damaged

RUNNING = "The site is running. Stop it first, then restore, then start it again."


class InUse(Exception):
    """The database cannot be replaced now, because something has it open."""


def copy(url: URL, target: Path) -> None:
    """Write a copy of the database as it stands at one moment, while others go on writing.

    SQLite is copied in one pass: a copy page by page begins anew at every write and never ends under load.

    Raises:
        OSError: it cannot be written.
        subprocess.CalledProcessError: `pg_dump` failed.
    """
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as live, closing(sqlite3.connect(target)) as twin:
            live.backup(twin, pages=-1)
            twin.execute("PRAGMA journal_mode = DELETE")
    else:
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def check(copy: Path, backend: str) -> None:
    """Look whether a copy is a whole database.

    Raises:
        Damaged: it is not.
    """
    if backend == "sqlite":
        try:
            with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
                found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
                stray = connection.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            raise Damaged(f"The database in the backup cannot be read: {error}.") from None
        if found != ["ok"]:
            raise Damaged(f"The database in the backup is broken: {found[0]}.")
        if stray is not None:
            raise Damaged(f"The database in the backup has rows in {stray[0]} that point to nothing.")
    else:
        listed = subprocess.run(  # noqa: S603 - a program of PostgreSQL and a path of our own
            [program("pg_restore"), "--list", str(copy)], capture_output=True, text=True, check=False
        )
        if listed.returncode != 0:
            raise Damaged(f"The database in the backup cannot be read: {listed.stderr.strip()}.")


def refuse_if_in_use(url: URL) -> None:
    """Make sure that no other process has the database open.

    Raises:
        InUse: one has.
    """
    if url.get_backend_name() != "sqlite":
        _refuse_if_others_are_connected(url)
        return
    if not Path(str(url.database)).exists():
        return
    with closing(sqlite3.connect(str(url.database), timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            raise InUse(RUNNING) from None
        except sqlite3.DatabaseError:
            return  # It is broken; that is why it is being replaced.


def _refuse_if_others_are_connected(url: URL) -> None:
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with create_engine(url, poolclass=NullPool).connect() as connection:
        if connection.exec_driver_sql(others).scalar():
            raise InUse(RUNNING)


def restore_into_postgres(url: URL, copy: Path) -> None:
    """Replace the tables of a PostgreSQL database, all or none.

    Raises:
        subprocess.CalledProcessError: `pg_restore` failed, and the database is as it was.
    """
    _run(
        url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error",
        f"--dbname={_address(url)}", str(copy),
    )  # fmt: skip


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, also where Debian keeps them out of the way.

    Raises:
        FileNotFoundError: it is not installed.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or (str(debian[0]) if debian else None)
    if found is None:
        raise FileNotFoundError(f"{name} is not here; on Debian it comes with: apt install postgresql-client")
    return found


def _run(url: URL, name: str, *arguments: str) -> None:
    where: Sequence[str] = () if name == "pg_restore" else (f"--dbname={_address(url)}",)
    environment = {**os.environ, **({"PGPASSWORD": url.password} if url.password else {})}
    subprocess.run(  # noqa: S603 - programs of PostgreSQL; no shell
        [program(name), *where, *arguments], env=environment, check=True, capture_output=True, text=True
    )


def _address(url: URL) -> str:
    """The database's address for PostgreSQL's own programs; the password goes another way, unseen by others."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
