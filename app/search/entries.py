"""What an index keeps of a document, whichever engine writes it, and how that is read again."""

import json
import threading
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from app.search import analysis, titles
from app.search.documents import Key, SearchDocument, mark
from app.search.ranking import Numbers, exact_label

MOST_ALIASES, LONGEST_ALIAS = 10, 200
LETTERS_TO_LEARN_FROM = 20_000
CARDS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A document ready to be indexed.

    Args:
        title: the terms of the title; `also` are those of symptoms and aliases, `body` those of everything else.
        labels: what it can be filtered by, such as `kind:article`.
        card: what is kept to answer with; see `Cards`.
        words: its words as they are written, packed, to know how the site spells; see `unpacked`.
    """

    title: list[str]
    also: list[str]
    body: list[str]
    labels: list[str]
    card: bytes
    words: bytes


def entry(document: SearchDocument) -> Entry:
    """A document taken apart for the index."""
    title = analysis.terms(document.title)
    others = [analysis.terms(text) for text in (*document.symptoms, *document.aliases)]
    shelf = analysis.terms(" ".join((document.product, *document.tags)).replace("-", " "))
    labels = [f"kind:{document.kind}", f"audience:{document.audience}", exact_label(title)]
    labels += [f"tag:{tag}" for tag in document.tags]
    labels += [exact_label(other) for other in others if other]
    if document.product:
        labels.append(f"product:{document.product}")
    labels += [f"user:{analysis.fold(name)}" for name in document.people]
    if document.is_solved:
        labels.append("is:solved")
    written = " ".join((document.title, *document.symptoms, *document.aliases, document.body))
    words = " ".join(analysis.written_words(written[:LETTERS_TO_LEARN_FROM]))
    card = (
        document.kind,
        document.id,
        document.votes,
        int(document.is_solved),
        document.stamp,
        document.title,
        int(document.created_at.timestamp()),
        int(document.updated_at.timestamp()),
        [alias[:LONGEST_ALIAS] for alias in document.aliases[:MOST_ALIASES]],
        *(document.folds_into or ("", 0)),
        document.tags,
        mark(document.beginning),
    )
    return Entry(
        title=title,
        also=[term for other in others for term in other],
        body=analysis.terms(document.body) + shelf,
        labels=list(dict.fromkeys(labels)),
        card=json.dumps(card, separators=(",", ":")).encode("ascii"),
        words=zlib.compress(words.encode("utf-8", "replace"), 1),
    )


def unpacked(words: Iterable[bytes]) -> Iterator[list[str]]:
    """The words of each document, from `Entry.words`."""
    for each in words:
        if each:
            yield zlib.decompress(each).decode("utf-8").split(" ")


class Kinds:
    """The kinds of documents and the numbers that stand for them in this process."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def number(self, kind: str) -> int:
        """The number of a kind; a new kind gets the next one."""
        if kind not in self.names:
            self.names.append(kind)
        return self.names.index(kind)


class Cards:
    """The cards of a segment's documents as columns. Any number of threads may ask it.

    Args:
        packed: `Entry.card` of each document, in their order.
    """

    def __init__(self, packed: Iterable[bytes], kinds: Kinds) -> None:
        numbers: array[int] = array("q")
        tags: dict[str, int] = {}
        tagged: array[int] = array("i")
        folds: list[tuple[int, Key]] = []
        self.stamps: list[str] = []
        self.titles: list[str] = []
        self.aliases: list[Sequence[str]] = []
        for number, card in enumerate(_taken_apart(packed)):
            kind, item, votes, is_solved, stamp, title, created, updated, aliases, of, into, marked, marks = (
                card
            )
            numbers.extend((kinds.number(kind), item, votes, is_solved, created, updated, marks))
            self.stamps.append(stamp)
            self.titles.append(title)
            self.aliases.append(tuple(aliases))
            if of:
                folds.append((number, (of, into)))
            for tag in marked:
                tagged.extend((number, tags.setdefault(tag, len(tags))))
        self.count = len(self.titles)
        table = np.array(numbers, dtype=np.int64).reshape(-1, 7)
        self.kinds = table[:, 0].astype(np.int16)
        self.ids = table[:, 1].copy()
        self.votes = table[:, 2].astype(np.int32)
        self.worth = titles.worth(table[:, 3] > 0, table[:, 2])
        self.created = table[:, 4].copy()
        self.updated = table[:, 5].copy()
        self.marks = table[:, 6].copy()
        self.folds: Sequence[tuple[int, Key]] = folds
        self.tag_names: Sequence[str] = list(tags)
        self.tagged: Numbers = np.array(tagged, dtype=np.int32).reshape(-1, 2)
        self._title_index: titles.Titles | None = None
        self._indexing_titles = threading.Lock()

    def title_index(self) -> titles.Titles:
        """The titles by their words; made when it is first asked for."""
        if self._title_index is None:
            with self._indexing_titles:
                if self._title_index is None:
                    self._title_index = titles.Titles(self.titles, self.worth, self.aliases)
        return self._title_index


def _taken_apart(packed: Iterable[bytes]) -> Iterator[list[Any]]:
    """The cards, some at a time: all at once would take several times the memory of what is kept of them."""
    cards = iter(packed)
    while some := list(islice(cards, CARDS_AT_ONCE)):
        yield from json.loads(b"[" + b",".join(some) + b"]")
