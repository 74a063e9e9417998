"""A picture that somebody added, and where it is shown."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core import addresses
from app.core.db import Base, now
from app.core.tallies import WHOLE_SITE, Key, Tallied, Value


class Upload(Tallied, Base):
    """A picture that a person added. Two people who add the same picture share its file."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(48), index=True)
    """The file's name: what its content hashes to, and its kind."""
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(active_history=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    owner: Mapped[User] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("owner_id", "name", name="uq_uploads_owner_name"),
        Index("ix_uploads_owner_created", "owner_id", "created_at"),
    )

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        """A picture more, and its bytes."""
        yield ("pictures", WHOLE_SITE), 1
        yield ("picture_bytes", WHOLE_SITE), value("size")

    @property
    def url(self) -> str:
        """Where the picture is shown."""
        return addresses.picture(self.name)


class UploadUse(Base):
    """A picture is shown in a thing, such as the question of a number. Written whenever that thing is."""

    __tablename__ = "upload_uses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(48), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    thing_id: Mapped[int]

    __table_args__ = (UniqueConstraint("kind", "thing_id", "name", name="uq_upload_uses_thing"),)
