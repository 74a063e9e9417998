"""How often guides are opened: in all, and on each of the last days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import load_only

from app.articles.feedback_queries import share_words
from app.articles.models import Article, ArticleViews
from app.articles.queries import visible_articles
from app.core import addresses, paging
from app.core.db import db, now, transaction
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import about

LATELY = timedelta(days=30)
LIST_SIZE = 50
DAYS_KEPT = 400
"""A year and a month, so that a month can be held against the same of last year."""


def count_views(connection: Connection, counts: Mapping[int, int], day: date) -> None:
    """Add so many views to guides, by their numbers; what is not there any more is passed over. Call inside a transaction."""
    if not counts:
        return
    # In one order in all processes, so that no two wait for each other.
    rows = [{"guide": number, "times": times} for number, times in sorted(counts.items())]
    is_it, times = Article.id == bindparam("guide"), bindparam("times", type_=Integer)
    connection.execute(
        update(Article).where(is_it).values(view_count=Article.view_count + times),
        rows,
    )
    insert: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(ArticleViews)
    of_day = insert.from_select(
        ["article_id", "day", "count"], select(Article.id, literal(day), times).where(is_it)
    )
    connection.execute(
        of_day.on_conflict_do_update(
            index_elements=["article_id", "day"], set_={"count": ArticleViews.count + insert.excluded.count}
        ),
        rows,
    )


def forget_old_days() -> None:
    """Forget on which days guides were opened that long ago; the sums stay."""
    with transaction():
        db.session.execute(
            delete(ArticleViews).where(ArticleViews.day < now().date() - timedelta(days=DAYS_KEPT))
        )


# For the Workshop


@dataclass(frozen=True)
class GuideInUse:
    """A guide, how often it was opened lately, and what its readers say."""

    title: str
    url: str
    owner: str
    view_count: int
    helped: str


@dataclass(frozen=True)
class GuidesInUse:
    """A page of the list of guides by how they are used."""

    guides: tuple[GuideInUse, ...]
    next_cursor: str | None
    previous_cursor: str | None


ORDERS = ("opened", "unhelped")


def guides_in_use(
    viewer: Any, *, order: str = "opened", owner: str = "", after: str | None = None
) -> GuidesInUse:
    """Guides that this person may read: those that were opened most lately first, or those that left most without help.

    How many a guide left without help is how often it was opened, times the share of readers whom it did not help.
    Readers have mostly said nothing yet, so each share begins as one in four.

    Args:
        owner: only their guides.

    Raises:
        Invalid: there is no such order or no such page.
    """
    if order not in ORDERS:
        raise Invalid(_("Guides can be sorted by: %(sorts)s.", sorts=", ".join(ORDERS)))
    since = now().date() - LATELY
    opened = (
        select(func.coalesce(func.sum(ArticleViews.count), 0))
        .where(ArticleViews.article_id == Article.id, ArticleViews.day > since)
        .scalar_subquery()
    )
    unhelped = opened * (Article.helpful_no + 1) // (Article.helpful_yes + Article.helpful_no + 4)
    place = unhelped if order == "unhelped" else opened
    wanted = visible_articles(viewer).options(
        load_only(Article.slug, Article.title, Article.owner, Article.helpful_yes, Article.helpful_no)
    )
    if owner:
        wanted = wanted.where(Article.owner == owner)
    page = paging.page_of_pairs(
        wanted.add_columns(place, opened), place, Article.id, after=after, size=LIST_SIZE
    )
    return GuidesInUse(
        tuple(
            GuideInUse(one.title, addresses.article(one.slug), one.owner, about(int(count)), _helped(one))
            for one, _place, count in page.rows
        ),
        page.next_cursor,
        page.previous_cursor,
    )


def _helped(guide: Article) -> str:
    yes, no = guide.helpful_yes, guide.helpful_no
    if not yes + no:
        return _("Nobody has said whether it helped")
    return share_words(yes, no) or ngettext(
        "%(yes)d of %(num)d reader found this helpful",
        "%(yes)d of %(num)d readers found this helpful",
        yes + no,
        yes=yes,
    )
