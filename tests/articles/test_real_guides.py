"""Guides that nobody here wrote: the largest and the oddest of two real libraries, as files and as pages."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from app.articles import files, queries, sync
from app.articles.files import ArticleSource, FileFound
from app.articles.models import ArticleType
from app.core.text import plain_line, slugify
from tests.articles.guide_files import folder

SETS = ("articles/microsoft_support_articles.jsonl.gz", "articles/arduino_help_center.jsonl.gz")
OF_EACH = 20


def oddness(guide: dict[str, Any]) -> int:
    """How much of what makes trouble is in a guide: raw HTML, tables, wide characters, deep indents, brackets."""
    body = guide["body_markdown"]
    return (
        (
            sum(body.count(sign) for sign in ("<", "|", "[!", "\t", "{", "&#", "    - "))
            + sum(ord(letter) > 0x2FF for letter in body)
        )
        * 1000
        // (len(body) + 500)
    )


def real_guides(data: Path) -> Iterator[tuple[str, ArticleSource]]:
    for name in SETS:
        with gzip.open(data / name, "rt", encoding="utf-8") as lines:
            guides = [json.loads(line) for line in lines]
        largest = sorted(guides, key=lambda guide: -len(guide["body_markdown"]))[: OF_EACH // 4]
        oddest = sorted(guides, key=lambda guide: -oddness(guide))[:OF_EACH]
        chosen = {guide["id"]: guide for guide in [*largest, *oddest]}
        for number, guide in enumerate(list(chosen.values())[:OF_EACH]):
            product = slugify(guide["product"] or "other")
            title = plain_line(guide["title"])[:300]
            path = f"{product}/{slugify(title)}-{number}.md"
            yield (
                path,
                ArticleSource(title, ArticleType.TROUBLESHOOTING, product, body=guide["body_markdown"]),
            )


def test_the_largest_and_oddest_real_guides_are_kept_published_and_shown(
    app: Flask, browser: Callable[..., Any], shared: Path
) -> None:
    written = dict(real_guides(shared / "data"))
    assert len(written) == OF_EACH * len(SETS)
    for path, source in written.items():
        files.write(folder(), path, files.dump(source))
        found = files.read(folder(), path)
        assert isinstance(found, FileFound)
        assert found.source.body == source.body.replace("\r\n", "\n").strip("\n").rstrip(), path
    result = sync.sync(folder())
    assert [(change.path, problem) for change, problem in result.problems] == []
    assert sync.sync(folder()).changes == []
    client = browser(None)
    for path in written:
        response = client.get(f"/articles/{Path(path).stem}")
        assert response.status_code == 200, path
        assert "<script>" not in response.text
    assert len(queries.known_articles()) == len(written)
