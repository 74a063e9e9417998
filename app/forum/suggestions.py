"""What may answer a question before it is asked, or beside it: guides and questions like it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app import search
from app.articles.queries import audiences, cards_by_id
from app.core.i18n import gettext as _
from app.forum.models import Question
from app.forum.queries import links_by_id

WHILE_ASKING = 6
BESIDE = 5


@dataclass(frozen=True)
class Suggestion:
    """A guide or a question that may help."""

    key: str
    title: str
    snippet: str
    url: str
    badges: tuple[tuple[str, str], ...]


def similar(viewer: Any, title: str, body: str, limit: int = WHILE_ASKING) -> tuple[Suggestion, ...]:
    """Guides and questions like a text, solved ones and guides before open ones of the same closeness."""
    hits = search.similar(title, body, audiences=audiences(viewer), limit=limit * 2)
    return _drawn(viewer, [(hit.kind, hit.id) for hit in hits])[:limit]


def similar_to_question(viewer: Any, asked: Question) -> tuple[Suggestion, ...]:
    """Guides and questions like an asked question."""
    hits = search.similar(
        asked.title,
        asked.body_text[:2000],
        audiences=audiences(viewer),
        limit=BESIDE * 2,
        exclude=frozenset({("question", asked.id)}),
    )
    return _drawn(viewer, [(hit.kind, hit.id) for hit in hits])[:BESIDE]


def questions_like(viewer: Any, asked: Question, words: str) -> tuple[tuple[str, Suggestion], ...]:
    """Questions like an asked one, or like these words, each with its address; the closest first."""
    hits = search.similar(
        words or asked.title,
        "" if words else asked.body_text[:2000],
        audiences=audiences(viewer),
        limit=WHILE_ASKING * 4,
        exclude=frozenset({("question", asked.id)}),
    )
    keys = [("question", hit.id) for hit in hits if hit.kind == "question"]
    return tuple((each.url, each) for each in _drawn(viewer, keys)[: WHILE_ASKING + 2])


def one(viewer: Any, kind: str, number: int) -> Suggestion | None:
    """One guide or question as a suggestion, if this person may see it."""
    found = _drawn(viewer, [(kind, number)])
    return found[0] if found else None


def _drawn(viewer: Any, keys: Iterable[tuple[str, int]]) -> tuple[Suggestion, ...]:
    """Re-read through the doors of both features, so that a stale index never shows what is hidden."""
    keys = list(keys)
    cards = cards_by_id(viewer, [number for kind, number in keys if kind == "article"])
    rows = links_by_id(viewer, [number for kind, number in keys if kind == "question"])
    found = []
    for kind, number in keys:
        if kind == "article" and number in cards:
            card = cards[number]
            badges = (("guide", _("Guide")),)
            found.append(Suggestion(f"{kind}-{number}", card.title, card.summary, card.url, badges))
        elif kind == "question" and number in rows:
            row = rows[number]
            found.append(Suggestion(f"{kind}-{number}", row.title, row.snippet, row.url, row.badges))
    return tuple(found)
