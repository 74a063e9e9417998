"""What decides between documents that fit nearly alike, and what folds into what."""

from pathlib import Path

import pytest

from app import search
from tests.search.notes import EVERYONE, document, index_of, titles_found

pytestmark = pytest.mark.usefixtures("each_engine")

HUB = "hub"
STAFF = frozenset({"public", "staff"})


def rank_of_parts(query: str, number: int, **near: tuple[str, ...]) -> dict[str, float]:
    told = search.explain(query, ("article", number), audiences=EVERYONE, **near)
    assert told is not None
    assert sum(part.score for part in told.parts) == pytest.approx(told.score)
    return {part.name: part.score for part in told.parts}


def test_of_two_that_fit_alike_the_one_with_more_votes_comes_first(tmp_path: Path) -> None:
    index_of(
        tmp_path,
        [
            document(1, "The lock jams", "It jams in winter."),
            document(2, "The lock jams", "It jams in summer.", votes=4),
            document(3, "The lock jams", "It jams in autumn.", votes=40),
            document(4, "The lock jams", "It jams in spring.", votes=-40),
        ],
    )
    assert titles_found("lock jams") == [3, 2, 1, 4]
    assert rank_of_parts("lock jams", 3)["votes"] > 0
    assert "votes" not in rank_of_parts("lock jams", 4)


def test_no_votes_and_no_product_lift_what_fits_less_over_what_fits(tmp_path: Path) -> None:
    others = [document(number, "Something else", "Nothing of it.") for number in range(10, 30)]
    index_of(
        tmp_path,
        [
            document(1, "Pair the lamp", "Hold the lamp near the bridge to pair it."),
            document(2, "Lamp", "Any lamp lights.", votes=1_000_000, product=HUB),
            *others,
        ],
    )
    assert [hit.id for hit in search.find("pair lamp bridge", audiences=EVERYONE, near=(HUB,)).hits] == [1, 2]


def test_the_product_that_the_reader_comes_from_decides_between_equals(tmp_path: Path) -> None:
    index_of(
        tmp_path,
        [
            document(1, "Change the battery", "Open the lid.", product="lock"),
            document(2, "Change the battery", "Open the lid.", product=HUB),
        ],
    )
    assert titles_found("battery") == [1, 2]
    assert titles_found("battery", near=(HUB,)) == [2, 1]
    assert rank_of_parts("battery", 2, near=(HUB,))["the reader's product"] > 0


class TestThreadsWhoseAnswerBecameAGuide:
    def site(self, folder: Path, audience: str = "public") -> None:
        index_of(
            folder,
            [
                document(1, "Reset the hub", "Hold the button.", audience=audience),
                document(
                    1, "Hub will not reset, blinks", "Mine.", kind="question", folds_into=("article", 1)
                ),
                document(2, "Hub and a lamp", "Another thing.", kind="question"),
                document(3, "A guide that is gone", "Hub here.", kind="question", folds_into=("article", 99)),
            ],
        )

    def test_it_is_shown_under_the_guide_which_takes_over_how_well_it_fits(self, tmp_path: Path) -> None:
        self.site(tmp_path)
        results = search.find("hub blinks", audiences=EVERYONE)
        assert results.hits[0].key == ("article", 1)
        assert results.hits[0].folded == (("question", 1),)
        assert ("question", 1) not in [hit.key for hit in results.hits]
        assert results.dropped == ()
        assert results.total == results.counts["everything"] == 3
        assert results.counts["question"] == 3
        told = search.explain("hub blinks", ("article", 1), audiences=EVERYONE)
        assert told is not None
        assert told.rank == 1
        assert told.parts[-1].name == "a thread that folds into it"

    def test_a_guide_is_found_by_words_that_only_its_thread_holds(self, tmp_path: Path) -> None:
        self.site(tmp_path)
        assert [hit.key for hit in search.find("blinks", audiences=EVERYONE).hits] == [("article", 1)]

    def test_it_stands_by_itself_where_the_guide_may_not_be_read_or_is_not_wanted(
        self, tmp_path: Path
    ) -> None:
        self.site(tmp_path, audience="staff")
        found = search.find("hub blinks", audiences=EVERYONE)
        assert found.hits[0].key == ("question", 1)
        assert search.find("hub blinks", audiences=STAFF).hits[0].key == ("article", 1)
        assert search.find("hub blinks", audiences=STAFF, kind="question").hits[0].key == ("question", 1)
        assert search.find("hub blinks is:question", audiences=STAFF).hits[0].key == ("question", 1)

    def test_alike_texts_are_folded_too(self, tmp_path: Path) -> None:
        self.site(tmp_path)
        found = search.similar("My hub blinks and will not reset", audiences=EVERYONE)
        assert found[0].key == ("article", 1)
        assert ("question", 1) not in [hit.key for hit in found]
        guide_aside = search.similar("hub blinks", audiences=EVERYONE, exclude={("article", 1)})
        assert ("question", 1) in [hit.key for hit in guide_aside]
