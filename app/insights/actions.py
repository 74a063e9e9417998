"""What people tell us in passing."""

from typing import Any

from app.core.db import transaction
from app.core.text import plain_line
from app.insights.models import SolvedWhileAsking
from app.policy import allow


def note_solved_while_asking(
    actor: Any, title: str, *, article_id: int | None, question_id: int | None
) -> None:
    """Count that a suggestion answered somebody before they had to ask."""
    allow(actor, "note_solved_while_asking")
    with transaction() as session:
        session.add(
            SolvedWhileAsking(title=plain_line(title)[:300], article_id=article_id, question_id=question_id)
        )
