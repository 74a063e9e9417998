"""What readers say about a guide, and what writers make of it."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.core.db import Base, now, only_where
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l


class Reason(enum.StrEnum):
    """Why a guide did not help."""

    OUTDATED = "outdated"
    WRONG = "wrong"
    MISSING_STEP = "missing-step"
    HARD_TO_FOLLOW = "hard-to-follow"
    OTHER_VERSION = "other-version"

    @property
    def label(self) -> str:
        return str(_REASON_WORDS[self])


_REASON_WORDS = {
    Reason.OUTDATED: _l("It is outdated"),
    Reason.WRONG: _l("Something is wrong"),
    Reason.MISSING_STEP: _l("A step is missing"),
    Reason.HARD_TO_FOLLOW: _l("It is hard to follow"),
    Reason.OTHER_VERSION: _l("It is not for my version"),
}


class State(enum.StrEnum):
    """What became of a report."""

    NEW = "new"
    ACCEPTED = "accepted"
    FIXED = "fixed"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        return str(_STATE_WORDS[self])


_STATE_WORDS = {
    State.NEW: _l("New"),
    State.ACCEPTED: _l("Accepted"),
    State.FIXED: _l("Fixed"),
    State.DECLINED: _l("Declined"),
}


class Feedback(Base):
    """What one reader said of one edition of a guide: whether it helped and, if not, why.

    With a reason it is a report, which writers accept and fix, or decline. A reader is a person, or a browser by
    its `visitor_key`; the key is forgotten after its month, and then nobody can tell whose it was.
    """

    __tablename__ = "article_feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    edition: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    visitor_key: Mapped[str | None] = mapped_column(String(32))

    helped: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(String(2000), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    said_at: Mapped[datetime] = mapped_column(default=now)

    accepted_at: Mapped[datetime | None]
    fixed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    declined_why: Mapped[str] = mapped_column(String(500), default="")
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    article: Mapped[Article] = relationship(lazy="raise_on_sql")
    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    handled_by: Mapped[User | None] = relationship(foreign_keys=[handled_by_id], lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("article_id", "edition", "user_id", name="uq_article_feedback_person"),
        UniqueConstraint("article_id", "edition", "visitor_key", name="uq_article_feedback_visitor"),
        CheckConstraint("user_id IS NULL OR visitor_key IS NULL", name="one_giver"),
        Index("ix_article_feedback_said", "said_at", "id"),
    )

    @property
    def is_report(self) -> bool:
        """Whether it says what is wrong, so that a writer can do something about it."""
        return self.reason != ""

    @property
    def state(self) -> State:
        if self.fixed_at is not None:
            return State.FIXED
        if self.declined_at is not None:
            return State.DECLINED
        return State.ACCEPTED if self.accepted_at is not None else State.NEW

    def say(self, helped: bool, reason: str = "", words: str = "", email: str = "") -> None:
        """Take what the reader says now in the place of what they said before.

        What is left out of a "no" stays as it was, for a reason and words come one after the other. "It helped
        after all" takes a report back unless a writer has taken it up; words of a visitor stay even then, for two
        people behind one address may look like one. A report that says something new after it was fixed or
        declined is new again.
        """
        self.helped = helped
        self.said_at = now()
        if helped:
            if self.state == State.NEW and not (self.words and self.user_id is None):
                self.reason = self.words = self.email = ""
            return
        before = (self.reason, self.words)
        self.reason, self.words = reason or self.reason, words or self.words
        self.email = email or self.email
        if (self.reason, self.words) != before and self.state in (State.FIXED, State.DECLINED):
            self.accepted_at = self.fixed_at = self.declined_at = self.handled_by_id = None
            self.declined_why = ""

    def accept(self, by: User) -> None:
        """A writer will see to it.

        Raises:
            Refused: it is accepted or fixed already, or says nothing that could be seen to.
        """
        self._refuse_unless(State.NEW, State.DECLINED)
        self.accepted_at, self.declined_at, self.declined_why = now(), None, ""
        self.handled_by_id = by.id

    def fix(self, by: User) -> None:
        """The guide is better now.

        Raises:
            Refused: it is fixed or declined already, or says nothing that could be fixed.
        """
        self._refuse_unless(State.NEW, State.ACCEPTED)
        self.fixed_at, self.handled_by_id = now(), by.id

    def decline(self, by: User, why: str) -> None:
        """The guide stays as it is.

        Raises:
            Refused: it is fixed or declined already, or says nothing that could be declined.
        """
        self._refuse_unless(State.NEW, State.ACCEPTED)
        self.declined_at, self.declined_why, self.handled_by_id = now(), why, by.id

    def _refuse_unless(self, *states: State) -> None:
        if not self.is_report:
            raise Refused(_("The reader took this back meanwhile."))
        if self.state in states:
            return
        raise Refused(
            {
                State.NEW: _("This is new."),
                State.ACCEPTED: _("This is accepted already."),
                State.FIXED: _("This is marked as fixed already."),
                State.DECLINED: _("This is declined already."),
            }[self.state]
        )


IS_REPORT = Feedback.reason != literal_column("''")
"""For statements, as `Feedback.is_report`; written out, so that the indexes below are used."""

IS_IN = {
    State.FIXED: Feedback.fixed_at.is_not(None),
    State.DECLINED: and_(Feedback.declined_at.is_not(None), Feedback.fixed_at.is_(None)),
    State.ACCEPTED: and_(
        Feedback.accepted_at.is_not(None), Feedback.declined_at.is_(None), Feedback.fixed_at.is_(None)
    ),
    State.NEW: and_(
        Feedback.accepted_at.is_(None), Feedback.declined_at.is_(None), Feedback.fixed_at.is_(None)
    ),
}
"""For statements, as `Feedback.state`."""

# The inbox: reports in a state, of all guides and of one. Most of what readers say is no report.
for state, is_in in IS_IN.items():
    only_these = only_where(and_(IS_REPORT, is_in))
    Index(f"ix_article_feedback_{state}", Feedback.said_at, Feedback.id, **only_these)
    Index(f"ix_article_feedback_{state}_of", Feedback.article_id, Feedback.said_at, Feedback.id, **only_these)
