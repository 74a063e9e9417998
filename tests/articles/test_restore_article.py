"""Putting a withdrawn guide back: the file and the page say again what they said."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app import search
from app.accounts.models import User
from app.articles import actions, files, sync
from app.articles.events import ArticlePublished
from app.articles.models import Article, ArticleRevision
from app.core import events
from app.core.db import db
from app.core.errors import NotAllowed, Refused
from tests.articles.guide_files import a_file, an_article, folder

Browse = Callable[..., Any]


@pytest.fixture
def withdrawn(writer: User) -> Article:
    article = an_article(summary="When it blinks.", tags="[wi-fi]")
    successor = an_article("lamp/new.md", title="Another way", body="Different.")
    actions.withdraw_article(writer, article, "It was wrong.", successor.slug, folder())
    return article


def test_a_writer_puts_a_guide_back_from_the_page_that_says_it_was_withdrawn(
    app: Flask, browser: Browse, writer: User, withdrawn: Article
) -> None:
    client = browser(writer)
    gone = client.get("/articles/reset")
    assert gone.status_code == 410
    assert 'action="/articles/reset/restore"' in gone.text
    assert ">Put it back<" in gone.text
    response = client.post("/articles/reset/restore")
    assert (response.status_code, response.headers["Location"]) == (303, "/articles/reset")
    page = browser(None).get("/articles/reset")
    assert page.status_code == 200
    for words in ("Hold the button for ten seconds.", "When it blinks.", "wi-fi"):
        assert words in page.text
    assert sync.sync(folder()).changes == []


def test_it_is_found_again_and_those_who_listen_are_told_that_it_is_new(
    app: Flask, browser: Browse, writer: User, withdrawn: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ArticlePublished] = []
    monkeypatch.setitem(events._reactions, ArticlePublished, [heard.append])
    actions.restore_article(writer, withdrawn, folder())
    assert [(event.article.id, event.by, event.is_new) for event in heard] == [(withdrawn.id, writer, True)]
    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_why, withdrawn.successor_id) == (None, "", None)
    search.catch_up()
    assert "Reset the lamp" in browser(None).get("/search?q=reset").text


@pytest.mark.parametrize("person", ["asker", "expert", "visitor"])
def test_readers_may_not_put_a_guide_back(
    app: Flask, browser: Browse, request: pytest.FixtureRequest, withdrawn: Article, person: str
) -> None:
    reader = request.getfixturevalue(person)
    with pytest.raises(NotAllowed):
        actions.restore_article(reader, withdrawn, folder())
    client = browser(None if person == "visitor" else reader)
    assert "Put it back" not in client.get("/articles/reset").text
    client.post("/articles/reset/restore")
    assert client.get("/articles/reset").status_code == 410
    assert not (folder() / "lamp/reset.md").exists()


def test_what_is_on_the_shelves_or_was_never_there_cannot_be_put_back(
    app: Flask, browser: Browse, writer: User
) -> None:
    an_article()
    client = browser(writer)
    assert client.post("/articles/reset/restore").status_code == 409
    assert client.post("/articles/nothing/restore").status_code == 404


@pytest.mark.parametrize("path", ["lamp/reset.md", "desk/reset.md"])
def test_a_file_that_stands_in_its_place_is_not_written_over(
    app: Flask, browser: Browse, writer: User, withdrawn: Article, path: str
) -> None:
    file = a_file(path, body="Somebody wrote this in git.")
    before = file.read_text()
    response = browser(writer).post("/articles/reset/restore")
    assert response.status_code == 409
    assert path in response.text
    assert file.read_text() == before


@pytest.mark.parametrize("trouble", ["none kept", "no front matter any more"])
def test_a_last_text_that_cannot_be_used_is_told(
    app: Flask, browser: Browse, writer: User, withdrawn: Article, trouble: str
) -> None:
    changed = {"content_hash": "x"} if trouble == "none kept" else {"source": "Only words."}
    db.session.execute(update(ArticleRevision).values(**changed))
    db.session.commit()
    response = browser(writer).post("/articles/reset/restore")
    assert response.status_code == 409
    assert "last text" in response.text
    assert not (folder() / "lamp/reset.md").exists()


def test_when_the_commit_fails_after_the_file_was_written_a_second_try_finishes(
    app: Flask, writer: User, withdrawn: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = files.write

    def write_and_lose_power(where: Path, path: str, text: str) -> None:
        write(where, path, text)
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as storm:
        storm.setattr(files, "write", write_and_lose_power)
        with pytest.raises(RuntimeError, match="power"):
            actions.restore_article(writer, withdrawn, folder())
    assert isinstance(withdrawn.withdrawn_at, datetime)
    actions.restore_article(writer, withdrawn, folder())
    assert withdrawn.withdrawn_at is None
    with pytest.raises(Refused, match="already"):
        actions.restore_article(writer, withdrawn, folder())
    assert sync.sync(folder()).changes == []
