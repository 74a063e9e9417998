"""Slugs, excerpts and plain lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import SLUG_LENGTH, excerpt, plain_line, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Reset the thermostat", "reset-the-thermostat"),
        ("  What's new in 2.1?  ", "whats-new-in-2-1"),
        ("Crème brûlée, naïve café", "creme-brulee-naive-cafe"),
        ("Straße über Łódź — Ærø", "strasse-uber-lodz-aero"),
        ("Сброс термостата", "сброс-термостата"),
        ("温度計をリセット", "温度計をリセット"),
        ("हिन्दी में", "हिन्दी-में"),
        ("C++ & C#", "c-c"),
        ("ﬁle №5", "file-no5"),
        ("", "untitled"),
        ("???", "untitled"),
        ("🙂 ⚙️", "untitled"),
        ("under_score", "under-score"),
    ],
)
def test_a_slug_is_what_people_can_read(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_a_long_slug_ends_between_words() -> None:
    slug = slugify("word " * 40)
    assert len(slug) <= SLUG_LENGTH
    assert set(slug.split("-")) == {"word"}


def test_a_slug_of_one_endless_word_is_cut() -> None:
    assert len(slugify("a" * 300)) == SLUG_LENGTH


@given(st.text())
def test_a_slug_is_never_empty_and_stays_itself(title: str) -> None:
    slug = slugify(title)
    assert 0 < len(slug) <= SLUG_LENGTH
    assert slugify(slug) == slug
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert "--" not in slug


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt("One line\nand another.") == "One line and another."


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("The pump runs, but no water comes", 20) == "The pump runs, but…"
    assert excerpt("The pump, running", 10) == "The pump…"


@given(st.text(), st.integers(0, 60))
def test_an_excerpt_has_its_length_at_most(text: str, length: int) -> None:
    assert len(excerpt(text, length)) <= length


def test_an_excerpt_of_a_text_without_spaces_is_cut() -> None:
    assert excerpt("x" * 100, 10) == "x" * 9 + "…"


def test_a_plain_line_is_one_line_without_tricks() -> None:
    assert plain_line("  a\tb\r\nc\x00d  ") == "a b cd"
    assert plain_line("safe\u202etxt.exe\u2066") == "safetxt.exe"
    assert plain_line("\ufeffzero\u200bwidth") == "zerowidth"
    assert plain_line("line\u2028separator\u0085next") == "line separator next"


def test_a_plain_line_keeps_what_spelling_needs() -> None:
    assert plain_line("می\u200cخواهم") == "می\u200cخواهم"
    assert plain_line("👩\u200d🔧") == "👩\u200d🔧"


@given(st.text())
def test_a_plain_line_has_nothing_to_take_away(text: str) -> None:
    line = plain_line(text)
    assert plain_line(line) == line
    assert "\n" not in line
    assert "\x00" not in line
