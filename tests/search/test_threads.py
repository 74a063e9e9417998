"""Readers in many threads, while a writer changes the index, see whole states of it and no errors."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import search
from tests.search.notes import EVERYONE, document, index_of

pytestmark = pytest.mark.usefixtures("each_engine")


def test_readers_always_see_a_whole_state_while_a_writer_works(tmp_path: Path) -> None:
    # Every state holds each of the ten documents once, all of them written by the same turn.
    turns = [f"turn{letter}" for letter in "abcdefghijklmnopqrstuvwx"]
    index_of(tmp_path, [document(number, f"Note {number}", "first common") for number in range(10)])
    done = threading.Event()

    def read() -> list[str]:
        wrong = []
        while not done.is_set():
            results = search.find("common", audiences=EVERYONE)
            if results.total != 10 or results.catching_up or len({hit.id for hit in results.hits}) != 10:
                wrong.append(f"{results.total} {results.catching_up}")
            search.suggest("note", audiences=EVERYONE)
        return wrong

    engine = search._the_engine()
    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        try:
            for turn in turns:
                with engine.lock() as alone:
                    assert alone
                    engine.change(
                        [("article", number) for number in range(10)],
                        [document(number, f"Note {number}", f"{turn} common") for number in range(10)],
                    )
        finally:
            done.set()
        assert [reader.result() for reader in readers] == [[]] * 4
    assert search.find(turns[-1], audiences=EVERYONE).total == 10
    assert search.find(turns[-2], audiences=EVERYONE, as_typed=True).total == 0


def test_every_process_sees_a_commit_at_its_next_question(tmp_path: Path) -> None:
    index_of(tmp_path, [document(1, "First")])
    writer = search._the_engine()
    search.configure(tmp_path)  # Another engine, as another process has one.
    assert search.find("second", audiences=EVERYONE).total == 0
    with writer.lock():
        writer.change([("article", 2)], [document(2, "Second")])
    assert [hit.id for hit in search.find("second", audiences=EVERYONE).hits] == [2]
    assert [each.id for each in search.suggest("sec", audiences=EVERYONE)] == [2]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_opens_the_files_for_itself(tmp_path: Path) -> None:
    index_of(tmp_path, [document(number, f"Title {number}", "word " * number) for number in range(1, 30)])
    search.find("title", audiences=EVERYONE)
    child = os.fork()
    if child == 0:
        found = search.find("word", audiences=EVERYONE).total
        os._exit(0 if found == 29 else 1)
    for number in range(1, 30):
        assert search.find(f"title {number}", audiences=EVERYONE).hits[0].id == number
    assert os.waitpid(child, 0)[1] == 0
