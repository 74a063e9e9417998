"""What people look for and what becomes of it, what is pinned, and whether the golden queries hold."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased, joinedload

from app import search
from app.articles import queries as articles
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.catalog.models import Product
from app.core.db import db, now, transaction
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.forum.models import Question
from app.forum.queries import visible_questions
from app.insights.models import (
    GoldenQuery,
    Outcome,
    PinnedResult,
    Search,
    SearchClick,
    SolvedWhileAsking,
    Synonym,
)
from app.search import Synonyms, analysis
from app.search.spelling import distance
from app.search.synonyms import first_terms

LONGEST = 200
MOST_ROWS = 50
LOOKED_AT = 10_000
"""So many searches tell what people look for as well as more would, and are added up in a moment."""
FIRST = 3
"""Among so many a golden query's guide or question must be."""

LAST_SEARCHES = 500
MOST_SECONDS = 3.0
"""So long a preview may take."""

MOST_PROPOSALS = 12
LONGEST_WORDING = 4
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


def _rows(days: int, having: ColumnElement[bool], order: Any) -> tuple[QueryRow, ...]:
    was_opened = exists().where(SearchClick.search_id == Search.id)
    opened = func.sum(case((was_opened | (Search.outcome == Outcome.SOLVED), 1), else_=0))
    asked = func.sum(case((Search.outcome == Outcome.ASKED, 1), else_=0))
    empty = func.sum(case((Search.total == 0, 1), else_=0))
    count = func.count()
    statement = (
        select(func.max(Search.query), Search.normal, count, empty, opened, asked)
        .where(Search.id.in_(_lately(days)))
        .group_by(Search.normal)
        .having(having)
        .order_by(order, Search.normal)
        .limit(MOST_ROWS)
    )
    return tuple(QueryRow(*row) for row in db.session.execute(statement))


def _lately(days: int) -> Select[int]:
    """The numbers of the searches of these days that count: the last ones, and not those while typing."""
    made = select(Search.id).where(
        Search.created_at > now() - timedelta(days=days), Search.is_typed.is_(False)
    )
    return made.order_by(Search.created_at.desc(), Search.id.desc()).limit(LOOKED_AT)


def are_more_than_looked_at(days: int) -> bool:
    """Whether people searched so often in these days that only the last searches are counted."""
    return db.session.scalar(_lately(days).limit(1).offset(LOOKED_AT)) is not None


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
    """Erase searches older than so many days, with what was opened from them, and the words of questions not asked.

    Returns:
        How many were erased.
    """
    with transaction() as session:
        gone = session.execute(delete(Search).where(Search.created_at < now() - timedelta(days=days)))
        session.execute(
            update(SolvedWhileAsking)
            .where(SolvedWhileAsking.created_at < now() - timedelta(days=days), SolvedWhileAsking.title != "")
            .values(title="")
        )
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


# Synonyms


def synonyms() -> Sequence[Synonym]:
    """All of them, what was changed last first."""
    statement = select(Synonym).options(joinedload(Synonym.by), joinedload(Synonym.product))
    return db.session.scalars(statement.order_by(Synonym.changed_at.desc(), Synonym.id.desc())).all()


def synonym(number: int) -> Synonym | None:
    """The synonym of that number."""
    return db.session.scalar(select(Synonym).where(Synonym.id == number).options(joinedload(Synonym.product)))


def synonym_rows(connection: Connection) -> Sequence[Any]:
    """All of them as rows: number, words, others, whether they are mutual, language and the product's slug."""
    columns = (Synonym.id, Synonym.words, Synonym.others, Synonym.is_mutual, Synonym.language, Product.slug)
    statement = select(*columns).outerjoin(Product, Product.id == Synonym.product_id).order_by(Synonym.id)
    return connection.execute(statement).all()


@dataclass(frozen=True)
class Proposal:
    """People looked for the first, then for the second, and a result of that helped, so many times."""

    words: str
    others: str
    count: int


def proposals(days: int) -> tuple[Proposal, ...]:
    """What people tried next and opened a result of: perhaps it means the same. The most frequent first."""
    before, after = aliased(Search), aliased(Search)
    was_opened = exists().where(SearchClick.search_id == after.id)
    statement = (
        select(func.max(before.query), func.max(after.query), func.count())
        .join_from(after, before, after.after_id == before.id)
        .where(after.id.in_(_lately(days)), was_opened | (after.outcome == Outcome.SOLVED))
        .group_by(before.normal, after.normal)
        .order_by(func.count().desc(), before.normal, after.normal)
        .limit(MOST_ROWS)
    )
    found: dict[tuple[str, str], int] = {}
    for first, second, count in db.session.execute(statement):
        pair = _what_differs(first, second)
        if pair:
            found[pair] = found.get(pair, 0) + count
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Proposal(*pair, count) for pair, count in ordered)[:MOST_PROPOSALS]


def _what_differs(first: str, second: str) -> tuple[str, str] | None:
    """The words by which two queries differ, if that is what may mean the same: a few in the place of a few."""
    before, after = first.casefold().split(), second.casefold().split()
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    if not (1 <= len(before) <= LONGEST_WORDING and 1 <= len(after) <= LONGEST_WORDING):
        return None
    words, others = " ".join(before).strip(" .?!,;:"), " ".join(after).strip(" .?!,;:")
    one, two = first_terms(words), first_terms(others)
    is_slip = (
        len(one) == len(two) == 1 and abs(len(words) - len(others)) <= 2 and distance(words, others) <= 2
    )
    return (
        (words, others) if one and two and one != two and "," not in words + others and not is_slip else None
    )


@dataclass(frozen=True)
class Moved:
    """A query that people made, how often, and what a change brings into its first ten and takes out of them."""

    query: str
    count: int
    new: tuple[search.Key, ...]
    gone: tuple[search.Key, ...]
    is_reordered: bool


@dataclass(frozen=True)
class Preview:
    """What a change of the synonyms does to searches that people made.

    Attributes:
        noted: how many searches with these words were looked at.
        unlike: how many of them would find something else, or in another order.
        moved: the queries among them, the most frequent first.
    """

    noted: int
    unlike: int
    moved: tuple[Moved, ...]


def preview(viewer: Any, before: Synonyms, after: Synonyms, wordings: Collection[str]) -> Preview:
    """Compare the first ten results of the last 500 noted searches that hold one of these wordings.

    On a large site it stops after three seconds, with the most frequent queries compared.
    """
    made = _noted_with(wordings)
    until = time.monotonic() + MOST_SECONDS
    noted = unlike = 0
    moved = []
    for query, count in made.values():
        if time.monotonic() > until:
            break
        noted += count
        one, two = (
            [hit.key for hit in search.find(query, audiences=articles.audiences(viewer), synonyms=known).hits]
            for known in (before, after)
        )
        if one != two:
            unlike += count
            new, gone = (
                tuple(key for key in here if key not in there) for here, there in ((two, one), (one, two))
            )
            moved.append(Moved(query, count, new, gone, not new and not gone))
    return Preview(noted, unlike, tuple(moved))


def _noted_with(wordings: Collection[str]) -> dict[str, tuple[str, int]]:
    """The last 500 noted searches that hold one of these wordings, by what is the same; the most frequent first."""
    wanted = [terms for wording in wordings if (terms := first_terms(wording))]
    # Words that are inflected still begin alike.
    beginnings = {tokens[0][:4].casefold() for wording in wordings if (tokens := analysis.tokens(wording))}
    if not wanted or not beginnings:
        return {}
    statement = (
        select(Search.query, Search.normal)
        .where(
            Search.is_typed.is_(False),
            or_(*(Search.normal.contains(each, autoescape=True) for each in sorted(beginnings))),
        )
        .order_by(Search.id.desc())
        .limit(4 * LAST_SEARCHES)
    )
    found: dict[str, tuple[str, int]] = {}
    left = LAST_SEARCHES
    for query, same in db.session.execute(statement):
        held = first_terms(query)
        if left and any(_holds(held, terms) for terms in wanted):
            left -= 1
            found[same] = (found[same][0] if same in found else query, found.get(same, ("", 0))[1] + 1)
    return dict(sorted(found.items(), key=lambda each: -each[1][1]))


def _holds(terms: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(terms[at : at + len(part)] == part for at in range(len(terms) - len(part) + 1))


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


def golden_keys(query: str) -> tuple[tuple[str, int], ...]:
    """The keys of what must be found for these words."""
    statement = select(GoldenQuery).where(GoldenQuery.normal == normal(query)).order_by(GoldenQuery.id)
    return tuple(golden.target for golden in db.session.scalars(statement))


def golden(number: int) -> GoldenQuery | None:
    """The golden query of that number."""
    return db.session.get(GoldenQuery, number)


def check_golden(synonyms: Synonyms | None = None) -> tuple[Checked, ...]:
    """Run every golden query as whoever made it finds it now, pins aside; those that do not hold come first.

    Args:
        synonyms: other ones than those of the site, to see what they would change.
    """
    checked = []
    for one in golden_queries():
        hits = search.find(
            one.query, audiences=articles.audiences(one.by), synonyms=synonyms, per_page=LOOKED_THROUGH
        ).hits
        ranks = [rank for rank, hit in enumerate(hits, 1) if hit.key == one.target]
        checked.append(Checked(one, ranks[0] if ranks else None))
    return tuple(sorted(checked, key=lambda each: each.holds))


def broken_golden(after: Synonyms) -> tuple[Checked, ...]:
    """The golden queries that hold now and would not with these synonyms."""
    red = [each for each in check_golden(after) if not each.holds]
    if not red:
        return ()
    holding = {each.golden.id for each in check_golden() if each.holds}
    return tuple(each for each in red if each.golden.id in holding)


def broken_words(broken: Sequence[Checked]) -> str:
    """Why a change that breaks these golden queries is not saved."""
    return _(
        "What must be among the first three would no longer be found there for: %(queries)s. "
        "Change the words, or drop the golden query first.",
        queries=", ".join(f"“{each.golden.query}”" for each in broken),
    )
