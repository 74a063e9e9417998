"""`flask search golden`: whether the queries that writers keep still find what they must."""

import click

from app.insights import queries
from app.search.cli import search_cli


@search_cli.command("golden")
def golden() -> None:
    """Run the golden queries; fails if one does not have its guide or question among the first three."""
    checked = queries.check_golden()
    for each in checked:
        place = f"number {each.rank}" if each.rank else "not among the first twenty"
        kind, number = each.golden.target
        click.echo(f"{'ok ' if each.holds else 'RED'}  {each.golden.query!r}: {kind} {number} is {place}")
    red = sum(not each.holds for each in checked)
    click.echo(f"{len(checked)} golden queries, {red} red.")
    if red:
        raise SystemExit(1)


__all__ = ["golden"]
