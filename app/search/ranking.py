"""The order of the hits: BM25 over whole arrays of postings, then what the words have in common with a document."""

import heapq
import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.search import analysis, nearness
from app.search.documents import Key
from app.search.engine import Explanation, Filters, Hit, Part, Ranking
from app.search.nearness import PLACES_IN_A_DOCUMENT, Places
from app.search.query import Conditions, Query

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

# What is known of a document apart from its words only decides between hits that fit nearly alike: votes, and that it is
# of the reader's product, each lift it by a twentieth at most. A document has half of its share with so many votes.
# Measured, as were acceptance, freshness and views, which help no further; see benchmarks/RESULTS.md.
SHARE_OF_VOTES = 0.05
VOTES_FOR_HALF = 5
SHARE_OF_THE_PRODUCT = 0.05

# So many of the best documents are looked at again, to see where in them the words stand; more changes nothing.
LOOKED_AT_AGAIN = 100
Instead = Mapping[str, Sequence[tuple[str, float]]]
NOTHING_INSTEAD: Instead = {}
NO_CONDITIONS = Conditions()

# How much of the score depends on the share of the query's terms that a document holds, by the number of terms:
# short queries mean every word, a sentence does not. Measured; see benchmarks/search.py.
COORDINATION = ((3, 0.9), (5, 0.6), (7, 0.3))
# Documents that hold some of the words are shown too if they fit at least half as well as the best, but a page in any
# case. Leaving out by the number of words instead costs 0.04 nDCG@10 on questions in whole sentences.
ENOUGH_HITS = 10
NEARLY_AS_WELL = 0.5
DEEPEST_HIT = 1_000
TERMS_TO_WARM = 300
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


class TitleIndex(Protocol):
    """The titles of a segment while they are being typed; see `app.search.titles`."""

    def matching(self, words: Sequence[str], allowed: Mask, limit: int) -> list[tuple[int, int]]:
        """The best titles with all of these words, the last of them as the start of one."""
        ...

    def words_like(self, word: str, limit: int) -> list[str]:
        """Words of the titles that are spelled much like this one, the most alike first."""
        ...


class Texts(Protocol):
    """Where the terms stand in the documents of a part of the index."""

    count: int

    def postings(self, field: str, term: str) -> Postings | None:
        """Where a term stands in a field; nothing if nowhere."""
        ...

    def holders(self, field: str, term: str) -> int:
        """In how many documents a term stands in a field."""
        ...

    def places(self, field: str, term: str) -> Places:
        """At which places of which documents a term stands in a field."""
        ...


class Segment(Protocol):
    """What is known of the documents of a part of the index, which never changes, apart from some being struck out."""

    name: str
    count: int
    ids: NDArray[np.int64]
    kinds: NDArray[np.int16]
    votes: Numbers
    created: NDArray[np.int64]
    updated: NDArray[np.int64]
    marks: NDArray[np.int64]
    folds: Sequence[tuple[int, Key]]
    tag_names: Sequence[str]
    tagged: Numbers
    lengths: Mapping[str, Weights]
    total_lengths: Mapping[str, int]
    titles: list[str]
    stamps: list[str]

    def title_index(self) -> "TitleIndex":
        """The titles by their words; made when it is first asked for."""
        ...

    def words(self) -> Iterable[list[str]]:
        """The words of each document as they are written."""
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

    def keys(self) -> list[Hashable]:
        """What is kept, the last used first."""
        with self._lock:
            return list(reversed(self._values))


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found: the scores of all documents, which are hits, how many of each kind, and what gave way to others.

    `own` are the scores before documents took over those of what folded into them.
    """

    scores: Scores
    own: Scores
    hits: Mask
    counts: dict[str, int]
    gave_way: Mask
    loosened: tuple[str, ...]


class Snapshot:
    """The index as it stood at one commit, seen as one list of documents. It is never changed.

    Args:
        segments: the parts, in their order, each with the numbers of the documents struck out of it.
        kinds: the names of the kinds that the segments' numbers stand for.
        texts: the terms of the parts, in the same order.
    """

    # The arrays with a value for each document.
    COLUMNS = ("live", "ids", "document_kinds", "votes", "created", "updated", "marks")

    def __init__(
        self,
        segments: Sequence[tuple[Segment, Numbers]],
        kinds: Sequence[str],
        texts: Sequence[Texts],
    ) -> None:
        self.segments = [segment for segment, _ in segments]
        self.kinds = kinds
        self.texts = texts
        self.bases = [0]
        for segment in self.segments:
            self.bases.append(self.bases[-1] + segment.count)
        self.count = self.count_of_all = self.bases[-1]
        self.live: Mask = np.ones(self.count, dtype=np.bool_)
        for base, (_, struck) in zip(self.bases, segments, strict=False):
            self.live[struck + base] = False
        self.ids = _joined([segment.ids for segment in self.segments], np.int64)
        self.document_kinds = _joined([segment.kinds for segment in self.segments], np.int16)
        self.votes = _joined([segment.votes for segment in self.segments], np.int32)
        self.created = _joined([segment.created for segment in self.segments], np.int64)
        self.updated = _joined([segment.updated for segment in self.segments], np.int64)
        self.marks = _joined([segment.marks for segment in self.segments], np.int64)
        self.folded, self.folds_into = self._folds()
        self.tag_names, self._tagged = self._tags()
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

    def lately_used_terms(self) -> list[str]:
        """The terms that were looked up last, the newest first."""
        return [str(term) for term in self._terms.keys()[:TERMS_TO_WARM]]

    def most_common(self) -> list[str]:
        """The terms that stand in the most titles: what people will most probably ask for."""
        titles = (title for segment in self.segments for title in segment.titles)
        counts = Counter(term for title in titles for term in analysis.terms(title))
        return [term for term, _ in counts.most_common(TERMS_TO_WARM)]

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

    def _tags(self) -> tuple[list[str], Numbers]:
        """The names of all tags, and the numbers of each document and each tag that it carries, in two rows."""
        names: dict[str, int] = {}
        rows = []
        for base, segment in zip(self.bases, self.segments, strict=False):
            renumbered = [names.setdefault(name, len(names)) for name in segment.tag_names]
            if renumbered:
                tags = np.array(renumbered, dtype=np.int32)[segment.tagged[:, 1]]
                rows.append(np.stack([segment.tagged[:, 0] + np.int32(base), tags], axis=1))
        both = np.concatenate(rows) if rows else np.zeros((0, 2), dtype=np.int32)
        return list(names), np.ascontiguousarray(both.T)

    def _folds(self) -> tuple[Numbers, Numbers]:
        """The documents that fold into others, and for each the one that it folds into."""
        wished = {
            base + number: key
            for base, segment in zip(self.bases, self.segments, strict=False)
            for number, key in segment.folds
            if self.live[base + number]
        }
        places = [self.bases[segment] + number for segment, number in self.find(set(wished.values()))]
        standing = dict(zip(self.keys(places), places, strict=True))
        pairs = [(one, standing[key]) for one, key in wished.items() if key in standing]
        both = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def place(self, document: int) -> tuple[int, int]:
        """The segment that a document stands in, and its number within it."""
        segment = int(np.searchsorted(self.bases, document, side="right")) - 1
        return segment, document - self.bases[segment]

    def postings(self, field: str, term: str) -> Postings:
        """Where a term stands in a field, over all segments."""
        documents: list[Numbers] = []
        weights: list[Weights] = []
        for base, text in zip(self.bases, self.texts, strict=False):
            here = text.postings(field, term)
            if here is not None:
                documents.append(here.documents + np.int32(base) if base else here.documents)
                weights.append(here.weights)
        return Postings(_joined(documents, np.int32), _joined(weights, np.float32))

    def holders_in_any(self, term: str) -> int:
        """How many documents hold a term in any field, of all that there are."""
        return len(self.term(term)[0])

    def holders(self, term: str) -> int:
        """About how many documents hold a term: those that do so in the field where most do. Reads no postings."""
        return max(sum(text.holders(field, term) for text in self.texts) for field in FIELD_WEIGHTS)

    def holders_in(self, field: str, term: str, here: Postings) -> int:
        """How many documents hold a term in a field, of all that there are.

        Args:
            here: where it stands in the documents of this snapshot.
        """
        return len(here.documents)

    def rarity_of(self, holders: int) -> float:
        """How telling something is that so many documents hold, of all that there are."""
        return math.log(self.count_of_all / (holders + 1)) + 1

    def term(self, term: str) -> tuple[Numbers, Weights]:
        """The documents that hold a term in any field, and what that adds to their score.

        Several terms with spaces between count as one where all of them stand; a label such as `product:hub` among
        them leaves only the documents that carry it.
        """
        known = self._terms.get(term)
        if known is not None:
            return known
        if " " in term:
            together = self._together(term.split())
            self._terms.put(term, together, 200 + together[0].nbytes + together[1].nbytes)
            return together
        found: list[tuple[Numbers, Weights]] = []
        for field, weight in FIELD_WEIGHTS.items():
            here = self.postings(field, term)
            if len(here.documents):
                rarity = self.rarity_of(self.holders_in(field, term, here))
                often = here.weights
                slowness = self._slowness[field][here.documents]
                found.append((here.documents, weight * rarity * often * (K1 + 1) / (often + slowness)))
        if len(found) == 1:
            documents, scores = found[0]
        else:
            documents = union([numbers for numbers, _ in found])
            scores = np.zeros(len(documents), dtype=np.float32)
            for numbers, part in found:
                scores[np.searchsorted(documents, numbers)] += part
        result = documents, scores.astype(np.float32, copy=False)
        self._terms.put(term, result, 200 + documents.nbytes + result[1].nbytes)
        return result

    def finder(self, audiences: frozenset[str]) -> Callable[[str], bool]:
        """Tells of a term whether a document of these audiences holds it."""
        seen = self.visible(Filters(audiences))
        return lambda term: bool(seen[self.term(term)[0]].any())

    def read_ahead(self, terms: Iterable[str]) -> None:
        """Read what searches for these terms will need."""
        for term in terms:
            self.term(term)

    def _together(self, names: Sequence[str]) -> tuple[Numbers, Weights]:
        """The documents that hold all of these terms and labels; their score is the mean of what the terms add."""
        terms = [name for name in names if ":" not in name]
        documents, scores = self.term(terms[0])
        for term in terms[1:]:
            others, parts = self.term(term)
            documents, here, there = np.intersect1d(
                documents, others, assume_unique=True, return_indices=True
            )
            scores = scores[here] + parts[there]
        for label in (name for name in names if ":" in name):
            carried = self.label(label)[documents]
            documents, scores = documents[carried], scores[carried]
        return documents, (scores / len(terms)).astype(np.float32)

    def sum_of_terms(
        self, terms: Iterable[str], instead: Instead = NOTHING_INSTEAD
    ) -> tuple[Scores, Numbers]:
        """For each document the plain BM25 score of these terms, and how many of them it holds.

        Args:
            instead: other terms that count in the place of one, each with its weight; the best of them counts.
        """
        scores: Scores = np.zeros(self.count)
        held = np.zeros(self.count, dtype=np.int32)
        for term in terms:
            documents, parts = self.term_or_other(term, instead)
            scores[documents] += parts
            held[documents] += 1
        return scores, held

    def term_or_other(self, term: str, instead: Instead) -> tuple[Numbers, Weights]:
        """As `term`, for the term or what counts in its place; the best of them counts."""
        documents, parts = self.term(term)
        for other, weight in instead.get(term, ()):
            documents, parts = _best_of_both(documents, parts, self.term(other), weight)
        return documents, parts

    def label(self, label: str) -> Mask:
        """The documents that carry a label, such as `product:hub` or `is:solved`."""
        known = self._masks.get(label)
        if known is None:
            known = np.zeros(self.count, dtype=np.bool_)
            known[self.postings("label", label).documents] = True
            self._masks.put(label, known, 200 + known.nbytes)
        return known

    def visible(self, filters: Filters, conditions: Conditions = NO_CONDITIONS) -> Mask:
        """The documents that the reader may find and that are of this product and tag, and as the query says."""
        seen: Mask = np.zeros(self.count, dtype=np.bool_)
        for audience in filters.audiences:
            seen |= self.label(f"audience:{audience}")
        seen &= self.live
        labels = [
            f"product:{product}" for product in (filters.product, conditions.product) if product is not None
        ]
        labels += [f"tag:{tag}" for tag in (filters.tag, *conditions.tags) if tag is not None]
        if conditions.user is not None:
            labels.append(f"user:{conditions.user}")
        for label in labels:
            seen &= self.label(label)
        for tag in conditions.without_tags:
            seen &= ~self.label(f"tag:{tag}")
        if conditions.codes:
            seen &= self.having_all(conditions.codes)
        if conditions.before is not None:
            seen &= self.created < conditions.before.timestamp()
        if conditions.after is not None:
            seen &= self.updated >= conditions.after.timestamp()
        if conditions.kind is not None or conditions.solved is not None:
            seen &= self.of_state(conditions.kind, conditions.solved)
        return seen

    def of_kind(self, filters: Filters) -> Mask | None:
        """The documents of the wanted kind and state; nothing if all are wanted."""
        if filters.kind is None and filters.solved is None:
            return None
        return self.of_state(filters.kind, filters.solved)

    def of_state(self, kind: str | None, solved: bool | None) -> Mask:
        """The documents of a kind, or all, that are solved or not, or either."""
        wanted = self.label(f"kind:{kind}") if kind is not None else np.ones(self.count, dtype=np.bool_)
        if solved is not None:
            wanted = wanted & (self.label("is:solved") if solved else ~self.label("is:solved"))
        return wanted

    def search(self, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
        """The hits for a query from `offset` on, best first; see `SearchEngine.search`."""
        few = self.narrowed(query, filters, max(ENOUGH_HITS, limit, offset + limit))
        if few is not self:
            return few.search(query, filters, offset, limit)
        found = self._found(query, filters, max(ENOUGH_HITS, limit))
        if found is None:
            return Ranking()
        order = self._order(filters.sort, found.scores)
        total = int(np.count_nonzero(found.hits))
        best = _best(order, found.hits, min(offset + limit, DEEPEST_HIT))[offset:]
        hits = self._hits(best, found.scores, _with_others(query), found.gave_way)
        counts = found.counts | self._counts_of_labels(found.hits, filters)
        return Ranking(tuple(hits), total, counts, found.loosened)

    def _counts_of_labels(self, hits: Mask, filters: Filters) -> dict[str, int]:
        counts = {label: int(np.count_nonzero(hits & self.label(label))) for label in filters.counted}
        if filters.tags_counted:
            often = np.bincount(self.tags_carried(hits), minlength=len(self.tag_names))
            for tag in np.argsort(-often, kind="stable")[: filters.tags_counted]:
                if often[tag]:
                    counts[f"tag:{self.tag_names[tag]}"] = int(often[tag])
        return counts

    def tags_carried(self, hits: Mask) -> Numbers:
        """The number of each tag of each hit."""
        return self._tags_of(np.flatnonzero(hits).astype(np.int32))

    def _tags_of(self, documents: Numbers) -> Numbers:
        """The number of each tag of each of these documents, which ascend."""
        first, after = np.searchsorted(self._tagged[0], [documents, documents + 1])
        carried: Numbers = self._tagged[1][spans(first, after)]
        return carried

    def narrowed(self, query: Query, filters: Filters, enough: int, also: Sequence[int] = ()) -> "Snapshot":
        """The documents among which the first `enough` hits, and all that count as hits, are; and those of `also`.

        Itself if that is quicker.
        """
        return self

    def explain(self, query: Query, filters: Filters, key: Key) -> Explanation | None:
        """Why a document stands where it stands; see `SearchEngine.explain`."""
        places = self.find([key])
        few = self.narrowed(query, filters, ENOUGH_HITS, [self.bases[part] + at for part, at in places])
        if few is not self:
            return few.explain(query, filters, key)
        found = self._found(query, filters, ENOUGH_HITS)
        if not places or found is None:
            return None
        document = self.bases[places[0][0]] + places[0][1]
        scores, hits = found.scores, found.hits
        rank = int(np.count_nonzero(hits & (scores > scores[document]))) + 1 if hits[document] else None
        parts = [*self._parts(query, filters, document, found.own)]
        if scores[document] > found.own[document]:
            lift = float(scores[document] - found.own[document])
            parts.append(Part("a thread that folds into it", "all", lift))
        return Explanation(rank, float(scores[document]), tuple(parts))

    def _parts(self, query: Query, filters: Filters, document: int, scores: Scores) -> Iterator[Part]:
        """What adds up to the score of a document."""
        total = 0.0
        for term in query.terms:
            for name, weight in ((term, 1.0), *query.instead.get(term, ())):
                for field, score in self._field_scores(name, document):
                    total += weight * score
                    yield Part(name, field, weight * score)
        together, held = self.sum_of_terms(query.terms, query.instead)
        share = coordination(len(query.terms), held[[document]])[0]
        yield Part(
            f"{held[document]} of {len(query.terms)} terms", "all", float(together[document]) * share - total
        )
        documents = np.array([document], dtype=np.int32)
        rest = float(scores[document] - together[document] * share)
        for name, worth in self.worth_of_places(query.terms, documents).items():
            if rest > 0:
                rest -= float(worth[0])
                yield Part(name, "all", float(worth[0]))
        words = float(scores[document]) - rest
        for name, share in self.priors(filters, documents).items():
            if rest > 1e-6 and share[0]:
                rest -= words * float(share[0])
                yield Part(name, "all", words * float(share[0]))
        if rest > 1e-6:
            yield Part("exact title or symptom", "all", rest)

    def _field_scores(self, term: str, document: int) -> Iterator[tuple[str, float]]:
        if " " in term:
            documents, scores = self.term(term)
            yield from (("all", float(score)) for score in scores[documents == document])
            return
        for field, weight in FIELD_WEIGHTS.items():
            here = self.postings(field, term)
            at = int(np.searchsorted(here.documents, document))
            if at < len(here.documents) and here.documents[at] == document:
                rarity = self.rarity_of(self.holders_in(field, term, here))
                often = float(here.weights[at])
                yield (
                    field,
                    weight * rarity * often * (K1 + 1) / (often + float(self._slowness[field][document])),
                )

    def _found(self, query: Query, filters: Filters, enough: int) -> "_Found | None":
        """The scores of all documents, and which of them are hits."""
        terms = query.terms
        if not self.count or not (terms or query.conditions):
            return None
        scores, held = self.sum_of_terms(terms, query.instead)
        if (
            not terms
        ):  # Only conditions: all that fulfil them are as good as each other, and the newest comes first.
            scores, held = self.updated.astype(np.float64), np.ones(self.count, dtype=np.int32)
        scores *= coordination(len(terms), held)
        seen = self.visible(filters, query.conditions)
        loosened: list[str] = []
        for word in query.unwanted:
            narrowed = seen & ~self.having_all(word.terms)
            if np.any(narrowed & (held > 0)):
                seen = narrowed
            else:
                loosened.append(f"-{word.text}")
        for phrase in query.phrases:
            narrowed = seen & self.having_phrase(phrase.terms)
            if np.any(narrowed & (held > 0)):
                seen = narrowed
            else:
                loosened.append(f"“{phrase.text}”")
        shown, seen = seen, seen & (held > 0)
        # Of documents that only fulfil conditions all are good enough.
        hits = seen & self._good_enough(scores, seen, held, len(terms), enough) if terms else seen.copy()
        counts = {kind: int(np.count_nonzero(hits & self.label(f"kind:{kind}"))) for kind in self.kinds}
        counts["solved"] = int(np.count_nonzero(hits & self.label("is:solved")))
        counts["everything"] = int(np.count_nonzero(self._fold(hits, shown)[0]))
        wanted = self.of_kind(filters)
        if wanted is not None:
            shown = shown & wanted
            hits &= wanted
            if terms and not hits.any():  # Better a hit that fits less than an empty page.
                seen &= wanted
                hits = seen & self._good_enough(scores, seen, held, len(terms), enough)
        if terms:
            self._look_again(terms, filters, scores, hits)
            self._put_exact_titles_first(query, scores, hits)
        hits, gave_way = self._fold(hits, shown)
        own = scores
        if gave_way.any():
            scores = own.copy()
            np.maximum.at(scores, self.folds_into[gave_way], own[self.folded[gave_way]])
        return _Found(scores, own, hits, counts, gave_way, tuple(loosened))

    def _fold(self, hits: Mask, shown: Mask) -> tuple[Mask, Mask]:
        """Let the documents that others stand for give way to these, where the reader may be shown them.

        Returns:
            The hits that are left, and which of `folded` were hits and gave way.
        """
        gave_way: Mask = hits[self.folded] & shown[self.folds_into]
        if gave_way.any():
            hits = hits.copy()
            hits[self.folds_into[gave_way]] = True
            hits[self.folded[gave_way]] = False
        return hits, gave_way

    def _order(self, sort: str, scores: Scores) -> Scores:
        """What the hits are ordered by: higher comes first, and everything is above nought."""
        if sort == "newest":
            return self.updated.astype(np.float64) + 1
        if sort == "votes":
            # Of equally many votes the better fit comes first.
            votes = (self.votes - self.votes.min(initial=0)).astype(np.float64)
            better: Scores = votes + 1 + scores / (scores.max(initial=0) + 1)
            return better
        return scores

    def similar(
        self, weights: Mapping[str, float], filters: Filters, exclude: frozenset[Key], limit: int
    ) -> tuple[Hit, ...]:
        """The documents that share the most telling of these terms; see `SearchEngine.similar`."""
        if not self.count:
            return ()
        chosen = self.most_telling(weights)
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
        hits, gave_way = self._fold(seen & (scores > 0), seen)
        np.maximum.at(scores, self.folds_into[gave_way], scores[self.folded[gave_way]])
        return tuple(self._hits(_best(scores, hits, limit), scores, chosen, gave_way))

    def most_telling(self, weights: Mapping[str, float]) -> list[str]:
        """The terms that say the most about a text, by how rare they are and how much they weigh in it."""
        telling: list[tuple[float, str]] = []
        for term, weight in weights.items():
            holders = self.holders(term)
            if holders:
                telling.append((math.log1p(weight) * self.rarity_of(holders), term))
        return [term for _, term in heapq.nlargest(TERMS_OF_SIMILARITY, telling)]

    def having_all(self, terms: Iterable[str]) -> Mask:
        """The documents that hold each of these terms somewhere."""
        _, held = self.sum_of_terms(dict.fromkeys(terms))
        found: Mask = held == len(set(terms))
        return found

    def having_phrase(self, terms: Sequence[str]) -> Mask:
        """The documents that hold these terms next to each other in one field."""
        found: Mask = np.zeros(self.count, dtype=np.bool_)
        for base, text in zip(self.bases, self.texts, strict=False):
            for field in FIELD_WEIGHTS:
                found[_where_phrase_stands(text, field, terms) + base] = True
        return found

    def _look_again(self, terms: Sequence[str], filters: Filters, scores: Scores, hits: Mask) -> None:
        """Add to the best scores what the places of the terms and what else is known of the documents are worth.

        Nothing is taken, so the others stay below.
        """
        documents = np.array(sorted(_best(scores, hits, LOOKED_AT_AGAIN)), dtype=np.int32)
        if len(documents):
            scores[documents] += sum(self.worth_of_places(terms, documents).values())
            scores[documents] *= 1 + sum(self.priors(filters, documents).values())

    def priors(self, filters: Filters, documents: Numbers) -> dict[str, Scores]:
        """By which share of their scores what is known of these documents besides their words lifts them."""
        votes = np.maximum(self.votes[documents], 0).astype(np.float64)
        found = {"votes": SHARE_OF_VOTES * votes / (votes + VOTES_FOR_HALF)}
        if filters.near:
            is_near = np.any(
                [self.label(f"product:{product}")[documents] for product in filters.near], axis=0
            )
            found["the reader's product"] = SHARE_OF_THE_PRODUCT * is_near
        return found

    def worth_of_places(self, terms: Sequence[str], documents: Numbers) -> dict[str, Scores]:
        """What pairs of words, and the best passage, add to the scores of these documents, in ascending order."""
        rarity = {term: self.rarity(term) for term in terms}
        together: Scores = np.zeros(len(documents))
        passage: Scores = np.zeros(len(documents))
        head: Scores = np.zeros(len(documents))
        for field, weight in FIELD_WEIGHTS.items():
            places = {term: self._places(field, term, documents) for term in rarity}
            slowness = self._slowness[field][documents].astype(np.float64)
            together += weight * nearness.pairs(terms, places, rarity, slowness)
            if field == "body":
                passage = nearness.best_passage(places, rarity, len(documents))
                head = nearness.head(places, rarity, len(documents))
        return {
            "pairs": nearness.WEIGHT_OF_PAIRS * together,
            "passage": nearness.WEIGHT_OF_A_PASSAGE * passage,
            "code at the head": nearness.WEIGHT_OF_A_HEAD * head,
        }

    def rarity(self, term: str) -> float:
        """How telling a term is: the fewer documents hold it in any field, the more."""
        holders = self.holders_in_any(term)
        return self.rarity_of(holders) if holders else 0.0

    def _places(self, field: str, term: str, documents: Numbers) -> Places:
        """Where a term stands in these documents, which are numbered from 0; see `nearness.of_documents`."""
        found: list[Places] = []
        ends = np.searchsorted(documents, self.bases)
        for text, base, first, end in zip(self.texts, self.bases, ends, ends[1:], strict=False):
            if first < end:
                here = nearness.of_documents(text.places(field, term), documents[first:end] - np.int32(base))
                found.append(here + (int(first) << PLACES_IN_A_DOCUMENT))
        return _joined(found, np.int64)

    def _put_exact_titles_first(self, query: Query, scores: Scores, hits: Mask) -> None:
        exact = self.postings("label", exact_label(query.terms)).documents
        if len(exact):
            scores[exact] += scores[hits].max(initial=0)

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

    def _hits(
        self, documents: Sequence[int], scores: Scores, terms: Sequence[str], gave_way: Mask
    ) -> list[Hit]:
        """These documents as hits, with what gave way to them; a term that only that holds is held too."""
        on_page = gave_way & np.isin(self.folds_into, documents)
        folded, into = self.folded[on_page], self.folds_into[on_page]
        best_first = np.argsort(-scores[folded], kind="stable")
        folded, into = folded[best_first], into[best_first]
        everything = np.array([*documents, *folded], dtype=np.int32)
        shown_at = {document: at for at, document in enumerate(documents)}
        under = [*range(len(documents)), *(shown_at[int(one)] for one in into)]
        matched: list[dict[str, None]] = [{} for _ in documents]
        for term in terms:
            for at, holds in zip(under, contained(everything, self.term(term)[0]), strict=True):
                if holds:
                    matched[at][term] = None
        folded_keys: list[list[Key]] = [[] for _ in documents]
        for at, key in zip(under[len(documents) :], self.keys(folded), strict=True):
            folded_keys[at].append(key)
        return [
            Hit(kind, item, float(scores[document]), tuple(held), tuple(keys), int(self.marks[document]))
            for (kind, item), document, held, keys in zip(
                self.keys(documents), documents, matched, folded_keys, strict=True
            )
        ]


def _where_phrase_stands(text: Texts, field: str, terms: Sequence[str]) -> NDArray[np.int64]:
    """The documents in which the terms stand one after the other."""
    starts: Places | None = None
    for distance, term in enumerate(terms):
        here = text.places(field, term) - distance
        starts = here if starts is None else np.intersect1d(starts, here, assume_unique=True)
        if not len(starts):
            break
    if starts is None:
        return np.zeros(0, dtype=np.int64)
    return np.unique(starts >> PLACES_IN_A_DOCUMENT)


def exact_label(terms: Iterable[str]) -> str:
    """The label of a document with exactly this title, symptom or other wording."""
    return "exact:" + " ".join(terms)[:200]


def union(parts: Sequence[Numbers]) -> Numbers:
    """What stands in any of these, once, in ascending order; each of them ascends."""
    if not parts:
        return np.zeros(0, dtype=np.int32)
    # This sort merges runs that are in order already; numpy's own `unique` is many times slower.
    merged = np.sort(np.concatenate(parts), kind="stable")
    is_first = np.ones(len(merged), dtype=np.bool_)
    np.not_equal(merged[1:], merged[:-1], out=is_first[1:])
    return merged[is_first]


def spans(first: NDArray[np.intp], after: NDArray[np.intp]) -> NDArray[np.intp]:
    """All numbers from each of the first up to what comes after, one span after the other."""
    counts = after - first
    ends = np.cumsum(counts)
    found: NDArray[np.intp] = np.repeat(first - (ends - counts), counts) + np.arange(
        ends[-1] if len(ends) else 0
    )
    return found


def _joined(parts: Sequence[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def _with_others(query: Query) -> tuple[str, ...]:
    """The terms of a query and those that count in their place."""
    others = (other for more in query.instead.values() for other, _ in more)
    return tuple(dict.fromkeys((*query.terms, *others)))


def coordination(count: int, held: Numbers) -> Scores:
    """The share of its score that a document keeps that holds so many of the terms."""
    dependence = next((share for most, share in COORDINATION if count <= most), 0.0)
    kept: Scores = np.asarray((1 - dependence) + (dependence / max(1, count)) * held, dtype=np.float64)
    return kept


def _best_of_both(
    documents: Numbers, parts: Weights, other: tuple[Numbers, Weights], weight: float
) -> tuple[Numbers, Weights]:
    both = union([documents, other[0]])
    best = np.zeros(len(both), dtype=np.float32)
    best[np.searchsorted(both, documents)] = parts
    at = np.searchsorted(both, other[0])
    best[at] = np.maximum(best[at], np.float32(weight) * other[1])
    return both, best


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


def contained(values: Numbers, ascending: Numbers) -> Mask:
    """Which of the values are among the others, which ascend."""
    if not len(ascending):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: Mask = ascending[at] == values
    return found
