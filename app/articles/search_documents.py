"""How guides are found."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only, selectinload

from app.articles.models import Article
from app.core.db import db
from app.search.documents import SearchDocument

ON_THE_SHELVES = Article.withdrawn_at.is_(None)


class ArticleDocuments:
    """The knowledge base, as the search index wants to see it. Whom a guide is meant for is part of its document."""

    def ids(self) -> Iterable[int]:
        """The numbers of all guides that can be found, in ascending order."""
        return db.session.scalars(select(Article.id).where(ON_THE_SHELVES).order_by(Article.id)).yield_per(
            5_000
        )

    def fingerprints(self) -> Iterable[tuple[int, str]]:
        """For each guide that can be found, a stamp that changes when its document does."""
        statement = select(Article.id, Article.content_hash, Article.renderer_version).where(ON_THE_SHELVES)
        for row in db.session.execute(statement.order_by(Article.id)).yield_per(5_000):
            yield row[0], _stamp(row[1], row[2])

    def documents(self, ids: Sequence[int]) -> Iterable[SearchDocument]:
        """The documents of those of these guides that can be found."""
        statement = (
            select(Article)
            .where(Article.id.in_(ids), ON_THE_SHELVES)
            .options(
                load_only(
                    Article.title,
                    Article.summary,
                    Article.body_text,
                    Article.symptoms,
                    Article.aliases,
                    Article.applies_to,
                    Article.credits,
                    Article.owner,
                    Article.audience,
                    Article.product_id,
                    Article.published_at,
                    Article.updated_at,
                    Article.content_hash,
                    Article.renderer_version,
                    Article.helpful_yes,
                    Article.helpful_no,
                ),
                joinedload(Article.product),
                selectinload(Article.tags),
            )
        )
        for found in db.session.scalars(statement):
            yield SearchDocument(
                kind="article",
                id=found.id,
                title=found.title,
                body="\n".join([found.summary, found.body_text, *found.applies_to]),
                symptoms=tuple(found.symptoms),
                aliases=tuple(found.aliases),
                product=found.product.slug,
                tags=tuple(tag.slug for tag in found.tags),
                people=tuple(name for name in (found.owner, *found.credits) if name),
                audience=found.audience,
                created_at=found.published_at,
                updated_at=found.updated_at,
                # As of now: a vote alone does not send the guide here again, the night does; see `worker.nightly`.
                votes=found.helpful_yes - found.helpful_no,
                stamp=_stamp(found.content_hash, found.renderer_version),
            )


def _stamp(content_hash: str, renderer_version: int) -> str:
    return f"{content_hash[:16]}.{renderer_version}"
