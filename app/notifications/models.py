"""Messages that wait for a person, what a person follows, and what may reach them by mail."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.articles.models import Article
from app.core.db import Base, now
from app.forum.models import Question


class Line(Base):
    """A line of somebody's inbox: all messages of one kind about one thing, so that six answers are one line.

    Attributes:
        key: what the messages have in common, such as "answer:question-12".
        label, url: what the line is about and where it leads when its messages speak of different things: the
            product, tag or person that somebody follows.
        happened_at: when the latest of them came.
        read_at: None while one of them is unread.
    """

    __tablename__ = "notification_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(120), default="")
    url: Mapped[str] = mapped_column(String(200), default="")
    happened_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notification_lines_latest", "user_id", "happened_at", "id"),
        Index("ix_notification_lines_unread", "user_id", "read_at"),
    )


class Notification(Base):
    """One thing that happened and that one person should hear of, with the one reason why.

    Attributes:
        event: what happened, such as "answer-5"; nobody hears of it twice, whatever ways it might reach them.
        reason: why this person hears of it; see `kinds.REASONS`.
        words: what somebody wrote for this person alone, such as a moderator's reason.
        mail: "now" or "daily" while a letter is due; "" when there is none, or none any more.
    """

    __tablename__ = "notifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("notification_lines.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(20), default="", server_default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    words: Mapped[str] = mapped_column(String(500), default="", server_default="")
    mail: Mapped[str] = mapped_column(String(8), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    line: Mapped[Line] = relationship(lazy="raise_on_sql")
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], lazy="raise_on_sql")
    question: Mapped[Question | None] = relationship(lazy="raise_on_sql")
    article: Mapped[Article | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("user_id", "event"),
        Index("ix_notifications_line", "line_id", "id"),
        Index("ix_notifications_unread", "user_id", "read_at"),
        Index("ix_notifications_event", "event", "mail"),
        Index("ix_notifications_mail", "mail", "user_id"),
    )


class Follow(Base):
    """What somebody wants to hear of: a question, a product, a tag or a person.

    Whoever asked a question or has its problem follows it without a row. A row that is over says that they do
    not want to.

    Attributes:
        kind: "question", "product", "tag" or "person".
        thing_id: the number of the row of that kind.
    """

    __tablename__ = "follows"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10))
    thing_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "kind", "thing_id"),
        Index("ix_follows_thing", "kind", "thing_id"),
    )


class AwaitedAnswer(Base):
    """A search that found nothing, of whose answer somebody wants to hear. It is gone once they were told."""

    __tablename__ = "awaited_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    query: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class MailChoice(Base):
    """What may reach a person by mail, where they have chosen otherwise than the default; see `kinds.TOPICS`."""

    __tablename__ = "mail_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    choice: Mapped[str] = mapped_column(String(8))
