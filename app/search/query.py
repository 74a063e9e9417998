"""What a person typed, taken apart. It never fails: what it cannot take as syntax is taken as words."""

import re
from dataclasses import dataclass

from app.search import analysis

MOST_CHARACTERS = 1_000
MOST_TERMS = 32
# A longer text is more likely a pasted error than one with quotes and minus signs that mean something.
MOST_CHARACTERS_OF_SYNTAX = 120

_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”')
_UNWANTED = re.compile(r"(?:(?<=\s)|^)-([^\W\d_]{3,})(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word or code of a query as it was typed, and the terms that it is looked up by."""

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Args:
        words: the words that are looked for, each once.
        phrases: terms that should stand next to each other, from `"quoted words"`.
        unwanted: terms of the words that were typed with a minus sign in front.
    """

    words: tuple[Word, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    unwanted: tuple[Word, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term that is looked for, once, in the order of the words."""
        return tuple(dict.fromkeys(term for word in self.words for term in word.terms))


def parse(text: str) -> Query:
    """Take a query apart: words, codes, `"a phrase"` and `-word`. Longer texts are cut, nothing is an error."""
    text = text[:MOST_CHARACTERS]
    phrases: list[tuple[str, ...]] = []
    unwanted: list[Word] = []
    if len(text) <= MOST_CHARACTERS_OF_SYNTAX:
        for found in _PHRASE.finditer(text):
            phrase = tuple(analysis.terms(found.group(1) or found.group(2)))
            if len(phrase) > 1:
                phrases.append(phrase[:MOST_TERMS])
        for found in _UNWANTED.finditer(text):
            terms = analysis.token_terms(found.group(1))
            if terms:
                unwanted.append(Word(found.group(1), terms))
        rest = _UNWANTED.sub(" ", text)
        words = _words(rest)
        if words:
            return Query(words, tuple(phrases), tuple(unwanted))
    return Query(_words(text))


def _words(text: str) -> tuple[Word, ...]:
    words: dict[tuple[str, ...], Word] = {}
    room = MOST_TERMS
    for token in analysis.tokens(text):
        terms = analysis.token_terms(token)[:room]
        if terms and terms not in words:
            words[terms] = Word(token, terms)
            room -= len(terms)
            if room <= 0:
                break
    return tuple(words.values())
