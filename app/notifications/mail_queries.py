"""What letters about messages ask the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.core.db import db
from app.forum.models import Answer, Comment
from app.notifications.kinds import AT_ONCE, DAILY, TOPICS
from app.notifications.models import MailChoice, Notification
from app.notifications.queries import may_hear

AT_A_TIME = 50
MOST_IN_A_DAY = 300

WITH_ALL = (
    joinedload(Notification.line),
    joinedload(Notification.actor),
    joinedload(Notification.question),
    joinedload(Notification.article),
)


# Choices


def choices(user_id: int) -> dict[str, str]:
    """What a person has chosen otherwise than the default, by topic."""
    rows = db.session.scalars(select(MailChoice).where(MailChoice.user_id == user_id))
    return {row.topic: row.choice for row in rows}


def choice(user_id: int, topic: str) -> str:
    """What should reach a person by mail."""
    return choices(user_id).get(topic, TOPICS[topic].default)


def set_choice(user_id: int, topic: str, choice: str) -> None:
    """Write what a person has chosen. Call inside a transaction."""
    row = db.session.get(MailChoice, (user_id, topic), with_for_update=True)
    if row is None:
        db.session.add(MailChoice(user_id=user_id, topic=topic, choice=choice))
    else:
        row.choice = choice


# Letters about one thing


def due_now(event: str) -> Sequence[Notification]:
    """Some messages about an event for which a letter is due, locked."""
    statement = (
        select(Notification)
        .where(Notification.event == event, Notification.mail == AT_ONCE)
        .order_by(Notification.id)
        .limit(AT_A_TIME)
        .with_for_update()
    )
    return db.session.scalars(statement).all()


def person(user_id: int) -> User:
    """Whoever a letter is for."""
    return db.session.get_one(User, user_id)


def still_to_hear(user: User, message: Notification) -> Notification | None:
    """The message with all that a letter says of it, if its person has not seen it and may still."""
    return db.session.scalar(
        select(Notification)
        .where(Notification.id == message.id, Notification.read_at.is_(None), may_hear(user))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )


def words_of(message: Notification) -> str:
    """What somebody wrote, as plain text, to quote in a letter."""
    if message.words:
        return message.words
    if message.comment_id is not None:
        return db.session.scalar(select(Comment.body).where(Comment.id == message.comment_id)) or ""
    if message.kind in ("answer", "new_answer", "solved", "mention") and message.answer_id is not None:
        return db.session.scalar(select(Answer.body_text).where(Answer.id == message.answer_id)) or ""
    if message.kind in ("new_question", "mention") and message.question is not None:
        return message.question.body_text
    if message.article is not None:
        return message.article.summary
    return ""


# The daily letter


@dataclass(frozen=True)
class Waiting:
    """Somebody for whom there is something in the daily letter.

    Attributes:
        since: when the first of it happened.
    """

    user_id: int
    time_zone: str
    since: datetime


def people_with_daily_news() -> list[Waiting]:
    """Everybody for whom there is something in the daily letter."""
    statement: Any = (
        select(Notification.user_id, User.time_zone, func.min(Notification.created_at))
        .join(User, User.id == Notification.user_id)
        .where(Notification.mail == DAILY)
        .group_by(Notification.user_id, User.time_zone)
    )
    return [Waiting(*row) for row in db.session.execute(statement)]


def daily_news(user: User) -> Sequence[Notification]:
    """What the daily letter of a person tells: unread, and still to be seen; the latest first."""
    statement = (
        select(Notification)
        .where(
            Notification.user_id == user.id,
            Notification.mail == DAILY,
            Notification.read_at.is_(None),
            may_hear(user),
        )
        .options(*WITH_ALL)
        .order_by(Notification.id.desc())
        .limit(MOST_IN_A_DAY)
    )
    return db.session.scalars(statement).all()


def no_daily_news_left(user_id: int) -> None:
    """Nothing of what has happened so far belongs into a daily letter any more."""
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user_id, Notification.mail == DAILY)
        .values(mail="")
        .execution_options(synchronize_session=False)
    )
