"""Readers in many threads, while a writer changes the index, see whole states of it and no errors."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app import search
from tests.search.notes import EVERYONE, document, index_of


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
    assert search.find(turns[-2], audiences=EVERYONE).total == 0
