"""What people tell us in passing, and what writers make of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.accounts.models import User
from app.articles.models import Article
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.forum.models import Question
from app.insights import queries, synonyms
from app.insights.models import (
    GoldenQuery,
    Outcome,
    PinnedResult,
    Search,
    SearchClick,
    SolvedWhileAsking,
    Synonym,
)
from app.insights.queries import LONGEST, normal
from app.insights.synonyms import SynonymText
from app.policy import allow
from app.search import Synonyms

KEY = re.compile(r"[0-9a-zA-Z-]{16,40}")
TARGET = re.compile(r"(?:article|question):[1-9][0-9]{0,9}")
MOST_SHOWN = 10
MOST_CLICKS = 20
SAME_EVENING = timedelta(minutes=30)
LONGEST_PIN = timedelta(days=365)
PERSONAL = re.compile(r"\S+@\S+\.\S+")


def note_solved_while_asking(
    actor: Any, title: str, *, article_id: int | None, question_id: int | None
) -> None:
    """Count that a suggestion answered somebody before they had to ask."""
    allow(actor, "note_solved_while_asking")
    with transaction() as session:
        session.add(
            SolvedWhileAsking(title=plain_line(title)[:300], article_id=article_id, question_id=question_id)
        )


@dataclass(frozen=True)
class Noted:
    """What a page tells of a search that has settled.

    Attributes:
        key: what the tab calls it.
        query: as it was typed.
        total: how many results there were.
        shown: the first of them, `article:12` or `question:7`.
        after: what the tab calls the search that it made before; "" for none.
        is_typed: a title was taken while typing.
    """

    key: str
    query: str
    total: int = 0
    shown: Sequence[str] = ()
    after: str = ""
    is_typed: bool = False


def note_search(actor: Any, noted: Noted) -> None:
    """Write down that somebody searched, without who. The same tab saying it again changes nothing.

    Raises:
        Invalid: it is not what a page of ours would say.
    """
    allow(actor, "note_search")
    query = PERSONAL.sub("…", plain_line(noted.query))[:LONGEST]
    if not KEY.fullmatch(noted.key) or not query or noted.total < 0:
        raise Invalid(_("This is not a search."))
    shown = [target for target in noted.shown if TARGET.fullmatch(target)][:MOST_SHOWN]
    with transaction() as session:
        if queries.search_of_key(noted.key) is not None:
            return
        before = queries.search_of_key(noted.after) if KEY.fullmatch(noted.after) else None
        is_lately = before is not None and now() - before.created_at < SAME_EVENING
        session.add(
            Search(
                key=noted.key,
                query=query,
                normal=normal(query),
                is_typed=noted.is_typed,
                total=min(noted.total, 10**9),
                shown=shown,
                after_id=before.id if before and is_lately and before.normal != normal(query) else None,
            )
        )


def note_result_opened(actor: Any, key: str, target: str, rank: int) -> None:
    """Write down that a result of a search was opened, and at which rank it stood (1 is the first).

    Raises:
        Invalid: it is not what a page of ours would say.
    """
    allow(actor, "note_result_opened")
    if not KEY.fullmatch(key) or not TARGET.fullmatch(target) or not 1 <= rank <= 1000:
        raise Invalid(_("This is not a result of a search."))
    with transaction() as session:
        search = queries.search_of_key(key)
        if search is None or now() - search.created_at > SAME_EVENING:
            return
        clicks = queries.clicks_of(search.id)
        if target in clicks or len(clicks) >= MOST_CLICKS:
            return
        session.add(SearchClick(search_id=search.id, target=target, rank=rank))
        if search.outcome == Outcome.NOTHING:
            search.outcome = Outcome.CLICKED


def note_outcome(actor: Any, key: str, outcome: str) -> None:
    """Write down that after a search the problem was solved, or somebody had to ask. The last word counts.

    Raises:
        Invalid: it is not what a page of ours would say.
    """
    allow(actor, "note_outcome")
    if not KEY.fullmatch(key) or outcome not in (Outcome.ASKED, Outcome.SOLVED):
        raise Invalid(_("This is not what can become of a search."))
    with transaction():
        search = queries.search_of_key(key)
        if search is not None and now() - search.created_at < SAME_EVENING:
            search.outcome = outcome


def pin_result(actor: User, query: str, thing: Article | Question, until: datetime) -> PinnedResult:
    """Put a guide or a question on top of what is found for exactly these words, until that moment.

    Pinning it again moves the end, and makes it one's own.

    Raises:
        Invalid: the words are missing, or the end is not within a year from now.
    """
    allow(actor, "pin_result")
    query = _checked_query(query)
    if not now() < until <= now() + LONGEST_PIN:
        raise Invalid(_("A pin lasts until a day within the next year."), "until")
    with transaction() as session:
        pin = queries.pin_of(query, thing)
        if pin is None:
            pin = PinnedResult(
                query=query, normal=normal(query), owner_id=actor.id, expires_at=until, **_about(thing)
            )
            session.add(pin)
        pin.owner_id, pin.expires_at = actor.id, until
    return pin


def unpin_result(actor: User, pin: PinnedResult) -> None:
    """Let a pinned result stand where it stands by itself."""
    allow(actor, "unpin_result")
    with transaction() as session:
        found = session.get(PinnedResult, pin.id)
        if found is not None:
            session.delete(found)


def keep_golden_query(actor: User, query: str, thing: Article | Question) -> GoldenQuery:
    """Say that for these words this guide or question must be among the first three.

    Raises:
        Invalid: the words are missing.
        Refused: it is said already.
    """
    allow(actor, "keep_golden_query")
    query = _checked_query(query)
    with transaction() as session:
        if queries.golden_of(query, thing) is not None:
            raise Refused(_("This is a golden query already."))
        golden = GoldenQuery(query=query, normal=normal(query), by_id=actor.id, **_about(thing))
        session.add(golden)
    return golden


def drop_golden_query(actor: User, golden: GoldenQuery) -> None:
    """No longer ask for it."""
    allow(actor, "drop_golden_query")
    with transaction() as session:
        found = session.get(GoldenQuery, golden.id)
        if found is not None:
            session.delete(found)


def keep_synonym(actor: User, text: SynonymText, language: str, synonym: Synonym | None = None) -> Synonym:
    """Say that wordings mean the same; with `synonym`, change what was said.

    Args:
        language: the one in which the golden queries are run.

    Raises:
        Invalid: a side is missing, too long, or holds only words that no search looks at.
        Refused: a golden query that holds would no longer do so.
    """
    allow(actor, "keep_synonym")
    words, others = synonyms.check(text)
    _refuse_if_golden_breaks(synonyms.changed(language, text, synonym.id if synonym else None))
    with transaction() as session:
        kept = (synonym and session.get(Synonym, synonym.id)) or Synonym()
        kept.words, kept.others, kept.is_mutual = words, others, text.is_mutual
        kept.product_id, kept.language = text.product.id if text.product else None, text.language
        kept.by_id, kept.changed_at = actor.id, now()
        session.add(kept)
    return kept


def drop_synonym(actor: User, synonym: Synonym, language: str) -> None:
    """No longer say that these wordings mean the same.

    Raises:
        Refused: a golden query that holds would no longer do so.
    """
    allow(actor, "drop_synonym")
    _refuse_if_golden_breaks(synonyms.changed(language, None, synonym.id))
    with transaction() as session:
        found = session.get(Synonym, synonym.id)
        if found is not None:
            session.delete(found)


def _refuse_if_golden_breaks(after: Synonyms) -> None:
    broken = queries.broken_golden(after)
    if broken:
        raise Refused(queries.broken_words(broken))


def _checked_query(query: str) -> str:
    query = plain_line(query)[:LONGEST]
    if not normal(query):
        raise Invalid(_("Please say for which words."), "query")
    return query


def _about(thing: Article | Question) -> dict[str, int]:
    return {"article_id": thing.id} if isinstance(thing, Article) else {"question_id": thing.id}
