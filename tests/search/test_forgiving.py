"""Slips are mended from the words of the site itself, other spellings count, and nobody learns of what is hidden."""

from pathlib import Path

import pytest

from app import search
from app.search.spelling import Spelling, distance
from tests.search.notes import EVERYONE, document, index_of, titles_found

SHELF = [
    document(1, "Reset the hub", "Hold the button for ten seconds; the colour of the light changes."),
    document(2, "The hub is offline", "Check the router and the wifi. Then reset the hub."),
    document(3, "Replace the battery of the lock", "Use two AA cells.", symptoms=("E-104",)),
    document(4, "Secret merger", "The zanzibar project.", audience="staff"),
    document(5, "Power supply of the hub", "The power supply hums."),
    document(6, "Installing the bracket", "Install it upright."),
    document(7, "Setup of the router", "The router's setup takes a minute."),
]


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, each_engine: str) -> None:
    index_of(tmp_path, SHELF)


@pytest.mark.parametrize(
    ("typed", "meant", "expected"),
    [
        ("battry", "battery", 3),
        ("installing braket", "installing bracket", 6),
        ("Offlnie", "offline", 2),
        ("reset the ruoter", "reset the router", 2),
        ("powersupply", "power supply", 5),
    ],
)
def test_a_slip_is_mended_and_said(typed: str, meant: str, expected: int) -> None:
    results = search.find(typed, audiences=EVERYONE)
    assert results.hits[0].id == expected
    assert (results.is_mended, results.meant) == (True, meant)


def test_the_words_are_looked_for_as_typed_on_request() -> None:
    results = search.find("battry", audiences=EVERYONE, as_typed=True)
    assert (results.total, results.meant) == (0, "")


@pytest.mark.parametrize(
    "query", ["E-105", "E104x", "CreateFileX", "0x80070006", "LOCKK", "hub", "1.2.3", "the"]
)
def test_codes_and_known_words_are_left_alone(query: str) -> None:
    assert search.find(query, audiences=EVERYONE).meant == ""


def test_a_word_is_not_mended_into_one_that_only_others_may_find() -> None:
    assert search.find("zanzibr", audiences=EVERYONE).meant == ""
    assert search.find("zanzibr", audiences=frozenset({"public", "staff"})).meant == "zanzibar"


def test_a_word_that_only_others_may_find_is_unknown_to_a_reader() -> None:
    assert search.find("zanzibar", audiences=EVERYONE).total == 0


@pytest.mark.parametrize(
    ("query", "expected"), [("color of the light", 1), ("wi fi", 2), ("set up router", 7), ("héllo hüb", 1)]
)
def test_other_spellings_of_a_word_find_it(query: str, expected: int) -> None:
    results = search.find(query, audiences=EVERYONE)
    assert expected in [hit.id for hit in results.hits][:2]


def test_a_word_found_under_another_spelling_is_not_said_to_be_missing() -> None:
    assert search.find("wi fi", audiences=EVERYONE).dropped == ()


def test_a_rare_word_beside_a_common_one_is_only_doubted(tmp_path: Path) -> None:
    crowd = [document(number, f"Printer {number}", "The printer prints.") for number in range(1, 200)]
    index_of(tmp_path / "crowd", [*crowd, document(999, "My printr", "It is broken.")])
    results = search.find("printr", audiences=EVERYONE)
    assert titles_found("printr") == [999]
    assert (results.is_mended, results.meant) == (False, "printer")


def test_a_word_is_not_doubted_for_one_that_only_others_may_find(tmp_path: Path) -> None:
    crowd = [
        document(number, f"Printer {number}", "It prints.", audience="staff") for number in range(1, 200)
    ]
    index_of(tmp_path / "crowd", [*crowd, document(999, "My printr", "It is broken.")])
    assert search.find("printr", audiences=EVERYONE).meant == ""
    assert search.find("printr", audiences=frozenset({"public", "staff"})).meant == "printer"


def test_likely_slips_are_nearer_than_others() -> None:
    assert distance("hub", "hub") == 0
    assert distance("accomodate", "accommodate") < distance("acomodate", "accommodate") < 2
    assert distance("teh", "the") < distance("tze", "the")
    assert distance("hun", "hub") < distance("hup", "hub")


def test_a_slip_in_a_word_that_is_left_out_is_left_out() -> None:
    spelling = Spelling({"withdraw": 5, "width": 3})
    assert spelling.candidates("withh")[0].word == "with"


@pytest.mark.parametrize(
    ("written", "typed"),
    [("Set up the hub", "setup"), ("Setup of the hub", "set up"), ("Cannot log in", "login")],
)
def test_a_verb_and_its_particle_are_one_with_their_noun(tmp_path: Path, written: str, typed: str) -> None:
    index_of(
        tmp_path / "verbs", [document(1, written), document(2, "A log of the day"), document(3, "Upwards")]
    )
    assert titles_found(typed)[0] == 1


def test_a_noun_is_found_by_its_verb_with_a_word_that_is_left_out(tmp_path: Path) -> None:
    index_of(tmp_path / "verbs", [document(1, "The login is refused"), document(2, "A log of the day")])
    assert set(titles_found("I cannot log in")) == {1, 2}
    assert titles_found("the log") == [2]
