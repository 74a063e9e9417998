"""Words that mean the same find each other, a little lower, and only where writers said so."""

from pathlib import Path

import pytest

from app import search
from app.search import SameMeaning, Synonyms
from tests.search.notes import EVERYONE, document, index_of

SHELF = [
    document(1, "Replace the charger", "The charger hums."),
    document(2, "Replace the power supply", "A new power supply is in the box."),
    document(3, "Supply of screws", "We sell screws."),
    document(4, "Use of power", "The hub draws little power.", product="hub"),
    document(5, "Power supply of the hub", "The supply of power.", product="hub"),
    document(6, "The battery of the charged lock", "A battery."),
]


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, each_engine: str) -> None:
    index_of(tmp_path, SHELF)


def found(query: str, *known: SameMeaning, **more: object) -> list[int]:
    results = search.find(query, audiences=EVERYONE, synonyms=Synonyms(known), **more)
    return [hit.id for hit in results.hits]


PSU = SameMeaning(("charger",), ("power supply", "psu"))


def test_a_word_finds_what_means_the_same_only_where_all_of_it_stands() -> None:
    assert found("charger") == [1]
    hits = found("charger", PSU)
    assert hits[0] == 1
    assert set(hits) == {1, 2, 5}


def test_one_way_is_not_the_other() -> None:
    assert 1 not in found("power supply", PSU)
    both = SameMeaning(("charger",), ("power supply",), is_mutual=True)
    assert 1 in found("power supply", both)
    assert 1 not in found("power drawn", both)


def test_what_is_written_as_typed_comes_first() -> None:
    assert found("replace charger", PSU)[:2] == [1, 2]


def test_it_holds_within_one_product_only() -> None:
    assert set(found("charger", SameMeaning(("charger",), ("power supply",), product="hub"))) == {1, 5}


def test_a_word_that_writers_explained_is_not_mended_as_a_slip() -> None:
    explained = SameMeaning(("chargre",), ("battery",))
    results = search.find("chargre", audiences=EVERYONE, synonyms=Synonyms([explained]))
    assert (results.is_mended, results.also, results.hits[0].id) == (False, ("battery",), 6)
    assert results.dropped == ()


def test_a_mended_word_finds_what_means_the_same_too() -> None:
    results = search.find("chrager", audiences=EVERYONE, synonyms=Synonyms([PSU]))
    assert results.is_mended
    assert {hit.id for hit in results.hits} == {1, 2, 5}
    assert {"power", "suppli", "charger"} & set(results.terms) >= {"power", "suppli"}


def test_as_typed_looks_for_nothing_else() -> None:
    assert found("charger", PSU, as_typed=True) == [1]


def test_what_is_typed_anyway_is_not_said_to_be_looked_for_besides() -> None:
    results = search.find("charger power supply", audiences=EVERYONE, synonyms=Synonyms([PSU]))
    assert results.also == ("psu",)
