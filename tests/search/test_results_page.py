"""The page of results says what it made of the words, and offers the other ways to see them."""

from collections.abc import Callable
from typing import Any

import pytest
from build import a_question, an_article, catch_up_search

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def page(browser: Callable[..., Any]) -> Callable[[str], str]:
    an_article(title="Replace the battery of the lock", body="Use two cells.")
    a_question(title="The lock eats its battery")
    catch_up_search()
    return lambda address: browser().get(address).get_data(as_text=True)


def test_a_mended_word_is_said_and_the_typed_one_stays_a_press_away(page: Callable[[str], str]) -> None:
    shown = page("/search?q=battry")
    assert "2 results for “battery”" in shown
    assert "Search instead for" in shown
    assert 'href="/search?q=battry&amp;as_typed=1"' in shown
    as_typed = page("/search?q=battry&as_typed=1")
    assert "Nothing found for “battry”" in as_typed


def test_syntax_that_says_nothing_is_named(page: Callable[[str], str]) -> None:
    assert "Not understood or left out: is:purple" in page("/search?q=battery+is:purple")


def test_the_order_can_be_chosen_and_an_unknown_one_is_the_best_first(page: Callable[[str], str]) -> None:
    assert 'href="/search?q=battery&amp;sort=newest"' in page("/search?q=battery")
    assert '<a href="/search?q=battery" aria-current="true">Best first' in page("/search?q=battery&sort=x")


def test_an_empty_search_tells_what_can_be_typed(page: Callable[[str], str]) -> None:
    assert "code:E-104" in page("/search")
