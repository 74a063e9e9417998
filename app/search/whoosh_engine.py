"""Whoosh as the search engine: what it stores, how it is written so that it lasts, how it is read by many threads.

Three things about Whoosh shape this file. A searcher shared between threads gives wrong results, so its files are read
under a lock, into arrays that are never changed. It never asks the disk to keep what it wrote, so we do. And its own
scoring walks posting by posting in Python, so `app.search.ranking` scores the same postings as arrays.
"""

import shutil
import struct
import threading
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

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
from app.search.documents import Key, SearchDocument
from app.search.engine_in_folder import EngineInFolder
from app.search.entries import Cards, Entry, Kinds, entry, unpacked
from app.search.nearness import PLACES_IN_A_DOCUMENT, Places
from app.search.ranking import FIELD_WEIGHTS, Memory, Postings
from app.search.selection import Whole

# Raise it when the schema or the analyser changes: the index is then built anew under another name.
VERSION = "whoosh-6"
INDEX_NAME = "search"
POSTINGS_IN_A_BLOCK = 512
MEMORY_OF_A_BUILD_MB = 96
MEMORY_OF_POSTINGS = 24_000_000
MEMORY_OF_PLACES = 32_000_000
BYTES_OF_A_PLACE = 4
WORDS_AT_ONCE = 10_000
# A catching up may merge this many documents of small segments, so that it stays well under a second. Larger segments
# are merged beside it; see `WhooshEngine.tidy`.
MERGED_AT_ONCE = 400
LARGEST_SMALL_SEGMENT = 128
SEGMENTS_OF_A_SIZE = 4
# A segment of which so much is struck out is written anew.
MOST_STRUCK_OUT = 0.4

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

    `title`, `also` and `body` are searched, `label` filters; see `Entry`.
    """
    return fields.Schema(
        title=Terms(),
        also=Terms(),
        body=Terms(),
        label=Labels(),
        card=fields.COLUMN(columns.VarBytesColumn()),
        words=fields.COLUMN(columns.VarBytesColumn()),
    )


class _OpenFiles(FileStorage):  # type: ignore[misc]
    """Files of an index; all can be closed, also when the reading or writing failed half-way."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self._opened: list[Any] = []

    def open_file(self, name: str, **kwargs: Any) -> Any:
        """As Whoosh does it, and remember the file."""
        file = super().open_file(name, **kwargs)
        self._opened.append(file)
        return file

    def create_file(self, name: str, excl: bool = False, mode: str = "wb", **kwargs: Any) -> Any:
        """As Whoosh does it, and remember the file."""
        file = super().create_file(name, excl=excl, mode=mode, **kwargs)
        self._opened.append(file)
        return file

    def close_all(self) -> None:
        """Close every file that is still open."""
        for file in self._opened:
            if not file.is_closed:
                with suppress(
                    OSError
                ):  # What is left to be written may not fit on the disk; it is closed all the same.
                    file.close()
        self._opened.clear()


class _LastingStorage(_OpenFiles):
    """Files of an index, of which the disk is asked to keep all before the table of contents names them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._unsynced: list[Path] = []
        self._temporary: list[_OpenFiles] = []

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
        """As Whoosh does it, and remember that the file is to be synced."""
        self._unsynced.append(Path(self.folder) / name)
        return super().create_file(name, excl=excl, mode=mode, **kwargs)

    def temp_storage(self, name: str) -> Any:
        """As Whoosh does it, and remember what is in it."""
        temporary = _OpenFiles(str(Path(self.folder) / name)).create()
        self._temporary.append(temporary)
        return temporary

    def close_all(self) -> None:
        """Close every file that is still open, the temporary ones too."""
        super().close_all()
        for temporary in self._temporary:
            temporary.close_all()
        self._temporary.clear()
        self._unsynced.clear()


class WhooshSegment(Cards):
    """One segment of Whoosh's, read into arrays as they are needed. Any number of threads may ask it.

    Everything but the postings is read at once, because a later commit may remove the files.
    """

    def __init__(
        self,
        folder: Path,
        segment: Any,
        kinds: Kinds,
        memory: tuple[Memory[Postings], Memory[Places]],
    ) -> None:
        self._lock = threading.Lock()
        self._memory, self._remembered_places = memory
        self.name: str = segment.segment_id()
        files = _OpenFiles(str(folder))
        # Nobody can close them earlier: another thread may still be answering from an older snapshot.
        weakref.finalize(self, files.close_all)
        try:
            self._reader = SegmentReader(files, schema(), segment)
            super().__init__(self._reader.column_reader("card", translate=False), kinds)
            self.lengths: Mapping[str, Any] = {field: self._field_lengths(field) for field in FIELD_WEIGHTS}
        except BaseException:
            files.close_all()
            raise
        self.total_lengths: Mapping[str, int] = {
            field: self._reader.field_length(field) for field in FIELD_WEIGHTS
        }

    def words(self) -> Iterator[list[str]]:
        """The words of each document as they are written."""
        for start in range(0, self.count, WORDS_AT_ONCE):
            with self._lock:
                column = self._reader.column_reader("words", translate=False)
                packed = [column[at] for at in range(start, min(start + WORDS_AT_ONCE, self.count))]
            yield from unpacked(packed)

    def postings(self, field: str, term: str) -> Postings | None:
        """Where a term stands in a field, the documents struck out included; nothing if nowhere."""
        known = self._memory.get((self.name, field, term)) or self._read(field, term)[0]
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
        known = self._remembered_places.get((self.name, field, term))
        return self._read(field, term)[1] if known is None else known

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

    def _read(self, field: str, term: str) -> tuple[Postings, Places]:
        """Both at once, because whoever asks for one mostly asks for the other next."""
        numbers: list[Any] = [np.zeros(0, dtype=np.int32)]
        times: list[Any] = [np.zeros(0, dtype=np.int64)]
        written: list[bytes] = []
        with self._lock:
            matcher = self._matcher(field, term)
            while matcher is not None and matcher.is_active():
                # A block is a pickled tuple of the steps between document numbers, the weights and the values, which
                # for text are the places; reading it whole is many times faster than `next()`.
                matcher._read_data()
                steps, _, values = matcher._data
                numbers.append(np.cumsum(np.array(steps, dtype=np.int32), dtype=np.int32))
                if field in FIELD_WEIGHTS:
                    times.append(np.fromiter(map(len, values), np.int64, len(values)) // BYTES_OF_A_PLACE)
                    written += values
                else:
                    times.append(np.ones(len(steps), dtype=np.int64))
                matcher._next_block()
        documents = np.concatenate(numbers)
        postings = Postings(documents, np.concatenate(times).astype(np.float32))
        places = np.frombuffer(b"".join(written), dtype="<u4").astype(np.int64)
        if len(places):
            places += np.repeat(documents.astype(np.int64) << PLACES_IN_A_DOCUMENT, np.concatenate(times))
        self._memory.put((self.name, field, term), postings, 300 + postings.size)
        self._remembered_places.put((self.name, field, term), places, 300 + places.nbytes)
        return postings, places


def _table_of_contents(folder: Path) -> Any:
    files = _OpenFiles(str(folder))
    try:
        return TOC.read(files, INDEX_NAME, schema=schema())
    finally:
        files.close_all()


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

    def read(self) -> Whole:
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
        return Whole(list(zip(segments, struck, strict=True)), self._kinds.names, segments)

    def _open(self, segment: Any) -> WhooshSegment:
        known = self._segments.get(segment.segment_id())
        return known or WhooshSegment(self.folder, segment, self._kinds, self._memory)

    def fill(self, documents: Iterable[SearchDocument]) -> None:
        """Put documents into an empty index, as one segment."""
        writer = self._writer(MEMORY_OF_A_BUILD_MB)
        try:
            for document in documents:
                writer.add_document(**_fields(entry(document)))
            writer.commit(merge=False)
        except BaseException:
            self._give_up(writer)
            raise
        self._storage.close_all()

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """Strike out what these keys name and add these documents. One writer at a time."""
        self.write(keys, [entry(document) for document in documents])

    def write(self, keys: Iterable[Key], entries: Iterable[Entry]) -> None:
        """As `change`, with documents that are analysed already; small segments are merged by the way."""
        self._remove_leftovers()
        snapshot = self.read()
        writer = self._writer(32)
        try:
            by_name = {segment.segment_id(): segment for segment in writer.segments}
            for number, document in snapshot.find(keys):
                by_name[snapshot.segments[number].name].delete_document(document)
            for added in entries:
                writer.add_document(**_fields(added))
            writer.commit(mergetype=_merge_a_little)
        except BaseException:
            self._give_up(writer)
            raise
        self._storage.close_all()

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
        self._storage.close_all()
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


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "also": entry.also,
        "body": entry.body,
        "label": entry.labels,
        "card": entry.card,
        "words": entry.words,
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


class WhooshEngine(EngineInFolder[WhooshIndex]):
    """The `SearchEngine` on Whoosh.

    Args:
        root: the folder of the index.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, VERSION)

    def created(self, folder: Path) -> WhooshIndex:
        """An empty index in this folder."""
        return WhooshIndex.create(folder)

    def opened(self, folder: Path) -> WhooshIndex:
        """The index in this folder."""
        return WhooshIndex(folder)

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
