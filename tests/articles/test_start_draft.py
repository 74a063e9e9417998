"""Beginning a draft: nothing twice, nothing empty, and every address of a draft leads somewhere."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.articles import actions
from app.articles.drafts import DraftText
from app.articles.models import Draft
from app.core.db import db
from app.core.errors import Invalid
from tests.build import a_product

Browse = Callable[..., Any]
TEXT = DraftText(title="Reset the lamp", body="Hold the button.", product="lamp", type="how-to", tags="a, b")


@pytest.fixture(autouse=True)
def lamp(app: Flask) -> None:
    a_product(name="Lamp")


def count() -> int | None:
    return db.session.scalar(select(func.count()).select_from(Draft))


def test_saving_the_same_new_guide_again_gives_the_first_draft(
    app: Flask, browser: Browse, writer: User
) -> None:
    client = browser(writer)
    first = client.post("/drafts", data=asdict(TEXT))
    again = client.post("/drafts", data={**asdict(TEXT), "body": "Hold the button.\r\n", "tags": "a,b"})
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["Location"] == first.headers["Location"]
    assert count() == 1


@pytest.mark.parametrize(
    "other",
    [{"title": "Reset it"}, {"body": "Pull the plug."}, {"symptoms": "E-104"}, {"tags": "a"}],
    ids=str,
)
def test_a_new_guide_that_differs_is_another_draft(app: Flask, writer: User, other: dict[str, str]) -> None:
    first = actions.start_draft(writer, text=TEXT)
    assert actions.start_draft(writer, text=replace(TEXT, **other)).id != first.id


def test_the_same_words_of_somebody_else_or_much_later_are_another_draft(
    app: Flask, writer: User, second_writer: User
) -> None:
    first = actions.start_draft(writer, text=TEXT)
    assert actions.start_draft(second_writer, text=TEXT).id != first.id
    first.created_at -= timedelta(minutes=11)
    db.session.commit()
    assert actions.start_draft(writer, text=TEXT).id != first.id


def test_two_presses_at_the_same_moment_make_one_draft(app: Flask, writer: User) -> None:
    writer_id, together = writer.id, Barrier(4)

    def start(_number: int) -> int:
        with app.app_context():
            try:
                person = db.session.get(User, writer_id)
                assert person is not None
                together.wait()
                return actions.start_draft(person, text=TEXT).id
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(start, range(4)))) == 1
    db.session.rollback()
    assert count() == 1


def test_a_draft_of_nothing_is_not_begun_and_what_was_typed_stays(
    app: Flask, browser: Browse, writer: User
) -> None:
    with pytest.raises(Invalid):
        actions.start_draft(writer)
    client = browser(writer)
    assert client.post("/drafts").status_code == 400
    response = client.post("/drafts", data={"title": " ", "body": "\r\n", "symptoms": "E-104 precious"})
    assert response.status_code == 400
    assert "Please write a title or some text first" in response.text
    assert "E-104 precious" in response.text
    assert count() == 0


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/drafts", "/workshop"),
        ("/drafts/new/preview", "/drafts/new"),
        ("/drafts/7/preview", "/drafts/7"),
        ("/drafts/7/send", "/drafts/7"),
        ("/drafts/7/approve", "/drafts/7"),
        ("/drafts/7/return", "/drafts/7"),
        ("/drafts/7/publish", "/drafts/7"),
        ("/drafts/7/discard", "/drafts/7"),
    ],
)
def test_an_address_that_only_a_button_reaches_leads_back_when_it_is_loaded_again(
    app: Flask, browser: Browse, writer: User, address: str, place: str
) -> None:
    response = browser(writer).get(address)
    assert (response.status_code, response.headers["Location"]) == (302, place)
