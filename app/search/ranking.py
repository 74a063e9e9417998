"""The order of the hits: BM25 over whole arrays of postings, then what the words have in common with a document."""

import heapq
import math
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.search import nearness
from app.search.documents import Key
from app.search.engine import Filters, Hit, Ranking
from app.search.nearness import PLACES_IN_A_DOCUMENT, Places
from app.search.query import Query

Numbers = NDArray[np.int32]
Weights = NDArray[np.float32]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Value = TypeVar("Value")
Number = TypeVar("Number", bound=np.generic)

# BM25 as Whoosh has it (whoosh.scoring.BM25F): each field is scored by itself and the sum counts. Higher than Whoosh's
# own 1.2, K1 lets a word that comes up often in a long guide count, and a smaller B for bodies lets a guide be long;
# measured on the sets in benchmarks/search.py.
K1 = nearness.SATURATION
B: Mapping[str, float] = {"title": 0.75, "also": 0.75, "body": 0.6}
FIELD_WEIGHTS: Mapping[str, float] = {"title": 1.5, "also": 1.5, "body": 1.0}

# So many of the best documents are looked at again, to see where in them the words stand; more changes nothing.
LOOKED_AT_AGAIN = 100

# How much of the score depends on the share of the query's terms that a document holds, by the number of terms:
# short queries mean every word, a sentence does not. Measured; see benchmarks/search.py.
COORDINATION = ((3, 0.9), (5, 0.6), (7, 0.3))
# Documents that hold some of the words are shown too if they fit at least half as well as the best, but a page in any
# case. Leaving out by the number of words instead costs 0.04 nDCG@10 on questions in whole sentences.
ENOUGH_HITS = 10
NEARLY_AS_WELL = 0.5
DEEPEST_HIT = 1_000
TERMS_OF_SIMILARITY = 40


@dataclass(frozen=True, slots=True)
class Postings:
    """In which documents of a segment a term stands, in ascending order, and how often."""

    documents: Numbers
    weights: Weights

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return self.documents.nbytes + self.weights.nbytes


class Segment(Protocol):
    """A part of the index that never changes, apart from documents being struck out of it."""

    name: str
    count: int
    ids: NDArray[np.int64]
    kinds: NDArray[np.int16]
    lengths: Mapping[str, Weights]
    total_lengths: Mapping[str, int]

    def postings(self, field: str, term: str) -> Postings | None:
        """Where a term stands in a field; nothing if nowhere."""
        ...

    def holders(self, field: str, term: str) -> int:
        """In how many documents a term stands in a field."""
        ...

    def places(self, field: str, term: str) -> Places:
        """At which places of which documents a term stands in a field."""
        ...


class Memory(Generic[Value]):
    """What was used lately, up to a number of bytes. Any number of threads may use it."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """What was put under this key, if it is still here."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of so many bytes; the longest unused make room for it."""
        with self._lock:
            old = self._values.pop(key, None)
            if old is not None:
                self._bytes -= old[1]
            self._values[key] = (value, size)
            self._bytes += size
            while self._bytes > self._most and len(self._values) > 1:
                _, (_, freed) = self._values.popitem(last=False)
                self._bytes -= freed


class Snapshot:
    """The index as it stood at one commit, seen as one list of documents. It is never changed.

    Args:
        segments: the parts, in their order, each with the numbers of the documents struck out of it.
        kinds: the names of the kinds that the segments' numbers stand for.
    """

    def __init__(self, segments: Sequence[tuple[Segment, Numbers]], kinds: Sequence[str]) -> None:
        self.segments = [segment for segment, _ in segments]
        self.kinds = kinds
        self.bases = [0]
        for segment in self.segments:
            self.bases.append(self.bases[-1] + segment.count)
        self.count = self.bases[-1]
        self.live: Mask = np.ones(self.count, dtype=np.bool_)
        for base, (_, struck) in zip(self.bases, segments, strict=False):
            self.live[struck + base] = False
        self.ids = _joined([segment.ids for segment in self.segments], np.int64)
        self.document_kinds = _joined([segment.kinds for segment in self.segments], np.int16)
        self._slowness: dict[str, Weights] = {}
        for field in FIELD_WEIGHTS:
            total = sum(segment.total_lengths[field] for segment in self.segments)
            average = total / max(1, self.count) or 1
            lengths = _joined([segment.lengths[field] for segment in self.segments], np.float32)
            share = B[field]
            self._slowness[field] = (K1 * ((1 - share) + (share / average) * lengths)).astype(np.float32)
        self._terms: Memory[tuple[Numbers, Weights]] = Memory(48_000_000)
        self._masks: Memory[Mask] = Memory(16_000_000)

    def keys(self, documents: Iterable[int]) -> list[Key]:
        """The keys of these documents."""
        return [(self.kinds[self.document_kinds[at]], int(self.ids[at])) for at in documents]

    def find(self, keys: Iterable[Key]) -> list[tuple[int, int]]:
        """Where the documents with these keys stand: the number of the segment, and the number within it."""
        wanted: dict[str, list[int]] = {}
        for kind, item in keys:
            wanted.setdefault(kind, []).append(item)
        found: list[tuple[int, int]] = []
        for kind, items in wanted.items():
            if kind in self.kinds:
                here = self.live & (self.document_kinds == self.kinds.index(kind)) & np.isin(self.ids, items)
                found += [self.place(int(at)) for at in np.flatnonzero(here)]
        return found

    def place(self, document: int) -> tuple[int, int]:
        """The segment that a document stands in, and its number within it."""
        segment = int(np.searchsorted(self.bases, document, side="right")) - 1
        return segment, document - self.bases[segment]

    def postings(self, field: str, term: str) -> Postings:
        """Where a term stands in a field, over all segments."""
        documents: list[Numbers] = []
        weights: list[Weights] = []
        for base, segment in zip(self.bases, self.segments, strict=False):
            here = segment.postings(field, term)
            if here is not None:
                documents.append(here.documents + np.int32(base) if base else here.documents)
                weights.append(here.weights)
        return Postings(_joined(documents, np.int32), _joined(weights, np.float32))

    def holders(self, term: str) -> int:
        """About how many documents hold a term: those that do so in the field where most do. Reads no postings."""
        return max(sum(segment.holders(field, term) for segment in self.segments) for field in FIELD_WEIGHTS)

    def term(self, term: str) -> tuple[Numbers, Weights]:
        """The documents that hold a term in any field, and what that adds to their score."""
        known = self._terms.get(term)
        if known is not None:
            return known
        found: list[tuple[Numbers, Weights]] = []
        for field, weight in FIELD_WEIGHTS.items():
            here = self.postings(field, term)
            if len(here.documents):
                rarity = math.log(self.count / (len(here.documents) + 1)) + 1
                often = here.weights
                slowness = self._slowness[field][here.documents]
                found.append((here.documents, weight * rarity * often * (K1 + 1) / (often + slowness)))
        if len(found) == 1:
            documents, scores = found[0]
        elif found:
            documents = np.unique(np.concatenate([numbers for numbers, _ in found]))
            scores = np.zeros(len(documents), dtype=np.float32)
            for numbers, part in found:
                scores[np.searchsorted(documents, numbers)] += part
        else:
            documents, scores = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        result = documents, scores.astype(np.float32, copy=False)
        self._terms.put(term, result, 200 + documents.nbytes + result[1].nbytes)
        return result

    def sum_of_terms(self, terms: Iterable[str]) -> tuple[Scores, Numbers]:
        """For each document the plain BM25 score of these terms, and how many of them it holds."""
        scores: Scores = np.zeros(self.count)
        held = np.zeros(self.count, dtype=np.int32)
        for term in terms:
            documents, parts = self.term(term)
            scores[documents] += parts
            held[documents] += 1
        return scores, held

    def label(self, label: str) -> Mask:
        """The documents that carry a label, such as `product:hub` or `is:solved`."""
        known = self._masks.get(label)
        if known is None:
            known = np.zeros(self.count, dtype=np.bool_)
            known[self.postings("label", label).documents] = True
            self._masks.put(label, known, 200 + known.nbytes)
        return known

    def visible(self, filters: Filters) -> Mask:
        """The documents that the reader may find and that are of this product and tag."""
        seen: Mask = np.zeros(self.count, dtype=np.bool_)
        for audience in filters.audiences:
            seen |= self.label(f"audience:{audience}")
        seen &= self.live
        if filters.product is not None:
            seen &= self.label(f"product:{filters.product}")
        if filters.tag is not None:
            seen &= self.label(f"tag:{filters.tag}")
        return seen

    def of_kind(self, filters: Filters) -> Mask | None:
        """The documents of the wanted kind and state; nothing if all are wanted."""
        wanted: Mask | None = None
        if filters.kind is not None:
            wanted = self.label(f"kind:{filters.kind}")
        if filters.solved is not None:
            solved = self.label("is:solved") if filters.solved else ~self.label("is:solved")
            wanted = solved if wanted is None else wanted & solved
        return wanted

    def search(self, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
        """The hits for a query from `offset` on, best first; see `SearchEngine.search`."""
        terms = query.terms
        if not terms or not self.count:
            return Ranking()
        scores, held = self.sum_of_terms(terms)
        dependence = next((share for most, share in COORDINATION if len(terms) <= most), 0.0)
        if dependence:
            scores *= (1 - dependence) + (dependence / len(terms)) * held
        seen = self.visible(filters)
        for word in query.unwanted:
            seen = _unless_empty(seen & ~self.having_all(word.terms), seen, held)
        for phrase in query.phrases:
            seen = _unless_empty(seen & self.having_phrase(phrase), seen, held)
        seen &= held > 0
        enough = max(ENOUGH_HITS, limit)
        hits = seen & self._good_enough(scores, seen, held, len(terms), enough)
        counts = {kind: int(np.count_nonzero(hits & self.label(f"kind:{kind}"))) for kind in self.kinds}
        counts["solved"] = int(np.count_nonzero(hits & self.label("is:solved")))
        wanted = self.of_kind(filters)
        if wanted is not None:
            hits &= wanted
            if not hits.any():  # Better a hit that fits less than an empty page.
                seen &= wanted
                hits = seen & self._good_enough(scores, seen, held, len(terms), enough)
        self._look_again(terms, scores, hits)
        self._put_exact_titles_first(query, scores)
        total = int(np.count_nonzero(hits))
        best = _best(scores, hits, min(offset + limit, DEEPEST_HIT))[offset:]
        return Ranking(tuple(self._hits(best, scores, terms)), total, counts)

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """The documents that share the most telling of these terms; see `SearchEngine.similar`."""
        if not self.count:
            return ()
        telling: list[tuple[float, str]] = []
        for term, weight in weights.items():
            holders = self.holders(term)
            if holders:
                telling.append((math.log1p(weight) * (math.log(self.count / (holders + 1)) + 1), term))
        chosen = [term for _, term in heapq.nlargest(TERMS_OF_SIMILARITY, telling)]
        scores: Scores = np.zeros(self.count)
        for term in chosen:
            documents, parts = self.term(term)
            scores[documents] += parts * math.log1p(weights[term])
        seen = self.visible(filters)
        wanted = self.of_kind(filters)
        if wanted is not None:
            seen &= wanted
        for segment, number in self.find(exclude):
            seen[self.bases[segment] + number] = False
        return tuple(self._hits(_best(scores, seen, limit), scores, chosen))

    def having_all(self, terms: Iterable[str]) -> Mask:
        """The documents that hold each of these terms somewhere."""
        _, held = self.sum_of_terms(dict.fromkeys(terms))
        found: Mask = held == len(set(terms))
        return found

    def having_phrase(self, terms: Sequence[str]) -> Mask:
        """The documents that hold these terms next to each other in one field."""
        found: Mask = np.zeros(self.count, dtype=np.bool_)
        for base, segment in zip(self.bases, self.segments, strict=False):
            for field in FIELD_WEIGHTS:
                found[_where_phrase_stands(segment, field, terms) + base] = True
        return found

    def _look_again(self, terms: Sequence[str], scores: Scores, hits: Mask) -> None:
        """Add to the best scores what the places of the terms are worth. Nothing is taken, so the others stay below."""
        documents = np.array(sorted(_best(scores, hits, LOOKED_AT_AGAIN)), dtype=np.int32)
        if len(documents):
            scores[documents] += sum(self.worth_of_places(terms, documents).values())

    def worth_of_places(self, terms: Sequence[str], documents: Numbers) -> dict[str, Scores]:
        """What pairs of words, and the best passage, add to the scores of these documents, in ascending order."""
        rarity = {term: self.rarity(term) for term in terms}
        together: Scores = np.zeros(len(documents))
        passage: Scores = np.zeros(len(documents))
        for field, weight in FIELD_WEIGHTS.items():
            places = {term: self._places(field, term, documents) for term in rarity}
            slowness = self._slowness[field][documents].astype(np.float64)
            together += weight * nearness.pairs(terms, places, rarity, slowness)
            if field == "body":
                passage = nearness.best_passage(places, rarity, len(documents))
        return {
            "pairs": nearness.WEIGHT_OF_PAIRS * together,
            "passage": nearness.WEIGHT_OF_A_PASSAGE * passage,
        }

    def rarity(self, term: str) -> float:
        """How telling a term is: the fewer documents hold it in any field, the more."""
        holders = len(self.term(term)[0])
        return math.log(self.count / (holders + 1)) + 1 if holders else 0.0

    def _places(self, field: str, term: str, documents: Numbers) -> Places:
        """Where a term stands in these documents, which are numbered from 0; see `nearness.of_documents`."""
        found: list[Places] = []
        ends = np.searchsorted(documents, self.bases)
        for segment, base, first, end in zip(self.segments, self.bases, ends, ends[1:], strict=False):
            if first < end:
                here = nearness.of_documents(
                    segment.places(field, term), documents[first:end] - np.int32(base)
                )
                found.append(here + (int(first) << PLACES_IN_A_DOCUMENT))
        return _joined(found, np.int64)

    def _put_exact_titles_first(self, query: Query, scores: Scores) -> None:
        exact = self.postings("label", exact_label(query.terms)).documents
        if len(exact):
            scores[exact] += scores.max(initial=0)

    def _good_enough(self, scores: Scores, seen: Mask, held: Numbers, most: int, enough: int) -> Mask:
        """What is shown at all: what holds every term, what fits nearly as well as the best, or one page in any case.

        Without an end to it, a query of many words would find every document that holds one of them.
        """
        values = scores[seen]
        if len(values) <= enough:
            return seen
        last_of_page = np.partition(values, len(values) - enough)[len(values) - enough]
        good: Mask = (held == most) | (scores >= min(last_of_page, values.max() * NEARLY_AS_WELL))
        return good

    def _hits(self, documents: Sequence[int], scores: Scores, terms: Sequence[str]) -> list[Hit]:
        matched: list[list[str]] = [[] for _ in documents]
        for term in terms:
            holders = self.term(term)[0]
            for at, holds in enumerate(_contained(np.asarray(documents, dtype=np.int32), holders)):
                if holds:
                    matched[at].append(term)
        return [
            Hit(kind, item, float(scores[document]), tuple(held))
            for (kind, item), document, held in zip(self.keys(documents), documents, matched, strict=True)
        ]


def _where_phrase_stands(segment: Segment, field: str, terms: Sequence[str]) -> NDArray[np.int64]:
    """The documents of a segment in which the terms stand one after the other."""
    starts: Places | None = None
    for distance, term in enumerate(terms):
        here = segment.places(field, term) - distance
        starts = here if starts is None else np.intersect1d(starts, here, assume_unique=True)
        if not len(starts):
            break
    if starts is None:
        return np.zeros(0, dtype=np.int64)
    return np.unique(starts >> PLACES_IN_A_DOCUMENT)


def exact_label(terms: Iterable[str]) -> str:
    """The label of a document with exactly this title, symptom or other wording."""
    return "exact:" + " ".join(terms)[:200]


def _joined(parts: Sequence[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def _unless_empty(narrowed: Mask, seen: Mask, held: Numbers) -> Mask:
    """The narrowed choice, unless that would leave nothing to show."""
    return narrowed if np.any(narrowed & (held > 0)) else seen


def _best(scores: Scores, among: Mask, count: int) -> list[int]:
    """The documents with the highest scores above nought; of equals the one that was indexed first."""
    documents = np.flatnonzero(among & (scores > 0))
    values = scores[documents]
    if 0 < count < len(values):
        # Every document that is as good as the last one takes part, else chance would decide between equals.
        good = values >= np.partition(values, len(values) - count)[len(values) - count]
        documents, values = documents[good], values[good]
    order = np.lexsort((documents, -values))[: max(0, count)]
    return [int(document) for document in documents[order]]


def _contained(values: Numbers, ascending: Numbers) -> Mask:
    if not len(ascending):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: Mask = ascending[at] == values
    return found
