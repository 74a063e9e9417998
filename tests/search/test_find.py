"""What is found for a query, in which order, and for whom."""

from pathlib import Path

import pytest
from cost import cpu

from app import search
from tests.search.notes import EVERYONE, document, index_of, titles_found

HUB, LOCK = "hub", "lock"
SHELF = [
    document(
        1, "Reset the hub", "Hold the button for ten seconds until it blinks.", product=HUB, tags=("reset",)
    ),
    document(2, "The hub is offline", "Check the router. Then reset the hub.", product=HUB),
    document(3, "Replace the battery of the lock", "Use two AA cells.", product=LOCK, symptoms=("E-104",)),
    document(4, "Pairing fails", "avrdude: stk500_getsync() attempt 10 of 10: not in sync", product=HUB),
    document(5, "Access denied", "Error 0x80070005 while saving.", aliases=("I am not allowed to save",)),
    document(6, "Reset codes for staff", "The master reset.", audience="staff"),
    document(7, "Hub keeps blinking", "Mine blinks all day.", kind="question", product=HUB, is_solved=True),
    document(8, "Hub keeps humming", "It hums.", kind="question", product=HUB),
    document(9, "Warranty", "The warranty covers the battery for two years and the hub for three."),
]


@pytest.fixture
def shelf(tmp_path: Path, each_engine: str) -> None:
    index_of(tmp_path, SHELF)


@pytest.mark.usefixtures("shelf")
class TestOrder:
    def test_a_document_with_all_words_comes_before_those_with_some(self) -> None:
        assert titles_found("battery lock")[0] == 3
        assert titles_found("blinking hub")[0] == 7

    def test_a_title_counts_more_than_a_body(self) -> None:
        assert titles_found("reset hub")[:2] == [1, 2]

    def test_an_exact_title_comes_first(self) -> None:
        assert titles_found("the hub is offline")[0] == 2
        assert titles_found("warranty")[0] == 9

    def test_another_wording_of_a_title_comes_first_too(self) -> None:
        assert titles_found("I am not allowed to save")[0] == 5

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("E-104", 3),
            ("e104", 3),
            ("E 104", 3),
            ("0x80070005", 5),
            ("80070005", 5),
            ("avrdude: stk500_getsync()", 4),
            ("stk500_getsync", 4),
            ("getsync", 4),
        ],
    )
    def test_a_code_is_found_whole_and_in_part(self, query: str, expected: int) -> None:
        assert titles_found(query)[0] == expected

    def test_a_product_and_a_tag_are_words_too(self) -> None:
        assert 3 in titles_found("lock cells")


@pytest.mark.usefixtures("shelf")
class TestWhatMayBeFound:
    def test_nobody_finds_what_is_for_others(self) -> None:
        assert 6 not in titles_found("master reset staff codes")
        everything = search.find("reset codes", audiences=frozenset({"public", "staff"}))
        assert everything.hits[0].id == 6

    def test_without_an_audience_nothing_is_found(self) -> None:
        assert search.find("hub", audiences=frozenset()).total == 0

    def test_filters_hold_before_the_first_ten_are_chosen(self, tmp_path: Path) -> None:
        crowd = [document(each, "hub hub hub", "hub " * 20) for each in range(1, 40)]
        index_of(
            tmp_path / "crowd", [*crowd, document(99, "Something", "one hub", kind="question", tags=("x",))]
        )
        assert titles_found("hub", kind="question") == [99]
        assert titles_found("hub", tag="x") == [99]

    def test_each_filter_leaves_only_its_own(self) -> None:
        assert set(titles_found("hub", kind="question")) == {7, 8}
        assert set(titles_found("hub", solved=True)) == {7}
        assert 7 not in titles_found("hub", solved=False)
        assert set(titles_found("reset", tag="reset")) == {1}
        assert titles_found("battery", product=LOCK) == [3]
        assert titles_found("hub", product="unknown") == []


@pytest.mark.usefixtures("shelf")
class TestResults:
    def test_counts_say_what_each_filter_would_leave(self) -> None:
        results = search.find("hub", audiences=EVERYONE)
        assert results.counts["question"] == search.find("hub", audiences=EVERYONE, kind="question").total
        assert results.counts["article"] == search.find("hub", audiences=EVERYONE, kind="article").total
        assert results.counts["solved"] == 1
        assert results.total == results.counts["article"] + results.counts["question"]

    def test_counts_stay_the_same_under_a_filter(self) -> None:
        assert (
            search.find("hub", audiences=EVERYONE, kind="question").counts
            == search.find("hub", audiences=EVERYONE).counts
        )

    def test_tags_are_counted_as_their_filter_would_leave_them(self, tmp_path: Path) -> None:
        marks = [("a",), ("b", "a"), ("a", "c"), (), ("b",)]
        shelf = [document(number, f"Note {number}", tags=tags) for number, tags in enumerate(marks, start=1)]
        index_of(tmp_path / "tags", [*shelf, document(9, "Note 9", tags=("a",), audience="staff")])
        counts = search.find("note", audiences=EVERYONE, tags_counted=2).counts
        assert {name: count for name, count in counts.items() if name.startswith("tag:")} == {
            "tag:a": 3,
            "tag:b": 2,
        }
        assert search.find("note", audiences=EVERYONE, tag="a").total == 3

    def test_pages_follow_each_other_without_gap_or_repetition(self) -> None:
        whole = titles_found("hub reset battery", per_page=9)
        parts = [titles_found("hub reset battery", per_page=2, page=page) for page in range(1, 6)]
        assert [each for part in parts for each in part] == whole

    def test_words_that_nothing_holds_are_named(self) -> None:
        results = search.find("reset hub flurbish", audiences=EVERYONE)
        assert results.words == ("reset", "hub", "flurbish")
        assert results.dropped == ("flurbish",)
        assert results.hits[0].id == 1

    def test_a_hit_says_which_terms_it_holds(self) -> None:
        hit = search.find("reset offline router", audiences=EVERYONE).hits[0]
        assert (hit.id, set(hit.matched)) == (2, {"reset", "offlin", "router"})

    def test_a_filter_that_leaves_nothing_with_all_words_shows_what_has_some(self) -> None:
        assert titles_found("battery lock", kind="question") == []
        assert set(titles_found("hub battery warranty", kind="question")) == {7, 8}

    def test_nothing_found_offers_what_is_close(self) -> None:
        results = search.find("warrnty", audiences=EVERYONE, as_typed=True)
        assert results.total == 0
        assert [each.title for each in results.close] == ["Warranty"]

    def test_only_stop_words_offer_titles_with_them(self) -> None:
        results = search.find("of the", audiences=EVERYONE)
        assert [each.id for each in results.close] == [3]


@pytest.mark.usefixtures("shelf")
class TestSyntax:
    def test_a_phrase_must_stand_together(self) -> None:
        assert titles_found('"reset the hub"') == [1, 2]
        assert titles_found('"ten seconds"') == [1]

    def test_a_phrase_that_stands_nowhere_is_taken_as_words(self) -> None:
        assert titles_found('"seconds ten"') == [1]

    def test_a_word_with_a_minus_must_not_occur(self) -> None:
        assert 8 not in titles_found("hub -humming")
        assert 8 in titles_found("hub humming")

    def test_what_would_leave_nothing_is_ignored_and_named(self) -> None:
        assert titles_found("warranty -years") == [9]
        assert search.find("warranty -years", audiences=EVERYONE).ignored == ("-years",)
        assert search.find('warranty "years two"', audiences=EVERYONE).ignored == ("“years two”",)
        assert search.find('"two years"', audiences=EVERYONE).ignored == ()

    def test_an_error_number_below_nought_is_no_exclusion(self) -> None:
        assert search.parse("error -1603").unwanted == ()


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "\x00",
        "\x00hub\x00",
        '"',
        '"""',
        "-",
        "-hub",
        "--hub",
        "(hub",
        "hub)",
        "hub AND",
        "title:hub",
        "*",
        "h*",
        "?",
        "~",
        "[a TO",
        "{}",
        "\\",
        "a" * 10_000,
        "hub " * 1_000,
        " ".join(f"w{each}" for each in range(1_000)),
        '"' + "hub " * 1_000 + '"',
        "the of and",
        "!!! ??? ...",
        "\ud800",
        "\u202e\u200b\ufeff",
        "𝕳𝖚𝖇",
        "無線LAN",
        "مرحبا بالعالم",
        "नमस्ते",
        "👩‍💻🔥",
        "e\u0301" * 500,
        "'; DROP TABLE users; --",
        "<script>alert(1)</script>",
        "%s%d%n",
        "../../etc/passwd",
    ],
)
def test_hostile_queries_get_an_answer_in_a_moment(query: str) -> None:
    search.find(query, audiences=EVERYONE)

    def ask_everything() -> None:
        search.find(query, audiences=EVERYONE)
        search.suggest(query, audiences=EVERYONE)
        search.similar(query, query, audiences=EVERYONE)

    assert cpu(ask_everything, 0.1) < 0.1
    assert not search.find(query, audiences=EVERYONE).catching_up


@pytest.mark.usefixtures("shelf")
def test_a_bold_mathematical_hub_is_a_hub() -> None:
    assert titles_found("𝕳𝖚𝖇") == titles_found("hub")


def test_an_empty_index_finds_nothing_and_says_that_it_is_complete(tmp_path: Path) -> None:
    index_of(tmp_path, [])
    results = search.find("anything", audiences=EVERYONE)
    assert (results.total, results.catching_up) == (0, False)


def test_pages_far_away_are_empty(tmp_path: Path) -> None:
    index_of(tmp_path, SHELF)
    assert search.find("hub", audiences=EVERYONE, page=10**9).hits == ()
    assert search.find("hub", audiences=EVERYONE, page=-1).page == 1
