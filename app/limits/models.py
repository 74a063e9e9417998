"""What was tried, and who was too many. Neither a typed name nor a whole address is kept."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now


class Attempt(Base):
    """Something that may be tried only so often: signing in, asking for a letter, searching.

    Attributes:
        key_hash: whose try it was; nobody can read a name or an address from it.
        amount: how many tries this row stands for.
    """

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    key_hash: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(default=1, server_default="1")
    tried_at: Mapped[datetime] = mapped_column(default=now, index=True)

    __table_args__ = (Index("ix_attempts_key", "kind", "key_hash", "tried_at"),)


class LimitHit(Base):
    """Somebody reached a limit: one row for each limit, person or place, and day.

    Attributes:
        who_hash: tells one from another where nobody is signed in.
        place: the beginning of a network address, such as 192.0.2.0/24.
        count: how often they were turned down.
    """

    __tablename__ = "limit_hits"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    who_hash: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    place: Mapped[str] = mapped_column(String(50), default="")
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_limit_hits_kind_who_hash_day", "kind", "who_hash", "day", unique=True),
        Index("ix_limit_hits_last_at", "last_at", "id"),
    )
