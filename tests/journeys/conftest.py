"""A site that is really served, and a real browser in front of it."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from werkzeug.serving import make_server

from app import create_app, search
from app.accounts.actions import create_person
from app.accounts.models import UserSession
from app.articles.sync import sync
from app.core.db import db
from app.policy import Role
from app.site import kept
from app.site.models import SiteSetting

expect.set_options(timeout=15_000)  # A busy machine may take its time.
PASSWORD = "journeys need a password"
ARTICLES = Path(__file__).parent / "articles"
TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective} forbids ${event.blockedURI} ${event.sample} at ${document.URL}`));
"""
"""What breaks the policy of content or of trusted types fails the journey, also where the browser says nothing."""


@dataclass
class Site:
    """A served site: its address, its app, and the folder of its guides."""

    url: str
    app: Flask
    articles: Path
    people: dict[str, str] = field(default_factory=dict)

    def sync(self) -> None:
        """What the worker does when the folder of guides changes."""
        with self.app.app_context():
            sync(self.articles)
            search.catch_up()

    def end_sessions(self) -> None:
        """Everybody's session is over. A cookie that is only taken away comes back with an answer under way."""
        with self.app.app_context():
            db.session.query(UserSession).delete()
            db.session.commit()
            db.session.remove()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; each takes a context of its own."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    path = (
        os.environ.get("AFTERCARE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        *(["--no-sandbox"] if is_root else []),
    ]
    try:
        return playwright.chromium.launch(executable_path=path, args=flags)
    except Error as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Chromium here, so the journeys are skipped ({str(error).splitlines()[0]})")


@pytest.fixture
def site(empty_database: Path | None, tmp_path: Path) -> Iterator[Site]:
    """A site with four guides and six people, served on a free port, its index kept true."""
    settings: dict[str, Any] = {"SECRET_KEY": "journeys", "HOME": tmp_path}
    if empty_database is None:
        pytest.skip("the journeys run on SQLite; the deeds under them run on PostgreSQL in their own tests")
    path = tmp_path / "journey.sqlite"
    shutil.copy(empty_database, path)
    app = create_app(**settings, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
    articles = tmp_path / "content" / "articles"
    shutil.copytree(ARTICLES, articles, dirs_exist_ok=True)
    people = {
        "sam": Role.MEMBER,
        "mira": Role.MEMBER,
        "jonas": Role.MEMBER,
        "wanda": Role.WRITER,
        "rolf": Role.WRITER,
        "mona": Role.MODERATOR,
    }
    with app.app_context():
        for name, role in people.items():
            create_person(name, f"{name}@example.com", PASSWORD, role)
        # Browsers type faster than people; see tests/moderation for what happens to those who do.
        db.session.add(SiteSetting(key="limit.fastest_seconds", value="0"))
        db.session.commit()
        kept.forget()
        sync(articles)
        search.rebuild()
        db.session.remove()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    follower = threading.Thread(target=_keep_index_true, args=(app, stop), daemon=True)
    follower.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app, articles)
    stop.set()
    server.shutdown()
    follower.join(10)
    with app.app_context():
        db.engine.dispose()


def _keep_index_true(app: Flask, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        with app.app_context():
            search.catch_up()
            db.session.remove()


@pytest.fixture(params=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Each journey is made twice: with JavaScript and without."""
    return bool(request.param == "with scripts")


@pytest.fixture
def visit(chromium: Browser, site: Site, scripts: bool) -> Iterator[Callable[..., Page]]:
    """`visit()` opens a page as a visitor, `visit("mira")` as that person; an error in the console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(name: str | None = None, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=site.url, java_script_enabled=scripts, reduced_motion="reduce", **options
        )
        context.set_default_timeout(45_000)
        contexts.append(context)
        context.add_init_script(TELL_OF_VIOLATIONS)
        page = context.new_page()
        page.on("console", lambda message: _note(complaints, message))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if name is not None:
            page.goto("/sign-in")
            page.get_by_label("Username or email").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note(complaints: list[str], message: Any) -> None:
    # The second only where a journey cuts the connection itself.
    expected = ("the server responded with a status of 4", "ERR_INTERNET_DISCONNECTED")
    if message.type in ("error", "warning") and not any(words in message.text for words in expected):
        complaints.append(message.text)
