"""What people look for and what becomes of it, what is pinned, and whether the golden queries hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, func, select
from sqlalchemy.orm import joinedload

from app import search
from app.articles import queries as articles
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.core.db import db, now, transaction
from app.core.text import plain_line
from app.forum.models import Question
from app.forum.queries import visible_questions
from app.insights.models import GoldenQuery, Outcome, PinnedResult, Search, SearchClick

LONGEST = 200
MOST_ROWS = 50
FIRST = 3
"""Among so many a golden query's guide or question must be."""

FEW = 3
"""So often something is looked for before it counts as never opened."""


def normal(query: str) -> str:
    """A query as it is compared with others: one line, without case, spaces at the ends or a full stop."""
    return plain_line(query).casefold().strip(" .?!,;:")[:LONGEST]


def search_of_key(key: str) -> Search | None:
    """The search that a tab calls so."""
    return db.session.scalar(select(Search).where(Search.key == key))


def clicks_of(search_id: int) -> Sequence[str]:
    """What was opened from a search."""
    return db.session.scalars(select(SearchClick.target).where(SearchClick.search_id == search_id)).all()


@dataclass(frozen=True)
class QueryRow:
    """What is looked for, and what became of it, as counts.

    Attributes:
        query: in the words of whoever looked for it last.
        count: how often.
        empty: how often nothing was found.
        opened: how often a result was opened or solved it.
        asked: how often it ended in a question.
    """

    query: str
    normal: str
    count: int
    empty: int
    opened: int
    asked: int


def _rows(since_days: int, having: ColumnElement[bool], order: Any) -> tuple[QueryRow, ...]:
    was_opened = exists().where(SearchClick.search_id == Search.id)
    opened = func.sum(case((was_opened | (Search.outcome == Outcome.SOLVED), 1), else_=0))
    asked = func.sum(case((Search.outcome == Outcome.ASKED, 1), else_=0))
    empty = func.sum(case((Search.total == 0, 1), else_=0))
    count = func.count()
    statement = (
        select(func.max(Search.query), Search.normal, count, empty, opened, asked)
        .where(Search.created_at > now() - timedelta(days=since_days), Search.is_typed.is_(False))
        .group_by(Search.normal)
        .having(having)
        .order_by(order, Search.normal)
        .limit(MOST_ROWS)
    )
    return tuple(QueryRow(*row) for row in db.session.execute(statement))


def top(days: int) -> tuple[QueryRow, ...]:
    """What is looked for most, the most first, fifty at most."""
    return _rows(days, func.count() > 0, func.count().desc())


def without_results(days: int) -> tuple[QueryRow, ...]:
    """What is looked for and not found."""
    empty = func.sum(case((Search.total == 0, 1), else_=0))
    return _rows(days, empty > 0, empty.desc())


def without_clicks(days: int) -> tuple[QueryRow, ...]:
    """What is found, but nothing of it is opened."""
    was_opened = exists().where(SearchClick.search_id == Search.id)
    opened = func.sum(case((was_opened | (Search.outcome == Outcome.SOLVED), 1), else_=0))
    found = func.sum(case((Search.total > 0, 1), else_=0))
    return _rows(days, (opened == 0) & (found >= FEW), func.count().desc())


def ending_in_a_question(days: int) -> tuple[QueryRow, ...]:
    """After what people had to ask."""
    asked = func.sum(case((Search.outcome == Outcome.ASKED, 1), else_=0))
    return _rows(days, asked > 0, asked.desc())


@dataclass(frozen=True)
class Refined:
    """What people tried next when the first words did not help, how often, and how often that did."""

    query: str
    count: int
    opened: int


def refined(query: str, days: int) -> tuple[Refined, ...]:
    """What people looked for after these words, the most frequent first."""
    before, after = select(Search.id).where(Search.normal == normal(query)).subquery(), Search
    was_opened = exists().where(SearchClick.search_id == after.id)
    statement = (
        select(func.max(after.query), func.count(), func.sum(case((was_opened, 1), else_=0)))
        .where(after.after_id.in_(select(before.c.id)), after.created_at > now() - timedelta(days=days))
        .group_by(after.normal)
        .order_by(func.count().desc(), after.normal)
        .limit(10)
    )
    return tuple(Refined(*row) for row in db.session.execute(statement))


def forget_old_searches(days: int) -> int:
    """Erase searches older than so many days, with what was opened from them.

    Returns:
        How many were erased.
    """
    with transaction() as session:
        gone = session.execute(delete(Search).where(Search.created_at < now() - timedelta(days=days)))
        return int(gone.rowcount)  # type: ignore[attr-defined]


# Pinned results


def pin_of(query: str, thing: Article | Question) -> PinnedResult | None:
    """The pin of this thing for these words."""
    found: PinnedResult | None = db.session.scalar(_about(PinnedResult, query, thing))
    return found


def golden_of(query: str, thing: Article | Question) -> GoldenQuery | None:
    """The golden query of these words for this thing."""
    found: GoldenQuery | None = db.session.scalar(_about(GoldenQuery, query, thing))
    return found


def _about(model: Any, query: str, thing: Article | Question) -> Any:
    column = model.article_id if isinstance(thing, Article) else model.question_id
    return select(model).where(model.normal == normal(query), column == thing.id)


def pinned_keys(query: str) -> tuple[tuple[str, int], ...]:
    """The keys of what is pinned for these words now, the oldest pin first; who may see it, the page asks anew."""
    statement = (
        select(PinnedResult)
        .where(PinnedResult.normal == normal(query), PinnedResult.expires_at > now())
        .order_by(PinnedResult.id)
    )
    return tuple(pin.target for pin in db.session.scalars(statement))


def pins() -> Sequence[PinnedResult]:
    """All pins, what ends first before."""
    statement = select(PinnedResult).options(
        joinedload(PinnedResult.article), joinedload(PinnedResult.question), joinedload(PinnedResult.owner)
    )
    return db.session.scalars(statement.order_by(PinnedResult.expires_at, PinnedResult.id)).all()


def pin(number: int) -> PinnedResult | None:
    """The pin of that number."""
    return db.session.get(PinnedResult, number)


def thing(viewer: Any, kind: str, number: int) -> Article | Question | None:
    """The guide or question that a result is, if this person may see it."""
    if kind == "article":
        return db.session.scalar(visible_articles(viewer).where(Article.id == number))
    if kind == "question":
        return db.session.scalar(visible_questions(viewer).where(Question.id == number))
    return None


# Golden queries


@dataclass(frozen=True)
class Checked:
    """How a golden query stands.

    Attributes:
        rank: where its guide or question is found, from 1; None if not among the first twenty.
    """

    golden: GoldenQuery
    rank: int | None

    @property
    def holds(self) -> bool:
        """Whether it is among the first three."""
        return self.rank is not None and self.rank <= FIRST


LOOKED_THROUGH = 20


def golden_queries() -> Sequence[GoldenQuery]:
    """All of them, in the order in which they were made."""
    statement = select(GoldenQuery).options(
        joinedload(GoldenQuery.article), joinedload(GoldenQuery.question), joinedload(GoldenQuery.by)
    )
    return db.session.scalars(statement.order_by(GoldenQuery.id)).all()


def golden(number: int) -> GoldenQuery | None:
    """The golden query of that number."""
    return db.session.get(GoldenQuery, number)


def check_golden() -> tuple[Checked, ...]:
    """Run every golden query as whoever made it finds it now, pins aside; those that do not hold come first."""
    checked = []
    for one in golden_queries():
        hits = search.find(one.query, audiences=articles.audiences(one.by), per_page=LOOKED_THROUGH).hits
        ranks = [rank for rank, hit in enumerate(hits, 1) if hit.key == one.target]
        checked.append(Checked(one, ranks[0] if ranks else None))
    return tuple(sorted(checked, key=lambda each: each.holds))
