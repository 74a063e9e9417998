"""Changing what a post says while keeping what it said. Call inside a transaction, rows locked."""

from datetime import datetime

from app.core.db import db, now
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.core.markup import RENDERER_VERSION, Rendered
from app.forum import queries
from app.forum.models import Answer, PostRevision, Question


class ChangedMeanwhile(Refused):
    """Somebody changed the text after this person opened the form; what was typed is not lost."""


def edition(post: Question | Answer) -> str:
    """A name of the form that a post has now; it is another one after each change."""
    return (post.edited_at or post.created_at).isoformat()


def refuse_changed(post: Question | Answer, seen: str) -> None:
    """Stop a change that would undo another one unseen.

    Args:
        seen: the `edition` that the form was opened with; "" where nobody looked at one.

    Raises:
        ChangedMeanwhile: the post was changed since.
    """
    if seen and seen != edition(post):
        raise ChangedMeanwhile(
            _("Somebody changed this while you were writing. Yours is kept below; nothing is saved yet.")
        )


def keep_form(post: Question | Answer) -> None:
    """Put what a post says now into its history."""
    is_question = isinstance(post, Question)
    db.session.add(
        PostRevision(
            question_id=post.id if is_question else None,
            answer_id=None if is_question else post.id,
            author_id=post.edited_by_id or post.author_id,
            title=post.title if isinstance(post, Question) else "",
            tags=[tag.slug for tag in queries.tags_of(post.id)] if is_question else [],
            facts=queries.facts_of(post) if isinstance(post, Question) else [],
            body=post.body,
            created_at=post.edited_at or post.created_at,
        )
    )


def rewrite(
    post: Question | Answer, by_id: int, body: str, rendered: Rendered, at: datetime | None = None
) -> None:
    """Give a post a new text, written by that person."""
    post.body, post.body_html, post.body_text = body, rendered.html, rendered.text
    post.renderer_version = RENDERER_VERSION
    post.edited_at, post.edited_by_id = at or now(), by_id
