"""What happens to the shelf labels."""

from dataclasses import dataclass

from app.accounts.models import User
from app.catalog.models import Tag
from app.core.events import Event


@dataclass(frozen=True)
class TagMerged(Event):
    """All that has `tag` should have `into` instead; `tag` goes when this event has been heard."""

    tag: Tag
    into: Tag
    by: User
