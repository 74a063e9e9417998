"""Guides keep the structure that CommonMark gives them, and the measure notices when they do not."""

import gzip
import json
from pathlib import Path

import pytest

from app.core import fidelity
from app.core.fidelity import compare, fidelity_of, structure


def test_an_outline_shows_what_stands_in_what() -> None:
    outline = structure(
        "<h2>Head</h2><p>Some <em>words</em></p><ol start='3'><li>one<ul><li><p>two</p></li></ul></li></ol>"
        "<table><tr><th>a</th></tr></table><blockquote><pre><code>x\n  y\n</code></pre></blockquote>"
    )
    assert outline == [
        "h2 Head",
        "“Some words",
        "numbered list from 3",
        "  item",
        "    “one",
        "    list",
        "      item",
        "        “two",
        "table",
        "  row",
        "    cell",
        "      “a",
        "quote",
        "  code 'x\\n  y'",
    ]


def test_an_alert_counts_as_the_quote_that_it_is() -> None:
    ours = '<div class="admonition note"><p class="admonition-title">Note</p><p>x</p></div>'
    assert structure(ours) == structure("<blockquote><p>[!NOTE]\nx</p></blockquote>") == ["quote", "  “x"]


@pytest.mark.parametrize(
    "source",
    [
        "Steps:\n- a\n  - b\n    1. c\n> quote\n",
        "1) a\n   ```\n   b\n   ```\n2) c\n\n   > d\n",
        "- a\n\n  | x | y |\n  |---|---|\n  | 1 | 2 |\n- b\n",
        "# A\ntext\n## B\n***\n> > deep\n> - list\n",
        "- a\n  > [!NOTE]\n  > b\n- c\\\n  d\n",
        "<details>\n<summary>x</summary>\n\n- a\n\n</details>\n",
        "- \n- a\n-\n  b\n",
        "1. a\n   - > [!NOTE]\n     > b\n2. c\n   - ```\n     d\n     ```\n",
        "* a\n\n- b\n\n1. c\n\n1) d\n",
    ],
)
def test_what_people_write_keeps_its_structure_and_its_words(source: str) -> None:
    comparison = compare("x", source)
    assert comparison.difference == ""
    assert comparison.same_structure
    assert comparison.same_words
    assert comparison.stable


def test_the_measure_sees_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fidelity, "canonical", lambda source: source.replace("- b", "b"))
    comparison = compare("x", "- a\n- b\n")
    assert not comparison.same_structure
    assert "-  item" in comparison.difference


def test_a_report_counts_and_names_the_worst() -> None:
    report = fidelity_of([("good", "- a\n- b\n"), ("too deep", "> " * 200 + "x"), ("fine", "")])
    assert report.count == 3
    assert report.same_structure == 2
    assert report.share == pytest.approx(2 / 3)
    assert [(case.name, "deep" in case.failure) for case in report.worst] == [("too deep", True)]


def test_nothing_is_wholly_faithful() -> None:
    assert fidelity_of([]).share == 1.0


@pytest.mark.parametrize(
    ("name", "every"),
    [("arduino_help_center", 3), ("adobe_commerce_kb_2026", 2), ("microsoft_support_articles", 80)],
)
def test_real_guides_keep_their_structure(shared: Path, name: str, every: int) -> None:
    with gzip.open(shared / "data" / "articles" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::every]
    report = fidelity_of((row["id"], row["body_markdown"]) for row in rows)
    assert report.share >= 0.98, report.worst
    assert report.stable == report.count


def test_real_answers_keep_their_structure(shared: Path) -> None:
    with gzip.open(
        shared / "data" / "forums" / "openenergymonitor_forum.jsonl.gz", "rt", encoding="utf-8"
    ) as lines:
        threads = [json.loads(line) for line in lines][::150]
    answers = [(post["id"], post["body_markdown"]) for thread in threads for post in thread["posts"][1:]]
    report = fidelity_of(answers)
    assert report.share >= 0.995, report.worst
