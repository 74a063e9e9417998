"""How often guides are opened: in all, and on each of the last days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.articles.models import Article, ArticleViews
from app.core.db import db, now, transaction

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
