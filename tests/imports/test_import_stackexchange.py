"""Stack Exchange dumps."""

import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.catalog.models import Product, Tag
from app.core import counters as counting
from app.core.db import db, transaction
from app.forum import counters
from app.forum.models import Answer, Comment, Question, Vote
from app.forum.queries import tags_of
from app.imports.report import Report
from app.imports.stackexchange import Dump, StackExchangeImport, markdown_of, site_name

DUMP = Path(__file__).parent / "samples" / "dump"


def run(path: Path = DUMP) -> Report:
    with Dump(path) as dump:
        return StackExchangeImport(dump, "tea.example.com").run()


def question(number: int) -> Question:
    return db.session.scalars(
        select(Question).where(Question.origin == f"tea.example.com:post:{number}")
    ).one()


def answer(number: int) -> Answer:
    return db.session.scalars(select(Answer).where(Answer.origin == f"tea.example.com:post:{number}")).one()


def test_questions_answers_and_comments_arrive_and_the_rest_is_named(app: Flask) -> None:
    report = run()
    counts = [
        db.session.scalar(select(func.count()).select_from(model)) for model in (Question, Answer, Comment)
    ]
    assert counts == [3, 2, 2]
    assert report.taken == 7
    assert report.examples["an answer whose question is not here"] == ["7"]
    assert report.examples["deleted where it comes from"] == ["10"]
    assert report.examples["a comment whose post is not here"] == ["3"]
    assert report.examples["neither question nor answer: descriptions of tags in full"] == ["6"]
    assert any(
        lines == ["Posts.xml line 10"] for why, lines in report.examples.items() if why.startswith("not XML")
    )
    assert report.read == report.taken + report.skipped.total()


def test_bodies_are_markdown_again(app: Flask) -> None:
    run()
    assert question(1).body == "How long may tea steep?\n\n- green\n- black"
    assert answer(2).body == (
        "Three minutes, at 80^oC. See [this](https://example.com).\n\n```\na = 1\nb = 2\n```"
    )
    assert question(9).body == "A bell rang."


def test_votes_are_counts_without_voters_and_survive_a_repair(app: Flask) -> None:
    run()
    assert (question(1).up_count, question(1).down_count) == (2, 0)
    assert (answer(3).up_count, answer(3).down_count) == (0, 1)
    assert db.session.scalar(select(func.count()).select_from(Vote)) == 0
    assert counting.differences(counters.truths()) == {}
    with transaction():
        counting.repair(counters.truths())
        assert counters.repair_confidence() == 0
    assert question(1).up_count == 2


def test_the_accepted_answer_is_accepted_when_it_was(app: Flask) -> None:
    run()
    accepted = answer(2)
    assert accepted.accepted_at == datetime(2014, 1, 23, tzinfo=UTC)
    assert accepted.accepted_by_id == question(1).author_id
    assert question(1).accepted_count == 1
    assert question(1).answer_count == 2
    assert not answer(3).is_accepted


def test_people_who_wrote_get_accounts_of_their_own_even_with_one_name(app: Flask) -> None:
    run()
    people = {user.username: user for user in db.session.scalars(select(User))}
    assert set(people) == {"Tea_Lover", "Tea_Lover-2", "user9"}
    assert people["Tea_Lover"].about == "I like tea."
    assert people["Tea_Lover"].reputation == 0
    assert all(user.password_hash is None for user in people.values())


def test_closed_questions_are_taken_and_mentioned(app: Flask) -> None:
    report = run()
    assert question(4).title == "Which cup is the nicest?"
    assert any(note.startswith("1 questions were closed") for note in report.notes)


def test_tags_come_with_their_description_and_the_site_is_the_product(app: Flask) -> None:
    run()
    assert (
        db.session.scalars(select(Tag).where(Tag.slug == "tea")).one().description == "Leaves in hot water."
    )
    assert [tag.slug for tag in tags_of(question(4).id)] == ["cups", "tea"]
    assert db.session.scalars(select(Product.slug)).all() == ["dump"]


def test_a_second_run_doubles_nothing(app: Flask) -> None:
    run()
    report = run()
    assert (report.taken, report.here_already) == (0, 7)
    assert question(1).answer_count == 2
    assert question(1).up_count == 2


def test_an_archive_is_read_like_a_folder(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "tea.example.com-2014-05.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(DUMP, "tea.example.com")
    assert run(path).taken == 7


def test_without_a_file_of_votes_the_score_stands_for_them(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "tea"
    shutil.copytree(DUMP, folder)
    (folder / "Votes.xml").unlink()
    run(folder)
    assert (question(1).up_count, answer(3).down_count) == (2, 1)


def test_what_is_no_dump_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"holds no Posts\.xml"):
        Dump(tmp_path)
    file = tmp_path / "notes.txt"
    file.write_text("no archive")
    with pytest.raises(OSError, match="neither a folder nor a tar archive"):
        Dump(file)


def test_a_site_is_called_after_its_file() -> None:
    assert site_name(Path("/x/beer.stackexchange.com-2014-05.tar.gz")) == "beer.stackexchange.com"
    assert site_name(Path("/x/beer.stackexchange.com")) == "beer.stackexchange.com"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>2 * 3 and snake_case</p>", r"2 \* 3 and snake\_case"),
        ("<h2>Title</h2><p>a<br>b</p>", "## Title\n\na\\\nb"),
        ("<p>H<sub>2</sub>O</p><pre><code>a  b\n</code></pre>", "H\\_2O\n\n```\na  b\n```"),
        ("<ol><li>one<ul><li>two</li></ul></li></ol>", "1. one\n   - two"),
        ("<p>" + "<b>" * 3000 + "deep", "deep"),
    ],
)
def test_html_becomes_the_markdown_that_means_the_same(html: str, markdown: str) -> None:
    assert markdown_of(html) == markdown


def test_a_dump_reads_no_other_file_and_cannot_unfold(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret of the machine")
    entities = (
        f'<!DOCTYPE posts [<!ENTITY secret SYSTEM "file://{tmp_path}/secret"><!ENTITY many "aaaa&secret;">]>'
    )
    row = '<row Id="1" PostTypeId="1" Title="What is it" Body="{}" Tags="" CreationDate="2020-01-01T00:00:00.000"/>'
    (tmp_path / "Posts.xml").write_text(
        f"<?xml version='1.0'?>\n{entities}\n<posts>\n{row.format('&secret;')}\n{row.format('&many;')}\n</posts>\n"
    )
    report = run(tmp_path)
    assert report.taken == 0
    assert report.skipped.total() == 2
    assert all(why.startswith("not XML: undefined entity") for why in report.skipped)
