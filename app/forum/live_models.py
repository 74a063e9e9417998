"""That something changed in a thread: rows for pages that are open in somebody's browser right now."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now


class ThreadChange(Base):
    """A thread was changed. Which words, and whether a reader may see them, its page says when it is asked again.

    Rows are only added, so no two deeds wait for each other here, and the worker takes old ones away.
    """

    __tablename__ = "thread_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_thread_changes_question", "question_id", "id"),
        # Numbers are never given twice, also after the newest rows were taken away.
        {"sqlite_autoincrement": True},
    )
