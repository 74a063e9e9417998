"""What the site learns from its own use."""

import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.catalog.models import Product
from app.core.db import Base, now
from app.forum.models import Question


class Outcome(enum.StrEnum):
    """What became of a search, as far as anybody told us."""

    NOTHING = ""
    CLICKED = "clicked"
    ASKED = "asked"
    SOLVED = "solved"


class SolvedWhileAsking(Base):
    """Somebody was about to ask and found the answer among the suggestions. No person is kept."""

    __tablename__ = "solved_while_asking"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Search(Base):
    """Something that was looked for. Neither a person nor an address is kept; the key lasts as long as a tab.

    Attributes:
        key: what the tab calls this search, by chance.
        normal: the query as it is compared with others: see `insights.queries.normal`.
        is_typed: a title was taken while typing, before there was a page of results.
        shown: the first results as `article:12` or `question:7`, best first.
        after_id: the search that the same tab made before, when this one is another try.
    """

    __tablename__ = "searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    query: Mapped[str] = mapped_column(String(200))
    normal: Mapped[str] = mapped_column(String(200))
    is_typed: Mapped[bool] = mapped_column(default=False)
    total: Mapped[int] = mapped_column(default=0)
    shown: Mapped[list[str]] = mapped_column(JSON, default=list)
    after_id: Mapped[int | None] = mapped_column(ForeignKey("searches.id", ondelete="SET NULL"), index=True)
    outcome: Mapped[str] = mapped_column(String(10), default=Outcome.NOTHING)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_searches_created", "created_at", "id"),
        Index("ix_searches_normal", "normal", "created_at"),
    )


class SearchClick(Base):
    """A result that was opened, and where it stood."""

    __tablename__ = "search_clicks"

    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("searches.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(40))
    rank: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("search_id", "target"),)


class Synonym(Base):
    """Wordings that mean the same, as writers decided.

    Attributes:
        words: what people type, several with commas between.
        others: what is looked for besides, likewise.
        is_mutual: all of them find each other.
        product_id: the only product in whose guides and questions it is so.
        language: the only language of readers for whom it counts; "" for all.
    """

    __tablename__ = "synonyms"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(200))
    others: Mapped[str] = mapped_column(String(200))
    is_mutual: Mapped[bool] = mapped_column(default=False)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(String(10), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[User] = relationship(lazy="raise_on_sql")
    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")


class _AboutOneThing:
    """What pins and golden queries share: a query, and the guide or question that belongs on top."""

    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(String(200))
    normal: Mapped[str] = mapped_column(String(200))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[int | None] = mapped_column(
        ForeignKey("questions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def target(self) -> tuple[str, int]:
        """Its key in the search index."""
        return ("article", self.article_id) if self.article_id else ("question", self.question_id or 0)


class PinnedResult(_AboutOneThing, Base):
    """A result that writers put on top of a query for a while."""

    __tablename__ = "pinned_results"

    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]

    owner: Mapped[User] = relationship(lazy="raise_on_sql")
    article: Mapped[Article | None] = relationship(lazy="raise_on_sql")
    question: Mapped[Question | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("normal", "article_id", name="uq_pinned_results_article"),
        UniqueConstraint("normal", "question_id", name="uq_pinned_results_question"),
        CheckConstraint("(article_id IS NULL) <> (question_id IS NULL)", name="one_thing"),
        Index("ix_pinned_results_normal", "normal"),
    )


class GoldenQuery(_AboutOneThing, Base):
    """A query for which a guide or a question must be among the first three, whatever is changed about ranking."""

    __tablename__ = "golden_queries"

    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

    by: Mapped[User] = relationship(lazy="raise_on_sql")
    article: Mapped[Article | None] = relationship(lazy="raise_on_sql")
    question: Mapped[Question | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("normal", "article_id", name="uq_golden_queries_article"),
        UniqueConstraint("normal", "question_id", name="uq_golden_queries_question"),
        CheckConstraint("(article_id IS NULL) <> (question_id IS NULL)", name="one_thing"),
    )
