"""A collection of documents that search is to be measured on: each becomes a guide that is found by the same steps."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.core.text import excerpt, plain_line
from app.imports.articles import import_articles
from app.imports.reading import BadLine, Line, clean, read_lines
from app.imports.report import Report

FILES = ("corpus.jsonl", "corpus.jsonl.gz")
TITLE_FROM_TEXT = 120


def import_corpus(source: Path, folder: Path, set_name: str) -> Report:
    """Bring a corpus as public guides: `_id`, `title` and `text` of each line; see `import_articles`.

    Args:
        source: a folder with `corpus.jsonl` in it, plain or gzipped, or that file itself.
        folder: the folder of guides.
        set_name: what the set is called; `flask search run` gives each guide its `_id` back.

    Raises:
        OSError: there is no such file, or it cannot be read.
    """
    return import_articles(corpus_file(source), folder, set_name, set_name, read=_read)


def corpus_file(source: Path) -> Path:
    """The file of a corpus.

    Raises:
        FileNotFoundError: the folder holds none.
    """
    if not source.is_dir():
        return source
    for name in FILES:
        if (source / name).is_file():
            return source / name
    raise FileNotFoundError(f"There is no {FILES[0]} in {source}.")


def _read(source: Path) -> Iterator[Line | BadLine]:
    for line in read_lines(source):
        yield replace(line, record=_as_guide(line.record)) if isinstance(line, Line) else line


def _as_guide(record: dict[str, Any]) -> dict[str, Any]:
    """The text is plain: what looks like a tag in it is meant to be read, and found."""
    title, text = plain_line(clean(record.get("title"))), clean(record.get("text"))
    return {
        "id": record.get("_id", record.get("id")),
        "title": title or excerpt(plain_line(text), TITLE_FROM_TEXT),
        "body_markdown": (text if text.strip() else title).replace("<", "&lt;"),
        "type": "reference",
    }
