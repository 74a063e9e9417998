"""What pages ask about a person's messages."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.core import addresses, paging
from app.core.db import db, now
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.prepared import given, prepared
from app.forum.models import Answer, Comment, Question
from app.forum.queries import Pager, visible_answers, visible_comments, visible_questions
from app.notifications.kinds import ABOUT_ONES_OWN, TOPICS, Said, people, sentence
from app.notifications.models import Line, Notification

INBOX_SIZE = 30
NAMES_SHOWN = 4
MOST_COUNTED = 100
"""Beyond that the number of unread lines says nothing more."""


# The door


def may_hear(user: Any) -> ColumnElement[bool]:
    """Whether a message is about things that this person may see, at this moment.

    What is deleted, hidden or held is told to nobody, but for its author to whom a moderator's words speak of it.
    """
    of_ones_own = Notification.kind.in_(ABOUT_ONES_OWN)
    question = visible_questions(user).where(
        Question.id == Notification.question_id, or_(and_(*Question.here()), of_ones_own)
    )
    answer = visible_answers(user).where(
        Answer.id == Notification.answer_id,
        or_(and_(*Answer.here()), of_ones_own),
        # What was taken back is no news.
        or_(Notification.kind.not_in(("accepted", "solved")), Answer.accepted_at.is_not(None)),
        or_(Notification.kind != "verified", Answer.verified_at.is_not(None)),
    )
    comment = visible_comments(user).where(
        Comment.id == Notification.comment_id, or_(and_(*Comment.here()), of_ones_own)
    )
    article = visible_articles(user).where(Article.id == Notification.article_id)
    return and_(
        or_(Notification.question_id.is_(None), question.with_only_columns(Question.id).exists()),
        or_(Notification.answer_id.is_(None), answer.with_only_columns(Answer.id).exists()),
        or_(Notification.comment_id.is_(None), comment.with_only_columns(Comment.id).exists()),
        or_(Notification.article_id.is_(None), article.order_by(None).with_only_columns(Article.id).exists()),
    )


def _lines(user: User) -> Select[Line]:
    """A person's lines that have something in them that they may see."""
    shown = exists().where(Notification.line_id == Line.id, may_hear(user))
    return select(Line).where(Line.user_id == user.id, shown)


def unread_count(user: User) -> int:
    """How many lines have something that this person has not read; at most a hundred are counted."""
    if db.session.scalar(_an_unread_line(user), given(user)) is None:
        return 0  # Most often so; what may be seen is the longer question.
    return db.session.scalar(_unread_lines(user), given(user)) or 0


@prepared
def _an_unread_line(reader: Any) -> Select[Any]:
    return select(Line.id).where(Line.user_id == reader.id, Line.read_at.is_(None)).limit(1)


@prepared
def _unread_lines(reader: Any) -> Select[Any]:
    unread = exists().where(Notification.line_id == Line.id, Notification.read_at.is_(None), may_hear(reader))
    lines = select(Line.id).where(Line.user_id == reader.id, Line.read_at.is_(None), unread)
    return select(func.count()).select_from(lines.limit(MOST_COUNTED).subquery())


def unread_label(count: int) -> str:
    """The number of unread lines as it is shown."""
    return _("99+") if count >= MOST_COUNTED else str(count)


# The inbox


@dataclass(frozen=True)
class InboxRow:
    """A line as shown: a sentence and where it leads.

    Attributes:
        note: how many messages it stands for, if several.
    """

    id: int
    text: str
    words: str
    note: str
    url: str
    initials: str
    created_at: datetime
    is_unread: bool


@dataclass(frozen=True)
class Chip:
    """A choice of what to look through."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True)
class InboxPage:
    """A person's messages, the newest first."""

    rows: tuple[InboxRow, ...]
    topic: str
    chips: tuple[Chip, ...]
    pager: Pager


def _topics_of(user: User) -> set[str]:
    """The topics of which a person has a message that they may see."""
    has_some = (
        _lines(user).where(Line.kind.in_(one.kinds)).with_only_columns(Line.id).exists().label(name)
        for name, one in TOPICS.items()
    )
    row = db.session.execute(select(*has_some)).one()
    return {name for name, has in row._mapping.items() if has}


def inbox_page(user: User, topic: str, after: str | None) -> InboxPage:
    """A page of messages about things that this person may still see.

    Args:
        topic: a name in `kinds.TOPICS`, or "" for all.

    Raises:
        Invalid: no such topic or page.
    """
    statement = _lines(user)
    if topic:
        if topic not in TOPICS:
            raise Invalid(_("There are no messages of that kind."))
        statement = statement.where(Line.kind.in_(TOPICS[topic].kinds))
    page: paging.Page[Any] = paging.page_of(
        statement, Line.happened_at, Line.id, after=after, size=INBOX_SIZE
    )
    known = _topics_of(user)
    here = f"/notifications?topic={topic}&" if topic else "/notifications?"
    return InboxPage(
        rows=_rows(user, page.rows),
        topic=topic,
        chips=(
            Chip(_("All"), "/notifications", not topic),
            *(
                Chip(str(one.label), f"/notifications?topic={name}", name == topic)
                for name, one in TOPICS.items()
                if name == topic or name in known
            ),
        ),
        pager=Pager(
            previous_url=f"{here}after={page.previous_cursor or ''}" if after else "",
            next_url=f"{here}after={page.next_cursor}" if page.next_cursor else "",
        ),
    )


def _rows(user: User, lines: Sequence[Line]) -> tuple[InboxRow, ...]:
    counts, latest = _counts(user, lines), _latest(user, lines)
    return tuple(
        _row(line, counts[line.id], latest[line.id])
        for line in lines
        if line.id in counts and latest[line.id]
    )


@dataclass(frozen=True)
class _Count:
    messages: int
    people: int


def _of_interest(user: User, lines: Sequence[Line]) -> ColumnElement[bool]:
    """The messages that lines speak of: the unread ones, and where there are none, all."""
    return and_(
        Notification.line_id.in_([line.id for line in lines]),
        or_(
            Notification.read_at.is_(None),
            Notification.line_id.in_([line.id for line in lines if line.read_at is not None]),
        ),
        may_hear(user),
    )


def _counts(user: User, lines: Sequence[Line]) -> dict[int, _Count]:
    if not lines:
        return {}
    statement = (
        select(Notification.line_id, func.count(), func.count(Notification.actor_id.distinct()))
        .where(_of_interest(user, lines))
        .group_by(Notification.line_id)
    )
    return {line_id: _Count(messages, people) for line_id, messages, people in db.session.execute(statement)}


def _latest(user: User, lines: Sequence[Line]) -> dict[int, list[Notification]]:
    """The last few messages of each line, the latest first."""
    found: dict[int, list[Notification]] = defaultdict(list)
    if not lines:
        return found
    place = (
        func.row_number()
        .over(partition_by=Notification.line_id, order_by=Notification.id.desc())
        .label("place")
    )
    ranked = select(Notification.id, place).where(_of_interest(user, lines)).subquery()
    statement = (
        select(Notification)
        .join(ranked, ranked.c.id == Notification.id)
        .where(ranked.c.place <= NAMES_SHOWN)
        .options(
            joinedload(Notification.line),
            joinedload(Notification.actor).load_only(User.username),
            joinedload(Notification.question).load_only(Question.title, Question.slug),
            joinedload(Notification.article).load_only(Article.title, Article.slug),
        )
        .order_by(Notification.id.desc())
    )
    for message in db.session.scalars(statement):
        found[message.line_id].append(message)
    return found


def _row(line: Line, count: _Count, latest: Sequence[Notification]) -> InboxRow:
    message = latest[0]
    return InboxRow(
        id=line.id,
        text=sentence(said(latest, line.label, messages=count.messages, people_count=count.people)),
        words=message.words,
        note=ngettext("%(num)d message", "%(num)d messages", count.messages) if count.messages > 1 else "",
        url=address(message) if count.messages == 1 else (line.url or together_address(message)),
        initials=message.actor.initials if message.actor else "",
        created_at=line.happened_at,
        is_unread=line.read_at is None,
    )


def said(latest: Sequence[Notification], label: str, *, messages: int, people_count: int) -> Said:
    """What a sentence about some messages of one line is made of; `latest` are the last of them."""
    message = latest[0]
    names = tuple(dict.fromkeys(one.actor.username for one in latest if one.actor))
    return Said(
        kind=message.kind,
        who=people(names, people_count),
        count=messages,
        question=message.question.title if message.question else "",
        guide=message.article.title if message.article else "",
        label=label,
        words=message.words,
    )


def address(message: Notification) -> str:
    """Where one message leads."""
    if message.line.url and message.kind in ABOUT_ONES_OWN:
        return message.line.url
    if message.article is not None:
        return addresses.article(message.article.slug)
    if message.question is None:
        return "/notifications"
    fragment = f"#comment-{message.comment_id}" if message.comment_id else ""
    if message.answer_id is not None:
        # The answer may stand on any page of its thread; its own address finds it.
        return addresses.answer_anywhere(message.answer_id)
    return addresses.question(message.question.id, message.question.slug) + fragment


def together_address(message: Notification) -> str:
    """Where several messages about one thing lead."""
    if message.article is None and message.question is not None:
        return addresses.question(message.question.id, message.question.slug)
    return address(message)


# Reading


def mark_read(
    user: User,
    *,
    line_id: int | None = None,
    question_id: int | None = None,
    article_id: int | None = None,
) -> None:
    """Mark messages as read: all, or one line, or those about a question or a guide. Call inside a transaction."""
    theirs = [Notification.user_id == user.id, Notification.read_at.is_(None)]
    if line_id is not None:
        theirs.append(Notification.line_id == line_id)
    if question_id is not None:
        theirs.append(Notification.question_id == question_id)
    if article_id is not None:
        theirs.append(Notification.article_id == article_id)
    moment = now()
    db.session.execute(
        update(Notification)
        .where(*theirs)
        .values(read_at=moment)
        .execution_options(synchronize_session=False)
    )
    nothing_left = ~exists().where(Notification.line_id == Line.id, Notification.read_at.is_(None))
    db.session.execute(
        update(Line)
        .where(Line.user_id == user.id, Line.read_at.is_(None), nothing_left)
        .values(read_at=moment)
        .execution_options(synchronize_session=False)
    )


def has_unread_about(user: Any, *, question_id: int | None = None, article_id: int | None = None) -> bool:
    """Whether a page's reader has messages that reading it makes read."""
    if not user.is_authenticated:
        return False
    is_question = question_id is not None
    number = question_id if is_question else article_id
    return bool(db.session.scalar(_unread_about(user, is_question), given(user, number=number)))


@prepared
def _unread_about(reader: Any, is_question: bool) -> Select[Any]:
    about = Notification.question_id if is_question else Notification.article_id
    return select(
        exists().where(
            Notification.user_id == reader.id, Notification.read_at.is_(None), about == bindparam("number")
        )
    )
