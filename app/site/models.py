"""The rows behind the settings, the announcements, and the log of who changed what."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Base, now

STAMP = "stamp"
"""The key of the row that changes whenever any setting or announcement does."""


class SiteSetting(Base):
    """One decision: its key and its value as JSON."""

    __tablename__ = "site_settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    value: Mapped[str] = mapped_column(Text)


class SiteAnnouncement(Base):
    """A banner with a beginning and, perhaps, an end."""

    __tablename__ = "site_announcements"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(500))
    audience: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class SiteChange(Base):
    """What an administrator did: the deed, and in words what it changed."""

    __tablename__ = "site_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    deed: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)

    by: Mapped[User] = relationship(lazy="raise_on_sql")
