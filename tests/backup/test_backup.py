"""A backup brings back what was there, and a broken one changes nothing."""

import gzip
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
import pytest
from build import a_question
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select, text

from app import search
from app.accounts.actions import create_person
from app.articles.sync import sync
from app.backup import archive, making, rotation
from app.backup.archive import Damaged
from app.core.db import db
from app.forum.models import Question
from app.policy import Role

PASSWORD = "a backup needs a sign-in"
GUIDE = "---\ntitle: Descale the kettle\ntype: how-to\n---\n\nUse vinegar.\n"
on_sqlite = pytest.mark.skipif("DATABASE_URL" in os.environ, reason="it is about the file of SQLite")


def silent(_path: str) -> None:
    pass


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """A site with a person, a question, a guide and an upload, its tables marked as of the newest migration."""
    flask_migrate.stamp()
    create_person("mira", "mira@example.com", PASSWORD, Role.MEMBER)
    a_question(title="The kettle whistles in the dark")
    guide = app.config["ARTICLES"] / "kettle" / "descale.md"
    guide.parent.mkdir(parents=True)
    guide.write_text(GUIDE)
    sync(app.config["ARTICLES"])
    picture = app.config["VAR"] / "uploads" / "ab" / "picture.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    yield app
    db.session.execute(text("DROP TABLE IF EXISTS alembic_version"))
    db.session.commit()
    for aside in app.config["HOME"].glob("replaced-*"):
        shutil.rmtree(aside)


def run(app: Flask, *words: str, code: int = 0) -> str:
    """What `flask backup …` prints."""
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["backup", *words])
    db.session.rollback()
    assert result.exit_code == code, result.output + str(result.exception)
    return result.output


def the_backup(app: Flask) -> Path:
    return making.backups(app.config["BACKUPS"])[0].path


@contextmanager
def forging(path: Path) -> Iterator[tarfile.TarFile]:
    """A tar that looks like a backup from outside."""
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", 1, file, 0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        yield tar


def wreck(app: Flask) -> None:
    """The rows, the guides and the uploads are gone."""
    db.session.execute(text("DELETE FROM questions"))
    db.session.execute(text("DELETE FROM users"))
    db.session.commit()
    for file in [*app.config["ARTICLES"].rglob("*.md"), *(app.config["VAR"] / "uploads").rglob("*.png")]:
        file.unlink()


def state(app: Flask) -> tuple[object, ...]:
    db.session.rollback()
    files = sorted(p.name for p in (app.config["HOME"]).rglob("*") if p.suffix in (".md", ".png"))
    return (db.session.scalar(select(func.count()).select_from(Question)), *files)


def test_after_a_restore_people_sign_in_and_find_what_was_there(site, browser):
    assert "checked" in run(site, "create")
    before = state(site)
    wreck(site)
    assert state(site) != before
    printed = run(site, "restore", "--yes")
    assert "Restored" in printed
    assert state(site) == before
    visitor = browser()
    answer = visitor.post("/sign-in", data={"username": "mira", "password": PASSWORD})
    assert answer.status_code in (302, 303)
    assert visitor.get("/").text.count("mira")
    found = search.find("kettle", audiences=frozenset({"public"}))
    assert {hit.key[0] for hit in found.hits} == {"question", "article"}
    assert (site.config["VAR"] / "uploads" / "ab" / "picture.png").read_bytes() == b"a picture"


def test_what_was_there_before_a_restore_is_kept_beside(site):
    run(site, "create")
    file = next(site.config["ARTICLES"].rglob("*.md"))
    file.write_text("newer words")
    printed = run(site, "restore", "--yes")
    aside = Path(printed.rpartition(" is in ")[2].strip().rstrip("."))
    assert next(aside.rglob("*.md")).read_text() == "newer words"


def test_a_backup_is_for_its_owner_only_and_holds_no_secret(site, monkeypatch):
    monkeypatch.setenv("AFTERCARE_SMTP_PASSWORD", "hush-hush")
    monkeypatch.setenv("AFTERCARE_SITE_NAME", "Hearth help")
    run(site, "create")
    path = the_backup(site)
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(path) as tar:
        assert not [name for name in tar.getnames() if "secret" in name]
    manifest = archive.verify(path, silent)
    assert manifest.settings["AFTERCARE_SITE_NAME"] == "Hearth help"
    assert "hush-hush" not in str(manifest)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: flipped(data, len(data) // 2),
        lambda data: flipped(data, len(data) * 9 // 10),
        lambda data: flipped(data, 20),
        lambda data: data[: len(data) // 2],
        lambda data: data[:-8],
        lambda _data: b"",
        lambda _data: b"no backup at all",
    ],
    ids=["middle", "late", "early", "half", "without its end", "empty", "foreign"],
)
def test_a_damaged_backup_is_refused_with_words_and_nothing_is_touched(site, damage):
    run(site, "create")
    path = the_backup(site)
    path.write_bytes(damage(path.read_bytes()))
    before = state(site)
    for words in (("verify",), ("restore", "--yes")):
        printed = run(site, *words, code=1)
        assert "Error: " in printed
        assert str(path) in printed
    assert state(site) == before
    assert not list(site.config["HOME"].glob("re*"))


def test_a_backup_with_a_file_that_its_list_does_not_name_is_refused(site, tmp_path):
    run(site, "create")
    forged = tmp_path / "forged.tar.gz"
    with tarfile.open(the_backup(site)) as old, forging(forged) as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        new.add(__file__, "articles/extra.md")
    with pytest.raises(Damaged, match="does not name"):
        archive.verify(forged, silent)


def test_a_backup_that_would_write_outside_is_refused(tmp_path):
    forged = tmp_path / "forged.tar.gz"
    with forging(forged) as tar:
        tar.add(__file__, "../../outside.py")
    with pytest.raises(Damaged, match="which no backup has in it"):
        archive.unpack(forged, tmp_path / "staged", silent)
    assert not (tmp_path.parent / "outside.py").exists()


def test_a_site_that_runs_is_not_replaced(site):
    run(site, "create")
    before = state(site)
    elsewhere = create_engine(db.engine.url, poolclass=NullPool)
    with elsewhere.connect() as other:
        other.execute(text("SELECT count(*) FROM users"))
        other.rollback()
        assert "Stop it first" in run(site, "restore", "--yes", code=1)
    assert state(site) == before


def test_a_step_that_fails_is_undone(site, monkeypatch):
    run(site, "create")
    before = state(site)
    rename = Path.rename

    def fail_late(path: Path, target: Path) -> Path:
        if path.name == "uploads" and ".restoring-" in str(path):
            raise OSError("the disk went away")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_late)
    assert "the disk went away" in run(site, "restore", "--yes", code=1)
    assert state(site) == before


def test_a_backup_of_a_newer_version_is_refused(site):
    db.session.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    db.session.commit()
    run(site, "create")
    before = state(site)
    assert "newer version" in run(site, "restore", "--yes", code=1)
    assert state(site) == before


def test_a_full_disk_leaves_no_half_backup(site, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in run(site, "create", code=1)
    assert list(site.config["BACKUPS"].iterdir()) == []


@on_sqlite
def test_a_backup_ends_while_others_keep_writing(site):
    stop, began, written = threading.Event(), threading.Event(), []
    database = db.engine.url.database

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as other:
            while not stop.is_set():
                other.execute("UPDATE users SET about = ?", (f"busy {len(written)}",))
                written.append(1)
                began.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert began.wait(10)
        before = len(written)
        run(site, "create")
    finally:
        stop.set()
        writer.join()
    assert len(written) > before
    assert "is whole" in run(site, "verify")


def test_the_list_names_each_backup_and_an_empty_one_says_how_to_begin(site):
    assert "flask backup create" in run(site, "list")
    run(site, "create")
    assert the_backup(site).name in run(site, "list")


def test_a_backup_that_is_not_there_is_said(site):
    assert "There is no backup" in run(site, "verify", "yesterday.tar.gz", code=1)
    assert "There is no backup" in run(site, "verify", code=1)


@pytest.fixture
def every_six_hours() -> list[datetime]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [start + timedelta(hours=6 * number) for number in range(4 * 365)]


def test_rotation_keeps_the_newest_of_days_weeks_and_months(every_six_hours: list[datetime]):
    kept = rotation.kept(every_six_hours)
    newest_first = sorted(kept, reverse=True)
    assert newest_first[0] == every_six_hours[-1]
    assert len({moment.date() for moment in newest_first[:7]}) == 7
    assert len(kept) <= 7 + 4 + 6
    assert newest_first[-1] < every_six_hours[-1] - timedelta(days=120)


def test_rotation_run_daily_never_loses_a_month(every_six_hours: list[datetime]):
    there: set[datetime] = set()
    for moment in every_six_hours[::4]:
        there = rotation.kept({*there, moment})
    months = {moment.strftime("%Y-%m") for moment in there}
    assert len(months) >= 6


def test_rotation_removes_files_but_none_that_is_not_a_backup(tmp_path):
    for number in range(1, 21):
        (tmp_path / f"aftercare-202601{number:02d}T030000Z.tar.gz").touch()
    (tmp_path / "my own copy.tar.gz").touch()
    making.rotate(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert "my own copy.tar.gz" in left
    assert "aftercare-20260120T030000Z.tar.gz" in left
    assert "aftercare-20260102T030000Z.tar.gz" not in left
