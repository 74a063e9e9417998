"""What every test may ask for: the site, the people, and the folder of real data."""

import contextvars
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import pytest
from build import a_user
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event, text

from app import create_app, settle
from app import site as site_settings
from app.accounts import actions as accounts
from app.accounts.models import User
from app.core.db import db
from app.insights import synonyms
from app.policy import Role
from app.web.session import Visitor

ROOT = Path(__file__).parent.parent
READ_FOR_ALL = ("FROM public_version", "FROM site_settings", "FROM synonyms LEFT")

if "DATABASE_URL" in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    # Tests that run side by side on a server have a database each: `…/aftercare_{worker}` names them all.
    os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].replace(
        "{worker}", os.environ["PYTEST_XDIST_WORKER"]
    )


class Browser(FlaskClient):
    """A visitor, or a person who is signed in. Each request starts from nothing, as in production."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if flask.has_app_context():  # Not while following a redirect.
            db.session.rollback()
            db.session.expire_all()
        return response

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """A POST as our own pages send it: with the token of a signed-in person."""
        token = getattr(self, "csrf_token", None)
        if token and isinstance(kwargs.get("data", {}), dict):
            kwargs["data"] = {"csrf_token": token, **kwargs.get("data", {})}
        return super().post(*args, **kwargs)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real guides, threads and judged queries that developers and CI have beside the clone."""
    folder = Path(os.environ.get("AFTERCARE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the shared folder of real data is not here (set AFTERCARE_SHARED to its path)")
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """An SQLite file with all tables and no rows, to copy; None where the tests run on PostgreSQL."""
    if os.environ.get("DATABASE_URL"):
        app = create_app(TESTING=True, SECRET_KEY="test", HOME=tmp_path_factory.mktemp("empty"))
        with app.app_context():
            db.drop_all()
            db.create_all()
            db.session.remove()
            db.engine.dispose()
        return None
    home = tmp_path_factory.mktemp("empty")
    path = home / "empty.sqlite"
    app = create_app(TESTING=True, SECRET_KEY="test", HOME=home, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
    with app.app_context():
        db.create_all()
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    return path


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each template is compiled once for all tests; the pages are the same."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def one_site(
    empty_database: Path | None,
    compiled_templates: FileSystemBytecodeCache,
    tmp_path_factory: pytest.TempPathFactory,
) -> Flask:
    """The site that the tests use one after the other; putting one together takes longer than most tests."""
    home = tmp_path_factory.mktemp("site")
    settings: dict[str, Any] = {"TESTING": True, "SECRET_KEY": "test", "HOME": home}
    if empty_database is not None:
        settings["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{home / 'test.sqlite'}"
    site = create_app(**settings)
    site.test_client_class = Browser
    site.jinja_env.bytecode_cache = compiled_templates
    if empty_database is not None:
        with site.app_context():
            event.listen(db.engine, "connect", _write_fast)
    return site


def _write_fast(connection: Any, _record: Any) -> None:
    """No test pulls the plug, so none has to wait for the disk."""
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def app(one_site: Flask, empty_database: Path | None) -> Iterator[Flask]:
    """A site without content: an empty database, no guides, no index."""
    site, settings = one_site, dict(one_site.config)
    settle(site)  # A test may have put another site together in this process.
    if empty_database is not None:
        database = settings["HOME"] / "test.sqlite"
        for rest in ("-wal", "-shm"):
            Path(f"{database}{rest}").unlink(missing_ok=True)
        Path(shutil.copy(empty_database, f"{database}-new")).replace(database)
    with site.app_context():
        site_settings.forget()
        synonyms.forget()
        yield site
        db.session.rollback()
        if empty_database is None:
            _empty_all_tables()
        db.session.remove()
        db.engine.dispose()
    site.config.clear()
    site.config.update(settings)
    for folder in ("VAR", "ARTICLES", "SEARCH_INDEX"):
        _empty(settings[folder])


def _empty(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        shutil.rmtree(folder)
        folder.mkdir()


def _empty_all_tables() -> None:
    """Deleting the few rows of a test is several times faster than truncating every table."""
    tables = [f'DELETE FROM "{table.name}"' for table in reversed(db.metadata.sorted_tables)]
    numbers = "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"
    db.session.connection().connection.cursor().execute("; ".join([*tables, numbers]))
    db.session.commit()


@pytest.fixture(autouse=True)
def templates_run_no_sql(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page is fetched first and drawn afterwards."""
    if "app" not in request.fixturenames:
        yield
        return
    site = request.getfixturevalue("app")
    drawing: list[str] = []

    def complain(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if drawing:
            raise AssertionError(f"{drawing[-1]} ran SQL: {statement}")

    def start(_sender: Flask, template: Any, **_rest: Any) -> None:
        drawing.append(template.name)

    def stop(_sender: Flask, **_rest: Any) -> None:
        drawing.pop()

    flask.before_render_template.connect(start, site)
    flask.template_rendered.connect(stop, site)
    event.listen(db.engine, "before_cursor_execute", complain)
    yield
    event.remove(db.engine, "before_cursor_execute", complain)


@pytest.fixture
def browser(app: Flask) -> Callable[[User | None], Browser]:
    """`browser(person)` is a browser in which that person is signed in; `browser(None)` a visitor's."""

    def open_browser(person: User | None = None) -> Browser:
        client = app.test_client()
        assert isinstance(client, Browser)
        if person is None:
            return client
        user = accounts.start_session(person)
        with client.session_transaction() as session:
            session["_user_id"] = user.get_id()
            session["_fresh"] = True
            session["csrf_token"] = "a-raw-token"
        client.csrf_token = _signed_token(app)  # type: ignore[attr-defined]
        return client

    return open_browser


def _signed_token(app: Flask) -> str:
    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps("a-raw-token")


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def asker(app: Flask) -> User:
    return a_user(username="asker")


@pytest.fixture
def helper(app: Flask) -> User:
    """A member who answers."""
    return a_user(username="helper")


@pytest.fixture
def expert(app: Flask) -> User:
    return a_user(username="expert", role=Role.EXPERT)


@pytest.fixture
def writer(app: Flask) -> User:
    return a_user(username="writer", role=Role.WRITER)


@pytest.fixture
def second_writer(app: Flask) -> User:
    """The other pair of eyes."""
    return a_user(username="second-writer", role=Role.WRITER)


@pytest.fixture
def moderator(app: Flask) -> User:
    return a_user(username="moderator", role=Role.MODERATOR)


@pytest.fixture
def statements(app: Flask) -> Iterator[SimpleNamespace]:
    """Counts the SQL statements that run from now on: `.count`, `.seen`."""
    counter = SimpleNamespace(count=0, seen=[])

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # What a process asks once a second for all its pages belongs to none of them.
        is_for_all = any(table in statement for table in READ_FOR_ALL)
        if not is_for_all and not statement.startswith(("BEGIN", "PRAGMA")):
            counter.count += 1
            counter.seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield counter
    event.remove(db.engine, "before_cursor_execute", note)
