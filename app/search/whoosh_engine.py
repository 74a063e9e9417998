"""Whoosh as the search engine: what it stores, how it is written so that it lasts, how it is read by many threads.

Three things about Whoosh shape this file. A searcher shared between threads gives wrong results, so its files are read
under a lock, into arrays that are never changed. It never asks the disk to keep what it wrote, so we do. And its own
scoring walks posting by posting in Python, so `app.search.ranking` scores the same postings as arrays.
"""

import difflib
import json
import logging
import os
import shutil
import struct
import threading
import weakref
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.matching.wrappers import FilterMatcher
from whoosh.reading import SegmentReader, TermNotFound
from whoosh.util.numeric import byte_to_length
from whoosh.writing import SegmentWriter

from app.core.durable import sync
from app.search import analysis, forgiving, titles
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
from app.search.folder import IndexFolder, Stamp
from app.search.nearness import PLACES_IN_A_DOCUMENT, Places
from app.search.query import Query, with_known_conditions
from app.search.ranking import (
    FIELD_WEIGHTS,
    Memory,
    Postings,
    Snapshot,
    exact_label,
)
from app.search.spelling import Spelling
from app.search.vocabulary import Vocabulary

# Raise it when the schema or the analyser changes: the index is then built anew under another name.
VERSION = "whoosh-3"
INDEX_NAME = "search"
POSTINGS_IN_A_BLOCK = 512
MEMORY_OF_A_BUILD_MB = 96
MEMORY_OF_POSTINGS = 64_000_000
MEMORY_OF_PLACES = 32_000_000
MEMORY_OF_ALIKE = 8_000_000
BYTES_OF_A_PLACE = 4
# A catching up may merge this many documents of small segments, so that it stays well under a second. Larger segments
# are merged beside it; see `WhooshEngine.tidy`.
MERGED_AT_ONCE = 400
LARGEST_SMALL_SEGMENT = 128
SEGMENTS_OF_A_SIZE = 4
# A segment of which so much is struck out is written anew.
MOST_STRUCK_OUT = 0.4
MOST_WORDS_OF_A_TITLE = 12
LARGE_ENOUGH_TO_WARM = 2_000
MOST_ALIASES, LONGEST_ALIAS = 10, 200
LETTERS_TO_LEARN_FROM = 20_000
MOST_WORDS_TO_RESPELL = 4

log = logging.getLogger(__name__)

_LENGTHS = np.array([byte_to_length(byte) for byte in range(256)], dtype=np.float32)


class TermsWithPositions(formats.Format):  # type: ignore[misc]
    """Whoosh's posting format for analysed text: how often a term stands in a document, and where."""

    posting_size = -1

    def decode_frequency(self, value: bytes) -> int:
        """How often the term stands in the document."""
        return len(value) // BYTES_OF_A_PLACE

    def decode_positions(self, value: bytes) -> list[int]:
        """At which places, counted in terms, it stands."""
        return list(struct.unpack(f"<{len(value) // BYTES_OF_A_PLACE}I", value))


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field of analysed text; it takes the list of terms that `analysis.terms` made."""

    def __init__(self) -> None:
        super().__init__(format=TermsWithPositions(), analyzer=None, scorable=True)

    def index(self, value: Sequence[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each term once: its bytes, how often, its weight, its places."""
        places: dict[str, array[int]] = {}
        for place, term in enumerate(value):
            known = places.get(term)
            if known is None:
                places[term] = array("I", (place,))
            else:
                known.append(place)
        for term, where in places.items():
            yield term.encode("utf-8", "replace"), len(where), float(len(where)), where.tobytes()


class Labels(fields.FieldType):  # type: ignore[misc]
    """A field of labels that a document either carries or not, such as `kind:article`."""

    def __init__(self) -> None:
        super().__init__(format=formats.Existence(), analyzer=None, scorable=False)

    def index(self, value: Sequence[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each label once."""
        for label in dict.fromkeys(value):
            yield label.encode("utf-8", "replace"), 1, 1.0, b""


def schema() -> Any:
    """What the index holds of a document.

    `title`, `also` (symptoms and aliases) and `body` are searched, `label` filters. `card` is what is kept to
    answer with: kind, id, votes, whether solved, stamp, title, when it was made and changed (in seconds since 1970)
    and the aliases. `words` are the words as they are written, packed, to know how the site spells.
    """
    return fields.Schema(
        title=Terms(),
        also=Terms(),
        body=Terms(),
        label=Labels(),
        card=fields.COLUMN(columns.VarBytesColumn()),
        words=fields.COLUMN(columns.VarBytesColumn()),
    )


class _LastingStorage(FileStorage):  # type: ignore[misc]
    """Files of an index, of which the disk is asked to keep all before the table of contents names them."""

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Put a table of contents in its place, once everything that it speaks of is on the disk."""
        folder = Path(self.folder)
        for path in self._unsynced:
            if path.exists():
                sync(path)
        self._unsynced.clear()
        (folder / oldname).replace(folder / newname)
        sync(folder)

    def create_file(self, name: str, excl: bool = False, mode: str = "wb", **kwargs: Any) -> Any:
        """As Whoosh does it, and remember the file until it is synced."""
        self._unsynced.append(Path(self.folder) / name)
        return super().create_file(name, excl=excl, mode=mode, **kwargs)

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._unsynced: list[Path] = []


class _OpenFiles(FileStorage):  # type: ignore[misc]
    """Files of an index as somebody reads them; all can be closed, also when the reading failed half-way."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self._opened: list[Any] = []

    def open_file(self, name: str, **kwargs: Any) -> Any:
        """As Whoosh does it, and remember the file."""
        file = super().open_file(name, **kwargs)
        self._opened.append(file)
        return file

    def close_all(self) -> None:
        """Close every file that is still open."""
        for file in self._opened:
            if not file.is_closed:
                file.close()
        self._opened.clear()


class WhooshSegment:
    """One segment of Whoosh's, read into arrays as they are needed. Any number of threads may ask it.

    Everything but the postings is read at once, because a later commit may remove the files.
    """

    def __init__(
        self,
        folder: Path,
        segment: Any,
        kinds: "Kinds",
        memory: tuple[Memory[Postings], Memory[Places]],
    ) -> None:
        self._lock = threading.Lock()
        self._memory, self._remembered_places = memory
        self._titles: titles.Titles | None = None
        self.name: str = segment.segment_id()
        self.count: int = segment.doc_count_all()
        files = _OpenFiles(str(folder))
        # Nobody can close them earlier: another thread may still be answering from an older snapshot.
        weakref.finalize(self, files.close_all)
        try:
            self._reader = SegmentReader(files, schema(), segment)
            self._read_cards(kinds)
            self.lengths: Mapping[str, Any] = {field: self._field_lengths(field) for field in FIELD_WEIGHTS}
        except BaseException:
            files.close_all()
            raise
        self.total_lengths: Mapping[str, int] = {
            field: self._reader.field_length(field) for field in FIELD_WEIGHTS
        }

    def _read_cards(self, kinds: "Kinds") -> None:
        cards = json.loads(b"[" + b",".join(self._reader.column_reader("card", translate=False)) + b"]")
        self.kinds = np.array([kinds.number(card[0]) for card in cards], dtype=np.int16)
        self.ids = np.array([card[1] for card in cards], dtype=np.int64)
        self.worth = titles.worth((bool(card[3]) for card in cards), (card[2] for card in cards))
        self.stamps: list[str] = [card[4] for card in cards]
        self.titles: list[str] = [card[5] for card in cards]
        self.votes = np.array([card[2] for card in cards], dtype=np.int32)
        self.created = np.array([card[6] for card in cards], dtype=np.int64)
        self.updated = np.array([card[7] for card in cards], dtype=np.int64)
        self.aliases: list[list[str]] = [card[8] for card in cards]

    def words(self) -> Iterator[list[str]]:
        """The words of each document as they are written."""
        with self._lock:
            packed = list(self._reader.column_reader("words", translate=False))
        for each in packed:
            if each:
                yield zlib.decompress(each).decode("utf-8").split(" ")

    def title_index(self) -> titles.Titles:
        """The titles by their words; made when it is first asked for."""
        if self._titles is None:
            with self._lock:
                if self._titles is None:
                    self._titles = titles.Titles(self.titles, self.worth, self.aliases)
        return self._titles

    def postings(self, field: str, term: str) -> Postings | None:
        """Where a term stands in a field, the documents struck out included; nothing if nowhere."""
        key = (self.name, field, term)
        known = self._memory.get(key)
        if known is None:
            with self._lock:
                known = self._read(field, term)
            self._memory.put(key, known, 300 + known.size)
        return known if len(known.documents) else None

    def holders(self, field: str, term: str) -> int:
        """In how many documents a term stands in a field, those struck out included."""
        known = self._memory.get((self.name, field, term))
        if known is not None:
            return len(known.documents)
        with self._lock:
            return int(self._reader.doc_frequency(field, term.encode("utf-8", "replace")))

    def places(self, field: str, term: str) -> Places:
        """At which places of which documents a term stands in a field."""
        key = (self.name, field, term)
        known = self._remembered_places.get(key)
        if known is None:
            with self._lock:
                known = self._read_places(field, term)
            self._remembered_places.put(key, known, 300 + known.nbytes)
        return known

    def _field_lengths(self, field: str) -> Any:
        name = W3Codec.column_filename(self._reader.segment(), f"_{field}_len")
        storage = self._reader.storage()
        codes = np.zeros(self.count, dtype=np.uint8)
        if storage.file_exists(name):
            with storage.open_file(name) as file:
                known = np.frombuffer(file.read(), dtype=np.uint8)
            codes[: len(known)] = known
        return _LENGTHS[codes]

    def _matcher(self, field: str, term: str) -> Any | None:
        try:
            matcher = self._reader.postings(field, term.encode("utf-8", "replace"))
        except TermNotFound:
            return None
        if isinstance(matcher, FilterMatcher):
            # It leaves out what was struck out when this segment was opened; we do that later, for all segments.
            matcher = matcher.child
            matcher.reset()
        return matcher

    def _read(self, field: str, term: str) -> Postings:
        matcher = self._matcher(field, term)
        numbers: list[Any] = []
        weights: list[Any] = []
        while matcher is not None and matcher.is_active():
            # A block is a pickled tuple of the steps between document numbers, the weights (nothing for all 1, one
            # number if all are the same) and the values; reading it whole is many times faster than `next()`.
            matcher._read_data()
            steps, often, _ = matcher._data
            numbers.append(np.cumsum(np.array(steps, dtype=np.int32), dtype=np.int32))
            weights.append(
                np.full(len(steps), 1.0 if often is None else often, dtype=np.float32)
                if often is None or isinstance(often, float)
                else np.array(often, dtype=np.float32)
            )
            matcher._next_block()
        if not numbers:
            return Postings(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
        return Postings(np.concatenate(numbers), np.concatenate(weights))

    def _read_places(self, field: str, term: str) -> Places:
        matcher = self._matcher(field, term)
        found: list[Any] = []
        while matcher is not None and matcher.is_active():
            matcher._read_data()
            steps, _, values = matcher._data
            documents = np.cumsum(np.array(steps, dtype=np.int64))
            times = np.array([len(value) // BYTES_OF_A_PLACE for value in values], dtype=np.int64)
            places = np.frombuffer(b"".join(values), dtype="<u4").astype(np.int64)
            found.append((np.repeat(documents, times) << PLACES_IN_A_DOCUMENT) + places)
            matcher._next_block()
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _table_of_contents(folder: Path) -> Any:
    files = _OpenFiles(str(folder))
    try:
        return TOC.read(files, INDEX_NAME, schema=schema())
    finally:
        files.close_all()


class Kinds:
    """The kinds of documents and the numbers that stand for them in this process."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def number(self, kind: str) -> int:
        """The number of a kind; a new kind gets the next one."""
        if kind not in self.names:
            self.names.append(kind)
        return self.names.index(kind)


class WhooshIndex:
    """One build: a folder with one index of Whoosh's in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._storage = _LastingStorage(folder)
        self._kinds = Kinds()
        self._memory: tuple[Memory[Postings], Memory[Places]] = (
            Memory(MEMORY_OF_POSTINGS),
            Memory(MEMORY_OF_PLACES),
        )
        self._segments: dict[str, WhooshSegment] = {}

    @classmethod
    def create(cls, folder: Path) -> "WhooshIndex":
        """An empty index in this folder."""
        FileIndex.create(_LastingStorage(folder), schema(), INDEX_NAME)
        return cls(folder)

    def read(self) -> "_State":
        """What the index holds at this moment. Segments that are known already are not read again.

        Raises:
            Exception: of any kind, if files are missing or damaged.
        """
        attempts = 5
        while True:
            try:
                contents = _table_of_contents(self.folder)
                segments = [self._open(segment) for segment in contents.segments]
                break
            except FileNotFoundError:  # A commit removed what we were about to open; look again.
                attempts -= 1
                if not attempts:
                    raise
        self._segments = {segment.name: segment for segment in segments}
        struck = [
            np.fromiter(sorted(segment.deleted_docs()), np.int32, segment.deleted_count())
            for segment in contents.segments
        ]
        return Snapshot(list(zip(segments, struck, strict=True)), self._kinds.names), segments

    def _open(self, segment: Any) -> WhooshSegment:
        known = self._segments.get(segment.segment_id())
        return known or WhooshSegment(self.folder, segment, self._kinds, self._memory)

    def fill(self, documents: Iterable[SearchDocument]) -> None:
        """Put documents into an empty index, as one segment."""
        writer = self._writer(MEMORY_OF_A_BUILD_MB)
        try:
            for document in documents:
                writer.add_document(**_fields(document))
            writer.commit(merge=False)
        except BaseException:
            self._give_up(writer)
            raise

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """Strike out what these keys name and add these documents. One writer at a time."""
        self.write(keys, [_fields(document) for document in documents])

    def write(self, keys: Iterable[Key], prepared: Iterable[dict[str, Any]]) -> None:
        """As `change`, with documents that are analysed already; small segments are merged by the way."""
        self._remove_leftovers()
        snapshot, segments = self.read()
        writer = self._writer(32)
        try:
            by_name = {segment.segment_id(): segment for segment in writer.segments}
            for number, document in snapshot.find(keys):
                by_name[segments[number].name].delete_document(document)
            for added in prepared:
                writer.add_document(**added)
            writer.commit(mergetype=_merge_a_little)
        except BaseException:
            self._give_up(writer)
            raise

    def wants_merging(self) -> list[Any]:
        """The segments that should become one: several large ones of about one size, or one that is mostly struck out."""
        large = [
            segment
            for segment in _table_of_contents(self.folder).segments
            if segment.doc_count() > LARGEST_SMALL_SEGMENT
        ]
        by_size: dict[int, list[Any]] = {}
        for segment in large:
            if segment.deleted_count() > MOST_STRUCK_OUT * segment.doc_count_all():
                return [segment]
            by_size.setdefault(_size_class(segment), []).append(segment)
        return next((alike for alike in by_size.values() if len(alike) >= SEGMENTS_OF_A_SIZE), [])

    def merge_into(self, scratch: Path, segments: Iterable[Any]) -> None:
        """Write what lives in these segments as one, as an index of its own in an empty folder."""
        writer = WhooshIndex.create(scratch)._writer(MEMORY_OF_A_BUILD_MB)
        for segment in segments:
            reader = SegmentReader(self._storage, schema(), segment)
            try:
                writer.add_reader(reader)
            finally:
                reader.close()
        writer.commit(merge=False)

    def adopt(self, scratch: Path, merged: Sequence[Any]) -> bool:
        """Put what `merge_into` wrote in the place of the segments that it was made of. One writer at a time.

        Returns:
            Whether these were all still there.
        """
        contents = _table_of_contents(self.folder)
        present = {segment.segment_id(): segment for segment in contents.segments}
        if not all(segment.segment_id() in present for segment in merged):
            return False
        (fresh,) = _table_of_contents(scratch).segments
        base = 0
        for old in merged:
            # Documents struck out while they were being copied are struck out of the copy.
            living = np.ones(old.doc_count_all(), dtype=np.bool_)
            living[list(old.deleted_docs())] = False
            copies = base - 1 + np.cumsum(living)
            since = set(present[old.segment_id()].deleted_docs()) - set(old.deleted_docs())
            for document in since:
                fresh.delete_document(int(copies[document]))
            base += int(living.sum())
        for path in list(scratch.iterdir()):
            if path.name.split(".")[0] == fresh.segment_id():
                path.replace(self.folder / path.name)
        sync(self.folder)
        gone = {segment.segment_id() for segment in merged}
        kept = [segment for segment in contents.segments if segment.segment_id() not in gone]
        TOC(schema(), [*kept, fresh], contents.generation + 1).write(self._storage, INDEX_NAME)
        self._remove_leftovers()
        return True

    def _writer(self, memory: int) -> Any:
        return SegmentWriter(
            FileIndex(self._storage, indexname=INDEX_NAME),
            limitmb=memory,
            codec=W3Codec(blocklimit=POSTINGS_IN_A_BLOCK),
            # One file for each part instead of one for all: Whoosh would read a compound file into memory whole.
            compound=False,
            # We hold a lock of our own, over the whole folder.
            _lk=False,
        )

    def _give_up(self, writer: Any) -> None:
        with suppress(Exception):
            writer.cancel()
        with suppress(OSError):
            self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Remove what a killed writer left: files that the table of contents does not name, and its temporary ones."""
        contents = _table_of_contents(self.folder)
        kept = {segment.segment_id() for segment in contents.segments}
        table = TOC._filename(INDEX_NAME, contents.generation)
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != table and path.name.split(".")[0] not in kept:
                path.unlink(missing_ok=True)


def _fields(document: SearchDocument) -> dict[str, Any]:
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
    )
    return {
        "title": title,
        "also": [term for other in others for term in other],
        "body": analysis.terms(document.body) + shelf,
        "label": labels,
        "card": json.dumps(card, separators=(",", ":")).encode("ascii"),
        "words": zlib.compress(words.encode("utf-8", "replace"), 1),
    }


def _size_class(segment: Any) -> int:
    """Segments within a factor of eight are of one size."""
    return max(0, int(segment.doc_count() - 1).bit_length() // 3)


def _merge_a_little(writer: Any, segments: list[Any]) -> list[Any]:
    """A merge policy: small segments of about one size become one when there are several.

    A segment without living documents is dropped. What is too large to merge quickly is left to `WhooshEngine.tidy`.
    """
    alive = [segment for segment in segments if segment.doc_count() > 0]
    by_size: dict[int, list[Any]] = {}
    for segment in alive:
        if segment.doc_count() <= LARGEST_SMALL_SEGMENT:
            by_size.setdefault(_size_class(segment), []).append(segment)
    merged: list[Any] = []
    room = MERGED_AT_ONCE
    for _, alike in sorted(by_size.items()):
        if len(alike) < SEGMENTS_OF_A_SIZE:
            continue
        for segment in sorted(alike, key=lambda each: each.doc_count()):
            if segment.doc_count() > room:
                break
            room -= segment.doc_count()
            merged.append(segment)
    if len(merged) < 2:
        return alive
    for segment in merged:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in alive if segment not in merged]


_State = tuple[Snapshot, list[WhooshSegment]]
_Answer = TypeVar("_Answer")
_Alike = tuple[tuple[tuple[str, float], ...], Filters, frozenset[Key], int]
"""What alike documents are asked for with: the weights of the terms, and the rest as `similar` takes it."""


class WhooshEngine:
    """The `SearchEngine` on Whoosh: one set of arrays for all threads of a process, renewed after each commit.

    Args:
        root: the folder of the index.
    """

    def __init__(self, root: Path) -> None:
        self.folder = IndexFolder(root, VERSION)
        self._refreshing = threading.Lock()
        self._index: WhooshIndex | None = None
        self._state: _State | None = None
        self._stamp: Stamp | None = None
        self._damaged: Stamp | None = None
        self._vocabulary = Vocabulary()
        self._remembered_alike: weakref.WeakKeyDictionary[Snapshot, Memory[tuple[Hit, ...]]] = (
            weakref.WeakKeyDictionary()
        )
        self._warming: threading.Thread | None = None
        self._process = os.getpid()

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
        prepared = [_fields(document) for document in documents]
        try:
            self._opened(build).write(keys, prepared)
        except Exception as error:
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise  # The disk is full, or something else is wrong that a new index would not mend.
            self.folder.wish_for_rebuild()
            raise IndexMissingError from error
        self.folder.announce()

    def tidy(self) -> bool:
        """Make one of several large segments; see `SearchEngine.tidy`."""
        with self.folder.lock("merge") as alone:
            build = self.folder.current()
            if not alone or build is None:
                return False
            index = WhooshIndex(build)
            try:
                segments = index.wants_merging()
                if not segments:
                    return False
                with self.folder.scratch() as scratch:
                    index.merge_into(scratch, segments)
                    with self.folder.wait_for_lock("index"):
                        if self.folder.current() != build or not index.adopt(scratch, segments):
                            return False
                        self.folder.announce()
            except FileNotFoundError:
                return False  # A rebuild has taken the place of what was being merged.
            return True

    @contextmanager
    def rebuilding(self, documents: Iterable[SearchDocument]) -> Iterator[Build]:
        """Build a new index and put it in place of the old one; see `SearchEngine.rebuilding`."""
        with self.folder.lock("rebuild") as free:
            if not free:
                raise RebuildRunningError
            self.folder.remove_builds_but(self.folder.current())
            build = self.folder.begin_build()
            index = WhooshIndex.create(build)
            try:
                index.fill(documents)
                with self.folder.wait_for_lock("index"):
                    yield index
                    self.folder.publish(build)
            except BaseException:
                shutil.rmtree(build, ignore_errors=True)
                raise

    def search(self, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
        """One page of hits; see `SearchEngine.search`."""
        return self._ask(lambda state: state[0].search(query, filters, offset, limit), Ranking())

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """Documents that share the most telling terms; see `SearchEngine.similar`."""
        key = (tuple(weights.items()), filters, exclude, limit)
        return self._ask(lambda state: self._alike(state[0], key), ())

    def _alike(self, snapshot: Snapshot, key: _Alike) -> tuple[Hit, ...]:
        """What was found for a text holds as long as the state of the index; a page asks for the same each time."""
        known = self._remembered_alike.setdefault(snapshot, Memory(MEMORY_OF_ALIKE))
        found = known.get(key)
        if found is None:
            weights, filters, exclude, limit = key
            found = snapshot.similar(dict(weights), filters, exclude, limit)
            known.put(key, found, 1000 + 150 * len(weights))
        return found

    def understand(self, query: Query, filters: Filters) -> Query:
        """The query made to fit what the reader may see; see `SearchEngine.understand`."""
        return self._ask(lambda state: self._understood(state, query, filters), query)

    def doubted(self, query: Query) -> tuple[tuple[str, str], ...]:
        """Known words that may be slips all the same; see `SearchEngine.doubted`."""
        return self._ask(lambda state: forgiving.doubted(query, self._spelling(state)), ())

    def explain(self, query: Query, filters: Filters, key: Key) -> Explanation | None:
        """Why a document stands where it stands; see `SearchEngine.explain`."""
        return self._ask(lambda state: state[0].explain(query, filters, key), None)

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

    def stamps(self) -> Iterator[tuple[Key, str]]:
        """Every document in the index with its stamp."""
        state = self._current()
        if state is None:
            return
        snapshot, segments = state
        for document in np.flatnonzero(snapshot.live):
            number, place = snapshot.place(int(document))
            yield snapshot.keys([int(document)])[0], segments[number].stamps[place]

    def _ask(self, question: Callable[[_State], _Answer], otherwise: _Answer) -> _Answer:
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

    def _current(self) -> _State | None:
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
                lately = self._state[0].lately_used_terms() if self._state else ()
                self._state = self._opened(build).read()
                self._stamp = stamp
                self._warm_beside(self._state, lately)
                return
            except Exception:
                if build == self.folder.current():
                    log.exception("The search index could not be opened; it will be rebuilt.")
                    break
        self._damaged = stamp
        self.folder.wish_for_rebuild()

    def _opened(self, build: Path) -> WhooshIndex:
        if self._index is None or self._index.folder != build:
            self._index = WhooshIndex(build)
        return self._index

    def _forget(self) -> None:
        self._refreshing = threading.Lock()
        self._index = None
        self._state = None
        self._stamp = None
        self._damaged = None
        self._vocabulary = Vocabulary()
        self._warming = None
        self._process = os.getpid()

    def _spelling(self, state: _State, *, wait: bool = False) -> Spelling | None:
        snapshot, segments = state

        def read() -> Iterator[list[str]]:
            for segment in segments:
                yield from segment.words()

        return self._vocabulary.spelling(snapshot.count, read, wait=wait)

    def _understood(self, state: _State, query: Query, filters: Filters) -> Query:
        snapshot = state[0]
        seen = snapshot.visible(Filters(filters.audiences))

        def is_found(term: str) -> bool:
            return bool(seen[snapshot.term(term)[0]].any())

        def is_label(label: str) -> bool:
            return bool(np.any(seen & snapshot.label(label)))

        query = with_known_conditions(query, is_label)
        is_unknown = any(not is_found(term) for term in query.terms)
        return forgiving.forgive(query, self._spelling(state) if is_unknown else None, is_found)

    def _warm_beside(self, state: _State, terms: Sequence[str]) -> None:
        """Read ahead in a thread of its own what the next searches will probably need."""
        if state[0].count >= LARGE_ENOUGH_TO_WARM and not (self._warming and self._warming.is_alive()):
            self._warming = threading.Thread(target=_warm, args=(state, terms), daemon=True)
            self._warming.start()


def _warm(state: _State, terms: Sequence[str]) -> None:
    """Read the postings of these terms, or of the words that titles are made of, and the titles' words."""
    snapshot, segments = state
    try:
        for segment in segments:
            segment.title_index()
        for term in terms or snapshot.most_common(segment.titles for segment in segments):
            snapshot.term(term)
    except Exception:
        log.debug("Reading ahead stopped; the next search will find out why.", exc_info=True)


def _suggestions(state: _State, words: Sequence[str], filters: Filters, limit: int) -> tuple[Suggestion, ...]:
    snapshot, segments = state
    allowed = snapshot.visible(filters)
    wanted = snapshot.of_kind(filters)
    if wanted is not None:
        allowed &= wanted
    found: list[tuple[int, int, Suggestion]] = []
    for base, segment in zip(snapshot.bases, segments, strict=False):
        here = allowed[base : base + segment.count]
        for worth, document in segment.title_index().matching(words, here, limit):
            kind, item = snapshot.keys([base + document])[0]
            found.append((-worth, base + document, Suggestion(kind, item, segment.titles[document])))
    found.sort(key=lambda each: each[:2])
    return tuple(suggestion for _, _, suggestion in found[:limit])


def _close_titles(
    state: _State, words: Sequence[str], filters: Filters, limit: int
) -> tuple[Suggestion, ...]:
    respelled: list[str] = []
    for word in words:
        alike: list[str] = []
        for segment in state[1]:
            alike += segment.title_index().words_like(word, 1)
        respelled += difflib.get_close_matches(word, alike, n=1, cutoff=0.7)
    found: dict[Suggestion, None] = {}
    for together in (respelled, *([word] for word in respelled)):
        if together and len(found) < limit:
            found.update(dict.fromkeys(_suggestions(state, together, filters, limit)))
    return tuple(found)[:limit]
