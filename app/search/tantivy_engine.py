"""tantivy as the search engine, for large sites: it chooses the candidates, our own ranking puts them in order.

tantivy finds the documents that may be meant quickly and without holding the index in memory, but it ranks by BM25
alone. So of each document its terms are stored as numbers in their order, and the few hundred best are ranked by
`app.search.ranking` as with any other engine, with the statistics of the whole index. What a person may be shown is
therefore looked for among the best `MOST_CANDIDATES`, and totals and counts end there.
"""

import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import DocAddress, Occur

from app.search.documents import Key, SearchDocument
from app.search.engine import Filters, Hit
from app.search.engine_in_folder import EngineInFolder
from app.search.entries import Cards, Entry, Kinds, entry, unpacked
from app.search.nearness import PLACES_IN_A_DOCUMENT, Places
from app.search.query import Conditions, Query
from app.search.ranking import (
    DEEPEST_HIT,
    FIELD_WEIGHTS,
    NO_CONDITIONS,
    Mask,
    Memory,
    Numbers,
    Postings,
    Snapshot,
    exact_label,
)
from app.search.selection import Selection

# Raise it when the schema or the analyser changes: the index is then built anew under another name.
VERSION = "tantivy-3"
MEMORY_OF_A_BUILD = 96_000_000
MEMORY_OF_A_CHANGE = 15_000_000  # The least that tantivy takes.
MOST_CANDIDATES = 200
MEMORY_OF_TEXTS = 32_000_000
CANDIDATES_ALIKE = 60
TERMS_THAT_MAY_ALL_BE_MEANT = 7
TRIES_TO_READ = 5
FIELDS = (*FIELD_WEIGHTS, "label")
Clause = tuple[Occur, tantivy.Query]


def schema() -> tantivy.Schema:
    """What the index holds of a document: terms to search, labels to filter by, and what is stored of it.

    `key` names it, `terms` are its terms as `_packed` writes them; for the others see `Entry`.
    """
    builder = tantivy.SchemaBuilder()
    for field in FIELD_WEIGHTS:
        builder.add_text_field(field, tokenizer_name="terms")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    for field in ("created", "updated"):
        builder.add_integer_field(field, indexed=True, fast=True)
    for field in ("card", "terms", "words"):
        builder.add_bytes_field(field, stored=True)
    return builder.build()


_SCHEMA = schema()
_ERROR_OF_THE_SYSTEM = re.compile(r"os error (\d+)|Os \{ code: (\d+)")


@contextmanager
def _its_errors() -> Iterator[None]:
    """What goes wrong in tantivy, as errors of Python's.

    Raises:
        OSError: a file could not be read or written.
        ValueError: something else, such as a damaged file, in which tantivy may even panic.
    """
    try:
        yield
    except BaseException as error:
        if found := _ERROR_OF_THE_SYSTEM.search(str(error)):
            raise OSError(int(found[1] or found[2]), str(error)) from error
        if type(error).__name__ == "PanicException":
            raise ValueError(str(error)) from error
        raise


def _code(term: str) -> int:
    """A number for a term. Two terms of one text hardly ever share it, and if they do a score is a little too high."""
    return zlib.crc32(term.encode("utf-8", "replace"))


def _packed(fields: Sequence[Sequence[str]]) -> bytes:
    """The terms of a document as numbers: how many each field holds, then those of each field in their order."""
    numbers = [len(terms) for terms in fields] + [_code(term) for terms in fields for term in terms]
    return np.array(numbers, dtype="<u4").tobytes()


def _document(entry: Entry) -> tantivy.Document:
    kind, number, *_ = card = json.loads(entry.card)
    document = tantivy.Document()
    for field in FIELD_WEIGHTS:
        document.add_text(field, _text(" ".join(getattr(entry, field))))
    for label in entry.labels:
        document.add_text("label", _text(label))
    document.add_text("key", f"{kind}/{number}")
    document.add_integer("created", card[6])
    document.add_integer("updated", card[7])
    document.add_bytes("card", entry.card)
    document.add_bytes("terms", _packed([*(getattr(entry, field) for field in FIELD_WEIGHTS), entry.labels]))
    document.add_bytes("words", entry.words)
    return document


def _text(text: str) -> str:
    """What can be written as UTF-8: half a surrogate pair cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


class TantivySegment(Cards):
    """What is kept in memory of a segment of tantivy's: its documents' cards, and how long their texts are."""

    def __init__(self, name: str, count: int, searcher: tantivy.Searcher, number: int, kinds: Kinds) -> None:
        self.name = name
        self.stand_in(searcher, number)
        headers: list[bytes] = []

        def cards() -> Iterator[bytes]:
            for place in range(count):
                document = searcher.doc(DocAddress(number, place))
                headers.append(_bytes(document, "terms")[: 4 * len(FIELDS)])
                yield _bytes(document, "card")

        super().__init__(cards(), kinds)
        counts = np.frombuffer(b"".join(headers), dtype="<u4").reshape(-1, len(FIELDS))
        self.lengths: Mapping[str, Any] = {
            field: counts[:, at].astype(np.float32) for at, field in enumerate(FIELD_WEIGHTS)
        }
        self.total_lengths: Mapping[str, int] = {
            field: int(lengths.sum()) for field, lengths in self.lengths.items()
        }

    def stand_in(self, searcher: tantivy.Searcher, number: int) -> None:
        """Say that a newer searcher knows this segment by this number; the older one is not kept open for it."""
        self._place = searcher, number

    @_its_errors()
    def words(self) -> Iterator[list[str]]:
        """The words of each document as they are written."""
        searcher, number = self._place
        packed = [_bytes(searcher.doc(DocAddress(number, place)), "words") for place in range(self.count)]
        return unpacked(packed)


def _bytes(document: tantivy.Document, field: str) -> bytes:
    found = document.get_first(field)
    if not isinstance(found, bytes):
        raise ValueError(f"A document in the index has no {field}.")
    return found


class TantivySnapshot(Snapshot):
    """The index as it stood at one commit; of the documents only what filters and suggestions need is in memory."""

    def __init__(
        self,
        segments: Sequence[tuple[TantivySegment, Numbers]],
        kinds: Sequence[str],
        searcher: tantivy.Searcher,
    ) -> None:
        super().__init__(segments, kinds, ())
        self.searcher = searcher
        self._packed: Memory[bytes] = Memory(MEMORY_OF_TEXTS)

    def label(self, label: str) -> Mask:
        """The documents that carry a label."""
        known = self._masks.get(label)
        if known is None:
            known = np.zeros(self.count, dtype=np.bool_)
            known[self.numbers_of(_label(label), self.count)] = True
            self._masks.put(label, known, 200 + known.nbytes)
        return known

    @_its_errors()
    def numbers_of(self, query: tantivy.Query, limit: int, *, newest_first: bool = False) -> Numbers:
        """The best documents for a query of tantivy's, as numbers of this snapshot, in ascending order."""
        order = "updated" if newest_first else None
        found = self.searcher.search(query, max(1, limit), count=False, order_by_field=order)
        return np.array(
            sorted(self.bases[address.segment_ord] + address.doc for _, address in found.hits), dtype=np.int32
        )

    @_its_errors()
    def terms_of(self, documents: Numbers) -> list[bytes]:
        """The terms of these documents as they are stored."""
        numbers = np.searchsorted(self.bases, documents, side="right") - 1
        bases = np.array(self.bases, dtype=np.int32)[numbers]
        found = []
        for document, number, place in zip(
            documents.tolist(), numbers.tolist(), (documents - bases).tolist(), strict=True
        ):
            packed = self._packed.get(document)
            if packed is None:
                packed = _bytes(self.searcher.doc(DocAddress(number, place)), "terms")
                self._packed.put(document, packed, 200 + len(packed))
            found.append(packed)
        return found

    def finder(self, audiences: frozenset[str]) -> Callable[[str], bool]:
        """Tells of a term whether a document of these audiences holds it."""
        hidden = self.count - int(np.count_nonzero(self.visible(Filters(audiences))))
        seen = _of_audiences(audiences)

        def is_found(term: str) -> bool:
            holders = self.holders(term)
            if holders == 0 or holders > hidden:
                return holders > 0
            return self._is_any([seen, (Occur.Must, _anywhere(term))])

        return is_found

    def holders(self, term: str) -> int:
        """About how many documents hold a term."""
        return max(self.holders_of(field, term) for field in FIELD_WEIGHTS)

    @_its_errors()
    def holders_of(self, field: str, term: str) -> int:
        """In how many documents a term stands in a field, those struck out included."""
        return self.searcher.doc_freq(field, _text(term))

    def holders_in_any(self, term: str) -> int:
        """About how many documents hold a term."""
        return self.holders(term)

    def read_ahead(self, terms: Iterable[str]) -> None:
        """The files are mapped into memory; there is nothing to read."""

    def narrowed(self, query: Query, filters: Filters, enough: int, also: Sequence[int] = ()) -> Snapshot:
        """The documents among which the hits are, and those of `also`."""
        if not (query.terms or query.conditions):
            return self
        most = DEEPEST_HIT if filters.sort else max(MOST_CANDIDATES, min(enough, DEEPEST_HIT))
        seen = _of_audiences(filters.audiences)
        clauses = _filtered(filters, query.conditions)
        narrowings: list[Clause] = [
            (Occur.MustNot, _all(_anywhere(term) for term in word.terms)) for word in query.unwanted
        ]
        narrowings += [(Occur.Must, _unscored(_together(phrase.terms))) for phrase in query.phrases]
        for narrowing in narrowings:
            narrower = [*clauses, narrowing]
            if self._is_any([seen, *narrower, *_holding_any(query)]):
                clauses = narrower
        found = [np.array(also, dtype=np.int32), self._best(filters, clauses, query, most)]
        wanted = _of_state(filters.kind, filters.solved)
        if wanted and len(found[-1]) >= most:
            found.append(self._best(filters, [*clauses, *wanted], query, most))
        return Candidates(self, np.unique(np.concatenate(found)))

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """The documents that share the most telling of these terms; see `SearchEngine.similar`."""
        telling = {term: weights[term] for term in self.most_telling(weights)}
        clauses = [_of_audiences(filters.audiences), *_of_state(filters.kind, filters.solved)]
        clauses += _filtered(filters, NO_CONDITIONS)
        clauses += [(Occur.MustNot, _term("key", f"{kind}/{number}")) for kind, number in exclude]
        clauses.append(
            (Occur.Must, _any(_weighed(_anywhere(term), math.log1p(telling[term])) for term in telling))
        )
        found = self.numbers_of(tantivy.Query.boolean_query(clauses), limit + CANDIDATES_ALIKE)
        return Candidates(self, found).similar(telling, filters, exclude, limit)

    def _best(self, filters: Filters, clauses: Sequence[Clause], query: Query, most: int) -> Numbers:
        seen = _of_audiences(filters.audiences)
        if not query.terms:
            return self.numbers_of(tantivy.Query.boolean_query([seen, *clauses]), most, newest_first=True)
        found = self._best_for_all(filters, query, most) if not clauses else None
        if found is None:
            found = self.numbers_of(tantivy.Query.boolean_query([seen, *clauses, *_holding_any(query)]), most)
        if len(found) < most:
            return found
        parts = [found, self.numbers_of(_term("label", exact_label(query.terms)), most)]
        if 1 < len(query.terms) <= TERMS_THAT_MAY_ALL_BE_MEANT:
            # Of a short query every word is meant: what holds all of them may be behind what repeats some of them.
            holding_all = [(Occur.Must, _instead(term, query)) for term in query.terms]
            parts.append(self.numbers_of(tantivy.Query.boolean_query([seen, *clauses, *holding_all]), most))
        return np.unique(np.concatenate(parts))

    def _best_for_all(self, filters: Filters, query: Query, most: int) -> Numbers | None:
        """The best of those that the reader may see, out of the best of all; nothing if these are too few.

        Without conditions tantivy can leave out what has no chance to be among the best.
        """
        any_of_them = [clause for term in query.terms for clause in _alternatives(term, query)]
        found = self.numbers_of(tantivy.Query.boolean_query(any_of_them), 2 * most)
        seen = found[self.visible(Filters(filters.audiences))[found]]
        return seen if len(seen) >= most or len(found) < 2 * most else None

    @_its_errors()
    def _is_any(self, clauses: Sequence[Clause]) -> bool:
        return bool(self.searcher.search(tantivy.Query.boolean_query(clauses), 1, count=False).hits)


def _term(field: str, term: str) -> tantivy.Query:
    return tantivy.Query.term_query(_SCHEMA, field, _text(term))


def _any(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Should, query) for query in queries])


def _all(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Must, query) for query in queries])


def _weighed(query: tantivy.Query, weight: float) -> tantivy.Query:
    return tantivy.Query.boost_query(query, weight)


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def _label(label: str) -> tantivy.Query:
    return _unscored(_term("label", label))


def _anywhere(name: str) -> tantivy.Query:
    """Documents that hold a term in any field, or all of several terms and labels with spaces between."""
    if " " in name:
        return _all(_label(each) if ":" in each else _anywhere(each) for each in name.split())
    return _any(_weighed(_term(field, name), weight) for field, weight in FIELD_WEIGHTS.items())


def _instead(term: str, query: Query) -> tantivy.Query:
    """Documents that hold a term, or another that counts in its place; the best of them counts."""
    others = query.instead.get(term, ())
    if not others:
        return _anywhere(term)
    return tantivy.Query.disjunction_max_query(
        [_anywhere(term), *(_weighed(_anywhere(other), weight) for other, weight in others)]
    )


def _alternatives(term: str, query: Query) -> list[Clause]:
    """As `_instead`, a clause for each field where that is possible."""
    if term in query.instead:
        return [(Occur.Should, _instead(term, query))]
    return [(Occur.Should, _weighed(_term(field, term), weight)) for field, weight in FIELD_WEIGHTS.items()]


def _holding_any(query: Query) -> list[Clause]:
    """A document must hold any of the terms, if there are any."""
    if not query.terms:
        return []
    return [(Occur.Must, _any(_instead(term, query) for term in query.terms))]


def _together(terms: Sequence[str]) -> tantivy.Query:
    """Documents that hold these terms next to each other in one field."""
    words: list[str | tuple[int, str]] = [_text(term) for term in terms]
    return _any(tantivy.Query.phrase_query(_SCHEMA, field, words) for field in FIELD_WEIGHTS)


def _of_audiences(audiences: Iterable[str]) -> Clause:
    labels = [f"audience:{audience}" for audience in sorted(audiences)]
    return Occur.Must, _unscored(tantivy.Query.term_set_query(_SCHEMA, "label", labels))


def _of_state(kind: str | None, solved: bool | None) -> list[Clause]:
    """What a document of this kind and state must be."""
    clauses: list[Clause] = []
    if kind is not None:
        clauses.append((Occur.Must, _label(f"kind:{kind}")))
    if solved is not None:
        clauses.append((Occur.Must if solved else Occur.MustNot, _label("is:solved")))
    return clauses


def _filtered(filters: Filters, conditions: Conditions) -> list[Clause]:
    """What else a document must be than for the reader; as `Snapshot.visible` has it."""
    labels = [
        f"product:{product}" for product in (filters.product, conditions.product) if product is not None
    ]
    labels += [f"tag:{tag}" for tag in (filters.tag, *conditions.tags) if tag is not None]
    if conditions.user is not None:
        labels.append(f"user:{conditions.user}")
    clauses: list[Clause] = [(Occur.Must, _label(label)) for label in labels]
    clauses += [(Occur.MustNot, _label(f"tag:{tag}")) for tag in conditions.without_tags]
    clauses += [(Occur.Must, _unscored(_anywhere(code))) for code in conditions.codes]
    if conditions.before is not None:
        clauses.append((Occur.Must, _unscored(_within("created", until=conditions.before.timestamp()))))
    if conditions.after is not None:
        clauses.append((Occur.Must, _unscored(_within("updated", since=conditions.after.timestamp()))))
    return clauses + _of_state(conditions.kind, conditions.solved)


def _within(field: str, since: float | None = None, until: float | None = None) -> tantivy.Query:
    """Documents of which a moment is from `since` on and before `until`, in seconds since 1970."""
    return tantivy.Query.range_query(
        _SCHEMA,
        field,
        tantivy.FieldType.Integer,
        None if since is None else math.ceil(since),
        None if until is None else math.ceil(until) - 1,
    )


class _Terms:
    """The terms of some documents, field by field: the number of each, whose it is and at which place it stands."""

    def __init__(self, packed: Sequence[bytes]) -> None:
        self.count = len(packed)
        self._numbers = np.frombuffer(b"".join(packed), dtype="<u4")
        sizes = np.array([len(each) // 4 for each in packed], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        counts = self._numbers[starts[:, None] + np.arange(len(FIELDS))].astype(np.int64)
        self._counts = dict(zip(FIELDS, counts.T, strict=True))
        begins = starts[:, None] + len(FIELDS) + np.cumsum(counts, axis=1) - counts
        self._begins = dict(zip(FIELDS, begins.T, strict=True))
        self._fields: dict[str, tuple[NDArray[np.uint32], Numbers, Numbers]] = {}

    def of(self, field: str) -> tuple[NDArray[np.uint32], Numbers, Numbers]:
        """The numbers of all terms in a field, the documents that they stand in, and where in these."""
        known = self._fields.get(field)
        if known is None:
            counts = self._counts[field]
            documents = np.repeat(np.arange(self.count, dtype=np.int32), counts)
            ends = np.cumsum(counts)
            places = (np.arange(len(documents)) - np.repeat(ends - counts, counts)).astype(np.int32)
            known = self._numbers[places + np.repeat(self._begins[field], counts)], documents, places
            self._fields[field] = known
        return known


class _StoredTexts:
    """Where the terms stand in some documents, of all that there are."""

    def __init__(self, whole: TantivySnapshot, documents: Numbers) -> None:
        self.count = len(documents)
        self.holders = whole.holders_of
        self._terms = _Terms(whole.terms_of(documents))

    def _where(self, field: str, term: str) -> tuple[Numbers, Numbers]:
        numbers, documents, places = self._terms.of(field)
        here = np.flatnonzero(numbers == _code(term))
        return documents[here], places[here]

    def postings(self, field: str, term: str) -> Postings | None:
        """Where a term stands in a field."""
        documents, times = np.unique(self._where(field, term)[0], return_counts=True)
        return Postings(documents, times.astype(np.float32)) if len(documents) else None

    def places(self, field: str, term: str) -> Places:
        """At which places of which documents a term stands in a field."""
        documents, places = self._where(field, term)
        return (documents.astype(np.int64) << PLACES_IN_A_DOCUMENT) | places


class Candidates(Selection):
    """A selection whose terms are read from what is stored of each document."""

    whole: TantivySnapshot

    def __init__(self, whole: TantivySnapshot, chosen: Numbers) -> None:
        super().__init__(whole, chosen)
        self.texts = [_StoredTexts(whole, self.chosen)]

    def holders_in(self, field: str, term: str, here: Postings) -> int:
        """How many documents hold a term in a field, of all that there are."""
        return self.whole.holders_of(field, term)


class TantivyIndex:
    """One build: a folder with one index of tantivy's in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kinds = Kinds()
        self._segments: dict[str, TantivySegment] = {}
        self._struck: dict[tuple[str, int], Numbers] = {}

    @classmethod
    @_its_errors()
    def create(cls, folder: Path) -> "TantivyIndex":
        """An empty index in this folder."""
        tantivy.Index(_SCHEMA, path=str(folder), reuse=False)
        return cls(folder)

    @_its_errors()
    def read(self) -> TantivySnapshot:
        """What the index holds at this moment; see `Index.read`."""
        for _ in range(TRIES_TO_READ):
            listed = self._listed()
            searcher = self._opened().searcher()
            if listed == self._listed():
                break
        segments = []
        for number, (name, count, _) in enumerate(listed):
            segment = self._segments.get(name)
            if segment is None:
                segment = TantivySegment(name, count, searcher, number, self._kinds)
            else:
                segment.stand_in(searcher, number)
            segments.append(segment)
        struck = self._struck_out(searcher, listed)
        self._segments = {segment.name: segment for segment in segments}
        return TantivySnapshot(list(zip(segments, struck, strict=True)), self._kinds.names, searcher)

    def _opened(self) -> tantivy.Index:
        # A reader that lives on may miss what another process wrote, so each commit is opened anew.
        index = tantivy.Index.open(str(self.folder))
        index.config_reader("manual")
        return index

    def _listed(self) -> list[tuple[str, int, int]]:
        """The segments as tantivy numbers them: name, how many documents, and when any were struck out last."""
        listed = json.loads((self.folder / "meta.json").read_bytes())["segments"]
        return [
            (each["segment_id"], each["max_doc"], (each["deletes"] or {"opstamp": -1})["opstamp"])
            for each in listed
        ]

    def _struck_out(
        self, searcher: tantivy.Searcher, listed: Sequence[tuple[str, int, int]]
    ) -> list[Numbers]:
        """Of each segment the documents that were struck out."""
        nothing = np.zeros(0, dtype=np.int32)
        known = {
            (name, when): self._struck.get((name, when), None if when >= 0 else nothing)
            for name, _, when in listed
        }
        if any(struck is None for struck in known.values()):
            living = [np.zeros(count, dtype=np.bool_) for _, count, _ in listed]
            found = searcher.search(tantivy.Query.all_query(), searcher.num_docs, count=False)
            for _, address in found.hits:
                living[address.segment_ord][address.doc] = True
            known = {
                (name, when): np.flatnonzero(~alive).astype(np.int32)
                for (name, _, when), alive in zip(listed, living, strict=True)
            }
        self._struck = {place: struck for place, struck in known.items() if struck is not None}
        if sum(count for _, count, _ in listed) - sum(map(len, self._struck.values())) != searcher.num_docs:
            raise ValueError("The index does not hold what it lists.")
        return list(self._struck.values())

    def fill(self, documents: Iterable[SearchDocument]) -> None:
        """Put documents into an empty index."""
        self._commit((), map(entry, documents), MEMORY_OF_A_BUILD)

    def change(self, keys: Iterable[Key], documents: Iterable[SearchDocument]) -> None:
        """Strike out what these keys name and add these documents. One writer at a time."""
        self.write(keys, [entry(document) for document in documents])

    def write(self, keys: Iterable[Key], entries: Iterable[Entry]) -> None:
        """As `change`, with documents that are analysed already."""
        self._commit(keys, entries, MEMORY_OF_A_CHANGE)

    @_its_errors()
    def _commit(self, keys: Iterable[Key], entries: Iterable[Entry], memory: int) -> None:
        index = self._opened()
        # The terms were made by our own analyser; they are only taken apart again.
        terms = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex("[^ ]+")).build()
        index.register_tokenizer("terms", terms)
        with index.writer(memory, 1) as writer:
            for kind, number in keys:
                writer.delete_documents_by_term("key", f"{kind}/{number}")
            for each in entries:
                writer.add_document(_document(each))
            writer.commit()
            writer.wait_merging_threads()


class TantivyEngine(EngineInFolder[TantivyIndex]):
    """The `SearchEngine` on tantivy.

    Args:
        root: the folder of the index.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, VERSION)

    def created(self, folder: Path) -> TantivyIndex:
        """An empty index in this folder."""
        return TantivyIndex.create(folder)

    def opened(self, folder: Path) -> TantivyIndex:
        """The index in this folder."""
        return TantivyIndex(folder)

    def tidy(self) -> bool:
        """There is nothing to do: tantivy merges small segments as it writes."""
        return False
