"""Whether what is counted along equals what there is."""

from typing import Any

from app.core import tallies
from app.core.db import db, transaction
from app.forum import contribution_queries, tally_queries
from app.forum.cli import tallies_of_site


def differing() -> dict[Any, Any]:
    """The tallies that are wrong, with what is missing."""
    db.session.rollback()
    return {
        **tally_queries.differences(),
        **tallies.differences(contribution_queries.truths()),
        **tallies.differences(tallies_of_site()),
    }


def set_right() -> None:
    """Count what a test has written past the site's own ways."""
    with transaction():
        tallies.repair(contribution_queries.truths())
        tallies.repair(tallies_of_site())
