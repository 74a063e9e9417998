"""Which new posts wait for a moderator, and who posts too fast. Pure: the facts come in, the verdict goes out."""

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.core.errors import TooMany
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext
from app.policy import Role

FASTEST = timedelta(seconds=3)
POSTS_OF_A_RECORD, REPUTATION_OF_A_RECORD = 3, 10
SHORTEST_REPEAT = 40
REPEATED_WITHIN = timedelta(days=7)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Sending:
    """How a form came in.

    Args:
        taken: how long it was open before it was sent; None where nobody knows.
        trap: what stands in the field that people do not see.
        host: the name under which this site was asked for.
    """

    taken: timedelta | None = None
    trap: str = ""
    host: str = ""


@dataclass(frozen=True)
class Record:
    """What a person is and has done here: how many of their posts are shown, and when the latest ones were sent."""

    role: int
    reputation: int
    shown_posts: int
    sent: tuple[datetime, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is enough to trust them with links."""
        return (
            self.role > Role.MEMBER
            or self.reputation >= REPUTATION_OF_A_RECORD
            or self.shown_posts >= POSTS_OF_A_RECORD
        )


class WhyHeld(enum.StrEnum):
    """Why a post waits for a moderator."""

    TRAP = "trap"
    FAST = "fast"
    REPEATED = "repeated"
    LINKS = "links"

    @property
    def label(self) -> str:
        return str(_WORDS[self])


_WORDS = {
    WhyHeld.TRAP: _l("A field that people do not see was filled in."),
    WhyHeld.FAST: _l("It was sent within three seconds of opening the page."),
    WhyHeld.REPEATED: _l("The same text was posted elsewhere."),
    WhyHeld.LINKS: _l("First posts with links to other sites are looked at before they appear."),
}


def why_held_label(code: str) -> str:
    """The words of a kept reason; a reason of another kind speaks for itself."""
    return WhyHeld(code).label if code in set(WhyHeld) else code


def reason_to_hold(
    record: Record,
    sending: Sending,
    *,
    links: Iterable[str] = (),
    thread: str = "",
    is_repeated: bool = False,
) -> str:
    """Why a new post waits for a moderator; "" when it need not.

    Args:
        record: what its author is and has done here.
        sending: how the form came in.
        links: every address in it.
        thread: what it replies to; addresses that stand there already say nothing about this author.
        is_repeated: whether its author sent the same words elsewhere in these days.
    """
    if sending.trap:
        return WhyHeld.TRAP
    if record.role > Role.MEMBER:
        return ""
    if sending.taken is not None and sending.taken < FASTEST:
        return WhyHeld.FAST
    if is_repeated:
        return WhyHeld.REPEATED
    if not record.is_known and any(leaves(link, sending.host) and link not in thread for link in links):
        return WhyHeld.LINKS
    return ""


def leaves(link: str, host: str) -> bool:
    """Whether an address leads away from this site."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return True
    return bool(parts.netloc) and parts.netloc != host


def most_posts(record: Record) -> tuple[tuple[timedelta, int], ...]:
    """How many posts a person may send within which time; staff and experts as many as they like."""
    if record.role > Role.MEMBER:
        return ()
    return ((MINUTE, 6), (HOUR, 60)) if record.is_known else ((MINUTE, 3), (HOUR, 15))


def check_pace(record: Record, at: datetime) -> None:
    """See whether a person may send one more post now.

    Raises:
        TooMany: they sent as many as they may; the message says how many that is and when it ends.
    """
    for span, most in most_posts(record):
        within = sorted(moment for moment in record.sent if moment > at - span)
        if len(within) >= most:
            wait = within[-most] + span - at
            raise TooMany(pace_words(span, most, wait), math.ceil(wait.total_seconds()))


def pace_words(span: timedelta, most: int, wait: timedelta) -> str:
    """What somebody who is too fast is told."""
    if wait < MINUTE:
        rest = ngettext("%(num)d second", "%(num)d seconds", max(1, math.ceil(wait.total_seconds())))
    else:
        rest = ngettext("%(num)d minute", "%(num)d minutes", math.ceil(wait / MINUTE))
    if span == MINUTE:
        return _(
            "That was fast: %(most)d posts a minute are the most for now. Yours is kept here; "
            "please send it again in %(rest)s.",
            most=most,
            rest=rest,
        )
    return _(
        "That was a lot: %(most)d posts an hour are the most for now. Yours is kept here; "
        "please send it again in %(rest)s.",
        most=most,
        rest=rest,
    )
