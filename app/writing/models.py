"""A text that somebody has begun and not sent."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now


class PostDraft(Base):
    """What a person has typed into one form and not sent yet, so that they find it on every device."""

    __tablename__ = "post_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(80))
    """The form, such as "ask" or "answer-12"."""
    page: Mapped[str] = mapped_column(String(300), default="")
    """The address of the page with that form."""
    fields: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("person_id", "place", name="uq_post_drafts_place"),
        Index("ix_post_drafts_updated", "person_id", "updated_at"),
    )
