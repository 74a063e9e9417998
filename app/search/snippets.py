"""The passage of a text that shows why it was found."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import NamedTuple

from app.search import analysis

# Looking further costs time on every page and hardly ever shows more.
MOST_CHARACTERS_LOOKED_AT = 100_000
MOST_MATCHES_LOOKED_AT = 400
_SPACE = re.compile(r"\s+")


class Piece(NamedTuple):
    """A run of text, and whether it is one of the words that were looked for."""

    text: str
    is_match: bool


class Passage(NamedTuple):
    """The best passage of a text in pieces, and where in the text the first of the words stands; None if none does."""

    pieces: tuple[Piece, ...]
    place: int | None


def snippet(text: str, terms: Collection[str], length: int = 220) -> tuple[Piece, ...]:
    """The passage of about `length` characters that holds the most of these terms, cut into pieces.

    Args:
        text: plain text.
        terms: analysed terms, such as `Results.terms` or `Hit.matched`.

    Returns:
        The passage, its pieces to be joined as they are; their text is not escaped. Without a match it is the beginning.
    """
    return passage(text, terms, length).pieces


def passage(text: str, terms: Collection[str], length: int = 220) -> Passage:
    """As `snippet`, with the place of the passage."""
    matches = _matches(text[:MOST_CHARACTERS_LOOKED_AT], frozenset(terms))
    start, end = _window(text, matches, length)
    pieces: list[Piece] = []
    at = start
    place = None
    for first, last, _ in matches:
        if first >= start and last <= end:
            place = first if place is None else place
            _add(pieces, text[at:first], is_match=False)
            _add(pieces, text[first:last], is_match=True)
            at = last
    _add(pieces, text[at:end], is_match=False)
    if not pieces:
        return Passage((), None)
    if start > 0:
        pieces.insert(0, Piece("… ", False))
    if end < len(text.rstrip()):
        pieces.append(Piece(" …", False))
    return Passage(tuple(pieces), place)


def _matches(text: str, terms: frozenset[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    if not terms:
        return []
    found: list[tuple[int, int, tuple[str, ...]]] = []
    # Words come again and again, and of most texts only a few are looked for.
    tokens = analysis.tokens(text)
    held_by = {
        token: tuple(term for term in held if term in terms)
        for token in set(tokens)
        if not terms.isdisjoint(held := analysis.token_terms(token))
    }
    end = 0
    for token in tokens if held_by else ():
        # Between two tokens nothing stands that a token can begin with, so this is where the next one is.
        start = text.index(token, end)
        end = start + len(token)
        if token in held_by:
            found.append((start, end, held_by[token]))
            if len(found) == MOST_MATCHES_LOOKED_AT:
                break
    return found


def _window(text: str, matches: list[tuple[int, int, tuple[str, ...]]], length: int) -> tuple[int, int]:
    """Where the best passage begins and ends: each term counts once, a repetition a little, the earliest wins."""
    best, start, end = 0.0, 0, 0
    starts = [first for first, _, _ in matches]
    for at, (first, stop, _) in enumerate(matches):
        inside = [
            match for match in matches[at : bisect_left(starts, first + length)] if match[1] <= first + length
        ]
        held = [term for _, _, terms in inside for term in terms]
        worth = len(set(held)) + 0.05 * len(held)
        if worth > best:
            best, start, end = worth, first, max((last for _, last, _ in inside), default=stop)
    room = max(0, length - (end - start))
    begin = min(start, _word_start(text, max(0, start - room // 3)))
    return begin, max(end, _word_end(text, min(len(text), begin + length)))


def _word_start(text: str, at: int) -> int:
    """The next beginning of a word, unless the word is too long to skip."""
    if at == 0:
        return 0
    space = _SPACE.search(text, at - 1, at + 40)
    return space.end() if space else at


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    cut = max(text.rfind(" ", at - 40, at + 1), text.rfind("\n", at - 40, at + 1))
    return cut if cut > 0 else at


def _add(pieces: list[Piece], text: str, *, is_match: bool) -> None:
    text = _SPACE.sub(" ", text)
    if not pieces:
        text = text.lstrip()
    if text:
        pieces.append(Piece(text, is_match))


def joined(pieces: Iterable[Piece]) -> str:
    """The plain text of a snippet."""
    return "".join(piece.text for piece in pieces)
