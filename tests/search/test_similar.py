"""What others wrote about the same."""

from pathlib import Path

import pytest

from app import search
from tests.search.notes import EVERYONE, document, index_of


@pytest.fixture
def threads(tmp_path: Path, each_engine: str) -> None:
    index_of(
        tmp_path,
        [
            *(
                document(number, f"My {chr(number)} does not work", "It does not work at all, please help.")
                for number in range(0x4E00, 0x4E40)
            ),
            document(2, "Lamp flickers after the update", "Since firmware 4.2.1 it flickers at low light."),
            document(3, "Lamp is dark", "The lamp stays dark."),
            document(4, "Flickering light", "Firmware 4.2.1 flickers.", kind="question", is_solved=True),
            document(5, "Flicker notes for staff", "Firmware 4.2.1 flickers.", audience="staff"),
        ],
    )


def similar(title: str, body: str = "", **options: object) -> list[int]:
    hits = search.similar(title, body, audiences=EVERYONE, **options)  # type: ignore[arg-type]
    return [hit.id for hit in hits]


@pytest.mark.usefixtures("threads")
class TestSimilar:
    def test_rare_words_count_more_than_frequent_ones(self) -> None:
        assert set(similar("It does not work", "It flickers since firmware 4.2.1")[:2]) == {2, 4}

    def test_the_thing_itself_can_be_left_out(self) -> None:
        assert 2 not in similar("Lamp flickers after the update", exclude={("article", 2)})

    def test_only_one_kind_or_only_solved_ones_can_be_asked_for(self) -> None:
        assert similar("Light flickers", kind="question", solved=True) == [4]

    def test_nobody_is_shown_what_is_for_others(self) -> None:
        assert 5 not in similar("Flicker notes firmware")

    def test_no_more_come_than_were_asked_for(self) -> None:
        assert len(similar("lamp work flickers light firmware", limit=2)) == 2

    def test_nothing_in_common_gives_nothing(self) -> None:
        assert similar("zebra", "quagga") == []
