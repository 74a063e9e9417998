"""Putting a draft away and bringing it back: who may, and that no word is lost."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.articles import actions, queries
from app.articles.drafts import DraftText
from app.articles.models import Draft, Stage
from app.core.db import db
from app.core.errors import NotAllowed, Refused
from tests.articles.guide_files import an_article
from tests.build import a_product, an_answer

Browse = Callable[..., Any]
TEXT = DraftText(
    title="Reset the lamp",
    body="## Resolution\n\nHold the **button**.",
    product="lamp",
    type="how-to",
    symptoms="E-104\nIt blinks",
)


@pytest.fixture(autouse=True)
def lamp(app: Flask) -> None:
    a_product(name="Lamp")


@pytest.fixture
def draft(writer: User) -> Draft:
    return actions.start_draft(writer, text=TEXT)


def test_a_colleague_may_neither_discard_a_draft_nor_bring_it_back(
    app: Flask, browser: Browse, writer: User, second_writer: User, draft: Draft
) -> None:
    client = browser(second_writer)
    assert ">Discard<" not in client.get(f"/drafts/{draft.id}").text
    assert client.post(f"/drafts/{draft.id}/discard").status_code == 403
    with pytest.raises(NotAllowed, match="author"):
        actions.discard_draft(second_writer, draft)
    actions.discard_draft(writer, draft)
    assert ">Bring back<" not in client.get(f"/drafts/{draft.id}").text
    assert client.post(f"/drafts/{draft.id}/restore").status_code == 403
    assert queries.workshop_page(second_writer).discarded == ()


def test_its_author_who_is_no_writer_any_more_may_not_either(app: Flask, asker: User, draft: Draft) -> None:
    draft.author_id = asker.id
    db.session.commit()
    for deed in (actions.discard_draft, actions.restore_draft):
        with pytest.raises(NotAllowed):
            deed(asker, draft)


def test_a_moderator_may_discard_a_draft_and_bring_it_back(app: Flask, moderator: User, draft: Draft) -> None:
    actions.discard_draft(moderator, draft)
    assert draft.stage == Stage.DISCARDED
    actions.restore_draft(moderator, draft)
    assert draft.stage == Stage.WRITING


def test_a_discarded_draft_shows_its_text_and_comes_back_with_one_press(
    app: Flask, browser: Browse, writer: User, draft: Draft
) -> None:
    client, address = browser(writer), f"/drafts/{draft.id}"
    response = client.post(f"{address}/discard")
    assert response.headers["Location"] == address
    page = client.get(address).text
    for words in ("Hold the <strong>button</strong>.", "E-104 · It blinks", ">Bring back<", "was discarded"):
        assert words in page
    assert ">Save draft<" not in page
    assert client.post(f"{address}/restore").status_code == 303
    found = db.session.get(Draft, draft.id)
    assert found is not None
    assert (found.stage, DraftText.of(found)) == (Stage.WRITING, TEXT)
    assert ">Save draft<" in client.get(address).text


def test_what_a_colleague_typed_into_a_draft_that_was_discarded_meanwhile_is_shown(
    app: Flask, browser: Browse, writer: User, second_writer: User, draft: Draft
) -> None:
    client, version = browser(second_writer), draft.version
    actions.discard_draft(writer, draft)
    typed = asdict(replace(TEXT, body="Precious words."))
    response = client.post(f"/drafts/{draft.id}", data={**typed, "version": version})
    assert response.status_code == 409
    assert "Precious words." in response.text
    assert "Hold the <strong>button</strong>." in response.text


def test_what_its_author_had_approved_is_still_approved(
    app: Flask, writer: User, second_writer: User, draft: Draft
) -> None:
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    actions.discard_draft(writer, draft)
    actions.restore_draft(writer, draft)
    assert draft.stage == Stage.APPROVED


def test_an_open_draft_cannot_be_brought_back(
    app: Flask, browser: Browse, writer: User, draft: Draft
) -> None:
    with pytest.raises(Refused):
        actions.restore_draft(writer, draft)
    response = browser(writer).post(f"/drafts/{draft.id}/restore")
    assert response.status_code == 409
    assert "is not discarded" in response.text


@pytest.mark.parametrize("same", ["guide", "answer"])
def test_a_draft_does_not_come_back_beside_another_one_of_the_same(
    app: Flask, browser: Browse, writer: User, second_writer: User, draft: Draft, same: str
) -> None:
    if same == "guide":
        article = an_article()
        draft = actions.start_draft(writer, article=article)
        actions.discard_draft(writer, draft)
        actions.start_draft(second_writer, article=article)
    else:
        draft.answer_id = an_answer().id
        db.session.commit()
        actions.discard_draft(writer, draft)
        db.session.add(Draft(author_id=second_writer.id, title="Another", answer_id=draft.answer_id))
        db.session.commit()
    response = browser(writer).post(f"/drafts/{draft.id}/restore")
    assert response.status_code == 409
    assert "Another draft has taken its place" in response.text
    assert draft.stage == Stage.DISCARDED


def test_the_workshop_shows_what_was_discarded_lately_to_who_may_bring_it_back(
    app: Flask, writer: User, moderator: User, draft: Draft
) -> None:
    actions.discard_draft(writer, draft)
    for person in (writer, moderator):
        assert [one.id for one in queries.workshop_page(person).discarded] == [draft.id]
    assert draft.discarded_at is not None
    draft.discarded_at -= timedelta(days=31)
    db.session.commit()
    assert queries.workshop_page(writer).is_empty
