"""What follows in moderation from what happens elsewhere."""

from app.core.db import db
from app.forum.events import PostHeld, QuestionMerged
from app.moderation.models import SEVERITY_OF_HELD, Act, Case, Deed, columns_of


def open_case_of_held_post(event: PostHeld) -> None:
    """Somebody should look at it soon: its author waits."""
    db.session.add(Case.open(event.post, SEVERITY_OF_HELD, is_held=True))


def log_merged_question(event: QuestionMerged) -> None:
    """Other moderators see who did it."""
    db.session.add(Act(moderator_id=event.by.id, deed=Deed.MERGE, why="", **columns_of(event.question)))
