"""What is asked about texts that are not sent yet, and while they are written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import load_only

from app.accounts.models import User, name_key
from app.core.db import db, now
from app.core.text import excerpt
from app.writing.models import PostDraft

KEPT_FOR = timedelta(days=60)
MOST_SHOWN = 50
EDITION = "seen"
"""The field of a form that names the form of a post that the text began from; nobody types it."""


@dataclass(frozen=True)
class UnsentText:
    """A line in a person's list of unsent texts."""

    place: str
    page: str
    words: str
    updated_at: datetime


def unsent(person_id: int, place: str) -> PostDraft | None:
    """What that person has typed into that form."""
    return db.session.scalar(
        select(PostDraft).where(PostDraft.person_id == person_id, PostDraft.place == place)
    )


def unsent_texts(person_id: int) -> tuple[UnsentText, ...]:
    """All that this person has not sent, latest first."""
    rows = select(PostDraft).where(PostDraft.person_id == person_id)
    found = db.session.scalars(rows.order_by(PostDraft.updated_at.desc(), PostDraft.id).limit(MOST_SHOWN))
    return tuple(
        UnsentText(draft.place, draft.page, _words(draft.fields), draft.updated_at) for draft in found
    )


def _words(fields: dict[str, str]) -> str:
    typed = [text for name, text in fields.items() if name != EDITION]
    said = [fields.get("title", ""), *sorted(typed, key=len, reverse=True)]
    return excerpt(next((text for text in said if text.strip()), ""), 160)


def make_room(person_id: int, most: int) -> None:
    """Delete the texts of this person beyond so many, those first that rest longest. Call inside a transaction."""
    kept = select(PostDraft.id).where(PostDraft.person_id == person_id)
    kept = kept.order_by(PostDraft.updated_at.desc(), PostDraft.id.desc()).limit(most)
    others = PostDraft.person_id == person_id, PostDraft.id.not_in(kept)
    db.session.execute(delete(PostDraft).where(*others))


def delete_old() -> None:
    """Delete the texts that nobody touched for two months. Call inside a transaction."""
    db.session.execute(delete(PostDraft).where(PostDraft.updated_at < now() - KEPT_FOR))


def people_called(start: str, most: int) -> list[str]:
    """The names of people whose names begin so, the best known first."""
    begins = User.username_key.startswith(name_key(start), autoescape=True)
    rows = select(User).options(load_only(User.username)).where(begins, User.deleted_at.is_(None))
    found = db.session.scalars(rows.order_by(User.reputation.desc(), User.id).limit(most))
    return [user.username for user in found]
