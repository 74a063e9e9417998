"""Which new posts wait for a moderator, and who posts too fast. Pure: the facts come in, the verdict goes out."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.core.i18n import lazy_gettext as _l
from app.limits import Limit
from app.limits.table import NEW_POST, POST

POSTS_OF_A_RECORD = 3
SHORTEST_REPEAT = 40
REPEATED_WITHIN = timedelta(days=7)


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
    """What a person is and has done here.

    Args:
        is_staff: whether they are staff or an expert, whom nobody screens.
        may_link: whether they have the ability to post links at once.
        may_more: whether they have the ability to post more in a day.
        shown_posts: how many of their posts everybody sees; of each kind it is not counted beyond what matters.
        lately: when they sent any post within the last minute.
    """

    is_staff: bool = False
    may_link: bool = False
    may_more: bool = False
    shown_posts: int = 0
    lately: tuple[datetime, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is enough to trust them with links."""
        return self.is_staff or self.may_link or self.shown_posts >= POSTS_OF_A_RECORD


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
    WhyHeld.FAST: _l("It was sent within seconds of opening the page."),
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
    fastest: timedelta,
    links: Iterable[str] = (),
    thread: str = "",
    is_repeated: bool = False,
) -> str:
    """Why a new post waits for a moderator; "" when it need not.

    Args:
        record: what its author is and has done here.
        sending: how the form came in.
        fastest: the time in which nobody types a post.
        links: every address in it.
        thread: what it replies to; addresses that stand there already say nothing about this author.
        is_repeated: whether its author sent the same words elsewhere in these days.
    """
    if sending.trap:
        return WhyHeld.TRAP
    if record.is_staff:
        return ""
    if sending.taken is not None and sending.taken < fastest:
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


def check_pace(
    record: Record, at: datetime, today: Sequence[datetime], most_a_day: int, a_day: Limit
) -> None:
    """See whether a person may send one more post now.

    Args:
        at: now.
        today: when they sent posts of this kind within a day; as many of the latest as they may send are enough.
        most_a_day: how many of this kind they may send within a day.
        a_day: the limit on them.

    Raises:
        TooMany: they sent as many as they may; the message says how many that is and when it ends.
    """
    if record.is_staff:
        return
    a_minute = POST if record.may_more else NEW_POST
    for limit, most, moments in ((a_minute, a_minute.count, record.lately), (a_day, most_a_day, today)):
        within = sorted(moment for moment in moments if moment > at - limit.window)
        if len(within) >= most:
            raise limit.refusal(within[-most] + limit.window, most, at=at)
