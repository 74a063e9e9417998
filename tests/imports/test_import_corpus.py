"""A corpus to measure search on, and the run that comes out of it."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.articles.models import Article
from app.core.db import db

CORPUS = [
    {"_id": "d1", "title": "Reset the hub", "text": "Hold <b>the</b> button for ten seconds."},
    {"_id": "d2", "title": "", "text": "The battery of the lock lasts a year."},
    {"_id": "d3", "title": "Only a title", "text": ""},
]
QUERIES = [{"_id": "q1", "text": "reset the hub"}, {"_id": "q2", "text": "lock battery"}]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "lamps"
    folder.mkdir()
    for name, records in (("corpus", CORPUS), ("queries", QUERIES)):
        lines = "\n".join(json.dumps(record) for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_a_corpus_is_imported_and_a_run_names_its_documents(app: Flask, corpus: Path) -> None:
    command = app.test_cli_runner()
    result = command.invoke(args=["import", "corpus", str(corpus)])
    assert result.exit_code == 0, result.output
    assert "3 taken" in result.output
    command.invoke(args=["search", "catch-up"])
    out = corpus / "run.txt"
    result = command.invoke(args=["search", "run", str(corpus / "queries.jsonl"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in out.read_text("utf-8").splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows if row[3] == "1"] == [
        ("q1", "d1", "1"),
        ("q2", "d2", "1"),
    ]
    assert all(len(row) == 6 and row[1] == "Q0" for row in rows)


def test_what_looks_like_a_tag_in_a_corpus_is_text(app: Flask, corpus: Path) -> None:
    app.test_cli_runner().invoke(args=["import", "corpus", str(corpus)])
    article = db.session.scalars(select(Article).where(Article.origin == "lamps:d1")).one()
    assert "<b>the</b>" in article.body_text


def test_a_folder_without_a_corpus_is_refused_with_a_word(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["import", "corpus", str(tmp_path)])
    assert result.exit_code == 1
    assert "There is no corpus.jsonl" in result.output


def test_a_line_that_is_no_query_is_named(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text('{"_id": "q1", "text": "x"}\n{"text": 3}\n', encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["search", "run", str(path)])
    assert result.exit_code == 1
    assert "Line 2" in result.output
