"""Commands for guides and for rendering everything anew."""

import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from tqdm import tqdm

from app.articles import files, linking, queries, sync
from app.articles.files import BadFrontMatter, Broken, FileFound
from app.articles.models import Article
from app.core.db import db, transaction
from app.core.errors import Declined, Refused
from app.core.fidelity import fidelity_of
from app.core.i18n import gettext as _
from app.core.markup import RENDERER_VERSION, render_guide
from app.forum import naming
from app.forum.models import Answer, Comment, Question
from app.imports import posts

articles_cli = AppGroup("articles", help="Guides and their files.")


@articles_cli.command("sync")
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
@click.option(
    "--strict", is_flag=True, help="End with 1 if a file is broken or a guide could not be rendered."
)
@click.option("--allow-empty", is_flag=True, help="Withdraw all guides if the folder holds none.")
@click.option("--quiet", is_flag=True, help="Print problems and the sum only.")
def sync_articles(dry_run: bool, strict: bool, allow_empty: bool, quiet: bool) -> None:
    """Bring the site in line with the files in content/articles."""
    bar: tqdm[Any] | None = None

    def tell(change: sync.Change, problem: str, _number: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, unit=_("guide"), disable=None, leave=False)
        bar.update()
        line = sync.describe(change)
        if problem and not isinstance(change, Broken):
            line = f"{line}: {problem}"
        if problem or not quiet:
            bar.write(line, file=sys.stdout)

    try:
        result = sync.sync(
            current_app.config["ARTICLES"], dry_run=dry_run, allow_empty=allow_empty, report=tell
        )
    except (Refused, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    finally:
        if bar is not None:
            bar.close()
    if dry_run:
        click.echo(_("%(count)d changes planned, nothing done.", count=len(result.changes)))
    else:
        click.echo(
            _(
                "%(done)d changes made, %(problems)d problems.",
                done=result.done,
                problems=len(result.problems),
            )
        )
    if strict and not result.is_clean:
        sys.exit(1)


@articles_cli.command("fidelity")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--worst", default=10, show_default=True, help="How many of the worst cases to print.")
def fidelity(path: Path, worst: int) -> None:
    """Measure how many guides keep the structure that CommonMark gives them.

    PATH is a folder of guides, or a JSON-lines set (.jsonl or .jsonl.gz) with body_markdown in each line. It is
    meant for guides written in CommonMark: admonitions, definition lists and tabs, which CommonMark does not know,
    count as changed.
    """
    bodies = tqdm(_bodies_in(path), unit=_("guide"), disable=None)
    found = fidelity_of(bodies, keep=worst)
    for case in found.worst:
        click.echo(f"\n{case.name}")
        click.echo(case.failure or case.difference)
    click.echo(
        _(
            "\n%(same)d of %(count)d guides keep their structure: %(share)s. With every word in its place: "
            "%(words)d. Unchanged when brought to canonical form twice: %(stable)d.",
            same=found.same_structure,
            count=found.count,
            share=f"{found.share:.2%}",
            words=found.same_words,
            stable=found.stable,
        )
    )


def _bodies_in(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in files.read_all(path):
            if isinstance(file, FileFound):
                try:
                    yield file.path, file.source.body
                except BadFrontMatter as error:
                    click.echo(str(error), err=True)
        return
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, start=1):
            guide = json.loads(line)
            yield str(guide.get("id", number)), str(guide.get("body_markdown", ""))


@click.command("render")
@click.option("--all", "everything", is_flag=True, help="Also what the present renderer made already.")
def render_cli(everything: bool) -> None:
    """Render guides, questions, answers and comments anew.

    Without --all only what an older renderer made, so a run that was stopped goes on where it was.
    """
    problems = 0
    for model in (Article, Question, Answer, Comment):
        numbers = queries.rendered_before(model, 0 if everything else RENDERER_VERSION)
        for number in tqdm(numbers, desc=model.__tablename__, unit="", disable=None):
            try:
                _render_again(model, number)
            except Declined as error:
                problems += 1
                click.echo(f"{model.__tablename__} {number}: {error}", err=True)
    click.echo(_("Rendered with version %(version)d.", version=RENDERER_VERSION))
    if problems:
        click.echo(_("%(count)d keep their old form.", count=problems))


def _render_again(model: Any, number: int) -> None:
    """Render one text. The database waits for nobody: a text that changes meanwhile was rendered by its writer."""
    found = db.session.get(model, number, populate_existing=True)
    if found is None:
        return
    body = found.body
    if model is Article:
        rendered = render_guide(body, link=partial(linking.for_site, path=found.path))
    else:
        rendered = posts.render(body)
        if found.origin is None:  # Names in posts of another site are not the people of this one.
            rendered = naming.linked(rendered)
    with transaction() as session:
        session.refresh(found, with_for_update=True)
        if found.body != body:
            return
        found.body_html = rendered.html
        found.renderer_version = RENDERER_VERSION
        if model is not Comment:
            found.body_text = rendered.text
        if model is Article:
            found.headings = [asdict(heading) for heading in rendered.headings]
            found.render_problem = ""
