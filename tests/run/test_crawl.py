"""`flask crawl`."""

import pytest
from build import a_question
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.core.db import db, transaction
from app.forum.models import Question
from app.web.cli import crawl


def test_every_question_person_and_page_of_a_list_is_opened(app: Flask) -> None:
    asked = [a_question(title=f"Question number {number}") for number in range(23)]
    result = crawl(app)
    assert set(result.statuses) == {200}
    opened = result.seconds
    for question in asked:
        assert f"/questions/{question.id}/{question.slug}" in opened
    assert {f"/people/{name}" for name in db.session.scalars(select(User.username))} <= set(opened)
    assert any(address.startswith("/questions?") and "after=" in address for address in opened)


def test_a_page_that_fails_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    question = a_question()
    monkeypatch.setitem(app.view_functions, "forum.read", lambda **_arguments: ("broken", 500))
    result = crawl(app)
    assert result.failures == [(f"/questions/{question.id}/{question.slug}", 500)]


def test_what_strangers_may_not_see_is_not_opened(app: Flask) -> None:
    asked = a_question()
    with transaction() as session:
        question = session.get_one(Question, asked.id)
        question.delete(session.get_one(User, question.author_id))
    assert not any(address.startswith("/questions/") for address in crawl(app).seconds)
