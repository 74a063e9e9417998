"""Every limit: what it is on, how often within which time, for whom it counts, and what people are told."""

import enum
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.db import now
from app.core.errors import TooMany
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext

MINUTE, QUARTER, HOUR, DAY = (
    timedelta(minutes=1),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(days=1),
)


class Per(enum.Enum):
    """For whom a limit counts: of a reader the account, of who is signed out the address; of a name, whether anybody has it or not."""

    ACCOUNT = _l("account")
    ADDRESS = _l("address")
    READER = _l("account, else address")
    NAME = _l("name typed")

    @property
    def label(self) -> str:
        return str(self.value)


class Counted(enum.Enum):
    """How a limit is counted.

    EACH: try by try, in a place that all processes share; exact.
    PIECES: in this process, and told to the others in pieces of an eighth. One process lets nobody pass the limit;
        several together may let through an eighth more for each further process.
    DEEDS: from the rows of what was done, in the transaction that does it; exact.
    """

    EACH = "each"
    PIECES = "pieces"
    DEEDS = "deeds"


TRIED = _l(
    "That was tried too often: it is possible %(most)s times in %(window)s. Please try again in %(wait)s."
)
ASKED = _l("That was a lot: %(most)s times in %(window)s is the most. Please go on in %(wait)s.")
FAST = _l(
    "That was fast: %(most)s posts a minute are the most for now. Nothing is lost; please send it again in %(wait)s."
)
A_DAY = _l(
    "That was a lot: %(most)s of these a day are the most for now. Nothing is lost; please send it again in %(wait)s."
)
REPORTED = _l("Thank you for looking out. %(most)s reports a day are the most; please go on in %(wait)s.")
ADDED = _l(
    "You may add %(most)s in 24 hours, and you have. There is room again in %(wait)s; "
    "until then, please describe it in words."
)


@dataclass(frozen=True)
class Limit:
    """At most `count` within `window`, for each account, address or name.

    Attributes:
        name: what logs and rows call it.
        what: what it is on, in words.
        count: 0 where `setting` decides.
        setting: the number that administrators decide (`app/site/values.py`), if they do.
        words: what people are told, with `most`, `window` and `wait`.
    """

    name: str
    what: Any
    count: int
    window: timedelta
    per: Per
    counted: Counted = Counted.EACH
    words: Any = TRIED
    setting: str = ""

    @property
    def piece(self) -> int:
        """How many are counted in a process before the others are told."""
        return max(1, self.count // 8)

    def refusal(
        self, free_at: datetime, most: int | str = "", key: str = "", at: datetime | None = None
    ) -> TooMany:
        """What to raise when it is reached.

        Args:
            free_at: when there is room again.
            most: how many it is for this person; the limit's own number if nothing is given.
            key: whose limit was reached, if it was counted under a key.
            at: the present moment, if it is not now.
        """
        wait = free_at - (at or now())
        said = {"most": str(most or self.count), "window": span_words(self.window), "wait": wait_words(wait)}
        return TooMany(str(self.words) % said, max(1, math.ceil(wait.total_seconds())), self.name, key)


def span_words(span: timedelta) -> str:
    """A window in words: minutes up to an hour, then hours."""
    minutes = int(span / MINUTE)
    if minutes <= 60:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    return ngettext("%(num)d hour", "%(num)d hours", minutes // 60)


def wait_words(wait: timedelta) -> str:
    """How long to wait in words: seconds, then minutes, then hours, rounded up."""
    if wait <= MINUTE:
        return ngettext("%(num)d second", "%(num)d seconds", max(1, math.ceil(wait.total_seconds())))
    if wait <= 90 * MINUTE:
        return ngettext("%(num)d minute", "%(num)d minutes", math.ceil(wait / MINUTE))
    return ngettext("%(num)d hour", "%(num)d hours", math.ceil(wait / HOUR))


# Who somebody is

SIGN_IN_AS = Limit("sign-in-as", _l("Wrong passwords for one name"), 10, QUARTER, Per.NAME)
SIGN_IN_FROM = Limit("sign-in-from", _l("Wrong passwords from one place"), 60, QUARTER, Per.ADDRESS)
PASSWORD_OF = Limit("password-of", _l("Wrong passwords of somebody signed in"), 10, QUARTER, Per.ACCOUNT)
SECOND_STEP_OF = Limit("second-step-of", _l("Wrong codes of one person"), 6, QUARTER, Per.ACCOUNT)
BEGUN_FROM = Limit("begun-from", _l("Sign-ins begun with a passkey or elsewhere"), 120, QUARTER, Per.ADDRESS)
SIGN_UP_FROM = Limit("sign-up-from", _l("New accounts"), 30, HOUR, Per.ADDRESS)
LETTER_TO = Limit("letter-to", _l("Letters with links to one mailbox"), 4, HOUR, Per.NAME)
LETTER_FROM = Limit("letter-from", _l("Letters with links from one place"), 20, HOUR, Per.ADDRESS)
EXPORT_OF = Limit("export-of", _l("Copies of one's data"), 5, HOUR, Per.ACCOUNT)

# What is asked at every request

SEARCH = Limit("search", _l("Searches"), 120, MINUTE, Per.READER, Counted.PIECES, ASKED)
SUGGEST = Limit("suggest", _l("Suggestions while typing"), 480, MINUTE, Per.READER, Counted.PIECES, ASKED)
NOTE = Limit("note", _l("What pages tell of searches"), 240, MINUTE, Per.READER, Counted.PIECES, ASKED)
FEEDBACK = Limit("feedback", _l("Answers to “Did this help?”"), 60, HOUR, Per.READER, Counted.PIECES, ASKED)
PREVIEW = Limit("preview", _l("Previews"), 60, MINUTE, Per.READER, Counted.PIECES, ASKED)
KEEP = Limit("keep", _l("Texts kept while they are typed"), 120, MINUTE, Per.READER, Counted.PIECES, ASKED)
VOTE = Limit("vote", _l("Votes a minute"), 60, MINUTE, Per.READER, Counted.PIECES, ASKED)
UPLOAD = Limit("upload", _l("Pictures a minute"), 30, MINUTE, Per.READER, Counted.PIECES, ASKED)

# What is counted from the deeds


def _a_day(name: str, what: Any, setting: str, words: Any = A_DAY) -> Limit:
    return Limit(name, what, 0, DAY, Per.ACCOUNT, Counted.DEEDS, words, setting)


POST = Limit("post", _l("Posts a minute"), 6, MINUTE, Per.ACCOUNT, Counted.DEEDS, FAST)
NEW_POST = Limit("new-post", _l("Posts a minute, newcomers"), 3, MINUTE, Per.ACCOUNT, Counted.DEEDS, FAST)
QUESTIONS = _a_day("questions", _l("Questions a day"), "questions")
ANSWERS = _a_day("answers", _l("Answers a day"), "answers")
COMMENTS = _a_day("comments", _l("Comments a day"), "comments")
VOTES = _a_day("votes", _l("Votes a day"), "votes")
REPORTS = _a_day("reports", _l("Reports a day"), "reports", REPORTED)
UPLOADS = _a_day("uploads", _l("Pictures a day"), "uploads", ADDED)

TABLE = (
    *(
        SIGN_IN_AS,
        SIGN_IN_FROM,
        PASSWORD_OF,
        SECOND_STEP_OF,
        BEGUN_FROM,
        SIGN_UP_FROM,
        LETTER_TO,
        LETTER_FROM,
        EXPORT_OF,
    ),
    *(SEARCH, SUGGEST, NOTE, FEEDBACK, PREVIEW, KEEP, VOTE, UPLOAD),
    *(POST, NEW_POST, QUESTIONS, ANSWERS, COMMENTS, VOTES, REPORTS, UPLOADS),
)

A_DAY_OF = {limit.setting: limit for limit in TABLE if limit.setting}
"""The limits per day by what they are on: questions, answers, comments, votes, reports, uploads."""
