"""`flask search`: rebuild the index, check it, bring it up to date, and show how well it finds."""

import gzip
import json
from collections.abc import Iterator
from typing import BinaryIO, TextIO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select
from tqdm import tqdm

from app import search
from app.articles.models import Article, Audience
from app.core.db import db
from app.forum.models import Question

search_cli = AppGroup("search", help="Look after the search index.")

MOST_DIFFERENCES_SHOWN = 20
KINDS = {"guides": "article", "questions": "question"}
EVERYONE = frozenset({str(Audience.PUBLIC)})


@search_cli.command("rebuild")
def rebuild() -> None:
    """Build the index anew; the old one answers until the new one is ready."""
    with tqdm(desc="Indexing", unit=" documents") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        try:
            count = search.rebuild(show)
        except search.RebuildRunningError:
            raise click.ClickException("A rebuild is already running; wait for its end.") from None
    click.echo(f"Indexed {count} documents.")


@search_cli.command("check")
@click.option("--all", "everything", is_flag=True, help="Name every difference, however many there are.")
def check(everything: bool) -> None:
    """Compare the index with the database; fails and names the differences if there are any."""
    differences = search.check()
    for difference in differences if everything else differences[:MOST_DIFFERENCES_SHOWN]:
        click.echo(str(difference))
    if len(differences) > MOST_DIFFERENCES_SHOWN and not everything:
        click.echo(f"... and {len(differences) - MOST_DIFFERENCES_SHOWN} more; --all shows them.")
    waiting = search.lag()
    click.echo(f"{len(differences)} differences, {waiting} changes waiting.")
    if differences:
        raise SystemExit(1)


@search_cli.command("catch-up")
def catch_up() -> None:
    """Tell the index of every change that is waiting."""
    count = 0
    while done := search.catch_up():
        count += done
    search.tidy()
    click.echo(f"Indexed {count} changes.")


@search_cli.command("learn-meanings")
def learn_meanings() -> None:
    """Read with the language model what it has not read yet; the worker does it too, bit by bit."""
    if current_app.config["LANGUAGE_MODEL"] is None:
        raise click.ClickException("The site has no language model; see AFTERCARE_SEMANTIC.")
    with tqdm(desc="Reading", unit=" documents") as bar:
        while done := search.learn_meanings():
            bar.update(done)


@search_cli.command("run")
@click.argument("queries", type=click.File("rb"))
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only guides, or only questions.")
@click.option(
    "--depth", default=100, show_default=True, type=click.IntRange(1, 1_000), help="Hits for each query."
)
@click.option(
    "--tag", default="aftercare", show_default=True, help="The last column: what the run is called."
)
@click.option(
    "--out", default="-", type=click.File("w"), help="Where the run goes; by default to the terminal."
)
def run(queries: BinaryIO, kind: str | None, depth: int, tag: str, out: TextIO) -> None:
    """Find each line of QUERIES ({"_id", "text"}, plain or gzipped) as a signed-out visitor would.

    Writes a TREC run: query, Q0, document, rank, score, tag. A document that was imported has the id it had
    where it came from; others are called article/7 or question/7.
    """
    names = _names()
    search.warm()
    count = 0
    for query, text in list(_queries(queries)):
        found = search.find(text, audiences=EVERYONE, kind=KINDS.get(kind or ""), per_page=depth)
        if found.catching_up:
            raise click.ClickException("The index is not complete; run `flask search catch-up` first.")
        last = float("inf")
        for rank, hit in enumerate(found.hits, start=1):
            # Tools that read runs sort them by score and break ties as they like, so no two are equal.
            last = min(hit.score, last - 0.000_001)
            name = names.get(hit.key) or f"{hit.kind}/{hit.id}"
            out.write(f"{_word(query)} Q0 {_word(name)} {rank} {last:.6f} {_word(tag)}\n")
        count += 1
    click.echo(f"{count} queries.", err=True)


@search_cli.command("explain")
@click.argument("query")
@click.argument("document")
@click.option("--near", multiple=True, help="A product's slug: as somebody who probably asks about it.")
def explain(query: str, document: str, near: tuple[str, ...]) -> None:
    """Why DOCUMENT (article/7, question/7, or the id it was imported with) stands where it stands for QUERY."""
    kind, _, number = document.rpartition("/")
    if kind in KINDS.values() and number.isdigit():
        key = (kind, int(number))
    else:
        found = [key for key, name in _names().items() if name == document]
        if not found:
            raise click.ClickException("There is no such document; name it like article/7.")
        key = found[0]
    told = search.explain(query, key, audiences=EVERYONE, near=near)
    if told is None:
        raise click.ClickException("It is not in the index, or the query holds no word.")
    click.echo(f"{key[0]}/{key[1]}: rank {told.rank or '-'}, score {told.score:.3f}")
    for part in told.parts:
        click.echo(f"  {part.score:8.3f}  {part.name}{'' if part.field == 'all' else f' in {part.field}'}")


def _queries(file: BinaryIO) -> Iterator[tuple[str, str]]:
    content = file.read()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            yield str(record["_id"]), str(record["text"])
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(f'Line {number} is not {{"_id": …, "text": …}}.') from None


def _names() -> dict[search.Key, str]:
    """What imported documents were called where they come from: an origin is the set's name, a colon and that."""
    names: dict[search.Key, str] = {}
    for kind, model in (("article", Article), ("question", Question)):
        for number, origin in db.session.execute(select(model.id, model.origin)):
            if origin and ":" in origin:
                names[kind, number] = origin.partition(":")[2]
    return names


def _word(name: str) -> str:
    """A run's columns stand between spaces."""
    return "_".join(name.split()) or "_"
