"""A damaged or missing index costs answers for a moment, never an error, and heals without a person."""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app import search
from tests.search.notes import EVERYONE, titles_found, write_note


@pytest.fixture
def notes(search_site: Flask) -> list[int]:
    written = [write_note(f"Note number {number}", "words to find") for number in range(5)]
    search.catch_up()
    return written


def the_build(tmp_path: Path) -> Path:
    return next(path for path in (tmp_path / "index").iterdir() if path.is_dir())


def halve(pattern: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        found = list(the_build(folder).glob(pattern))
        assert found
        for path in found:
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size // 2)

    damage.__name__ = f"half of {pattern}"
    return damage


def overwrite(pattern: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in the_build(folder).glob(pattern):
            path.write_bytes(b"\xff" * path.stat().st_size)

    damage.__name__ = f"garbage in {pattern}"
    return damage


def remove_everything(folder: Path) -> None:
    shutil.rmtree(folder / "index")


def remove_build(folder: Path) -> None:
    shutil.rmtree(the_build(folder))


def point_elsewhere(folder: Path) -> None:
    next((folder / "index").glob("*.current")).write_text("../../etc")


@pytest.mark.parametrize(
    "damage",
    [
        remove_everything,
        remove_build,
        point_elsewhere,
        halve("*.toc"),
        halve("*.pst"),
        halve("*.trm"),
        halve("*.card.col"),
        overwrite("*.toc"),
        overwrite("*.pst"),
        overwrite("*.trm"),
        overwrite("*_body_len.col"),
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_fresh_process_answers_and_heals(
    notes: list[int], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path)
    search.configure(tmp_path / "index")
    search.find("words note", audiences=EVERYONE)
    search.suggest("no", audiences=EVERYONE)
    search.similar("note", "words", audiences=EVERYONE)
    search.catch_up()
    results = search.find("words note", audiences=EVERYONE)
    assert ({hit.id for hit in results.hits}, results.catching_up) == (set(notes), False)
    assert search.check() == []


def test_a_process_whose_index_is_deleted_keeps_answering(notes: list[int], tmp_path: Path) -> None:
    assert set(titles_found("words")) == set(notes)
    remove_everything(tmp_path)
    results = search.find("number", audiences=EVERYONE)
    assert ({hit.id for hit in results.hits}, results.catching_up) == (set(notes), True)
    search.catch_up()
    assert not search.find("words", audiences=EVERYONE).catching_up


def test_a_full_disk_stops_the_index_and_not_the_site(
    notes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = write_note("Written while the disk was full")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            search.catch_up()
        assert set(titles_found("words")) == set(notes)
    search.catch_up()
    assert titles_found("disk full") == [new]
    assert search.check() == []


def test_an_index_of_another_version_is_not_opened(notes: list[int], tmp_path: Path) -> None:
    pointer = next((tmp_path / "index").glob("*.current"))
    pointer.rename(pointer.with_name("whoosh-0.current"))
    search.configure(tmp_path / "index")
    assert search.find("words", audiences=EVERYONE).catching_up
    search.catch_up()
    assert set(titles_found("words")) == set(notes)


def test_changes_made_during_a_rebuild_are_in_both_indexes(
    notes: list[int], monkeypatch: pytest.MonkeyPatch, search_site: Flask
) -> None:
    seen: list[list[int]] = []

    def meanwhile() -> None:
        with search_site.app_context():
            new = write_note("Meanwhile")
            assert search.catch_up() == 1
            seen.append(titles_found("meanwhile"))
            seen.append([new])

    def progress(done: int, total: int) -> None:
        if done == total:  # Everything was read from the database, so only the waiting row can tell of it.
            thread = threading.Thread(target=meanwhile)
            thread.start()
            thread.join()

    search.rebuild(progress)
    assert seen[0] == seen[1]
    assert titles_found("meanwhile") == seen[1]
    assert search.check() == []
    assert search.lag() == 0


def test_only_one_rebuild_runs_at_a_time(notes: list[int]) -> None:
    with search._the_engine().rebuilding([]), pytest.raises(search.RebuildRunningError):
        search.rebuild()
