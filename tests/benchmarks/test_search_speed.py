"""The measurements of search measure what they say."""

from pathlib import Path

import pytest

from benchmarks import search_speed
from benchmarks.search_speed import Row, Times, documents, drawing, measured, ratios

WORDS = [f"{left}{right}x" for left in "abcdefghij" for right in "klmnopqrst"]


def test_each_engine_answers_the_same_queries_on_the_same_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = documents(WORDS, 40)
    queries = {1: [WORDS[0]] * 3, 3: [" ".join(WORDS[:3])] * 3}
    rows = list(measured(tmp_path, found, queries, ["ours", "FTS5", "Whoosh, any word"]))
    assert [(row.engine, row.words) for row in rows] == [
        (engine, words) for engine in ("ours", "FTS5", "Whoosh, any word") for words in (1, 3)
    ]
    assert all(row.times.warm > 0 for row in rows)
    assert capsys.readouterr().out.count("| 40 | FTS5 |") == 2


def test_ratios_are_those_of_three_words_and_the_most_documents(capsys: pytest.CaptureFixture[str]) -> None:
    def row(size: int, engine: str, warm: float) -> Row:
        return Row(size, engine, 3, Times(2 * warm, 4 * warm, warm, 2 * warm))

    ratios([row(10, "ours", 99), row(100, "ours", 1), row(100, "FTS5", 10), row(100, "tantivy", 0.5)])
    told = capsys.readouterr().out
    assert "| warm, beside tantivy | 2.000 | 2.000 | ≤ 4 |" in told
    assert "| warm, beside FTS5 | 0.100 |" in told


def test_the_plot_has_a_line_for_each_engine() -> None:
    rows = [
        Row(size, engine, 3, Times(1, 1, size / 1000, 1))
        for engine in ("ours", "FTS5")
        for size in (100, 1000)
    ]
    drawn = drawing(rows)
    assert drawn.count('class="line') == 2
    assert "FTS5" in drawn


def test_what_is_written_while_somebody_reads_becomes_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = documents(WORDS, 30)
    search_speed.ours(tmp_path, found)
    monkeypatch.setattr(search_speed, "SECONDS_BETWEEN_CATCHING_UP", 0.05)
    monkeypatch.setattr(search_speed, "WRITTEN_IN_A_SECOND", 50)
    monkeypatch.setattr(search_speed, "SECONDS_OF_WRITING", 0.1)
    waited = search_speed.until_visible(tmp_path, "whoosh", found)
    assert len(waited) == 5
    assert all(0 < each < 60 for each in waited)
