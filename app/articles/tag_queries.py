"""What tags gather on the shelves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, select

from app.articles.models import Article, article_tags
from app.articles.queries import ArticleCard, cards, visible_articles
from app.catalog.models import Tag
from app.core.db import db
from app.core.map_queries import last_changes, map_of

LATELY = 2_000
"""How many of the guides that were changed last say which tags are used most."""


def article_counts(viewer: Any, tag_ids: Collection[int]) -> dict[int, int]:
    """How many guides this person may read with each of these tags, by the tag's number."""
    having = visible_articles(viewer).join(article_tags).where(article_tags.c.tag_id.in_(tag_ids))
    counted = having.with_only_columns(article_tags.c.tag_id, func.count())
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(article_tags.c.tag_id))}


def lately_used(viewer: Any) -> dict[int, int]:
    """How many of the guides that were written or changed last have each tag, by the tag's number."""
    newest = visible_articles(viewer).with_only_columns(Article.id)
    newest = newest.order_by(Article.updated_at.desc(), Article.id.desc()).limit(LATELY)
    counted = select(article_tags.c.tag_id, func.count()).where(article_tags.c.article_id.in_(newest))
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(article_tags.c.tag_id))}


def is_used(viewer: Any) -> ColumnElement[bool]:
    """Whether a guide that this person may read has the tag at hand."""
    having = visible_articles(viewer).join(article_tags).where(article_tags.c.tag_id == Tag.id)
    return having.correlate(Tag).exists()


def newest_with(viewer: Any, tag_id: int, limit: int) -> tuple[ArticleCard, ...]:
    """The guides with a tag that were written or changed last."""
    having = select(article_tags.c.article_id).where(article_tags.c.tag_id == tag_id)
    statement = visible_articles(viewer).where(Article.id.in_(having))
    return cards(statement.order_by(Article.updated_at.desc(), Article.id.desc()), limit)


def changes_by_range(viewer: Any, size: int) -> list[tuple[int, datetime]]:
    """For each range of `size` tag numbers with guides to read: its place, from 1, and the last change of those."""
    newest_first = visible_articles(viewer).with_only_columns(Article.updated_at)
    newest_first = newest_first.order_by(Article.updated_at.desc())
    tagged = select(article_tags.c.tag_id).where(article_tags.c.article_id == Article.id).correlate(Article)
    return last_changes(
        select(func.max(article_tags.c.tag_id)),
        size,
        lambda place: newest_first.where(tagged.where(map_of(article_tags.c.tag_id, size) == place).exists()),
    )


def changes_in_range(viewer: Any, place: int, size: int) -> list[tuple[str, datetime]]:
    """Slug and last change of the guides of each tag in one range of numbers."""
    statement = (
        visible_articles(viewer)
        .join(article_tags)
        .join(Tag, Tag.id == article_tags.c.tag_id)
        .with_only_columns(Tag.slug, func.max(Article.updated_at))
        .where(Tag.id > (place - 1) * size, Tag.id <= place * size)
        .group_by(Tag.id, Tag.slug)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Tag.id))]


def move_tag(tag_id: int, into_id: int) -> list[int]:
    """Give the guides of one tag another one instead. Call inside a transaction.

    Returns:
        The numbers of the guides.
    """
    having = article_tags.c.tag_id == tag_id
    ids = list(db.session.scalars(select(article_tags.c.article_id).where(having)))
    both = select(article_tags.c.article_id).where(article_tags.c.tag_id == into_id)
    missing = select(article_tags.c.article_id, literal(into_id)).where(
        having, article_tags.c.article_id.not_in(both)
    )
    db.session.execute(insert(article_tags).from_select(["article_id", "tag_id"], missing))
    db.session.execute(delete(article_tags).where(having))
    return ids
