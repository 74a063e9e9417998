"""The database: one session, one base class, one way to commit."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ColumnElement, DateTime, Engine, MetaData, event, literal_column, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, registry, scoped_session
from sqlalchemy.types import TypeDecorator

ROWS_AT_ONCE = 500
_Part = TypeVar("_Part")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Goes in and comes out aware of its zone, also where the database forgets zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The ancestor of every model."""

    # Flask-SQLAlchemy gives its model class this registry, which SQLAlchemy 2.1 takes only if it brings the map itself.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime}
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    from flask_sqlalchemy.session import Session as _FlaskSession

    session: scoped_session[_FlaskSession]


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def revision(engine: Engine) -> str:
    """The migration at which the tables stand; "" if they were made without, or the database does not answer."""
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
    except SQLAlchemyError:
        return ""


@contextmanager
def transaction() -> Iterator[Session]:
    """One deed, one transaction: all of it is saved, or none of it.

    What was read before is read again inside, so a decision never rests on a stale row. On SQLite the
    write lock is taken at the start (`BEGIN IMMEDIATE`), so two deeds follow each other instead of failing.

    Raises:
        RuntimeError: an action called another action, or something was changed outside a transaction.
    """
    session = db.session()
    if session.info.get("in_deed"):
        raise RuntimeError("An action may not call another action.")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Something was changed before the transaction began.")
    session.rollback()
    session.info["in_deed"] = True
    try:
        session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_deed", None)


def let_go(_error: BaseException | None = None) -> None:
    """End what the session still has open, before it is closed. A connection that has died leaves nothing to undo.

    Without this an answer that is ready, of a deed that is done, would be lost when the database goes just then.
    """
    if db.session.registry.has():
        with suppress(DBAPIError):
            db.session.rollback()


def flushed(session: Session, kinds: type | UnionType = object) -> list[Any]:
    """The rows of these kinds that the flush at hand adds, deletes or really changes; for `after_flush`."""
    changed = [each for each in (*session.new, *session.deleted) if isinstance(each, kinds)]
    changed += [each for each in session.dirty if isinstance(each, kinds) and session.is_modified(each)]
    return changed


def in_parts(rows: Sequence[_Part], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[_Part]]:
    """Rows, or their numbers, in parts; each is short enough to stand in one statement."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def only_where(condition: str | ColumnElement[bool]) -> dict[str, Any]:
    """For an index that holds only the rows of which this is true, on either database."""
    where: ColumnElement[bool] = literal_column(condition) if isinstance(condition, str) else condition
    return {"sqlite_where": where, "postgresql_where": where}


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # The driver's own BEGIN would come too late; see _begin.
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
