"""Words that mean the same, as writers know it: who types one finds the others too, a little lower."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.search import analysis
from app.search.query import Query

WEIGHT_OF_A_SYNONYM = 0.7
MOST_ADDED = 24
"""So many other wordings one query is given at most: each costs time."""


@dataclass(frozen=True, slots=True)
class SameMeaning:
    """Wordings that mean the same, each of one word or several.

    Args:
        words: what somebody types.
        others: what is looked for besides.
        is_mutual: `others` find `words` too, and all of them each other.
        product: the slug of the only product in whose documents it is so; "" for all.
    """

    words: tuple[str, ...]
    others: tuple[str, ...]
    is_mutual: bool = False
    product: str = ""


@dataclass(frozen=True, slots=True)
class _Other:
    text: str
    terms: tuple[str, ...]
    product: str

    @property
    def name(self) -> str:
        """What a ranking looks it up by: see `ranking.Snapshot.term`."""
        return " ".join((f"product:{self.product}", *self.terms) if self.product else self.terms)


class Synonyms:
    """All that writers know of words that mean the same, ready to widen queries with it."""

    def __init__(self, known: Iterable[SameMeaning] = ()) -> None:
        self._others: dict[str, dict[tuple[str, ...], list[_Other]]] = {}
        for same in known:
            everything = (*same.words, *same.others)
            for typed in everything if same.is_mutual else same.words:
                key = first_terms(typed)
                for text in everything if same.is_mutual else same.others:
                    terms = first_terms(text)
                    if key and terms and terms != key:
                        listed = self._others.setdefault(key[0], {}).setdefault(key, [])
                        listed.append(_Other(text, terms, same.product))

    def widen(self, query: Query) -> tuple[Query, tuple[str, ...]]:
        """The query with what means the same allowed in the place of its words, and those wordings as they are written."""
        if not self._others:
            return query, ()
        typed = [word.terms[0] for word in query.words]
        instead = {term: dict(others) for term, others in query.instead.items()}
        added: dict[str, None] = {}
        for at, first in enumerate(typed):
            for key, others in self._others.get(first, _NOTHING).items():
                if tuple(typed[at : at + len(key)]) != key:
                    continue
                for other in others:
                    if set(other.terms) <= set(typed) or len(added) >= MOST_ADDED:
                        continue
                    added[other.text] = None
                    for word in query.words[at : at + len(key)]:
                        for term in word.terms:
                            instead.setdefault(term, {})[other.name] = WEIGHT_OF_A_SYNONYM
        if not added:
            return query, ()
        return replace(
            query, instead={term: tuple(others.items()) for term, others in instead.items()}
        ), tuple(added)


_NOTHING: Mapping[tuple[str, ...], list[_Other]] = {}


def first_terms(text: str) -> tuple[str, ...]:
    """The one term that stands for each word of a wording; words that no search looks at have none."""
    terms = (analysis.token_terms(token) for token in analysis.tokens(text))
    return tuple(some[0] for some in terms if some)
