"""An import may be killed at any moment; run again, nothing is doubled and nothing is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.articles.models import Article, ArticleRevision
from app.core import counters as counting
from app.core.db import db
from app.forum import counters
from app.forum.models import Answer, Comment, Question
from app.imports.articles import import_articles
from app.imports.questions import QuestionImport
from app.imports.stackexchange import Dump, StackExchangeImport

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"


def kill(app: Flask, kind: str, path: Path, where: str, number: int) -> None:
    """Run the import in a process of its own, which ends before it does that for the so-manieth time."""
    database = app.config["SQLALCHEMY_DATABASE_URI"]
    command = [
        sys.executable,
        str(HERE / "killed_import.py"),
        str(app.config["HOME"]),
        database,
        kind,
        str(path),
    ]
    paths = os.pathsep.join([str(HERE.parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*command, where, str(number)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    db.session.rollback()
    db.session.expire_all()


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(("where", "number"), [("write", 3), ("put", 2)])
def test_guides(app: Flask, where: str, number: int) -> None:
    kill(app, "articles", SAMPLES / "guides.jsonl", where, number)
    assert count(Article) < 5
    report = import_articles(SAMPLES / "guides.jsonl", app.config["ARTICLES"], "set")
    assert report.taken + report.here_already == 5
    assert (count(Article), count(ArticleRevision)) == (5, 5)
    assert len(list(app.config["ARTICLES"].glob("*/*.md"))) == 5
    bodies = [
        one.body for one in db.session.scalars(select(Article).where(Article.origin == "set:lamps/blinks"))
    ]
    assert "(../lighting/reset-the-lamp-pair.md)" in bodies[0]


def test_threads(app: Flask) -> None:
    kill(app, "questions", SAMPLES / "threads.jsonl", "render", 6)
    assert 0 < count(Question) < 4
    report = QuestionImport("set").run(SAMPLES / "threads.jsonl")
    assert report.taken + report.here_already == 4
    assert (count(Question), count(Answer)) == (4, 3)
    assert counting.differences(counters.truths()) == {}


def test_dumps(app: Flask) -> None:
    kill(app, "stackexchange", SAMPLES / "dump", "render", 5)
    assert count(Question) == 3
    assert count(Answer) < 2
    with Dump(SAMPLES / "dump") as dump:
        StackExchangeImport(dump, "set").run()
    assert (count(Question), count(Answer), count(Comment)) == (3, 2, 2)
    assert counting.differences(counters.truths()) == {}
