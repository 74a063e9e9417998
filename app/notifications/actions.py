"""What people do with their messages."""

from app.accounts.models import User
from app.core.db import transaction
from app.notifications import queries
from app.policy import allow


def read_notifications(actor: User) -> None:
    """Mark all of one's messages as read."""
    allow(actor, "read_notifications", actor)
    with transaction():
        queries.mark_read(actor)
