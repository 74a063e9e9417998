"""Two changes of one text: what both can keep, and what a person has to decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.files import ArticleSource
from app.articles.merge import has_marks, merge_sources, merge_text
from app.articles.models import ArticleType

texts = st.lists(st.sampled_from(["one", "two", "three", "four", ""]), max_size=8).map("\n".join)


def merged(base: str, mine: str, theirs: str) -> str:
    return merge_text(base, mine, theirs, "mine", "theirs").text


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("a\nb\nc\nd\ne", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE", "A\nb\nc\nd\nE"),
        ("a\nb\nc", "a\nb\nc\nd", "x\na\nb\nc", "x\na\nb\nc\nd"),
        ("a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"),
        ("a\nb\nc", "a\nX\nc", "a\nX\nc", "a\nX\nc"),
        ("a\nb\nc\nd\ne\nf", "a\nb\nd\ne\nf", "a\nb\nc\nd\nf", "a\nb\nd\nf"),
        ("", "a", "", "a"),
    ],
)
def test_changes_in_different_places_both_count(base: str, mine: str, theirs: str, both: str) -> None:
    assert merged(base, mine, theirs) == both
    assert merged(base, theirs, mine) == both


def test_changes_of_the_same_lines_stand_side_by_side_and_are_marked() -> None:
    result = merge_text("a\nb\nc", "a\nmine\nc", "a\ntheirs\nc", "yours", "published")
    assert result.conflicts == 1
    assert result.text == "a\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> published\nc"
    assert has_marks(result.text)


def test_a_change_of_what_the_other_deleted_is_a_conflict() -> None:
    assert merge_text("a\nb\nc", "a\nB\nc", "a\nc", "", "").conflicts == 1


@given(base=texts, changed=texts)
def test_where_only_one_changed_something_that_change_is_the_result(base: str, changed: str) -> None:
    assert merged(base, changed, base) == changed
    assert merged(base, base, changed) == changed
    assert merged(base, changed, changed) == changed


@given(base=texts, mine=texts, theirs=texts)
def test_no_line_that_somebody_added_is_lost(base: str, mine: str, theirs: str) -> None:
    lines = merged(base, mine, theirs).split("\n")
    for text in (mine, theirs):
        for line in set(text.split("\n")) - set(base.split("\n")):
            assert line in lines


@given(base=texts, mine=texts, theirs=texts)
def test_who_merges_does_not_decide_whether_there_is_a_conflict(base: str, mine: str, theirs: str) -> None:
    assert bool(merge_text(base, mine, theirs, "", "").conflicts) == has_marks(merged(base, mine, theirs))


def source(**fields: object) -> ArticleSource:
    return ArticleSource(**{"title": "Reset", "type": ArticleType.HOW_TO, "product": "lamp", **fields})  # type: ignore[arg-type]


def test_fields_that_one_of_both_changed_are_taken_from_that_one() -> None:
    both = merge_sources(source(owner="a"), source(owner="a", title="Mine"), source(owner="theirs"))
    assert both.conflicts == ()
    assert both.source == source(title="Mine", owner="theirs")


def test_lists_are_merged_entry_by_entry() -> None:
    both = merge_sources(
        source(tags=("a", "b", "c")), source(tags=("a", "c", "mine")), source(tags=("b", "c", "theirs"))
    )
    assert both.conflicts == ()
    assert both.source.tags == ("c", "mine", "theirs")


def test_a_field_that_both_changed_is_named() -> None:
    both = merge_sources(source(), source(title="Mine"), source(title="Theirs"))
    assert both.source.title == "Mine"
    [words] = both.conflicts
    assert "title" in words
    assert "Theirs" in words
