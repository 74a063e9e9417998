"""What each cause is worth, and how much of it counts in a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class Cause:
    """A reason for points: its words, what it is worth, and whether the daily cap holds for it."""

    words: Any
    points: int
    is_vote: bool = False


CAUSES: Mapping[str, Cause] = {
    "question_up": Cause(_l("Your question was voted up"), 5, is_vote=True),
    "answer_up": Cause(_l("Your answer was voted up"), 10, is_vote=True),
    "question_down": Cause(_l("Your question was voted down"), -2, is_vote=True),
    "answer_down": Cause(_l("Your answer was voted down"), -2, is_vote=True),
    "accepted": Cause(_l("Your answer was accepted"), 15),
    "verified": Cause(_l("Your answer was verified by an expert or staff"), 10),
    "became_guide": Cause(_l("Your answer became a guide"), 30),
    "edit_approved": Cause(_l("A change that you suggested was approved"), 2),
}

MOST_FROM_VOTES = 200
"""So many points a person can win by votes in one day (UTC). What votes bring beyond is kept in the ledger and
counts again as soon as others of that day are taken back."""


def counted(votes: int, rest: int) -> int:
    """What one day comes to: its votes up to the cap, and all the rest."""
    return min(votes, MOST_FROM_VOTES) + rest
