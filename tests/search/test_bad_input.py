"""Whatever somebody types or pastes gets an answer, for work that has an end: on the page, while typing, as a feed, in a run."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from build import an_article, catch_up_search
from flask import Flask

from app import search
from app.search.query import MOST_TERMS, parse
from tests.search.notes import EVERYONE, document, index_of

HOSTILE = [
    "a" * 10_000,
    "lamp " * 2_000,
    " ".join(f"w{number}" for number in range(1_000)),
    '"lamp " hub "unbalanced',
    '""" """ "',
    '"' + "lamp " * 1_000 + '"',
    "-lamp -hub -",
    "the of and",
    "!!! ??? ... ---",
    "\x00lamp\x00",
    "product:\x00 tag:\x00 user:\x00 code:\x00",
    "is: before: after:99999999999d before:0000-99-99",
    "E-" * 2_000,
    "0x" + "f" * 5_000,
    "lamp\r\n\t lamp\v\f\x1b[31m",
    "無線LAN" * 500,
    "e\u0301" * 2_000,
    "\u202e\u200b\ufeff\u2028",
    "👩‍💻" * 500,
    "((((" * 500 + "))))" * 500,
    "*" * 500,
    "{{ 7*7 }} %s%n ${jndi:x} '; DROP TABLE users; --",
    "<script>alert(1)</script>",
]


def every_script() -> Iterator[str]:
    """A letter of each stretch of 64 characters that has one, some together."""
    letters = []
    for start in range(0, 0x32000, 64):
        found = [
            chr(point) for point in range(start, start + 64) if unicodedata.category(chr(point))[0] == "L"
        ]
        letters += [found[0] * 2, found[-1]] if found else []
    assert len(letters) > 1_000
    for some in (letters[at : at + 60] for at in range(0, len(letters), 60)):
        yield " ".join(some)
        yield "".join(some)


def naughty(shared: Path) -> list[str]:
    strings: list[str] = json.loads((shared / "data/security/blns.json").read_text())
    return strings


@pytest.fixture
def shelf(tmp_path: Path, each_engine: str) -> None:
    index_of(tmp_path, [document(1, "A lamp", "It is lit. 無線LAN"), document(2, "The hub", "It hums.")])


def ask_everything(query: str) -> None:
    results = search.find(query, audiences=EVERYONE)
    assert not results.catching_up, query
    search.suggest(query, audiences=EVERYONE)
    search.similar(query, query, audiences=EVERYONE)
    search.snippet("It is lit.", results.terms)


@pytest.mark.usefixtures("shelf")
def test_every_script_is_answered() -> None:
    for query in every_script():
        ask_everything(query)
    assert search.find("無線", audiences=EVERYONE).hits[0].id == 1


@pytest.mark.usefixtures("shelf")
def test_the_naughty_strings_are_answered(shared: Path) -> None:
    for query in (*HOSTILE, *naughty(shared), "\n".join(naughty(shared))):
        ask_everything(query)


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_the_work_for_a_query_has_an_end(query: str) -> None:
    parsed = parse(query)
    assert len(parsed.terms) <= MOST_TERMS
    assert all(len(phrase.terms) <= MOST_TERMS for phrase in (*parsed.phrases, *parsed.unwanted))
    assert len(parsed.ignored) <= MOST_TERMS


@pytest.fixture
def ask(app: Flask, browser: Callable[..., Any]) -> Callable[[str], Any]:
    an_article(title="Replace the battery of the lamp", body="Use two cells.")
    catch_up_search()
    return lambda address: browser().get(address, follow_redirects=True)


def test_pages_suggestions_and_feeds_answer_what_cannot_be_understood(ask: Callable[[str], Any]) -> None:
    queries = [quote(query, errors="replace") for query in HOSTILE] + [
        "%ff%fe",
        "%ED%A0%80",
        "%00",
        "%",
        "lamp%u0000",
    ]
    for query in queries:
        for address in ("/search?q=", "/search/suggest?q=", "/search.atom?q="):
            assert ask(address + query).status_code == 200, address + query[:80]
    assert "for “lamp”" in ask("/search?q=%00lamp%00").text


def test_filters_that_nobody_offered_find_nothing_everything_or_are_said_to_be_wrong(
    ask: Callable[[str], Any],
) -> None:
    for others in (
        "page=99999999999999999999",
        "page=-1",
        "page=one",
        "kind=x&sort=x&as_typed=x",
        "product=" + "a" * 5_000,
        "tag=" + "%F0%9F%94%A5" * 500,
        "near=%FF",
        "q=hub&page=1&page=2",
    ):
        for address in ("/search?q=lamp&", "/search.atom?q=lamp&"):
            assert ask(address + others).status_code in (200, 404), others
    assert ask("/search?q=lamp&product=%00").status_code == 400


def test_a_run_answers_each_line_of_it(ask: Callable[[str], Any], app: Flask, tmp_path: Path) -> None:
    queries = tmp_path / "queries.jsonl"
    asked = [*HOSTILE, "\ud800", "lamp"]
    lines = [json.dumps({"_id": f"q {number}", "text": query}) for number, query in enumerate(asked)]
    queries.write_text("\n".join(["", *lines]))
    result = app.test_cli_runner().invoke(args=["search", "run", str(queries), "--kind", "guides"])
    assert result.exit_code == 0, result.output
    assert f"{len(asked)} queries." in result.stderr
    assert f"q_{len(asked) - 1} Q0 article/" in result.stdout
