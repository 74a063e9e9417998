"""What pages ask about a person's messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.core import addresses, paging
from app.core.db import db, now
from app.core.i18n import gettext as _
from app.forum.models import Answer, Question
from app.forum.queries import Pager, visible_answers, visible_questions
from app.notifications.models import Notification

INBOX_SIZE = 30


def unread_count(user: User) -> int:
    """How many messages this person has not read."""
    unread = _visible_messages(user).where(Notification.read_at.is_(None))
    return db.session.scalar(unread.with_only_columns(func.count())) or 0


def _visible_messages(user: User) -> Select[Notification]:
    """A person's messages about things that they may still see."""
    return select(Notification).where(
        Notification.user_id == user.id,
        or_(
            Notification.question_id.is_(None),
            Notification.question_id.in_(visible_questions(user).with_only_columns(Question.id)),
        ),
        or_(
            Notification.answer_id.is_(None),
            Notification.answer_id.in_(visible_answers(user).with_only_columns(Answer.id)),
        ),
        or_(
            Notification.article_id.is_(None),
            Notification.article_id.in_(visible_articles(user).order_by(None).with_only_columns(Article.id)),
        ),
    )


@dataclass(frozen=True)
class InboxRow:
    """A message as shown: a sentence and where it leads."""

    text: str
    url: str
    created_at: datetime
    is_unread: bool


@dataclass(frozen=True)
class InboxPage:
    """A person's messages, the newest first."""

    rows: tuple[InboxRow, ...]
    unread_count: int
    pager: Pager


def _sentence(message: Notification) -> str:
    who = message.actor.username if message.actor else _("Somebody")
    about = message.question.title if message.question else ""
    guide = message.article.title if message.article else ""
    words = {
        "answer": _("%(who)s answered “%(about)s”", who=who, about=about),
        "comment": _("%(who)s commented on your post in “%(about)s”", who=who, about=about),
        "accepted": _("%(who)s accepted your answer to “%(about)s”", who=who, about=about),
        "verified": _("%(who)s verified your answer to “%(about)s”", who=who, about=about),
        "became_guide": _(
            "Your answer to “%(about)s” became the guide “%(guide)s”. Thank you!", about=about, guide=guide
        ),
        "guide": _("There is now a guide for “%(about)s”: “%(guide)s”", about=about, guide=guide),
        "feedback_fixed": _("“%(guide)s” is better now because of you. Thank you!", guide=guide),
    }
    return words[message.kind]


def _address(message: Notification) -> str:
    if message.article is not None:
        return addresses.article(message.article.slug)
    if message.question is None:
        return "/notifications"
    if message.answer_id is not None:
        return addresses.answer_anywhere(message.answer_id)
    return addresses.question(message.question.id, message.question.slug)


def inbox_page(user: User, after: str | None) -> InboxPage:
    """A page of messages about things that this person may still see.

    Raises:
        Invalid: no such page.
    """
    statement = _visible_messages(user).options(
        joinedload(Notification.actor),
        joinedload(Notification.question),
        joinedload(Notification.article),
    )
    page: paging.Page[Any] = paging.page_of(
        statement, Notification.created_at, Notification.id, after=after, size=INBOX_SIZE
    )
    return InboxPage(
        rows=tuple(
            InboxRow(
                text=_sentence(message),
                url=_address(message),
                created_at=message.created_at,
                is_unread=message.read_at is None,
            )
            for message in page.rows
        ),
        unread_count=unread_count(user),
        pager=Pager(next_url=f"/notifications?after={page.next_cursor}" if page.next_cursor else ""),
    )


def mark_read(user: User) -> None:
    """Mark all of a person's messages as read. Call inside a transaction."""
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .values(read_at=now())
    )
