"""What search asks of an engine, so that another one can take the place of Whoosh."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.search.documents import Key, SearchDocument
from app.search.query import Query


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must be; nothing set lets everything pass, apart from the audiences, which are always looked at.

    `sort` is "" for the best first, "newest" for what changed last, "votes" for what got most of them.
    `counted` are labels, such as `product:hub`, of which the ranking tells how many hits carry them.
    `tags_counted` says of how many tags, the most frequent ones, it tells that too.
    `near` are products that the reader probably asks about: of hits that fit nearly alike theirs come first.
    """

    audiences: frozenset[str]
    kind: str | None = None
    product: str | None = None
    tag: str | None = None
    solved: bool | None = None
    sort: str = ""
    counted: tuple[str, ...] = ()
    tags_counted: int = 0
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found: its key, how well it fits, which of the terms it holds, what is folded into it.

    `mark` stands for its beginning, as `SearchDocument.beginning` has it.
    """

    kind: str
    id: int
    score: float
    matched: tuple[str, ...] = ()
    folded: tuple[Key, ...] = ()
    mark: int = 0

    @property
    def key(self) -> Key:
        """Its kind and id."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that may be what somebody is typing."""

    kind: str
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """One page of hits, how many there are in all, and how many of each kind under the same words.

    `loosened` is what the query asks for in vain, so that the hits are without it: phrases, and words with a minus.
    `counts` has also how many are `solved`, and `everything`: how many there are when all kinds are wanted, which is
    less than the sum of the kinds where threads fold into guides.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    loosened: tuple[str, ...] = ()


class IndexMissingError(Exception):
    """There is no index to change; it has to be built."""


class RebuildRunningError(Exception):
    """Somebody is building the index already."""


class Build(Protocol):
    """An index that is being built and that nobody searches yet."""

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """As `SearchEngine.change`, on the new index."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One reason why a document's score is as high as it is: what it is called in `field`, and what it adds."""

    name: str
    field: str
    score: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document stands where it stands: its rank (nothing if it was not found), its score and what adds up to it."""

    rank: int | None
    score: float
    parts: tuple[Part, ...]


class SearchEngine(Protocol):
    """An index of documents. Any number of threads may search; whoever changes it holds `lock()`."""

    def lock(self) -> AbstractContextManager[bool]:
        """Try to be the only one, among threads and processes, who changes the index; yields whether that worked."""
        ...

    def needs_rebuild(self) -> bool:
        """Whether the index is missing or damaged, or somebody found it so and wished for a new one."""
        ...

    def is_rebuilding(self) -> bool:
        """Whether a rebuild is running in any process."""
        ...

    def is_behind(self) -> bool:
        """Whether the index is missing or damaged, so that searching finds nothing or only what it found before."""
        ...

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """Take out what these keys name, put in these documents, and have the disk keep it. The lock is held.

        Raises:
            IndexMissingError: there is no index yet.
        """
        ...

    def tidy(self) -> bool:
        """Do some of the upkeep that keeps searching fast after many changes, while searches and changes go on.

        Returns:
            Whether there was some, so that there may be more.
        """
        ...

    def rebuilding(self, documents: Iterable[SearchDocument]) -> AbstractContextManager[Build]:
        """Build a new index beside the present one, and put it in its place at the end of the block.

        Inside the block the lock is held, so that what changed in the meantime can be applied to the new index too.

        Raises:
            RebuildRunningError: somebody else is at it.
        """
        ...

    def search(self, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
        """The hits for a query from `offset` on, best first: with all words, else with as many as it takes.

        Of a damaged index it finds nothing; it never raises. The same holds for the questions below.
        """
        ...

    def understand(self, query: Query, filters: Filters) -> Query:
        """The query made to fit what the reader may see: slips mended, other spellings allowed."""
        ...

    def doubted(self, query: Query, filters: Filters) -> tuple[tuple[str, str], ...]:
        """Known words that may be slips all the same, each with what the reader may find instead."""
        ...

    def explain(self, query: Query, filters: Filters, key: Key) -> Explanation | None:
        """Why a document stands where it stands for a query; nothing if there is no such document."""
        ...

    def warm(self) -> None:
        """Read what the first searches will need. Returns when it is done."""
        ...

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """The documents that share the most telling of these terms; a term counts by its weight and its rarity."""
        ...

    def suggest(self, typed: str, filters: Filters, limit: int) -> tuple[Suggestion, ...]:
        """Titles that hold the words typed so far, in any order, the last of them perhaps unfinished."""
        ...

    def close_titles(self, typed: str, filters: Filters, limit: int) -> tuple[Suggestion, ...]:
        """Titles with words spelled much like these, for when nothing was found."""
        ...

    def marks(self) -> NDArray[np.int64]:
        """For each document in the index the mark of its beginning."""
        ...

    def keys_of_marks(self, marks: NDArray[np.int64]) -> list[Key]:
        """The documents whose beginnings have these marks."""
        ...

    def stamps(self) -> Iterator[tuple[Key, str]]:
        """Every document in the index with its stamp."""
        ...
