"""What follows in moderation from what happens elsewhere."""

from app.core.db import db
from app.forum.events import PostHeld
from app.moderation.models import SEVERITY_OF_HELD, Case


def open_case_of_held_post(event: PostHeld) -> None:
    """Somebody should look at it soon: its author waits."""
    db.session.add(Case.open(event.post, SEVERITY_OF_HELD, is_held=True))
