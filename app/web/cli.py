"""`flask crawl`: every page that a stranger can open, opened once."""

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import click
from flask import Flask
from flask.cli import ScriptInfo, pass_script_info
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.catalog.models import Product, Tag
from app.core import addresses
from app.core.db import db
from app.forum.models import Question
from app.forum.queries import visible_questions
from app.imports.report import line_now_and_then
from app.web.session import Visitor

SLOWEST = 10
MOST_FAILURES_SHOWN = 50
FIXED = (
    "/",
    "/articles",
    "/questions",
    "/ask",
    "/search?q=help",
    "/sign-in",
    "/sign-up",
    "/help",
    "/help/formatting",
    "/help/privileges",
    "/help/reputation",
)


@dataclass
class Crawl:
    """What became of it: how often each status came, what was no 200, and how long each page took."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[str, int]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@click.command("crawl")
@click.option("--only", default="", help="Only addresses that begin with this, for example /questions/.")
@pass_script_info
def crawl_cli(info: ScriptInfo, only: str) -> None:
    """Open every public page as somebody who is signed out and has no cookie. Fails if any is not 200."""
    app = info.load_app()
    started = time.monotonic()
    result = crawl(app, only)
    seconds = time.monotonic() - started
    statuses = (
        ", ".join(f"{count:,} × {status}" for status, count in sorted(result.statuses.items())) or "no pages"
    )
    click.echo(f"{result.statuses.total():,} pages in {seconds:.0f} s: {statuses}")
    for address, spent in sorted(result.seconds.items(), key=lambda one: -one[1])[:SLOWEST]:
        click.echo(f"  {spent * 1000:7.0f} ms  {address}")
    for address, status in result.failures[:MOST_FAILURES_SHOWN]:
        click.echo(f"  {status}  {address}", err=True)
    if result.failures or not result.statuses:
        raise SystemExit(1)


def crawl(app: Flask, only: str = "") -> Crawl:
    """Open all guides, questions, products, tags and people, and every list to its last page."""
    result = Crawl()
    client = app.test_client(use_cookies=False)
    client.environ_base["HTTP_USER_AGENT"] = "Aftercare-crawler"  # Whom nobody counts as a reader.
    with app.app_context():
        waiting = deque(address for address in seeds(app) if address.startswith(only))
    seen = set(waiting)
    tell = line_now_and_then("Pages")
    while waiting:
        address = waiting.popleft()
        # A context of its own: nothing that a request leaves behind may reach the next one.
        status, body, spent = Context().run(_open, client, address)
        result.statuses[status] += 1
        result.seconds[address] = spent
        tell(result.statuses.total(), len(seen))
        if status != 200:
            result.failures.append((address, status))
        for found in _onward(body, address):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return result


def seeds(app: Flask) -> Iterator[str]:
    """The address of every public thing, in its one right form, and the first page of every list."""
    known = {rule.rule for rule in app.url_map.iter_rules()}
    yield from (address for address in FIXED if address.partition("?")[0] in known)
    stranger = Visitor()
    for slug in db.session.scalars(select(Product.slug).order_by(Product.id)):
        yield addresses.product(slug)
    for slug in db.session.scalars(select(Tag.slug).order_by(Tag.id)):
        yield addresses.tagged_questions(slug)
        yield addresses.tagged_articles(slug)
    for username in db.session.scalars(
        select(User.username).where(User.deleted_at.is_(None)).order_by(User.id)
    ):
        yield addresses.person(username)
    for slug in db.session.scalars(
        visible_articles(stranger).with_only_columns(Article.slug).order_by(Article.id)
    ):
        yield addresses.article(slug)
    statement = (
        visible_questions(stranger).with_only_columns(Question.id, Question.slug).order_by(Question.id)
    )
    for question_id, slug in db.session.execute(statement):
        yield addresses.question(question_id, slug)


def _open(client: FlaskClient, address: str) -> tuple[int, str, float]:
    started = time.perf_counter()
    with client.get(address, follow_redirects=True) as response:
        is_text = response.mimetype in ("text/html", "application/atom+xml", "application/xml")
        body = response.get_data(as_text=True) if is_text else ""
        return response.status_code, body, time.perf_counter() - started


def _onward(body: str, address: str) -> list[str]:
    """The next page of a list and the feeds that a page names: what no list of things can tell."""
    if 'rel="next"' not in body and 'rel="alternate"' not in body:
        return []
    finder = _Finder()
    finder.feed(body)
    local = (urljoin(address, found) for found in finder.found)
    return [found for found in local if not urlsplit(found).netloc]


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        relation = (values.get("rel") or "").split()
        if tag in ("a", "link") and ("next" in relation or "alternate" in relation) and values.get("href"):
            self.found.append(values["href"] or "")
