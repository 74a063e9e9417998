"""The ledger of reputation: each point with its cause, so that it can be shown and undone."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now, only_where


class ReputationEntry(Base):
    """Points that one person won or lost for one cause.

    An entry is never changed and never removed. When its cause is taken back it is cancelled, and while its
    post is deleted or hidden it does not count; a person's reputation is what the rest comes to, day by day
    (`reputation.queries.worth`).
    """

    __tablename__ = "reputation_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    cause: Mapped[str] = mapped_column(String(40))
    points: Mapped[int]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))
    # Who gave them, where a cause comes from one person: a vote is taken back by whoever cast it.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date] = mapped_column(default=lambda: now().date(), server_default="1970-01-01")
    created_at: Mapped[datetime] = mapped_column(default=now)
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_reputation_entries_days", "user_id", "day"),
        Index("ix_reputation_entries_told", "user_id", "created_at", "id"),
    )


class ReputationDay(Base):
    """What a person's entries of one day come to, kept along: their sums change by what a day changes.

    Attributes:
        is_lately: whether it is part of the person's `points_lately`; the worker ends that a month later.
    """

    __tablename__ = "reputation_days"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    points: Mapped[int]
    is_lately: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index(
            "ix_reputation_days_lately",
            "day",
            "user_id",
            **only_where("is_lately"),
        ),
    )
