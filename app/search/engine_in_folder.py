"""What engines have in common whose index is a folder of files: one state for all threads, renewed after each commit.

An engine brings an `Index`, which writes and reads one build; everything that people notice is the same for all.
"""

import difflib
import logging
import os
import shutil
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.search import analysis, forgiving
from app.search.documents import Key, SearchDocument
from app.search.engine import (
    Build,
    Explanation,
    Filters,
    Hit,
    IndexMissingError,
    Ranking,
    RebuildRunningError,
    Suggestion,
)
from app.search.entries import Entry, entry
from app.search.folder import IndexFolder, Stamp
from app.search.query import Query, with_known_conditions
from app.search.ranking import Memory, Snapshot
from app.search.spelling import Spelling
from app.search.vocabulary import Vocabulary

MEMORY_OF_ALIKE = 8_000_000
MOST_WORDS_OF_A_TITLE = 12
MOST_WORDS_TO_RESPELL = 4
LARGE_ENOUGH_TO_WARM = 2_000

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
_Alike = tuple[tuple[tuple[str, float], ...], Filters, frozenset[Key], int]
"""What alike documents are asked for with: the weights of the terms, and the rest as `similar` takes it."""


class Index(Build, Protocol):
    """One build of an index: the files in one folder."""

    folder: Path

    def read(self) -> Snapshot:
        """What the index holds at this moment. What is known of it already is not read again.

        Raises:
            Exception: of any kind, if files are missing or damaged.
        """
        ...

    def fill(self, documents: Iterable[SearchDocument]) -> None:
        """Put documents into an empty index."""
        ...

    def write(self, keys: Iterable[Key], entries: Iterable[Entry]) -> None:
        """Strike out what these keys name, add these entries, and have the disk keep it. One writer at a time."""
        ...


OneIndex = TypeVar("OneIndex", bound=Index)


class EngineInFolder(ABC, Generic[OneIndex]):
    """A `SearchEngine` over builds in a folder.

    Args:
        root: the folder of the index.
        version: names the engine and the shape of its index.
    """

    def __init__(self, root: Path, version: str) -> None:
        self.folder = IndexFolder(root, version)
        self._forget()

    def _forget(self) -> None:
        self._refreshing = threading.Lock()
        self._index: OneIndex | None = None
        self._state: Snapshot | None = None
        self._stamp: Stamp | None = None
        self._damaged: Stamp | None = None
        self._vocabulary = Vocabulary()
        self._remembered_alike: weakref.WeakKeyDictionary[Snapshot, Memory[tuple[Hit, ...]]] = (
            weakref.WeakKeyDictionary()
        )
        self._warming: threading.Thread | None = None
        self._process = os.getpid()

    @abstractmethod
    def created(self, folder: Path) -> OneIndex:
        """An empty index in this folder."""

    @abstractmethod
    def opened(self, folder: Path) -> OneIndex:
        """The index in this folder."""

    @abstractmethod
    def tidy(self) -> bool:
        """Do some upkeep; see `SearchEngine.tidy`."""

    def lock(self) -> AbstractContextManager[bool]:
        """Try to be the only writer; see `SearchEngine.lock`."""
        return self.folder.lock("index")

    def needs_rebuild(self) -> bool:
        """Whether there is no index that can be read, or somebody found it damaged."""
        if self.folder.current() is None or self.folder.is_rebuild_wished():
            return True
        return self._current() is None or self._is_damaged()

    def is_rebuilding(self) -> bool:
        """Whether a rebuild is running in any process."""
        with self.folder.lock("rebuild") as free:
            return not free

    def is_behind(self) -> bool:
        """Whether the index is missing or damaged, so that searching finds too little."""
        return self._current() is None or self._is_damaged() or self.folder.stamp() is None

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """Strike out, add, and tell every process; see `SearchEngine.change`."""
        build = self.folder.current()
        if build is None:
            raise IndexMissingError
        entries = [entry(document) for document in documents]
        try:
            self._at(build).write(keys, entries)
        except Exception as error:
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise  # The disk is full, or something else is wrong that a new index would not mend.
            self.folder.wish_for_rebuild()
            raise IndexMissingError from error
        self.folder.announce()

    @contextmanager
    def rebuilding(self, documents: Iterable[SearchDocument]) -> Iterator[Build]:
        """Build a new index and put it in place of the old one; see `SearchEngine.rebuilding`."""
        with self.folder.lock("rebuild") as free:
            if not free:
                raise RebuildRunningError
            self.folder.remove_builds_but(self.folder.current())
            build = self.folder.begin_build()
            try:
                index = self.created(build)
                index.fill(documents)
                with self.folder.wait_for_lock("index"):
                    yield index
                    self.folder.publish(build)
            except BaseException:
                shutil.rmtree(build, ignore_errors=True)
                raise

    def search(self, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
        """One page of hits; see `SearchEngine.search`."""
        return self._ask(lambda state: state.search(query, filters, offset, limit), Ranking())

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """Documents that share the most telling terms; see `SearchEngine.similar`."""
        key = (tuple(weights.items()), filters, exclude, limit)
        return self._ask(lambda state: self._alike(state, key), ())

    def _alike(self, state: Snapshot, key: _Alike) -> tuple[Hit, ...]:
        """What was found for a text holds as long as the state of the index; a page asks for the same each time."""
        known = self._remembered_alike.setdefault(state, Memory(MEMORY_OF_ALIKE))
        found = known.get(key)
        if found is None:
            weights, filters, exclude, limit = key
            found = state.similar(dict(weights), filters, exclude, limit)
            known.put(key, found, 1000 + 150 * len(weights))
        return found

    def understand(self, query: Query, filters: Filters) -> Query:
        """The query made to fit what the reader may see; see `SearchEngine.understand`."""
        return self._ask(lambda state: self._understood(state, query, filters), query)

    def doubted(self, query: Query, filters: Filters) -> tuple[tuple[str, str], ...]:
        """Known words that may be slips all the same; see `SearchEngine.doubted`."""

        def ask(state: Snapshot) -> tuple[tuple[str, str], ...]:
            return forgiving.doubted(query, self._spelling(state), state.finder(filters.audiences))

        return self._ask(ask, ())

    def explain(self, query: Query, filters: Filters, key: Key) -> Explanation | None:
        """Why a document stands where it stands; see `SearchEngine.explain`."""
        return self._ask(lambda state: state.explain(query, filters, key), None)

    def warm(self) -> None:
        """Read what the first searches will need; see `SearchEngine.warm`."""
        state = self._current()
        if state is not None:
            _warm(state, ())
            self._spelling(state, wait=True)

    def suggest(self, typed: str, filters: Filters, limit: int) -> tuple[Suggestion, ...]:
        """Titles that hold what was typed so far; see `SearchEngine.suggest`."""
        words = analysis.title_words(typed)[:MOST_WORDS_OF_A_TITLE]
        return self._ask(lambda state: _suggestions(state, words, filters, limit), ())

    def close_titles(self, typed: str, filters: Filters, limit: int) -> tuple[Suggestion, ...]:
        """Titles with words spelled much like these; see `SearchEngine.close_titles`."""
        words = analysis.title_words(typed)[:MOST_WORDS_TO_RESPELL]
        return self._ask(lambda state: _close_titles(state, words, filters, limit), ())

    def marks(self) -> NDArray[np.int64]:
        """For each document the mark of its beginning; see `SearchEngine.marks`."""
        return self._ask(lambda state: state.marks[state.live], np.zeros(0, dtype=np.int64))

    def keys_of_marks(self, marks: NDArray[np.int64]) -> list[Key]:
        """The documents whose beginnings have these marks."""
        return self._ask(
            lambda state: state.keys(np.flatnonzero(state.live & np.isin(state.marks, marks))), []
        )

    def stamps(self) -> Iterator[tuple[Key, str]]:
        """Every document in the index with its stamp."""
        state = self._current()
        if state is None:
            return
        for document in np.flatnonzero(state.live):
            number, place = state.place(int(document))
            yield state.keys([int(document)])[0], state.segments[number].stamps[place]

    def _ask(self, question: Callable[[Snapshot], _Answer], otherwise: _Answer) -> _Answer:
        """Put a question to the newest state. A damaged index costs the answer and is noted; it never raises."""
        state = self._current()
        if state is None:
            return otherwise
        try:
            return question(state)
        except Exception:
            log.exception("The search index could not be read; it will be rebuilt.")
            self._damaged = self._stamp
            self.folder.wish_for_rebuild()
            return otherwise

    def _is_damaged(self) -> bool:
        return self._damaged is not None and self._damaged == self.folder.stamp()

    def _current(self) -> Snapshot | None:
        """The newest state, read again if a commit was announced; the last good one if it cannot be read."""
        if self._process != os.getpid():
            self._forget()  # After a fork the open files would share their position with the parent's.
        stamp = self.folder.stamp()
        if stamp is None or stamp in (self._stamp, self._damaged):
            return self._state
        # While one thread reads the new state the others answer from the old one, if there is one.
        if not self._refreshing.acquire(blocking=self._state is None):
            return self._state
        try:
            if stamp != self._stamp:
                self._refresh(stamp)
        finally:
            self._refreshing.release()
        return self._state

    def _refresh(self, stamp: Stamp) -> None:
        for _ in range(3):
            build = self.folder.current()
            if build is None:
                break
            try:
                lately = self._state.lately_used_terms() if self._state else ()
                self._state = self._at(build).read()
                self._stamp = stamp
                self._warm_beside(self._state, lately)
                return
            except Exception:
                if build == self.folder.current():
                    log.exception("The search index could not be opened; it will be rebuilt.")
                    break
        self._damaged = stamp
        self.folder.wish_for_rebuild()

    def _at(self, build: Path) -> OneIndex:
        if self._index is None or self._index.folder != build:
            self._index = self.opened(build)
        return self._index

    def _spelling(self, state: Snapshot, *, wait: bool = False) -> Spelling | None:
        def read() -> Iterator[list[str]]:
            for segment in state.segments:
                yield from segment.words()

        return self._vocabulary.spelling(state.count, read, wait=wait)

    def _understood(self, state: Snapshot, query: Query, filters: Filters) -> Query:
        seen = state.visible(Filters(filters.audiences))

        is_found = state.finder(filters.audiences)

        def is_label(label: str) -> bool:
            return bool(np.any(seen & state.label(label)))

        query = with_known_conditions(query, is_label)
        is_unknown = any(not is_found(term) for term in query.terms)
        return forgiving.forgive(query, self._spelling(state) if is_unknown else None, is_found)

    def _warm_beside(self, state: Snapshot, terms: Sequence[str]) -> None:
        """Read ahead in a thread of its own what the next searches will probably need."""
        if state.count >= LARGE_ENOUGH_TO_WARM and not (self._warming and self._warming.is_alive()):
            self._warming = threading.Thread(target=_warm, args=(state, terms), daemon=True)
            self._warming.start()


def _warm(state: Snapshot, terms: Sequence[str]) -> None:
    """Read the postings of these terms, or of the words that titles are made of, and the titles' words."""
    try:
        for segment in state.segments:
            segment.title_index()
        state.read_ahead(terms or state.most_common())
    except Exception:
        log.debug("Reading ahead stopped; the next search will find out why.", exc_info=True)


def _suggestions(
    state: Snapshot, words: Sequence[str], filters: Filters, limit: int
) -> tuple[Suggestion, ...]:
    allowed = state.visible(filters)
    wanted = state.of_kind(filters)
    if wanted is not None:
        allowed &= wanted
    found: list[tuple[int, int, Suggestion]] = []
    for base, segment in zip(state.bases, state.segments, strict=False):
        here = allowed[base : base + segment.count]
        for worth, document in segment.title_index().matching(words, here, limit):
            kind, item = state.keys([base + document])[0]
            found.append((-worth, base + document, Suggestion(kind, item, segment.titles[document])))
    found.sort(key=lambda each: each[:2])
    return tuple(suggestion for _, _, suggestion in found[:limit])


def _close_titles(
    state: Snapshot, words: Sequence[str], filters: Filters, limit: int
) -> tuple[Suggestion, ...]:
    respelled: list[str] = []
    for word in words:
        alike: list[str] = []
        for segment in state.segments:
            alike += segment.title_index().words_like(word, 1)
        respelled += difflib.get_close_matches(word, alike, n=1, cutoff=0.7)
    found: dict[Suggestion, None] = {}
    for together in (respelled, *([word] for word in respelled)):
        if together and len(found) < limit:
            found.update(dict.fromkeys(_suggestions(state, together, filters, limit)))
    return tuple(found)[:limit]
