"""Threads from JSON lines."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from build import a_user
from flask import Flask
from sqlalchemy import func, select

from app import search
from app.accounts.models import User
from app.catalog.models import Product
from app.core import counters as counting
from app.core.db import db, now
from app.forum import counters
from app.forum.models import Answer, Question
from app.imports.questions import QuestionImport
from app.imports.report import Report

THREADS = Path(__file__).parent / "samples" / "threads.jsonl"


def run(path: Path = THREADS) -> Report:
    return QuestionImport("lamps").run(path)


def question(origin: str) -> Question:
    return db.session.scalars(select(Question).where(Question.origin == f"lamps:{origin}")).one()


def answers(of: Question) -> list[Answer]:
    return list(db.session.scalars(select(Answer).where(Answer.question_id == of.id).order_by(Answer.id)))


def test_the_first_post_is_the_question_and_the_others_are_answers(app: Flask) -> None:
    report = run()
    assert (report.read, report.taken) == (6, 4)
    hum = question("n1")
    assert (hum.title, hum.slug) == ("The lamp hums", "the-lamp-hums")
    assert "<strong>normal</strong>" in hum.body_html
    assert hum.created_at == datetime(2015, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert [one.body for one in answers(hum)] == ["Mine hums too.", "Then it is normal, thank you."]


def test_what_cannot_be_read_is_named_with_its_line(app: Flask) -> None:
    examples = run().examples
    assert examples["an answer without words"] == ["lamps:c3 in line 1"]
    assert examples["a thread without posts that have an id"] == ["line 5"]
    assert [lines for why, lines in examples.items() if why.startswith("not JSON")] == [["line 2"]]


def test_counters_are_right_from_the_first_moment(app: Flask) -> None:
    run()
    assert counting.differences(counters.truths()) == {}
    hum = question("n1")
    assert hum.answer_count == 2
    assert hum.active_at == datetime(2015, 2, 3, 5, 0, tzinfo=UTC)


def test_an_accepted_answer_solves_its_question(app: Flask) -> None:
    run()
    found = question("n2")
    assert found.is_solved
    assert answers(found)[0].accepted_by_id == found.author_id


def test_the_product_is_named_by_the_category(app: Flask) -> None:
    run()
    lamps = db.session.scalars(select(Product).where(Product.slug == "lamps")).one()
    assert question("n1").product_id == lamps.id


def test_one_name_is_one_person_who_cannot_sign_in(app: Flask) -> None:
    run()
    people = {user.username: user for user in db.session.scalars(select(User))}
    assert set(people) == {"Ann", "Bo", "former_member", "Bö_Co"}
    assert all(user.password_hash is None and user.email is None for user in people.values())
    assert answers(question("n1"))[1].author_id == question("n1").author_id == people["Ann"].id


def test_an_account_that_is_here_is_never_taken_over(app: Flask) -> None:
    ours = a_user(username="ann")
    run()
    assert question("n1").author_id != ours.id
    assert db.session.get_one(User, question("n1").author_id).username == "Ann-2"


def test_nothing_happens_in_the_future(app: Flask) -> None:
    run()
    assert answers(question("n2"))[0].created_at <= now()
    assert question("n2").active_at <= now()


def test_a_line_in_an_old_encoding_is_read_as_what_it_meant(app: Flask) -> None:
    run()
    assert question("n5").title == "Grüße aus Köln"


def test_a_second_run_doubles_nothing(app: Flask) -> None:
    run()
    before = _counts()
    report = run()
    assert (report.taken, report.here_already) == (0, 4)
    assert _counts() == before


def test_a_later_set_brings_only_the_new_answers(app: Flask, tmp_path: Path) -> None:
    run()
    threads = [
        json.loads(line) for line in THREADS.read_bytes().splitlines() if line.startswith(b'{"id": "1"')
    ]
    threads[0]["posts"].append(
        {"id": "c9", "author": "Cy", "created_at": "2019-01-01T00:00:00", "body_markdown": "Still humming."}
    )
    path = tmp_path / "later.jsonl"
    path.write_text(json.dumps(threads[0]))
    run(path)
    hum = question("n1")
    assert [one.body for one in answers(hum)][-1] == "Still humming."
    assert hum.answer_count == 3
    assert hum.active_at == datetime(2019, 1, 1, tzinfo=UTC)


def test_a_post_longer_than_people_may_write_is_kept_whole_as_plain_text(app: Flask, tmp_path: Path) -> None:
    log = "line of a *log*\n" * 4_000
    path = tmp_path / "long.jsonl"
    path.write_text(
        json.dumps({"title": "A log", "posts": [{"id": "n1", "author": "Ann", "body_markdown": log}]})
    )
    run(path)
    assert question("n1").body == log.strip()
    assert "<em>" not in question("n1").body_html
    assert question("n1").body_html.count("*log*") == 4_000


def test_what_came_is_found(app: Flask) -> None:
    run()
    while search.catch_up():
        pass
    found = search.find("neither bulb would go in", audiences=frozenset({"public"}))
    assert found.hits[0].key == ("question", question("n2").id)


def test_after_many_changes_the_index_is_built_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.imports.cli.MANY_CHANGES", 3)
    result = app.test_cli_runner().invoke(args=["import", "questions", str(THREADS), "--set", "lamps"])
    assert result.exit_code == 0, result.output
    assert "6 threads read" in result.output
    assert "Indexed 4 documents." in result.output
    assert search.lag() == 0


def test_a_file_with_nothing_to_read_ends_with_a_sentence(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "nothing.jsonl"
    path.write_text("no threads in here\n")
    result = app.test_cli_runner().invoke(args=["import", "questions", str(path)])
    assert result.exit_code == 1
    assert "Nothing in it could be read." in result.output


def _counts() -> list[int]:
    return [
        db.session.scalar(select(func.count()).select_from(model)) or 0 for model in (Question, Answer, User)
    ]
