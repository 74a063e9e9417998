"""How Alembic meets the app's database: one connection, foreign keys off while SQLite copies tables."""

from typing import Any

from alembic import context
from flask import current_app

from app.core.db import UtcDateTime, db


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write our own types so that a migration does not depend on the app of a later day."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Bring the database to the wanted revision, in one transaction where the database can."""
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # Outside a transaction, or SQLite does not hear it.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=is_sqlite,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database, not into a file.")
current_app.logger.debug("Migrating %s", db.engine.url.render_as_string(hide_password=True))
run()
