"""How often questions are opened."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, update

from app.forum.models import Question


def count_views(connection: Connection, counts: Mapping[int, int]) -> None:
    """Add so many views to questions, by their numbers; what is not there any more is passed over. Call inside a transaction."""
    if not counts:
        return
    connection.execute(
        update(Question)
        .where(Question.id == bindparam("question"))
        .values(view_count=Question.view_count + bindparam("times")),
        # In one order in all processes, so that no two wait for each other.
        [{"question": number, "times": times} for number, times in sorted(counts.items())],
    )
