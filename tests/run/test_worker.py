"""What goes on beside the pages."""

import logging
import threading
from pathlib import Path

import pytest
from build import a_question
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app import search
from app.articles.models import Article
from app.core.db import db, now, transaction
from app.core.markup import RENDERER_VERSION
from app.forum.models import Question
from app.jobs import queue
from app.jobs.models import Job as QueuedJob
from app.worker import rerendering, working
from app.worker.alone import alone
from app.worker.working import Job, Worker, fingerprint

GUIDE = "---\ntitle: {title}\ntype: how-to\n---\n\n{body}\n"


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def worker(app: Flask, stopping: threading.Event) -> Worker:
    return Worker(app, stopping)


def write(app: Flask, name: str, body: str = "Press it.", title: str = "Press the lamp") -> Path:
    path = Path(app.config["ARTICLES"]) / "lamp" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GUIDE.format(title=title, body=body), encoding="utf-8")
    return path


def one_round(worker: Worker) -> None:
    """Do every job once, whether it is due or not."""
    for job in worker.jobs:
        job.due = 0.0
        worker._do_if_due(job)
    db.session.rollback()
    db.session.expire_all()


def test_what_was_asked_is_found_after_a_round(app: Flask, worker: Worker) -> None:
    asked = a_question(title="The kettle whistles in the dark")
    one_round(worker)
    assert search.find("kettle whistles", audiences=frozenset({"public"})).hits[0].key == (
        "question",
        asked.id,
    )


def test_an_edit_of_a_file_reaches_the_site_and_the_index(app: Flask, worker: Worker) -> None:
    path = write(app, "press.md")
    one_round(worker)
    article = db.session.scalars(select(Article)).one()
    path.write_text(path.read_text().replace("Press it.", "Press it gently for ever."))
    one_round(worker)
    db.session.refresh(article)
    assert "gently" in article.body_html
    one_round(worker)
    assert search.find("gently for ever", audiences=frozenset({"public"})).hits[0].key == (
        "article",
        article.id,
    )


def test_a_broken_file_is_named_once_and_the_others_are_taken(
    app: Flask, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    write(app, "press.md")
    write(app, "broken.md").write_text("no front matter")
    with caplog.at_level(logging.INFO, "app.worker.working"):
        one_round(worker)
        one_round(worker)
    named = [record.message for record in caplog.records if "broken.md" in record.message]
    assert len(named) == 1
    assert "front matter" in named[0]
    assert db.session.scalars(select(Article.slug)).all() == ["press"]


def test_a_folder_that_did_not_change_is_not_synced_again(
    app: Flask, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(app, "press.md")
    one_round(worker)
    monkeypatch.setattr("app.articles.sync.sync", _must_not_happen)
    one_round(worker)
    assert {job.failures for job in worker.jobs} == {0}


def _must_not_happen(*_arguments: object, **_keywords: object) -> None:
    raise AssertionError("there was nothing to do")


def test_every_kind_of_change_shows_from_outside(app: Flask) -> None:
    folder = Path(app.config["ARTICLES"])
    seen = [fingerprint(folder)]
    path = write(app, "press.md")
    seen.append(fingerprint(folder))
    path.write_text(path.read_text().replace("Press", "Touch"))
    seen.append(fingerprint(folder))
    path.rename(path.with_name("touch.md"))
    seen.append(fingerprint(folder))
    path.with_name("touch.md").unlink()
    assert len(set(seen)) == 4
    assert fingerprint(folder) == seen[0]


def test_posts_of_an_older_renderer_are_rendered_anew(app: Flask, worker: Worker) -> None:
    long = "a log *with stars*\n" * 3_000
    numbers = [a_question().id, a_question().id]
    with transaction():
        for number, body in zip(numbers, ["**bold**", long], strict=True):
            question = db.session.get_one(Question, number)
            question.body, question.body_html, question.renderer_version = body, "old", 0
    one_round(worker)
    first, second = (db.session.get_one(Question, number) for number in numbers)
    assert first.body_html.strip() == "<p><strong>bold</strong></p>"
    assert second.body_html.count("*with stars*") == 3_000
    assert first.renderer_version == second.renderer_version == RENDERER_VERSION
    assert rerendering.some_posts(5) == 0


def test_a_job_that_fails_waits_longer_each_time_and_the_others_go_on(
    app: Flask, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def fails() -> bool:
        raise OperationalError("SELECT 1", {}, Exception("the database is away"))

    def works() -> bool:
        done.append("work")
        return False

    failing, working = Job("failing", fails, 1.0), Job("working", works, 1.0)
    worker.jobs = [failing, working]
    with caplog.at_level(logging.ERROR, "app.worker.working"):
        for _ in range(7):
            one_round(worker)
    assert len(done) == 7
    assert failing.failures == 7
    pauses = [record.message.rpartition("in ")[2] for record in caplog.records]
    assert pauses == ["1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]
    failing.do = works
    one_round(worker)
    assert failing.failures == 0


def test_told_to_stop_it_ends_after_the_step_at_hand(
    app: Flask, worker: Worker, stopping: threading.Event
) -> None:
    for number in range(5):
        write(app, f"guide-{number}.md", title=f"Guide {number}", body=f"Words about {number}.")
    original = worker._tell

    def stop_after_two(change: object, problem: str, number: int, total: int) -> None:
        if number == 2:
            stopping.set()
        original(change, problem, number, total)  # type: ignore[arg-type]

    worker._tell = stop_after_two  # type: ignore[method-assign]
    worker.run()
    assert len(db.session.scalars(select(Article.id)).all()) == 2
    stopping.clear()
    worker._tell = original  # type: ignore[method-assign]
    one_round(worker)
    assert len(db.session.scalars(select(Article.id)).all()) == 5


def test_told_to_stop_in_a_job_that_hangs_it_gives_the_job_back(
    app: Flask, worker: Worker, stopping: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def hang(_work: queue.Work) -> None:
        stopping.set()
        goes_on.wait(10)

    monkeypatch.setattr(working, "PATIENCE", 0.05)
    monkeypatch.setattr(queue, "_handlers", {"note": hang})
    with transaction():
        queue.enqueue("note", {})
    worker.run()
    job = db.session.scalars(select(QueuedJob)).one()
    assert (job.claim, job.attempts, job.finished_at) == (None, 0, None)
    assert job.due_at is not None
    assert job.due_at <= now()
    goes_on.set()
    for thread in threading.enumerate():
        if thread.name == "queue":
            thread.join(10)


def test_only_one_works_at_a_time(tmp_path: Path, stopping: threading.Event) -> None:
    lock = tmp_path / "worker.lock"
    with alone(lock, stopping) as first:
        assert first
        threading.Timer(0.2, stopping.set).start()
        with alone(lock, stopping) as second:
            assert not second
    with alone(lock, threading.Event()) as third:
        assert third
