"""The migrations build the same tables as the models, and can be undone."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import create_engine, inspect, make_url, text

from app import create_app
from app.config import settings
from app.core.db import db


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Flask]:
    """A site whose database has no table at all."""
    if not os.environ.get("DATABASE_URL"):
        yield from _site(tmp_path, f"sqlite:///{tmp_path / 'fresh.sqlite'}")
        return
    address = settings(HOME=tmp_path, SECRET_KEY="x")["SQLALCHEMY_DATABASE_URI"]
    name = f"fresh_{uuid.uuid4().hex[:12]}"
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield from _site(tmp_path, _beside(address, name))
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def _beside(address: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(address).set(database=name).render_as_string(hide_password=False)


def _site(home: Path, address: str) -> Iterator[Flask]:
    app = create_app(TESTING=True, SECRET_KEY="x", HOME=home, SQLALCHEMY_DATABASE_URI=address)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


# What SQLite does not tell of indexes over expressions is looked at by their names.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_the_tables_of_the_models(fresh_site):
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_migrations_make_the_indexes_of_the_models(fresh_site):
    flask_migrate.upgrade()
    is_sqlite = db.engine.dialect.name == "sqlite"
    names = "SELECT name FROM sqlite_master" if is_sqlite else "SELECT indexname FROM pg_indexes"
    with db.engine.connect() as connection:
        found = set(connection.scalars(text(names)))
    assert {index.name for table in db.metadata.sorted_tables for index in table.indexes} <= found


def test_each_migration_can_be_undone_and_done_again(fresh_site):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    flask_migrate.upgrade()
    assert "questions" in inspect(db.engine).get_table_names()
