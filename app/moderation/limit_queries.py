"""What moderators see of limits: who reached which, and what the limits are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.accounts.models import User
from app.core import addresses, paging
from app.core.db import db, now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum.queries import Pager
from app.limits.models import LimitHit
from app.limits.table import TABLE, Limit, span_words
from app.site import values

PAGE = 30
LATELY = timedelta(days=1)
PATH = "/moderation/limits"


@dataclass(frozen=True)
class HitRow:
    """Somebody who reached a limit on one day.

    Attributes:
        who: the person, or the beginning of the address they came from with a sign that tells them from others.
    """

    what: str
    who: str
    who_url: str
    times: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class LimitRow:
    """A limit in words, and how often it was reached lately."""

    what: str
    most: str
    window: str
    per: str
    lately: int


@dataclass(frozen=True)
class LimitsPage:
    """Who reached a limit, the latest first, and all limits."""

    hits: tuple[HitRow, ...]
    pager: Pager
    limits: tuple[LimitRow, ...]
    kept: str


def limits_page(limits: values.Limits, after: str | None, days_kept: int) -> LimitsPage:
    """What moderators see of limits.

    Args:
        limits: the numbers that administrators decide.
        after: the cursor of a page.
        days_kept: for how long hits are kept.

    Raises:
        Invalid: there is no such page.
    """
    page = paging.page_of(select(LimitHit), LimitHit.last_at, LimitHit.id, after=after, size=PAGE)
    people = {hit.user_id for hit in page.rows if hit.user_id is not None}
    names = {
        row.id: row.username
        for row in db.session.execute(select(User.id, User.username).where(User.id.in_(people)))
    }
    lately = hits_since(now() - LATELY)
    return LimitsPage(
        hits=tuple(_hit(hit, names.get(hit.user_id or 0, "")) for hit in page.rows),
        pager=Pager(
            previous_url=f"{PATH}?after={page.previous_cursor or ''}" if after else "",
            next_url=f"{PATH}?after={page.next_cursor}" if page.next_cursor else "",
        ),
        limits=tuple(_limit(limit, limits, lately.get(limit.name, 0)) for limit in TABLE),
        kept=ngettext("Forgotten after %(num)d day.", "Forgotten after %(num)d days.", days_kept),
    )


def hits_since(moment: datetime) -> dict[str, int]:
    """How often each limit was reached since then, by its name."""
    counted = select(LimitHit.kind, func.sum(LimitHit.count)).where(LimitHit.last_at > moment)
    return {row[0]: int(row[1]) for row in db.session.execute(counted.group_by(LimitHit.kind))}


_WORDS = {limit.name: limit.what for limit in TABLE}


def _hit(hit: LimitHit, username: str) -> HitRow:
    stranger = _("somebody from %(place)s (%(sign)s)", place=hit.place or "?", sign=hit.who_hash[:6])
    return HitRow(
        what=str(_WORDS.get(hit.kind, hit.kind)),
        who=username or stranger,
        who_url=addresses.moderate_person(username) if username else "",
        times=ngettext("%(num)d time", "%(num)d times", hit.count),
        first_at=hit.first_at,
        last_at=hit.last_at,
    )


def _limit(limit: Limit, decided: values.Limits, lately: int) -> LimitRow:
    most = str(limit.count)
    if limit.setting:
        known, new = (decided.per_day(limit.setting, more=more) for more in (True, False))
        most = _("%(known)d, newcomers %(new)d", known=known, new=new)
    return LimitRow(str(limit.what), most, span_words(limit.window), limit.per.label, lately)
