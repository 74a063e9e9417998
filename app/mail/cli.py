"""`flask mail`: read what was written to the folder, and try whether letters arrive."""

import email
import email.policy
import uuid
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.core.db import transaction
from app.core.i18n import gettext as _
from app.jobs import queue
from app.mail import delivery, outbox
from app.site import name as site_name

mail_cli = AppGroup("mail", help="Read the mail that became files, and try whether mail arrives.")


def _letters() -> list[Path]:
    """The letters in the folder, the latest first."""
    folder: Path = current_app.config["VAR"] / "mail"
    return sorted(folder.glob("*.eml"), reverse=True)


def _read(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@mail_cli.command("list")
@click.option("--most", default=20, show_default=True, help="How many to show.")
def list_letters(most: int) -> None:
    """Show the letters in var/mail, the latest first."""
    found = _letters()
    if not found:
        click.echo(f"No mail in {current_app.config['VAR'] / 'mail'} yet.")
    for number, path in enumerate(found[:most], start=1):
        message = _read(path)
        click.echo(f"{number:>3}  {path.stem[:15]}  {message['To']:<30} {message['Subject']}")
    if found:
        click.echo("Read one with: flask mail show NUMBER")


@mail_cli.command("show")
@click.argument("number", type=int, default=1)
def show(number: int) -> None:
    """Show a letter by its number in the list; the latest one without a number."""
    found = _letters()
    if not 1 <= number <= len(found):
        raise click.ClickException(f"There are {len(found)} letters; number {number} is not one of them.")
    path = found[number - 1]
    message = _read(path)
    click.echo(str(path))
    for name in ("From", "To", "Subject", "Date"):
        click.echo(f"{name}: {message[name]}")
    click.echo()
    click.echo(message.get_content())


@mail_cli.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send a letter to ADDRESS now, and say how it went."""
    key = f"test:{uuid.uuid4().hex}"
    site = site_name()
    with transaction():
        # The delay keeps the worker from taking it before we do.
        outbox.send_later(
            to=address,
            subject=_("Mail from %(site)s arrives", site=site),
            text=_("This letter was sent to try whether mail from %(site)s arrives. It does.", site=site),
            key=key,
            delay=timedelta(minutes=10),
        )
    problem = queue.work_now(outbox.KIND, key)
    if problem:
        raise click.ClickException(problem)
    click.echo(f"A letter to {address} has left: {delivery.place()}")
