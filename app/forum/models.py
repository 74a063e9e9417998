"""Questions, answers, comments and votes, and the rules that each keeps about itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.catalog.models import Product, Tag
from app.core.confidence import Z_80, lower_bound
from app.core.db import Base, now
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.core.text import slugify
from app.search.changes import Searchable


def confidence(up: int, down: int) -> float:
    """The share of up votes that we may be 80 % sure of: Wilson's lower bound, z = 1.2816.

    Args:
        up, down: counts of votes, not negative.

    Returns:
        A number from 0 to 1; without votes 0. Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    return lower_bound(up, down, Z_80)


PAGES_OF_A_QUESTION = frozenset({"edit", "history"})


def question_slug(title: str) -> str:
    """The readable end of a question's address; never one that leads to another page of the question."""
    slug = slugify(title)[:100]
    return f"{slug}-question" if slug in PAGES_OF_A_QUESTION else slug


class Post:
    """What questions and answers share: an author, a text, votes, and a way to go and come back."""

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    up_count: Mapped[int] = mapped_column(default=0)
    down_count: Mapped[int] = mapped_column(default=0)
    # Votes that came with an import as numbers only, without voters. They are part of the counts above.
    imported_up: Mapped[int] = mapped_column(default=0)
    imported_down: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_why: Mapped[str] = mapped_column(String(500), default="")
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)

    @declared_attr
    def author_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("users.id"), index=True)

    @declared_attr
    def deleted_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id"))

    @declared_attr
    def edited_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id"))

    @declared_attr
    def article_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("articles.id"), index=True)

    @declared_attr
    def author(cls: Any) -> Mapped[User]:
        return relationship(User, foreign_keys=f"{cls.__name__}.author_id", lazy="raise_on_sql")

    @declared_attr
    def article(cls: Any) -> Mapped[Article | None]:
        return relationship(Article, foreign_keys=f"{cls.__name__}.article_id", lazy="raise_on_sql")

    @property
    def score(self) -> int:
        return self.up_count - self.down_count

    @property
    def is_here(self) -> bool:
        """Whether everybody may see it."""
        return self.deleted_at is None and self.hidden_at is None

    def delete(self, by: User) -> None:
        """Put it away; `undelete` brings it back."""
        if self.deleted_at is not None:
            raise Refused(_("This was already deleted."))
        self.deleted_at = now()
        self.deleted_by_id = by.id

    def undelete(self) -> None:
        """Bring it back."""
        if self.deleted_at is None:
            raise Refused(_("This is not deleted."))
        self.deleted_at = None
        self.deleted_by_id = None


question_tags = Table(
    "question_tags",
    Base.metadata,
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Question(Searchable, Post, Base):
    """Somebody's problem, in their words."""

    __tablename__ = "questions"

    title: Mapped[str] = mapped_column(String(300))
    slug: Mapped[str] = mapped_column(String(100))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    version: Mapped[str] = mapped_column(String(100), default="")
    environment: Mapped[str] = mapped_column(String(500), default="")
    answer_count: Mapped[int] = mapped_column(default=0)
    accepted_count: Mapped[int] = mapped_column(default=0)
    affected_count: Mapped[int] = mapped_column(default=0)
    active_at: Mapped[datetime] = mapped_column(default=now)

    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")
    tags: Mapped[list[Tag]] = relationship(secondary=question_tags, order_by=Tag.slug, lazy="raise_on_sql")

    __table_args__ = (
        Index("ix_questions_newest", "created_at", "id"),
        Index("ix_questions_active", "active_at", "id"),
        Index("ix_questions_affected", "affected_count", "id"),
        Index("ix_questions_solved", "accepted_count", "active_at"),
    )

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "question", self.id

    @property
    def question_id(self) -> int:
        return self.id

    @property
    def is_solved(self) -> bool:
        return self.accepted_count > 0


class Answer(Searchable, Post, Base):
    """One way to solve a question."""

    __tablename__ = "answers"

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    confidence: Mapped[float] = mapped_column(default=0.0)
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    question: Mapped[Question] = relationship(lazy="select")
    verified_by: Mapped[User | None] = relationship(foreign_keys=[verified_by_id], lazy="raise_on_sql")

    __table_args__ = (Index("ix_answers_question", "question_id", "id"),)

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "question", self.question_id

    @property
    def is_accepted(self) -> bool:
        return self.accepted_at is not None

    def count_votes(self) -> None:
        """Bring the confidence up to date with the counts."""
        self.confidence = confidence(self.up_count, self.down_count)

    def accept(self, by: User) -> None:
        """Mark it as what solved the problem. Several may be.

        Raises:
            Refused: it is deleted, hidden or accepted already.
        """
        if not self.is_here:
            raise Refused(_("This answer is not shown any more, so it cannot be accepted."))
        if self.is_accepted:
            raise Refused(_("This answer is accepted already."))
        self.accepted_at = now()
        self.accepted_by_id = by.id

    def unaccept(self) -> None:
        """Take the acceptance back.

        Raises:
            Refused: it was not accepted.
        """
        if not self.is_accepted:
            raise Refused(_("This answer is not accepted."))
        self.accepted_at = None
        self.accepted_by_id = None

    def verify(self, by: User) -> None:
        """Vouch for it as staff or expert.

        Raises:
            Refused: it is deleted, hidden or verified already.
        """
        if not self.is_here:
            raise Refused(_("This answer is not shown any more, so it cannot be verified."))
        if self.verified_at is not None:
            raise Refused(_("This answer is verified already."))
        self.verified_at = now()
        self.verified_by_id = by.id


class Comment(Searchable, Base):
    """A short remark under a question or one of its answers."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)

    author: Mapped[User] = relationship(lazy="raise_on_sql")

    __table_args__ = (Index("ix_comments_question", "question_id", "id"),)

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "question", self.question_id


class Vote(Base):
    """One person's opinion of one post. The database keeps it to one."""

    __tablename__ = "votes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    value: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("user_id", "question_id"),
        UniqueConstraint("user_id", "answer_id"),
        CheckConstraint("(question_id IS NULL) <> (answer_id IS NULL)", name="one_post"),
        CheckConstraint("value IN (-1, 1)", name="up_or_down"),
    )


class Affected(Base):
    """Somebody who has the same problem."""

    __tablename__ = "affected"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PostRevision(Base):
    """What a question or an answer said until somebody changed it."""

    __tablename__ = "post_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(300), default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    facts: Mapped[list[str]] = mapped_column(JSON, default=list)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User] = relationship(lazy="raise_on_sql")

    __table_args__ = (CheckConstraint("(question_id IS NULL) <> (answer_id IS NULL)", name="one_post"),)


class QuestionMention(Base):
    """A thread that links to a guide."""

    __tablename__ = "question_mentions"

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    )
