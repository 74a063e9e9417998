"""What is asked of the ledger: what a person's entries come to, and the page that shows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.articles.models import Article
from app.core import addresses, paging
from app.core.db import db
from app.core.i18n import gettext as _
from app.forum.models import Answer, Question
from app.forum.queries import Pager
from app.reputation.models import ReputationDay, ReputationEntry
from app.reputation.points import CAUSES, MOST_FROM_VOTES

ENTRIES_SIZE = 50
VOTES = tuple(name for name, cause in CAUSES.items() if cause.is_vote)


def days(
    user_id: int | None = None,
    *,
    on: Collection[date] | None = None,
    people: tuple[int, int] | None = None,
) -> Subquery:
    """For each person (or one, or those from a number to another) and day (or some): the points of votes, and those of everything else, as far as they count.

    What was taken back does not count, nor what happened to a post that is deleted, hidden or held.
    """
    is_vote = ReputationEntry.cause.in_(VOTES)
    votes = func.sum(case((is_vote, ReputationEntry.points), else_=0))
    rest = func.sum(case((is_vote, 0), else_=ReputationEntry.points))
    capped = case((votes > MOST_FROM_VOTES, MOST_FROM_VOTES), else_=votes)
    statement = (
        select(ReputationEntry.user_id, ReputationEntry.day, (capped + rest).label("points"))
        .outerjoin(Question, Question.id == ReputationEntry.question_id)
        .outerjoin(Answer, Answer.id == ReputationEntry.answer_id)
        .where(
            ReputationEntry.cancelled_at.is_(None),
            or_(Question.id.is_(None), and_(*Question.here())),
            or_(Answer.id.is_(None), and_(*Answer.here())),
        )
        .group_by(ReputationEntry.user_id, ReputationEntry.day)
    )
    if user_id is not None:
        statement = statement.where(ReputationEntry.user_id == user_id)
    if people is not None:
        statement = statement.where(ReputationEntry.user_id.between(*people))
    if on is not None:
        statement = statement.where(ReputationEntry.day.in_(on))
    return statement.subquery()


def worth(user_id: int, on: Collection[date] | None = None) -> int:
    """What a person's reputation is by the ledger; of some days, what these come to."""
    return db.session.scalar(select(func.coalesce(func.sum(days(user_id, on=on).c.points), 0))) or 0


def totals(user_id: int, on: Collection[date] | None = None) -> dict[date, int]:
    """What a person's entries of each day (or of some) come to; days without any are left out."""
    found = days(user_id, on=on)
    return {row.day: int(row.points) for row in db.session.execute(select(found.c.day, found.c.points))}


def day_rows(user_id: int, on: Collection[date] | None = None) -> dict[date, ReputationDay]:
    """What is kept of a person's days, or of some."""
    statement = select(ReputationDay).where(ReputationDay.user_id == user_id)
    if on is not None:
        statement = statement.where(ReputationDay.day.in_(on))
    found = db.session.scalars(statement.execution_options(populate_existing=True))
    return {row.day: row for row in found}


def sums_of_days(user_id: int) -> tuple[int, int]:
    """What the days that are kept of a person come to: all of them, and those of this month."""
    lately = func.sum(case((ReputationDay.is_lately, ReputationDay.points), else_=0))
    both = select(func.coalesce(func.sum(ReputationDay.points), 0), func.coalesce(lately, 0))
    row = db.session.execute(both.where(ReputationDay.user_id == user_id)).one()
    return int(row[0]), int(row[1])


def days_about(**post: int) -> dict[int, set[date]]:
    """Whom a post brought points, and on which days: by the person's number, the lowest first."""
    statement = select(ReputationEntry.user_id, ReputationEntry.day).filter_by(**post).distinct()
    found: dict[int, set[date]] = {}
    for user_id, day in db.session.execute(statement.order_by(ReputationEntry.user_id)):
        found.setdefault(user_id, set()).add(day)
    return found


def whose_days_are_over(since: date, most: int) -> set[int]:
    """People, so many days of theirs at most, whose days before `since` still count for this month."""
    statement = select(ReputationDay.user_id).where(ReputationDay.is_lately, ReputationDay.day < since)
    return set(db.session.scalars(statement.limit(most)))


def days_that_are_over(user_id: int, since: date) -> Sequence[ReputationDay]:
    """A person's days before `since` that still count for this month."""
    statement = select(ReputationDay).where(
        ReputationDay.user_id == user_id, ReputationDay.is_lately, ReputationDay.day < since
    )
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def standing(cause: Sequence[str], *, by_id: int | None = None, **post: int) -> Sequence[ReputationEntry]:
    """The entries of these causes about one post that were not taken back; those that one person gave, if named."""
    statement = (
        select(ReputationEntry)
        .filter_by(**post)
        .where(ReputationEntry.cause.in_(cause), ReputationEntry.cancelled_at.is_(None))
    )
    if by_id is not None:
        statement = statement.where(ReputationEntry.by_id == by_id)
    return db.session.scalars(statement).all()


@dataclass(frozen=True)
class EntryRow:
    """One cause, as its owner sees it."""

    words: str
    points: str
    title: str
    url: str
    at: datetime
    note: str


@dataclass(frozen=True)
class DayOfEntries:
    """A day's causes, and what of them counts."""

    day: date
    total: str
    note: str
    entries: tuple[EntryRow, ...]


@dataclass(frozen=True)
class ReputationPage:
    """The ledger of one person, the newest day first."""

    username: str
    points: int
    days: tuple[DayOfEntries, ...]
    pager: Pager


def reputation_page(person: User, *, after: str | None) -> ReputationPage:
    """What a person won and lost, by day.

    Raises:
        Invalid: no such page.
    """
    entries = select(ReputationEntry).where(ReputationEntry.user_id == person.id)
    page = paging.page_of(
        entries, ReputationEntry.created_at, ReputationEntry.id, after=after, size=ENTRIES_SIZE
    )
    posts = _Posts(page.rows)
    sums = totals(person.id, {entry.day for entry in page.rows})
    shown = [
        DayOfEntries(
            day=day,
            total=signed(points := sums.get(day, 0)),
            note=_("The most that votes bring in a day.") if points >= MOST_FROM_VOTES else "",
            entries=tuple(posts.row(entry) for entry in rows),
        )
        for day, rows in groupby(page.rows, key=lambda entry: entry.day)
    ]
    return ReputationPage(
        username=person.username,
        points=person.reputation,
        days=tuple(shown),
        pager=Pager(
            previous_url=f"/reputation?after={page.previous_cursor or ''}" if after else "",
            next_url=f"/reputation?after={page.next_cursor}" if page.next_cursor else "",
        ),
    )


def signed(points: int) -> str:
    """A number with its sign: "+10", "−2", "0"."""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


class _Posts:
    """What the entries of a page are about, each kind fetched at once."""

    def __init__(self, entries: Sequence[ReputationEntry]) -> None:
        self.questions = _by_id(select(Question), Question, {one.question_id for one in entries})
        answers = select(Answer).options(joinedload(Answer.question))
        self.answers = _by_id(answers, Answer, {one.answer_id for one in entries})
        self.articles = _by_id(select(Article), Article, {one.article_id for one in entries})

    def row(self, entry: ReputationEntry) -> EntryRow:
        question = self.questions.get(entry.question_id)
        answer = self.answers.get(entry.answer_id)
        article = self.articles.get(entry.article_id)
        post = answer or question
        if article is not None:
            title, url = article.title, addresses.article(article.slug)
        elif answer is not None:
            title, url = answer.question.title, addresses.answer_anywhere(answer.id)
        elif question is not None:
            title, url = question.title, addresses.question(question.id, question.slug)
        else:
            title, url = "", ""
        note = ""
        if entry.cancelled_at is not None:
            note = _("Taken back, so it does not count.")
        elif post is not None and not post.is_here:
            note = _("The post is not shown any more, so it does not count.")
        known = CAUSES.get(entry.cause)
        return EntryRow(
            words=str(known.words) if known else entry.cause,
            points=signed(entry.points),
            title=title,
            url=url,
            at=entry.created_at,
            note=note,
        )


def _by_id(statement: Select[Any], model: Any, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return {found.id: found for found in db.session.scalars(statement.where(model.id.in_(wanted)))}
