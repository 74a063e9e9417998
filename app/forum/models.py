"""Questions, answers, comments and votes, and the rules that each keeps about itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    case,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.catalog.models import Product, Tag
from app.core.confidence import Z_80, lower_bound
from app.core.db import Base, UtcDateTime, now, only_where
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.core.map_queries import map_of
from app.core.tallies import WHOLE_SITE, Key, Tallied, Value
from app.core.text import slugify
from app.search.changes import Searchable
from app.site.kept import settings


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


class Shown(Tallied):
    """What may be put away: deleted by its author, hidden by a moderator, or held until a moderator looked at it."""

    # What tallies follow is known as it was before each change (`active_history`).
    deleted_at: Mapped[datetime | None] = mapped_column(active_history=True)
    hidden_at: Mapped[datetime | None] = mapped_column(active_history=True)
    hidden_why: Mapped[str] = mapped_column(String(500), default="")
    held_at: Mapped[datetime | None] = mapped_column(active_history=True)
    held_why: Mapped[str] = mapped_column(String(500), default="", server_default="")

    @declared_attr
    def hidden_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id"))

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        """What its author sent, for moderators, and what of it does not show."""
        author_id = value("author_id")
        yield ("posts", author_id), 1
        for what in ("held", "hidden", "deleted"):
            yield (what, author_id), int(value(f"{what}_at") is not None)

    @classmethod
    def _site_counts(cls, what: str, value: Value) -> tuple[Key, int]:
        is_here = all(value(f"{state}_at") is None for state in ("held", "hidden", "deleted"))
        return (what, WHOLE_SITE), int(is_here)

    @classmethod
    def here(cls) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
        """For statements: what everybody may see. The same as `is_here`."""
        return cls.deleted_at.is_(None), cls.hidden_at.is_(None), cls.held_at.is_(None)

    @property
    def is_here(self) -> bool:
        """Whether everybody may see it."""
        return self.deleted_at is None and self.hidden_at is None and self.held_at is None

    def hold(self, why: str) -> None:
        """Keep it from everybody but its author until a moderator has looked at it."""
        self.held_at, self.held_why = now(), why

    def approve(self) -> None:
        """A moderator looked at it, and everybody may see it.

        Raises:
            Refused: it does not wait for that.
        """
        if self.held_at is None or self.hidden_at is not None:
            raise Refused(_("This does not wait for a moderator."))
        self.held_at, self.held_why = None, ""

    def hide(self, by: User, why: str) -> None:
        """Show it only to its author, with the reason, and to moderators.

        Raises:
            Refused: it is hidden already.
        """
        if self.hidden_at is not None:
            raise Refused(_("This is hidden already."))
        self.hidden_at, self.hidden_why, self.hidden_by_id = now(), why, by.id

    def restore(self) -> None:
        """Show it to everybody again, also what was held before it was hidden.

        Raises:
            Refused: it is not hidden.
        """
        if self.hidden_at is None:
            raise Refused(_("This is not hidden."))
        self.hidden_at, self.hidden_why, self.hidden_by_id = None, "", None
        self.held_at, self.held_why = None, ""


class Post(Shown):
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
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)

    @declared_attr
    def author_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("users.id"))

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


# Each row keeps a copy of what lists of a tag are chosen and ordered by (`tag_order_queries`): an index for each
# order, by itself and within a product, so that a list costs the same however many questions have the tag.
question_tags = Table(
    "question_tags",
    Base.metadata,
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
    Column("product_id", Integer),
    Column("created_at", UtcDateTime),
    Column("active_at", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("affected_count", Integer),
    Column("answer_count", Integer),
    Index("ix_question_tags_newest", "tag_id", "created_at", "question_id"),
    Index("ix_question_tags_active", "tag_id", "active_at", "question_id"),
    Index("ix_question_tags_affected", "tag_id", "affected_count", "question_id"),
    Index("ix_question_tags_unanswered", "tag_id", "answer_count", "created_at", "question_id"),
    Index("ix_question_tags_product_newest", "tag_id", "product_id", "created_at", "question_id"),
    Index("ix_question_tags_product_active", "tag_id", "product_id", "active_at", "question_id"),
    Index("ix_question_tags_product_affected", "tag_id", "product_id", "affected_count", "question_id"),
    Index(
        "ix_question_tags_product_unanswered",
        "tag_id",
        "product_id",
        "answer_count",
        "created_at",
        "question_id",
    ),
    Index("ix_question_tags_changed", "tag_id", "changed_at"),
)
Index("ix_question_tags_map", map_of(question_tags.c.tag_id), question_tags.c.changed_at)


class Question(Searchable, Post, Base):
    """Somebody's problem, in their words."""

    __tablename__ = "questions"

    title: Mapped[str] = mapped_column(String(300))
    slug: Mapped[str] = mapped_column(String(100))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), active_history=True)
    version: Mapped[str] = mapped_column(String(100), default="")
    environment: Mapped[str] = mapped_column(String(500), default="")
    answer_count: Mapped[int] = mapped_column(default=0, active_history=True)
    accepted_count: Mapped[int] = mapped_column(default=0, active_history=True)
    affected_count: Mapped[int] = mapped_column(default=0)
    view_count: Mapped[int] = mapped_column(default=0, server_default="0")
    active_at: Mapped[datetime] = mapped_column(default=now)
    # The question that this one points to in the end, however many confirmed duplicates lie between.
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), active_history=True)
    # Since when the answers that were given here stand where it points to.
    merged_at: Mapped[datetime | None]

    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")
    tags: Mapped[list[Tag]] = relationship(secondary=question_tags, order_by=Tag.slug, lazy="raise_on_sql")

    # Each list reads the rows it shows and few besides: an index for each order, by itself and within a product.
    __table_args__ = (
        Index("ix_questions_newest", "created_at", "id"),
        Index("ix_questions_active", "active_at", "id"),
        Index("ix_questions_affected", "affected_count", "id"),
        Index("ix_questions_unanswered", "answer_count", "created_at", "id"),
        Index("ix_questions_unsolved", "accepted_count", "created_at", "id"),
        Index("ix_questions_author", "author_id", "created_at", "id"),
        Index("ix_questions_product_newest", "product_id", "created_at", "id"),
        Index("ix_questions_product_active", "product_id", "active_at", "id"),
        Index("ix_questions_product_affected", "product_id", "affected_count", "id"),
        Index("ix_questions_product_unanswered", "product_id", "answer_count", "created_at", "id"),
        # Most are no duplicates, and who looks for those should not be led here.
        Index(
            "ix_questions_duplicate_of",
            "duplicate_of_id",
            **only_where("duplicate_of_id IS NOT NULL"),
        ),
    )

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "question", self.id
        if self.duplicate_of_id is not None:
            yield "question", self.duplicate_of_id

    @classmethod
    def changed_at(cls) -> ColumnElement[datetime]:
        """For statements: when its thread was changed last: it was edited, or an answer given, edited or accepted."""
        return case((cls.edited_at > cls.active_at, cls.edited_at), else_=cls.active_at)

    @property
    def question_id(self) -> int:
        return self.id

    @property
    def is_solved(self) -> bool:
        return self.accepted_count > 0


def _is_here(more: str = "") -> dict[str, Any]:
    """What an index says that holds only rows that everybody may see; the same as `Shown.here`."""
    return only_where(f"deleted_at IS NULL AND hidden_at IS NULL AND held_at IS NULL{more}")


# What the maps of the site say: when a question of each map was changed last, and when a person of each asked.
_FIRST_ASKED = " AND duplicate_of_id IS NULL"
Index("ix_questions_map", map_of(Question.id), Question.active_at, **_is_here(_FIRST_ASKED))
Index(
    "ix_questions_edited_map",
    map_of(Question.id),
    Question.edited_at,
    **_is_here(f"{_FIRST_ASKED} AND edited_at IS NOT NULL"),
)
Index("ix_questions_authors_map", map_of(Question.author_id), Question.created_at, **_is_here())


class Answer(Searchable, Post, Base):
    """One way to solve a question."""

    __tablename__ = "answers"

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    confidence: Mapped[float] = mapped_column(default=0.0)
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # Since when everybody with the ability may edit it, and who opened it.
    wiki_at: Mapped[datetime | None]
    wiki_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # The duplicate at which it was given, while it stands where that one points to.
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)

    question: Mapped[Question] = relationship(foreign_keys=[question_id], lazy="select")
    verified_by: Mapped[User | None] = relationship(foreign_keys=[verified_by_id], lazy="raise_on_sql")

    __table_args__ = (
        Index("ix_answers_question", "question_id", "id"),
        Index("ix_answers_author", "author_id", "created_at", "id"),
        # A person's best ones, and those that grew into guides, among however many.
        *(
            Index(
                f"ix_answers_best_{which}",
                "author_id",
                "confidence",
                "id",
                **only_where(condition),
            )
            for which, condition in (
                ("accepted", "accepted_at IS NOT NULL"),
                ("others", "accepted_at IS NULL"),
            )
        ),
        Index(
            "ix_answers_grown",
            "author_id",
            "article_id",
            **only_where("article_id IS NOT NULL"),
        ),
    )

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        yield from super().tallied(value)
        yield cls._site_counts("answers", value)

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


# The same of those who answered.
Index("ix_answers_authors_map", map_of(Answer.author_id), Answer.created_at, **_is_here())


def edit_window() -> timedelta:
    """How long its author may change a comment, as administrators decided."""
    return timedelta(minutes=settings().limits.comment_edit_minutes)


class Comment(Searchable, Shown, Base):
    """A short remark under a question or one of its answers."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # The answer that was made of it. The comment stays as a trace that leads there.
    became_answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"))
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)

    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    became_answer: Mapped[Answer | None] = relationship(foreign_keys=[became_answer_id], lazy="raise_on_sql")

    __table_args__ = (
        Index("ix_comments_question", "question_id", "id"),
        Index("ix_comments_author", "author_id", "created_at", "id"),
    )

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        yield from super().tallied(value)
        yield cls._site_counts("comments", value)

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "question", self.question_id

    @property
    def editable_until(self) -> datetime:
        """Until when its author may change it: what was answered to should not turn into something else."""
        return self.created_at + edit_window()


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
        Index("ix_votes_cast", "user_id", "created_at"),
        CheckConstraint("(question_id IS NULL) <> (answer_id IS NULL)", name="one_post"),
        CheckConstraint("value IN (-1, 1)", name="up_or_down"),
    )


class Affected(Base):
    """Somebody who has the same problem."""

    __tablename__ = "affected"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class QuestionTally(Base):
    """How many questions came to a product or to a tag, less those that went; without either, to no product.

    Rows are only added, so no two deeds wait for each other here; their sums are what counts, and every night the
    worker joins those of one product or tag (`tally_queries`).

    Attributes:
        listed: that lists show.
        unanswered, unsolved: of those, that wait and were not asked before. Of tags this is not counted.
    """

    __tablename__ = "question_tallies"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"))
    listed: Mapped[int]
    unanswered: Mapped[int]
    unsolved: Mapped[int]

    __table_args__ = (Index("ix_question_tallies_of", "tag_id", "product_id"),)


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


class Duplicate(Base):
    """Somebody's word that a question was asked before, and what came of it.

    While it is confirmed, `question.duplicate_of_id` leads to where `original` leads. Marks of people who have the
    problem stay where they were made and count at the original; answers move there only if a moderator merges the two
    (`merged_at`, `Answer.moved_from_id`). So all comes back when it is withdrawn.
    """

    __tablename__ = "duplicates"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    original_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    # When it was declined, or withdrawn after it had been confirmed.
    ended_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    question: Mapped[Question] = relationship(foreign_keys=[question_id], lazy="select")
    original: Mapped[Question] = relationship(foreign_keys=[original_id], lazy="select")
    by: Mapped[User] = relationship(foreign_keys=[by_id], lazy="raise_on_sql")

    __table_args__ = (
        Index(
            "uq_duplicates_open",
            "question_id",
            "original_id",
            unique=True,
            **only_where("ended_at IS NULL"),
        ),
        CheckConstraint("question_id <> original_id", name="two_questions"),
    )

    @property
    def is_open(self) -> bool:
        """Whether it waits for the asker's word."""
        return self.confirmed_at is None and self.ended_at is None

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None and self.ended_at is None


TAKEN_SUGGESTION = "approved_at IS NOT NULL"
OPEN_SUGGESTION = "approved_at IS NULL AND rejected_at IS NULL AND withdrawn_at IS NULL"


class SuggestedEdit(Base):
    """What somebody without the right to edit would change in a question, an answer or a guide."""

    __tablename__ = "suggested_edits"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    # Whose text it would change, and the product it is about: the queue is cut by these.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    # What the text said when the suggestion was written, so that changes made meanwhile can be merged.
    base_title: Mapped[str] = mapped_column(String(300), default="")
    base_body: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    approved_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    rejected_why: Mapped[str] = mapped_column(String(500), default="")
    withdrawn_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    was_improved: Mapped[bool] = mapped_column(default=False)
    # The draft of a guide's next form that took it in.
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id"))

    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="raise_on_sql")
    question: Mapped[Question | None] = relationship(foreign_keys=[question_id], lazy="select")
    answer: Mapped[Answer | None] = relationship(foreign_keys=[answer_id], lazy="select")
    article: Mapped[Article | None] = relationship(foreign_keys=[article_id], lazy="select")

    __table_args__ = (
        # What was taken over of somebody's, and of that what is in guides.
        Index(
            "ix_suggested_edits_taken",
            "author_id",
            "created_at",
            "id",
            **only_where(TAKEN_SUGGESTION),
        ),
        Index(
            "ix_suggested_edits_in_guides",
            "author_id",
            "article_id",
            **only_where(f"{TAKEN_SUGGESTION} AND article_id IS NOT NULL"),
        ),
        *(
            Index(
                f"uq_suggested_edits_open_{post}",
                "author_id",
                f"{post}_id",
                unique=True,
                **only_where(OPEN_SUGGESTION),
            )
            for post in ("question", "answer", "article")
        ),
        CheckConstraint(
            "(CASE WHEN question_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN answer_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN article_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_post",
        ),
    )

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody to decide."""
        return self.approved_at is None and self.rejected_at is None and self.withdrawn_at is None

    @property
    def post(self) -> Question | Answer | Article:
        """What it would change."""
        found = self.question or self.answer or self.article
        assert found is not None
        return found
