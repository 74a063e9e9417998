"""`flask import`: guides and threads from elsewhere."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app import search
from app.forum import tally_queries
from app.imports.articles import import_articles
from app.imports.corpus import import_corpus
from app.imports.questions import QuestionImport
from app.imports.reading import set_name
from app.imports.report import Report, line_now_and_then
from app.imports.stackexchange import Dump, StackExchangeImport

import_cli = AppGroup(
    "import", help="Bring guides and threads from elsewhere. Safe to stop and to run again."
)

MANY_CHANGES = 2_000

existing = click.Path(exists=True, path_type=Path)
of_set = click.option(
    "--set", "named", default="", help="What the set is called; otherwise its file's name says."
)
of_product = click.option(
    "--product", default="", help="One product for all of it; otherwise each record says."
)


@import_cli.command("articles")
@click.argument("path", type=existing)
@of_set
@of_product
def articles(path: Path, named: str, product: str) -> None:
    """Guides from JSON lines, plain or gzipped."""
    try:
        report = import_articles(path, current_app.config["ARTICLES"], named or set_name(path), product)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _end(report)


@import_cli.command("corpus")
@click.argument("path", type=existing)
@of_set
def corpus(path: Path, named: str) -> None:
    """Documents to measure search on: a folder with corpus.jsonl (_id, title, text). See `flask search run`."""
    try:
        report = import_corpus(path, current_app.config["ARTICLES"], named or set_name(path.resolve()))
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _end(report)


@import_cli.command("questions")
@click.argument("path", type=existing)
@of_set
@of_product
def questions(path: Path, named: str, product: str) -> None:
    """Threads from JSON lines, plain or gzipped."""
    try:
        report = QuestionImport(named or set_name(path), product).run(path)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _end(report)


@import_cli.command("stackexchange")
@click.argument("path", type=existing)
@of_set
@of_product
def stackexchange(path: Path, named: str, product: str) -> None:
    """A Stack Exchange dump: a folder with Posts.xml and its companions, or a tar archive of them."""
    try:
        with Dump(path) as dump:
            report = StackExchangeImport(dump, named, product).run()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _end(report)


def _end(report: Report) -> None:
    for line in report.lines():
        click.echo(line)
    if not report.taken and not report.here_already:
        raise click.ClickException("Nothing in it could be read.")
    tally_queries.join_rows()
    if search.lag() >= MANY_CHANGES:
        _index_anew()


def _index_anew() -> None:
    """Thousands of changes are learnt faster by a new index, which also answers faster than one grown bit by bit."""
    click.echo("Building the search index anew ...")
    try:
        click.echo(f"Indexed {search.rebuild(line_now_and_then('Indexing')):,} documents.")
    except search.RebuildRunningError:
        click.echo("Somebody is building it already.")
