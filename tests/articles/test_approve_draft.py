"""Approval comes from other eyes than those that wrote the words."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.articles import actions, queries
from app.articles.drafts import DraftText
from app.articles.models import Draft, Stage
from app.core.db import db
from app.core.errors import NotAllowed, Refused
from app.policy import Role
from tests.articles.guide_files import folder
from tests.build import a_product, a_user

Browse = Callable[..., Any]
TEXT = DraftText(title="Reset the lamp", body="Hold the button.", product="lamp", type="how-to")
OTHER = replace(TEXT, body="Send me your password.")


@pytest.fixture(autouse=True)
def lamp(app: Flask) -> None:
    a_product(name="Lamp")


@pytest.fixture
def third_writer(app: Flask) -> User:
    return a_user(username="third-writer", role=Role.WRITER)


@pytest.fixture
def draft(writer: User) -> Draft:
    return actions.start_draft(writer, text=TEXT)


def test_who_replaced_a_colleagues_text_cannot_approve_and_publish_it_alone(
    app: Flask, writer: User, second_writer: User, third_writer: User, draft: Draft
) -> None:
    actions.save_draft(second_writer, draft, OTHER, draft.version)
    assert draft.edited_by_id == second_writer.id
    actions.send_draft_for_review(second_writer, draft)
    for person in (second_writer, writer):
        with pytest.raises(NotAllowed):
            actions.approve_draft(person, draft)
    with pytest.raises(Refused):
        actions.publish_draft(second_writer, draft, folder())
    actions.approve_draft(third_writer, draft)
    assert draft.stage == Stage.APPROVED


def test_a_reviewer_who_changes_the_text_in_the_same_press_saves_it_and_approves_nothing(
    app: Flask, browser: Browse, writer: User, second_writer: User, draft: Draft
) -> None:
    actions.send_draft_for_review(writer, draft)
    client, address = browser(second_writer), f"/drafts/{draft.id}"
    assert ">Approve<" in client.get(address).text
    response = client.post(f"{address}/approve", data={**asdict(OTHER), "version": draft.version})
    assert response.status_code == 409
    assert "What you changed is saved" in response.text
    assert ">Approve<" not in response.text
    found = db.session.get(Draft, draft.id)
    assert found is not None
    assert (found.stage, found.body) == (Stage.IN_REVIEW, OTHER.body)
    assert client.post(f"{address}/approve").status_code == 403
    page = client.get(address).text
    assert "Changed last by" in page
    assert "whoever changed it last" in page


def test_an_unchanged_text_in_the_press_is_no_change(
    app: Flask, browser: Browse, writer: User, second_writer: User, draft: Draft
) -> None:
    actions.send_draft_for_review(writer, draft)
    typed = {**asdict(TEXT), "body": "Hold the button.\r\n", "version": draft.version}
    assert browser(second_writer).post(f"/drafts/{draft.id}/approve", data=typed).status_code == 303
    found = db.session.get(Draft, draft.id)
    assert found is not None
    assert (found.stage, found.approved_by_id) == (Stage.APPROVED, second_writer.id)


def test_once_its_author_took_the_text_up_again_the_reviewer_may_approve(
    app: Flask, writer: User, second_writer: User, draft: Draft
) -> None:
    actions.send_draft_for_review(writer, draft)
    actions.save_draft(second_writer, draft, OTHER, draft.version)
    actions.return_draft(second_writer, draft, "I changed the last line; do you agree?")
    actions.save_draft(writer, draft, replace(OTHER, body="Send nobody your password."), draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    assert draft.stage == Stage.APPROVED


def test_a_change_between_looking_and_pressing_counts(
    app: Flask, writer: User, second_writer: User, draft: Draft
) -> None:
    """The draft itself says no, read afresh, also where the rule was asked of an older form of it."""
    actions.send_draft_for_review(writer, draft)
    draft.edited_by_id = second_writer.id
    with pytest.raises(Refused, match="another writer"):
        draft.approve(second_writer)
    db.session.rollback()


def test_the_workshop_asks_for_a_review_only_who_may_give_it(
    app: Flask, writer: User, second_writer: User, third_writer: User, draft: Draft
) -> None:
    actions.save_draft(second_writer, draft, OTHER, draft.version)
    actions.send_draft_for_review(writer, draft)
    places = {
        person.username: [
            name
            for name in ("mine", "to_review", "others")
            if [one.id for one in getattr(queries.workshop_page(person), name)] == [draft.id]
        ]
        for person in (writer, second_writer, third_writer)
    }
    assert places == {"writer": ["mine"], "second-writer": ["others"], "third-writer": ["to_review"]}
