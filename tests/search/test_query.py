"""What a person typed, taken apart: conditions, dates, and pieces that say nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import search
from app.search.query import Conditions, parse
from tests.search.notes import EVERYONE, document, index_of, titles_found

TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)
SHELF = [
    document(1, "Reset the hub", "Hold it.", product="hub", tags=("reset", "light"), people=("Mira",)),
    document(
        2, "Hub blinks", "Mine blinks.", kind="question", product="hub", tags=("light",), is_solved=True
    ),
    document(3, "Hub hums", "Code E-104.", kind="question", product="hub", people=("Tom", "mira")),
    document(
        4,
        "Hub of old",
        "Error 104 and many more.",
        created_at=datetime(2020, 3, 1, tzinfo=UTC),
        updated_at=datetime(2021, 3, 1, tzinfo=UTC),
        votes=9,
    ),
]


@pytest.fixture
def shelf(tmp_path: Path, each_engine: str) -> None:
    index_of(tmp_path, SHELF)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hub is:solved", {2}),
        ("hub is:open", {3}),
        ("hub is:guide", {1, 4}),
        ("hub is:questions", {2, 3}),
        ("hub tag:light", {1, 2}),
        ("hub tag:light -tag:reset", {2}),
        ("hub user:mira", {1, 3}),
        ("hub user:@Tom", {3}),
        ("hub product:HUB is:guide", {1}),
        ("code:E-104", {3}),
        ("hub before:2021", {4}),
        ("hub after:2025-12-31", {1, 2, 3}),
        ("is:solved", {2}),
        ('tag:"light" is:guide', {1}),
    ],
)
def test_a_condition_leaves_only_what_fulfils_it(query: str, expected: set[int]) -> None:
    assert set(titles_found(query)) == expected


@pytest.mark.usefixtures("shelf")
def test_what_says_nothing_is_named_and_the_rest_is_looked_for() -> None:
    results = search.find("hub is:purple before:someday tag:unheard", audiences=EVERYONE)
    assert set(results.ignored) == {"is:purple", "before:someday", "tag:unheard"}
    assert results.total == 4


def test_words_beyond_the_limit_are_named() -> None:
    query = parse(" ".join(f"word{chr(97 + each // 26)}{chr(97 + each % 26)}" for each in range(60)))
    assert len(query.terms) == 32
    assert "wordbh" in query.ignored


@pytest.mark.usefixtures("shelf")
def test_hits_are_ordered_by_date_or_votes_on_request() -> None:
    assert titles_found("hub", sort="votes")[0] == 4
    assert titles_found("hub", sort="newest")[-1] == 4


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("after:7d", TODAY - timedelta(days=7)),
        ("after:2weeks", TODAY - timedelta(days=14)),
        ("after:yesterday", datetime(2026, 6, 14, tzinfo=UTC)),
        ("after:last-month", datetime(2026, 5, 16, tzinfo=UTC)),
        ("after:2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("after:2026-02", datetime(2026, 2, 1, tzinfo=UTC)),
        ("after:2026-02-31", None),
        ("after:99999y", None),
        ("after:9999y", None),
    ],
)
def test_dates_may_be_exact_or_relative(typed: str, moment: datetime | None) -> None:
    query = parse(typed + " hub", TODAY)
    assert query.conditions.after == moment
    assert bool(query.ignored) == (moment is None)


@pytest.mark.parametrize(
    "pasted", ["title:hub", "error: user: root", "http://is:8080/x", "a-tag:x", "time is:", "C:\\code:x"]
)
def test_what_only_looks_like_syntax_is_text(pasted: str) -> None:
    query = parse(pasted)
    assert query.conditions == Conditions()
    assert query.words or query.ignored


def test_a_long_pasted_text_is_no_syntax() -> None:
    assert parse("error " * 40 + "tag:x -foo").conditions == Conditions()
    assert parse("first line\ntag:x").conditions == Conditions()


@given(st.text(max_size=300))
def test_anything_at_all_can_be_taken_apart(text: str) -> None:
    parse(text, TODAY)


def test_why_a_hit_stands_where_it_stands_adds_up(tmp_path: Path) -> None:
    index_of(tmp_path, SHELF)
    told = search.explain("reset hub", ("article", 1), audiences=EVERYONE)
    assert told is not None
    assert told.rank == 1
    assert sum(part.score for part in told.parts) == pytest.approx(told.score)
    assert {"title", "all"} <= {part.field for part in told.parts}
    other = search.explain("reset hub", ("article", 4), audiences=EVERYONE)
    assert other is not None
    assert (other.rank or 9) > 1
    assert search.explain("reset hub", ("article", 77), audiences=EVERYONE) is None
