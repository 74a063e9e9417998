"""Reports, the cases that they open, what moderators did, and their notes on people."""

import enum
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.core.db import Base, now
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext
from app.forum.models import Answer, Comment, Question

Thing = Question | Answer | Comment | Article | User
KINDS: dict[str, type[Thing]] = {
    "question": Question,
    "answer": Answer,
    "comment": Comment,
    "article": Article,
    "person": User,
}
NO_END = datetime(2999, 1, 1, tzinfo=UTC)
"""A suspension until then lasts until it is lifted."""


def kind_of(thing: Thing) -> str:
    """The word for what a thing is, as addresses and columns have it."""
    return next(kind for kind, model in KINDS.items() if isinstance(thing, model))


class Reason(enum.StrEnum):
    """Why somebody reports a thing, the most severe first."""

    DANGEROUS = "dangerous"
    PRIVATE = "private"
    SPAM = "spam"
    RUDE = "rude"
    WRONG_PLACE = "wrong-place"
    OTHER = "other"

    @property
    def label(self) -> str:
        return str(_REASON_WORDS[self])

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


_REASON_WORDS = {
    Reason.DANGEROUS: _l("Dangerous advice: somebody or something could come to harm"),
    Reason.PRIVATE: _l("Private data: an address, a phone number, a serial number"),
    Reason.SPAM: _l("Spam or advertising"),
    Reason.RUDE: _l("Rude or hurtful"),
    Reason.WRONG_PLACE: _l("In the wrong place"),
    Reason.OTHER: _l("Something else"),
}
_SEVERITY = {
    Reason.DANGEROUS: 4,
    Reason.PRIVATE: 4,
    Reason.SPAM: 2,
    Reason.RUDE: 2,
    Reason.WRONG_PLACE: 1,
    Reason.OTHER: 1,
}
SEVERE = 4
SEVERITY_OF_HELD = 3  # Somebody waits to be read.
_STEP = 200_000_000  # More minutes than 380 years have.
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def urgency(severity: int, opened_at: datetime) -> int:
    """One number for "the most severe first, and of those the oldest": the higher the sooner.

    Args:
        severity: from 1 to 4.
        opened_at: when the case was opened.
    """
    return severity * _STEP - int((opened_at - _FIRST) / timedelta(minutes=1))


class About:
    """What a row is about: one of five kinds of things."""

    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr
    def question_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def answer_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def comment_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def article_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def person_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)

    @property
    def about(self) -> tuple[str, int]:
        """Kind and number of the thing."""
        return next(
            (kind, number) for kind in KINDS if (number := getattr(self, f"{kind}_id", None)) is not None
        )


def _one_thing() -> CheckConstraint:
    filled = " + ".join(f"(CASE WHEN {kind}_id IS NULL THEN 0 ELSE 1 END)" for kind in KINDS)
    return CheckConstraint(f"{filled} = 1", name="one_thing")


class OfSomebody(About):
    """Something said or done about a person or about what that person wrote; about guides, of nobody."""

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id"))


def column_about(thing: Thing) -> dict[str, int]:
    """The column that says which thing a row is about, with its value."""
    return {f"{kind_of(thing)}_id": thing.id}


def columns_of(thing: Thing) -> dict[str, int | None]:
    """The column that says which thing a row is about, and whose it is."""
    owner_id = (
        thing.id if isinstance(thing, User) else None if isinstance(thing, Article) else thing.author_id
    )
    return {**column_about(thing), "owner_id": owner_id}


class Case(About, Base):
    """A thing that a moderator should look at: it is held, or somebody reported it. One is open for each thing at most."""

    __tablename__ = "moderation_cases"

    open_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    is_held: Mapped[bool] = mapped_column(default=False)
    severity: Mapped[int] = mapped_column(SmallInteger)
    urgency: Mapped[int]
    report_count: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        _one_thing(),
        Index("ix_moderation_cases_urgency", "closed_at", "urgency", "id"),
        Index("ix_moderation_cases_opened", "closed_at", "opened_at", "id"),
    )

    @classmethod
    def open(cls, thing: Thing, severity: int, *, is_held: bool = False) -> "Case":
        """A new case about a thing."""
        at = now()
        return cls(
            open_key=f"{kind_of(thing)}-{thing.id}",
            is_held=is_held,
            severity=severity,
            urgency=urgency(severity, at),
            report_count=0,
            opened_at=at,
            **column_about(thing),
        )

    def raise_to(self, severity: int) -> None:
        """Make it at least so severe."""
        self.severity = max(self.severity, severity)
        self.urgency = urgency(self.severity, self.opened_at)

    def close(self) -> None:
        """Nobody needs to look at it any more."""
        self.closed_at, self.open_key = now(), None


class Report(OfSomebody, Base):
    """What one person said of one thing. The database keeps it to one."""

    __tablename__ = "reports"

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_cases.id"), index=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
    helped: Mapped[bool] = mapped_column(default=False)

    reporter: Mapped[User] = relationship(foreign_keys=[reporter_id], lazy="raise_on_sql")

    __table_args__ = (
        _one_thing(),
        Index("ix_reports_owner", "owner_id", "id"),
        *(UniqueConstraint("reporter_id", f"{kind}_id") for kind in KINDS),
    )


class Deed(enum.StrEnum):
    """What moderators do, as the log names it."""

    APPROVE = "approve"
    HIDE = "hide"
    RESTORE = "restore"
    KEEP = "keep"
    SETTLE = "settle"
    SUSPEND = "suspend"
    LIFT = "lift"
    MERGE = "merge"

    @property
    def label(self) -> str:
        return str(_DEED_WORDS[self])


_DEED_WORDS = {
    Deed.APPROVE: _l("Approved"),
    Deed.HIDE: _l("Hidden"),
    Deed.RESTORE: _l("Shown again"),
    Deed.KEEP: _l("Looked at and kept"),
    Deed.SETTLE: _l("Settled"),
    Deed.SUSPEND: _l("Suspended"),
    Deed.LIFT: _l("Suspension lifted"),
    Deed.MERGE: _l("Answers brought to the same question"),
}


def deed_sentence(deed: str, who: str, ago: str) -> str:
    """What a moderator did, for another one who was about to do something too."""
    return {
        Deed.APPROVE: _("%(who)s approved this %(ago)s.", who=who, ago=ago),
        Deed.HIDE: _("%(who)s hid this %(ago)s.", who=who, ago=ago),
        Deed.RESTORE: _("%(who)s showed this again %(ago)s.", who=who, ago=ago),
        Deed.KEEP: _("%(who)s looked at this %(ago)s and kept it.", who=who, ago=ago),
        Deed.SETTLE: _("%(who)s settled this %(ago)s.", who=who, ago=ago),
        Deed.SUSPEND: _("%(who)s suspended this person %(ago)s.", who=who, ago=ago),
        Deed.LIFT: _("%(who)s lifted this suspension %(ago)s.", who=who, ago=ago),
        Deed.MERGE: _("%(who)s brought the answers to the same question %(ago)s.", who=who, ago=ago),
    }[Deed(deed)]


def ago_words(since: timedelta) -> str:
    """How long ago, roughly, such as "2 minutes ago"."""
    minutes = int(since / timedelta(minutes=1))
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
    if minutes < 60 * 24:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", minutes // 60)
    return ngettext("%(num)d day ago", "%(num)d days ago", minutes // (60 * 24))


class Act(OfSomebody, Base):
    """Something that a moderator did, with the reason that everybody may read."""

    __tablename__ = "moderation_acts"

    moderator_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    deed: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(500), default="")
    until: Mapped[datetime | None]
    done_at: Mapped[datetime] = mapped_column(default=now)

    moderator: Mapped[User] = relationship(foreign_keys=[moderator_id], lazy="raise_on_sql")

    __table_args__ = (
        _one_thing(),
        Index("ix_moderation_acts_done", "done_at", "id"),
        Index("ix_moderation_acts_owner", "owner_id", "id"),
    )


class PersonNote(Base):
    """What one moderator wants the others to know of a person. Nobody else sees it."""

    __tablename__ = "notes_on_people"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
