"""What an index keeps of a document, whichever engine writes it, and how that is read again."""

import json
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.search import analysis, titles
from app.search.documents import Key, SearchDocument, mark
from app.search.ranking import Numbers, exact_label

MOST_ALIASES, LONGEST_ALIAS = 10, 200
LETTERS_TO_LEARN_FROM = 20_000


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
        cards = json.loads(b"[" + b",".join(packed) + b"]")
        self.count = len(cards)
        self.kinds = np.array([kinds.number(card[0]) for card in cards], dtype=np.int16)
        self.ids = np.array([card[1] for card in cards], dtype=np.int64)
        self.votes = np.array([card[2] for card in cards], dtype=np.int32)
        self.worth = titles.worth((bool(card[3]) for card in cards), (card[2] for card in cards))
        self.stamps: list[str] = [card[4] for card in cards]
        self.titles: list[str] = [card[5] for card in cards]
        self.created = np.array([card[6] for card in cards], dtype=np.int64)
        self.updated = np.array([card[7] for card in cards], dtype=np.int64)
        self.aliases: list[list[str]] = [card[8] for card in cards]
        self.folds: Sequence[tuple[int, Key]] = [
            (number, (card[9], card[10])) for number, card in enumerate(cards) if card[9]
        ]
        self.marks = np.array([card[12] for card in cards], dtype=np.int64)
        numbers: dict[str, int] = {}
        tagged = [
            (number, numbers.setdefault(tag, len(numbers)))
            for number, card in enumerate(cards)
            for tag in card[11]
        ]
        self.tag_names: Sequence[str] = list(numbers)
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
