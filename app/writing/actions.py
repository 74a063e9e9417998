"""What people do with a text before it is sent: look at it, have it kept, throw it away."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from app.core.db import now, transaction
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.markup import Rendered, render_post
from app.policy import allow
from app.writing import queries
from app.writing.models import PostDraft

LONGEST_PLACE = 80
LONGEST_PAGE = 300
LONGEST_TEXT = 100_000
MOST_FIELDS = 40
MOST_TEXTS = 50
"""So many unsent texts of one person are kept; the one untouched for longest makes room."""


def preview_text(actor: Any, text: str) -> Rendered:
    """What a post will look like, by the very renderer that will draw it.

    Raises:
        Invalid: it is too long for a post.
    """
    allow(actor, "preview_text")
    return render_post(text)


def keep_unsent(actor: Any, place: str, page: str, fields: dict[str, str]) -> None:
    """Keep what a person has typed into a form so far; with nothing typed, nothing is kept.

    Args:
        place: which form it is, such as "ask" or "answer-12".
        page: the address of the page with that form.
        fields: what stands in its fields, by name.

    Raises:
        Invalid: it is too large to be kept.
    """
    allow(actor, "keep_unsent")
    if not place or len(place) > LONGEST_PLACE or len(page) > LONGEST_PAGE or len(fields) > MOST_FIELDS:
        raise Invalid(_("This form is not one of ours."))
    if sum(len(name) + len(text) for name, text in fields.items()) > LONGEST_TEXT:
        raise Invalid(
            _("This text is too long to be kept here before it is sent; your browser still keeps it.")
        )
    try:
        _keep(actor.id, place, page, fields)
    except IntegrityError:  # Two tabs began at the same moment; now there is a row to change.
        _keep(actor.id, place, page, fields)


def _keep(person_id: int, place: str, page: str, fields: dict[str, str]) -> None:
    with transaction() as session:
        draft = queries.unsent(person_id, place)
        if not any(text.strip() for text in fields.values()):
            if draft is not None:
                session.delete(draft)
            return
        if draft is None:
            queries.make_room(person_id, MOST_TEXTS - 1)
            draft = PostDraft(person_id=person_id, place=place)
            session.add(draft)
        draft.page, draft.fields, draft.updated_at = page, fields, now()


def discard_unsent(actor: Any, place: str) -> None:
    """Throw away what is kept for this form, because it was sent or is not wanted any more."""
    allow(actor, "discard_unsent")
    with transaction() as session:
        draft = queries.unsent(actor.id, place)
        if draft is not None:
            session.delete(draft)
