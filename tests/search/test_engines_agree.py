"""tantivy finds what Whoosh finds, in nearly the same order: it counts the lengths of texts exactly, Whoosh nearly so."""

import random
from pathlib import Path

import pytest

from app import search
from tests.search.notes import EVERYONE, index_of
from tests.search.test_same_order_as_whoosh import random_document, random_queries

pytest.importorskip("tantivy", reason="tantivy is not installed")


def found_with(
    engine: str, queries: list[list[str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[int, ...]]:
    monkeypatch.setattr(search, "DEFAULT_ENGINE", engine)
    chance = random.Random(7)
    index_of(folder / engine, (random_document(number, chance) for number in range(600)))
    return [
        tuple(hit.id for hit in search.find(" ".join(query), audiences=EVERYONE).hits) for query in queries
    ]


def test_both_engines_show_the_same_first_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = random_queries(60, random.Random(17))
    theirs = found_with("tantivy", queries, tmp_path, monkeypatch)
    ours = found_with("whoosh", queries, tmp_path, monkeypatch)
    first = sum(one[:1] == other[:1] for one, other in zip(ours, theirs, strict=True))
    shared = sum(len({*one} & {*other}) for one, other in zip(ours, theirs, strict=True))
    assert first >= 0.95 * len(queries)
    assert shared >= 0.95 * sum(map(len, ours))
