"""Titles appear while they are being typed."""

import random
import time
from pathlib import Path

import pytest
from flask import Flask

from app import search
from app.core.db import transaction
from tests.search.notes import EVERYONE, Note, document, index_of, write_note


def suggested(typed: str, **options: object) -> list[str]:
    return [each.title for each in search.suggest(typed, audiences=EVERYONE, **options)]  # type: ignore[arg-type]


@pytest.fixture
def titles(tmp_path: Path, each_engine: str) -> None:
    index_of(
        tmp_path,
        [
            document(1, "Reset the hub"),
            document(2, "The hub does not reset", kind="question", is_solved=True),
            document(3, "How to reset a lock", kind="question", votes=7),
            document(4, "How to reset a lamp", kind="question", votes=9),
            document(5, "Error E-104 on the lock"),
            document(6, "Reset for staff", audience="staff"),
            document(7, "Überspannung am Gerät"),
            document(8, "Warranty", aliases=("Is my lamp covered", "Covered by guarantee")),
        ],
    )


@pytest.mark.usefixtures("titles")
class TestSuggest:
    def test_the_last_word_may_be_unfinished(self) -> None:
        assert suggested("err") == ["Error E-104 on the lock"]
        assert suggested("error e-1") == ["Error E-104 on the lock"]
        assert suggested("e10") == ["Error E-104 on the lock"]

    def test_words_come_in_any_order(self) -> None:
        assert (
            suggested("hub res")[0] == "Reset the hub" or suggested("hub res")[0] == "The hub does not reset"
        )
        assert set(suggested("hub res")) == {"Reset the hub", "The hub does not reset"}

    def test_titles_that_begin_with_it_come_first_then_solved_ones_then_by_votes(self) -> None:
        assert suggested("reset") == [
            "Reset the hub",
            "The hub does not reset",
            "How to reset a lamp",
            "How to reset a lock",
        ]

    def test_the_best_are_chosen_when_there_are_more(self) -> None:
        assert suggested("reset", limit=2) == ["Reset the hub", "The hub does not reset"]

    def test_another_wording_of_a_title_finds_it_once(self) -> None:
        assert suggested("cover") == ["Warranty"]
        assert suggested("my lamp cov") == ["Warranty"]
        assert suggested("my guarantee") == []

    def test_accents_may_be_left_out(self) -> None:
        assert suggested("uberspannung am ger") == ["Überspannung am Gerät"]

    def test_nobody_is_shown_titles_for_others(self) -> None:
        assert "Reset for staff" not in suggested("reset")

    def test_nothing_typed_suggests_nothing(self) -> None:
        assert suggested("") == suggested(" -") == []


def test_suggestions_follow_changes(search_site: Flask) -> None:
    note = write_note("A squeaking hinge")
    search.catch_up()
    assert suggested("squ") == ["A squeaking hinge"]
    with transaction() as session:
        session.get_one(Note, note).title = "A silent hinge"
    search.catch_up()
    assert (suggested("squ"), suggested("sil")) == ([], ["A silent hinge"])


def test_suggestions_are_quick_among_many_titles(tmp_path: Path) -> None:
    chance = random.Random(5)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(2, 9))) for _ in range(3_000)]
    index_of(
        tmp_path,
        (
            document(number, " ".join(chance.choices(words, k=6)), votes=number % 50)
            for number in range(6_000)
        ),
    )
    suggested("a")  # The first one makes the list of words.
    times = []
    for typed in ["a", "b", words[0], f"{words[1]} {words[2][:1]}", "re", "s t u", words[9][:3]] * 5:
        start = time.process_time()
        suggested(typed)
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.005
