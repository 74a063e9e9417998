"""`flask backup`: make, check, list and put back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import AppGroup
from tqdm import tqdm

from app import search
from app.backup import archive, database, making
from app.backup.archive import Damaged, Report

backup_cli = AppGroup("backup", help="Copies of all that is true: database, uploads, guides, settings.")


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


@contextmanager
def _progress() -> Iterator[Report]:
    with tqdm(unit="file", disable=None, leave=False) as bar:

        def report(_path: str) -> None:
            bar.update()

        yield report


@contextmanager
def _trouble_is_said() -> Iterator[None]:
    try:
        yield
    except (Damaged, making.CannotRestore, database.InUse, OSError) as error:
        raise click.ClickException(str(error)) from None
    except subprocess.CalledProcessError as error:
        raise click.ClickException(f"{error.cmd[0]} failed: {error.stderr.strip()}") from None


@backup_cli.command("create")
def create_backup() -> None:
    """Make a backup while the site goes on; old ones are let go (7 days, 4 weeks and 6 months are kept)."""
    with _trouble_is_said(), _progress() as report:
        backup, manifest = making.create(_app(), report)
    click.echo(f"{backup.path}: {len(manifest.entries)} files, {_size(backup.size)}, checked.")


@backup_cli.command("verify")
@click.argument("backup", type=click.Path(path_type=Path), required=False)
def verify_backup(backup: Path | None) -> None:
    """Read BACKUP (or the newest) from end to end and say whether it is whole."""
    path = _found(backup)
    with _trouble_is_said(), _progress() as report:
        manifest = archive.verify(path, report)
    click.echo(f"{path} is whole: {len(manifest.entries)} files of {manifest.made_at}.")


@backup_cli.command("list")
def list_backups() -> None:
    """The backups there are, the newest first."""
    there = making.backups(_app().config["BACKUPS"])
    for backup in there:
        click.echo(f"{backup.made_at:%Y-%m-%d %H:%M} UTC  {_size(backup.size):>9}  {backup.path}")
    if not there:
        click.echo(f"None in {_app().config['BACKUPS']}. `flask backup create` makes one.")


@backup_cli.command("restore")
@click.argument("backup", type=click.Path(path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Do not ask first.")
def restore_backup(backup: Path | None, yes: bool) -> None:
    """Put BACKUP (or the newest) in the place of the site, which must not be running.

    What was there before is kept in a folder beside; delete it when all is well.
    """
    path = _found(backup)
    if not yes and not click.confirm(f"Put {path} in the place of the site in {_app().config['HOME']}?"):
        sys.exit(1)
    with _trouble_is_said(), _progress() as report:
        manifest, aside = making.restore(_app(), path, report)
    flask_migrate.upgrade()
    found = search.rebuild()
    click.echo(f"Restored what was there on {manifest.made_at}: {len(manifest.entries)} files.")
    click.echo(f"The index was made anew ({found} documents).")
    click.echo(f"What was there before is in {aside}.")


def _found(backup: Path | None) -> Path:
    folder = _app().config["BACKUPS"]
    if backup is None:
        there = making.backups(folder)
        if not there:
            raise click.ClickException(f"There is no backup in {folder}.")
        return there[0].path
    for path in (backup, folder / backup):
        if path.is_file():
            return path
    raise click.ClickException(f"There is no backup {backup}, nor one of that name in {folder}.")


def _size(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
