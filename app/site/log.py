"""The log of what administrators do: who, when, what."""

from typing import Any

from app.core.db import db
from app.site.models import SiteChange

WHAT_LONGEST = 1000


def note(actor: Any, deed: str, what: str) -> None:
    """Write down that somebody did something. Call inside the deed's transaction.

    Args:
        actor: who did it.
        deed: the name of its rule.
        what: what changed, in words, from what to what.
    """
    db.session.add(SiteChange(by_id=actor.id, deed=deed, what=what[:WHAT_LONGEST]))
