"""Guides, the addresses they had, what they said before, and drafts of what they may say next."""

import enum
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.catalog.models import Product, Tag
from app.core.db import Base, now, only_where
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.map_queries import map_of
from app.core.tallies import WHOLE_SITE, Key, Tallied, Value
from app.search.changes import Searchable


class ArticleType(enum.StrEnum):
    """What kind of help a guide gives."""

    HOW_TO = "how-to"
    TROUBLESHOOTING = "troubleshooting"
    KNOWN_ISSUE = "known-issue"
    REFERENCE = "reference"
    POLICY = "policy"
    RELEASE = "release"

    @property
    def label(self) -> str:
        return str(_TYPE_WORDS[self])


_TYPE_WORDS = {
    ArticleType.HOW_TO: _l("How-to"),
    ArticleType.TROUBLESHOOTING: _l("Troubleshooting"),
    ArticleType.KNOWN_ISSUE: _l("Known issue"),
    ArticleType.REFERENCE: _l("Reference"),
    ArticleType.POLICY: _l("Policy"),
    ArticleType.RELEASE: _l("Release notes"),
}


class Audience(enum.StrEnum):
    """Who may read a guide: everybody, people with an account, or the maker's own people."""

    PUBLIC = "public"
    CUSTOMERS = "customers"
    STAFF = "staff"

    @property
    def label(self) -> str:
        return str(_AUDIENCE_WORDS[self])


_AUDIENCE_WORDS = {
    Audience.PUBLIC: _l("Everyone"),
    Audience.CUSTOMERS: _l("Customers only"),
    Audience.STAFF: _l("Staff only"),
}

article_tags = Table(
    "article_tags",
    Base.metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


def shelf(audience: str, type: str) -> str:
    """What the tally of a product's guides of one type for one audience is called."""
    return f"{audience} {type}"


class Article(Searchable, Tallied, Base):
    """A guide as readers see it. The file at `path` is the truth; this row is its copy, made by the sync."""

    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(160), unique=True)
    path: Mapped[str] = mapped_column(String(300), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))

    title: Mapped[str] = mapped_column(String(300))
    type: Mapped[str] = mapped_column(String(20), active_history=True)
    summary: Mapped[str] = mapped_column(String(500), default="")
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True, active_history=True)
    applies_to: Mapped[list[str]] = mapped_column(JSON, default=list)
    symptoms: Mapped[list[str]] = mapped_column(JSON, default=list)
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    credits: Mapped[list[str]] = mapped_column(JSON, default=list)
    owner: Mapped[str] = mapped_column(String(40), default="")
    audience: Mapped[str] = mapped_column(String(20), default=Audience.PUBLIC, active_history=True)
    origin: Mapped[str] = mapped_column(String(200), default="")
    review_by: Mapped[date | None]

    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    headings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    renderer_version: Mapped[int]
    render_problem: Mapped[str] = mapped_column(String(500), default="")

    published_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    checked_at: Mapped[datetime | None]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(active_history=True)
    withdrawn_why: Mapped[str] = mapped_column(String(500), default="")
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))

    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    helpful_yes: Mapped[int] = mapped_column(default=0, server_default="0")
    helpful_no: Mapped[int] = mapped_column(default=0, server_default="0")
    view_count: Mapped[int] = mapped_column(default=0, server_default="0")
    # How many readers said of any of its editions that it helped.
    helped_count: Mapped[int] = mapped_column(default=0, server_default="0")

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    tags: Mapped[list[Tag]] = relationship(secondary=article_tags, order_by=Tag.slug, lazy="raise_on_sql")
    successor: Mapped["Article | None"] = relationship(remote_side=[id], lazy="raise_on_sql")

    __table_args__ = (
        Index("ix_articles_updated", "updated_at", "id"),
        Index("ix_articles_title", "title", "id"),
        # What shelves are counted by, so that counting reads no guide. Most guides are public and on their shelves,
        # so these come last: lists in another order should not be led here.
        Index("ix_articles_shelf", "product_id", "type", "audience", "withdrawn_at"),
        Index("ix_articles_review", "review_by", "id", **only_where("review_by IS NOT NULL")),
    )

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        """One guide more on the shelves: of the whole site, and of its product's."""
        if value("withdrawn_at") is None:
            yield ("guides", WHOLE_SITE), 1
            yield (shelf(value("audience"), value("type")), value("product_id")), 1

    def search_keys(self) -> Iterable[tuple[str, int]]:
        yield "article", self.id

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    def withdraw(self, why: str, successor: "Article | None" = None) -> None:
        """Take the guide off the shelves. Its row stays, so old links say what happened instead of failing.

        Raises:
            Refused: the successor is this guide itself, or is withdrawn too.
        """
        if successor is not None and (successor.id == self.id or successor.is_withdrawn):
            raise Refused(_("The guide that takes its place must be another one that is published."))
        self.withdrawn_at = now()
        self.withdrawn_why = why
        self.successor_id = successor.id if successor else None

    def begin_edition(self) -> None:
        """It says something else now, so readers are asked anew whether it helps."""
        self.edition += 1
        self.helpful_yes = self.helpful_no = 0

    def put_back(self) -> None:
        """Set a withdrawn guide on the shelves again."""
        self.withdrawn_at = None
        self.withdrawn_why = ""
        self.successor_id = None


HAS_PROBLEM = Article.render_problem != literal_column("''")
"""For statements; written out, so that the index of these few guides is used."""

Index("ix_articles_troubled", Article.title, Article.id, **only_where(HAS_PROBLEM))
Index("ix_articles_map", map_of(Article.id), Article.updated_at)


class ArticleRedirect(Base):
    """An address that a guide had before it was renamed."""

    __tablename__ = "article_redirects"

    slug: Mapped[str] = mapped_column(String(160), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ArticleRevision(Base):
    """The whole file of a guide as it was published at one moment."""

    __tablename__ = "article_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    content_hash: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (Index("ix_article_revisions_article", "article_id", "id"),)


class ArticleViews(Base):
    """How often a guide was opened on one day."""

    __tablename__ = "article_views"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]

    __table_args__ = (Index("ix_article_views_day", "day"),)


class Stage(enum.StrEnum):
    """Where a draft is on its way to the readers."""

    WRITING = "writing"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DISCARDED = "discarded"

    @property
    def label(self) -> str:
        return str(_STAGE_WORDS[self])


_STAGE_WORDS = {
    Stage.WRITING: _l("Being written"),
    Stage.IN_REVIEW: _l("Waiting for review"),
    Stage.APPROVED: _l("Approved"),
    Stage.PUBLISHED: _l("Published"),
    Stage.DISCARDED: _l("Discarded"),
}


class Draft(Base):
    """A guide being written: a new one, or the next form of a published one.

    Its stage follows from its moments: written, sent for review, approved, published. Changing the text
    after approval takes the approval back.
    """

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    base_hash: Mapped[str] = mapped_column(String(64), default="")
    base_source: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    question_id: Mapped[int | None] = mapped_column(index=True)
    answer_id: Mapped[int | None] = mapped_column(index=True)

    title: Mapped[str] = mapped_column(String(300))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    body: Mapped[str] = mapped_column(Text, default="")

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    returned_why: Mapped[str] = mapped_column(String(2000), default="")
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]

    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    edited_by: Mapped[User | None] = relationship(foreign_keys=[edited_by_id], lazy="raise_on_sql")
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id], lazy="raise_on_sql")
    article: Mapped[Article | None] = relationship(lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.published_at is None and self.discarded_at is None

    @property
    def stage(self) -> Stage:
        if self.discarded_at is not None:
            return Stage.DISCARDED
        if self.published_at is not None:
            return Stage.PUBLISHED
        if self.approved_at is not None:
            return Stage.APPROVED
        return Stage.IN_REVIEW if self.sent_at is not None else Stage.WRITING

    def refuse_closed(self) -> None:
        """Say no to a deed that only an open draft takes.

        Raises:
            Refused: it was published or discarded.
        """
        if self.published_at is not None:
            raise Refused(_("This draft is published already. Edit the guide to change it."))
        if self.discarded_at is not None:
            raise Refused(_("This draft was discarded."))

    def rewrite(self, title: str, fields: dict[str, Any], body: str, by: User) -> None:
        """Change the text. What a reviewer approved was the text before, so an approval is taken back."""
        self.refuse_closed()
        if (title, fields, body) == (self.title, self.fields, self.body):
            return
        self.edited_by_id = by.id
        self.title, self.fields, self.body = title, fields, body
        self.approved_at = self.approved_by_id = None
        self.updated_at = now()

    def send_for_review(self) -> None:
        """Ask another writer to look at it."""
        self.refuse_closed()
        if self.sent_at is not None:
            raise Refused(_("This draft is with the reviewers already."))
        self.sent_at = self.updated_at = now()
        self.returned_why = ""

    def approve(self, by: User) -> None:
        """Find it right. It may be published now. Nobody finds their own words right.

        Raises:
            Refused: it is theirs or they changed it last, was not sent for review, is approved already, or closed.
        """
        self.refuse_closed()
        if by.id in (self.author_id, self.edited_by_id):
            raise Refused(_("Some of these words are yours, so another writer has to approve them."))
        if self.sent_at is None:
            raise Refused(_("This draft was not sent for review yet."))
        if self.approved_at is not None:
            raise Refused(_("This draft is approved already."))
        self.approved_at = self.updated_at = now()
        self.approved_by_id = by.id

    def give_back(self, why: str) -> None:
        """Ask its author for changes."""
        self.refuse_closed()
        if self.sent_at is None:
            raise Refused(_("This draft is with its author already."))
        self.sent_at = self.approved_at = self.approved_by_id = None
        self.returned_why = why
        self.updated_at = now()

    def discard(self) -> None:
        """Put it away. Its text is kept, and it can be brought back."""
        self.refuse_closed()
        self.discarded_at = now()

    def restore(self) -> None:
        """Take it up again where it was left."""
        if self.discarded_at is None:
            raise Refused(_("This draft is not discarded."))
        self.discarded_at = None
        self.updated_at = now()

    def mark_published(self, article: Article) -> None:
        """Readers have it."""
        self.published_at = self.updated_at = now()
        self.article_id = article.id
