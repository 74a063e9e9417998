"""Making backups and putting them back: what belongs to one, where they lie, and in which order it is done."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import URL

from app.backup import archive, database, rotation
from app.backup.archive import Manifest, Report
from app.core.db import db, now, revision

NAME = re.compile(r"aftercare-(\d{8}T\d{6})Z\.tar\.gz")
STAMP = "%Y%m%dT%H%M%S"
DATABASE = "database"
FOLDERS = {"articles": "content/articles", "uploads": "var/uploads"}
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|KEY|DATABASE_URL|REDIS", re.IGNORECASE)
ROOM = 1.1


class CannotRestore(Exception):
    """Putting this backup back would not work; nothing was changed. The message says why."""


@dataclass(frozen=True)
class Backup:
    """A backup that lies in the folder of backups."""

    path: Path
    made_at: datetime

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


def backups(folder: Path) -> list[Backup]:
    """All backups in a folder, the newest first."""
    found = (
        Backup(path, datetime.strptime(match[1], STAMP).replace(tzinfo=UTC))
        for path in folder.glob("*.tar.gz")
        if (match := NAME.fullmatch(path.name))
    )
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def create(app: Flask, report: Report) -> tuple[Backup, Manifest]:
    """Make a backup of the running site, check it, and let those go that are no longer needed.

    The database comes first: what its rows speak of was on the disk before them, so everything a row needs is
    in the copies of the folders that follow.

    Raises:
        OSError: the disk is full or cannot be written; nothing is left behind.
        archive.Damaged: the copy of the database is not whole, so the backup was not kept.
    """
    folder: Path = app.config["BACKUPS"]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made_at = now().replace(microsecond=0)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as work:
        twin = Path(work) / DATABASE
        database.copy(_url(), twin)
        database.check(twin, _backend())
        about = Manifest(
            made_at=made_at.isoformat(),
            database=_backend(),
            revision=revision(db.engine),
            settings=harmless(os.environ),
        )
        target = folder / f"aftercare-{made_at.strftime(STAMP)}Z.tar.gz"
        manifest = archive.write(target, _things(app, twin), about, report)
    rotate(folder)
    return Backup(target, made_at), manifest


def rotate(folder: Path) -> None:
    """Remove the backups that the rule of rotation does not keep."""
    there = backups(folder)
    keep = rotation.kept(backup.made_at for backup in there)
    for backup in there:
        if backup.made_at not in keep:
            backup.path.unlink(missing_ok=True)


def harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of the site that may be read by whoever reads a backup."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith("AFTERCARE_") and not SECRET.search(name)
    }


def _things(app: Flask, twin: Path) -> Iterator[tuple[str, Path]]:
    yield DATABASE, twin
    for name, below in FOLDERS.items():
        root: Path = app.config["HOME"] / below
        for file in sorted(root.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield f"{name}/{file.relative_to(root).as_posix()}", file


def restore(app: Flask, backup: Path, report: Report) -> tuple[Manifest, Path]:
    """Put a backup in the place of the site. Everything is checked before anything is touched.

    Returns:
        What was restored, and the folder that now holds what was there before.

    Raises:
        archive.Damaged: the backup is not whole; the site is untouched.
        CannotRestore: it is for another database, from a newer version, or the disk has no room.
        database.InUse: the site is running.
    """
    home: Path = app.config["HOME"]
    _refuse_without_room(home, backup)
    with tempfile.TemporaryDirectory(dir=home, prefix=".restoring-") as work:
        staged = Path(work)
        manifest = archive.unpack(backup, staged, report)
        _refuse_foreign(manifest)
        database.check(staged / DATABASE, manifest.database)
        db.session.remove()
        db.engine.dispose()
        database.refuse_if_in_use(_url())
        aside = home / f"replaced-{now().strftime(STAMP)}Z"
        aside.mkdir()
        _exchange(app, staged, aside)
    shutil.rmtree(app.config["SEARCH_INDEX"], ignore_errors=True)  # A copy of the database; it is made anew.
    return manifest, aside


def _refuse_without_room(home: Path, backup: Path) -> None:
    packed = backup.stat().st_size
    if shutil.disk_usage(home).free < packed * ROOM:
        raise CannotRestore(f"The disk has no room to unpack {backup}; nothing was changed.")


def _refuse_foreign(manifest: Manifest) -> None:
    if manifest.database != _backend():
        raise CannotRestore(
            f"This backup holds a {manifest.database} database, but the site is set to {_backend()}. "
            "Set DATABASE_URL to match; nothing was changed."
        )
    known = {script.revision for script in _migrations().walk_revisions()}
    if manifest.revision not in known:
        raise CannotRestore(
            f"This backup was made by a newer version of Aftercare (its tables stand at {manifest.revision}). "
            "Update the program first; nothing was changed."
        )


def _exchange(app: Flask, staged: Path, aside: Path) -> None:
    """Move what is there aside and what was unpacked in its place; undo all of it if a step fails."""
    done: list[Callable[[], object]] = []

    def move(source: Path, target: Path) -> None:
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            done.append(lambda: target.rename(source))

    try:
        for name, below in FOLDERS.items():
            place: Path = app.config["HOME"] / below
            move(place, aside / below)
            (staged / name).mkdir(exist_ok=True)
            move(staged / name, place)
        if _backend() == "sqlite":
            place = Path(str(_url().database))
            for rest in ("", "-wal", "-shm"):
                move(place.with_name(place.name + rest), aside / "var" / (place.name + rest))
            move(staged / DATABASE, place)
        else:
            database.copy(_url(), aside / DATABASE)
            database.restore_into_postgres(_url(), staged / DATABASE)
    except BaseException:
        for undo in reversed(done):
            undo()
        raise


def _url() -> URL:
    return db.engine.url


def _backend() -> str:
    return _url().get_backend_name()


def _migrations() -> ScriptDirectory:
    from app import HERE

    return ScriptDirectory(str(HERE.parent / "migrations"))
