"""`flask search`: rebuild the index, check it, bring it up to date."""

import click
from flask.cli import AppGroup
from tqdm import tqdm

from app import search

search_cli = AppGroup("search", help="Look after the search index.")


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
def check() -> None:
    """Compare the index with the database; fails and names the differences if there are any."""
    differences = search.check()
    for difference in differences:
        click.echo(str(difference))
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
    click.echo(f"Indexed {count} changes.")
