"""A damaged or missing index costs answers for a moment, never an error, and heals without a person."""

import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app import search
from tests.search.notes import EVERYONE, titles_found, write_note


@pytest.fixture
def notes(each_engine: str, search_site: Flask) -> list[int]:
    written = [write_note(f"Note number {number}", "words to find") for number in range(5)]
    search.catch_up()
    return written


def the_build(tmp_path: Path) -> Path:
    return next(path for path in (tmp_path / "index").iterdir() if path.is_dir())


def halve(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def spoil_the_middle(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:8] + bytes(byte ^ 0x5A for byte in content[8:-60]) + content[-60:])


def remove_everything(folder: Path) -> None:
    shutil.rmtree(folder / "index")


def remove_build(folder: Path) -> None:
    shutil.rmtree(the_build(folder))


def point_elsewhere(folder: Path) -> None:
    next((folder / "index").glob("*.current")).write_text("../../etc")


def ask_and_expect_healing(notes: list[int]) -> None:
    search.find("words note", audiences=EVERYONE)
    search.suggest("no", audiences=EVERYONE)
    search.similar("note", "words", audiences=EVERYONE)
    search.catch_up()
    results = search.find("words note", audiences=EVERYONE)
    assert ({hit.id for hit in results.hits}, results.catching_up) == (set(notes), False)
    assert search.check() == []


@pytest.mark.parametrize("damage", [remove_everything, remove_build, point_elsewhere])
def test_a_fresh_process_without_its_index_answers_and_heals(
    notes: list[int], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path)
    search.configure(tmp_path / "index")
    ask_and_expect_healing(notes)


FILES = {
    "whoosh": ("*.toc", "*.pst", "*.trm", "*.card.col", "*_body_len.col"),
    "tantivy": ("meta.json", "*.idx", "*.term", "*.pos", "*.store", "*.fieldnorm", "*.fast"),
}


@pytest.mark.parametrize("damage", [halve, overwrite, spoil_the_middle])
def test_a_fresh_process_with_a_damaged_file_answers_and_heals(
    notes: list[int], tmp_path: Path, each_engine: str, damage: Callable[[Path], None]
) -> None:
    for pattern in FILES[each_engine]:
        (damaged,) = the_build(tmp_path).glob(pattern)
        damage(damaged)
        search.configure(tmp_path / "index")
        ask_and_expect_healing(notes)


def test_a_process_whose_files_are_cut_keeps_answering_and_heals(search_site: Flask, tmp_path: Path) -> None:
    # tantivy maps its files into memory, so there the system ends a process whose files are cut under its hands.
    written = [write_note(f"Note number {number}", "words to find") for number in range(5)]
    search.catch_up()
    search.find("number", audiences=EVERYONE)
    for pattern in FILES["whoosh"]:
        for path in the_build(tmp_path).glob(pattern):
            halve(path)
    search.find("words to find", audiences=EVERYONE)
    ask_and_expect_healing(written)


def test_a_process_whose_index_is_deleted_keeps_answering(notes: list[int], tmp_path: Path) -> None:
    assert set(titles_found("words")) == set(notes)
    remove_everything(tmp_path)
    results = search.find("number", audiences=EVERYONE)
    assert ({hit.id for hit in results.hits}, results.catching_up) == (set(notes), True)
    search.catch_up()
    assert not search.find("words", audiences=EVERYONE).catching_up


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow; for files that exist already it is as with a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_stops_the_index_and_not_the_site(notes: list[int]) -> None:
    new = write_note("Written while the disk was full")
    with full_disk():
        with pytest.raises(OSError, match="File too large"):
            search.catch_up()
        assert set(titles_found("words")) == set(notes)
        assert not search.find("words", audiences=EVERYONE).catching_up
        with pytest.raises(OSError, match="File too large"):
            search.rebuild()
    search.catch_up()
    assert titles_found("disk full") == [new]
    assert search.check() == []


def test_an_index_of_another_version_is_not_opened(notes: list[int], tmp_path: Path) -> None:
    pointer = next((tmp_path / "index").glob("*.current"))
    pointer.rename(pointer.with_name("older-0.current"))
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
