"""A query made to fit the site: slips mended, `wi fi` and `wifi` one, British and American words alike.

Everything is judged by what the reader may see: a word that only hidden documents hold is unknown to them, and nothing
is mended into a word that they cannot find.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from app.search import analysis
from app.search.query import Query, Word
from app.search.spelling import LONGEST_WORD, SHORTEST_WORD, Spelling, variants

IsFound = Callable[[str], bool]
"""Whether the reader can find a document that holds this term."""

WEIGHT_OF_A_VARIANT = 1.0
WEIGHT_OF_JOINED_WORDS = 0.8
# A word that the site knows is doubted only if it is as rare as a slip and a common word is one slip away.
RARE, COMMON_AS_WELL = 2, 60
LONGEST_DOUBTED = 0.95


def forgive(query: Query, spelling: Spelling | None, is_found: IsFound) -> Query:
    """The query with unknown words mended and other spellings allowed.

    Args:
        spelling: the words of the site; without them only spellings that follow a rule are allowed.
    """
    words: dict[tuple[str, ...], Word] = {}
    instead: dict[str, tuple[tuple[str, float], ...]] = dict(query.instead)
    for word in query.words:
        is_explained = not query.instead.keys().isdisjoint(word.terms)
        for mended in (word,) if is_explained else _mended(word, spelling, is_found):
            words.setdefault(mended.terms, mended)
    for word in words.values():
        if _is_plain(word.text) and not word.meant:
            other = _other_spelling(word, is_found)
            if other:
                instead[word.terms[0]] = (*instead.get(word.terms[0], ()), (other, WEIGHT_OF_A_VARIANT))
    listed = list(words.values())
    for word in listed:
        joined = _joined(word, Word(word.particle, ()), is_found) if word.particle else ""
        if joined:
            instead[word.terms[0]] = (*instead.get(word.terms[0], ()), (joined, WEIGHT_OF_JOINED_WORDS))
    for left, right in pairwise(listed):
        joined = _joined(left, right, is_found)
        for word in (left, right) if joined else ():
            instead[word.terms[0]] = (*instead.get(word.terms[0], ()), (joined, WEIGHT_OF_JOINED_WORDS))
    return replace(query, words=tuple(listed), instead=instead)


def doubted(query: Query, spelling: Spelling | None, is_found: IsFound) -> tuple[tuple[str, str], ...]:
    """Words that the site knows but that may be slips all the same, each with what may be meant."""
    found = []
    for word in query.words if spelling else ():
        if spelling and not word.meant and _is_plain(word.text):
            plain = word.text.lower()
            documents = spelling.documents(plain)
            best = next(iter(spelling.candidates(plain)), None)
            if (
                best
                and documents <= RARE
                and best.documents >= COMMON_AS_WELL * max(1, documents)
                and best.slips <= LONGEST_DOUBTED
                and analysis.token_terms(best.word) not in ((), word.terms)
                and all(map(is_found, analysis.token_terms(best.word)))
            ):
                found.append((word.text, best.word))
    return tuple(found)


def _mended(word: Word, spelling: Spelling | None, is_found: IsFound) -> tuple[Word, ...]:
    """The word itself if it is known or cannot be mended; else the word, or the two words, that it stands for."""
    if spelling is None or not _is_plain(word.text) or any(map(is_found, word.terms)):
        return (word,)
    plain = word.text.lower()
    parts = spelling.split(plain)
    if parts and all(is_found(term) for part in parts for term in analysis.token_terms(part)):
        return tuple(
            Word(word.text, analysis.token_terms(part), " ".join(parts))
            for part in parts
            if analysis.token_terms(part)
        )
    for candidate in spelling.candidates(plain):
        terms = analysis.token_terms(candidate.word)
        if not terms:
            return ()  # A slip in a word that is left out anyway.
        if is_found(terms[0]):
            return (Word(word.text, terms, candidate.word),)
    return (word,)


def _other_spelling(word: Word, is_found: IsFound) -> str:
    for variant in variants(word.text):
        terms = analysis.token_terms(variant)
        if len(terms) == 1 and terms != word.terms and is_found(terms[0]):
            return terms[0]
    return ""


def _joined(left: Word, right: Word, is_found: IsFound) -> str:
    """The term of both words written as one, if the site writes them so."""
    if not (_is_short_plain(left.text) and _is_short_plain(right.text)) or left.meant or right.meant:
        return ""
    terms = analysis.token_terms((left.text + right.text).lower())
    return terms[0] if len(terms) == 1 and is_found(terms[0]) else ""


def _is_plain(text: str) -> bool:
    """Whether this is a word that may be misspelled: no code, no name in capitals, no other script's letters."""
    return (
        len(text) >= SHORTEST_WORD and text.isalpha() and (text.islower() or text.istitle() or len(text) > 5)
    )


def _is_short_plain(text: str) -> bool:
    return 2 <= len(text) <= LONGEST_WORD and text.isalpha()
