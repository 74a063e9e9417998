"""Segments that many changes leave behind become few again, while searches and changes go on."""

from pathlib import Path
from typing import Any

import pytest

from app import search
from app.search import whoosh_engine
from app.search.whoosh_engine import WhooshEngine, WhooshIndex
from tests.search.notes import EVERYONE, document, index_of, titles_found


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WhooshEngine:
    """Six segments, all of them large."""
    monkeypatch.setattr(whoosh_engine, "LARGEST_SMALL_SEGMENT", 2)
    index_of(tmp_path, [document(number, f"Lamp {number}", "old words") for number in range(10)])
    engine = search._the_engine()
    assert isinstance(engine, WhooshEngine)
    for turn in range(1, 6):
        change(engine, range(turn * 10, turn * 10 + 10), "old words")
    assert len(segments(engine)) == 6
    return engine


def change(engine: WhooshEngine, numbers: Any, words: str) -> None:
    with engine.lock() as alone:
        assert alone
        engine.change(
            [("article", number) for number in numbers],
            [document(number, f"Lamp {number}", words) for number in numbers],
        )


def segments(engine: WhooshEngine) -> list[Any]:
    build = engine.folder.current()
    assert build is not None
    return list(WhooshIndex(build).read().segments)


def test_many_segments_become_one_that_finds_the_same(engine: WhooshEngine) -> None:
    before = [(hit.id, round(hit.score, 4)) for hit in search.find("lamp 33 words", audiences=EVERYONE).hits]
    assert engine.tidy()
    assert len(segments(engine)) == 1
    found = search.find("lamp 33 words", audiences=EVERYONE).hits
    assert (found[0].id, round(found[0].score, 4)) == before[0]
    assert search.find("lamp", audiences=EVERYONE).total == 60
    assert not engine.tidy()


def test_what_changes_while_segments_are_merged_is_not_lost(
    engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_into = WhooshIndex.merge_into

    def meanwhile(self: WhooshIndex, scratch: Path, chosen: Any) -> None:
        merge_into(self, scratch, chosen)
        change(engine, [3, 27, 28, 55], "new words")

    change(engine, [1, 41], "old words")
    monkeypatch.setattr(WhooshIndex, "merge_into", meanwhile)
    assert engine.tidy()
    assert set(titles_found("new", as_typed=True)) == {3, 27, 28, 55}
    results = search.find("lamp words", audiences=EVERYONE, per_page=100)
    assert sorted(hit.id for hit in results.hits) == list(range(60))


def test_a_merge_that_a_rebuild_overtakes_is_given_up(
    engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_into = WhooshIndex.merge_into

    def meanwhile(self: WhooshIndex, scratch: Path, chosen: Any) -> None:
        merge_into(self, scratch, chosen)
        with engine.rebuilding([document(1, "Lamp of the new index")]):
            pass

    monkeypatch.setattr(WhooshIndex, "merge_into", meanwhile)
    assert not engine.tidy()
    assert titles_found("lamp") == [1]


def test_a_segment_that_is_mostly_struck_out_is_written_anew(engine: WhooshEngine) -> None:
    while engine.tidy():
        pass
    with engine.lock():
        engine.change([("article", number) for number in range(40)], [])
    assert engine.tidy()
    (left,) = segments(engine)
    assert left.count == 20
    assert search.find("lamp", audiences=EVERYONE).total == 20
