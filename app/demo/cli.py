"""`flask demo`: the demo content."""

import click
from flask.cli import AppGroup

from app.demo import loading, sign_ins

demo_cli = AppGroup("demo", help="The demo content: one maker, four products, and the people who use them.")


@demo_cli.command("load")
def load() -> None:
    """Load the demo into an empty site."""
    if not loading.is_wanted():
        click.echo("There are people here already, so the demo was not loaded.")
        return
    loading.load()
    click.echo(f"Names and passwords for trying it out are in {sign_ins.path()}.")
