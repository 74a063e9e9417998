"""The few documents of an index among which the hits are: found quickly first, so that only they are ranked with care."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.search.engine import Filters
from app.search.nearness import Places
from app.search.query import Query
from app.search.ranking import (
    NEARLY_AS_WELL,
    Instead,
    Mask,
    Memory,
    Numbers,
    Postings,
    Segment,
    Snapshot,
    Texts,
    Weights,
    contained,
    coordination,
    union,
)

SMALL = 2_000
"""So few documents are all ranked."""
COMMON = 1 / 16
"""To add a whole column is quicker than to add at the places of a term that so large a share of the documents hold."""
MEMORY_OF_COLUMNS = 16_000_000
# Scores have seven digits here. What is as good within fewer of them is ranked too, so that none is missed.
ROUNDED = 1 - 1e-4


class Selection(Snapshot):
    """Some documents of a snapshot, ranked as if all the others were there too.

    Args:
        chosen: their numbers in the whole, in ascending order. What stands for one of them joins them.
    """

    def __init__(self, whole: Snapshot, chosen: Numbers) -> None:
        folds = contained(whole.folded, chosen)
        if folds.any():
            chosen = union([chosen, np.unique(whole.folds_into[folds])])
        self.whole, self.chosen = whole, chosen
        self.kinds, self.segments, self.texts = whole.kinds, [], []
        self.count, self.count_of_all = len(chosen), whole.count_of_all
        self.bases = [0, self.count]
        for column in Snapshot.COLUMNS:
            setattr(self, column, getattr(whole, column)[chosen])
        self.folded = np.searchsorted(chosen, whole.folded[folds]).astype(np.int32)
        self.folds_into = np.searchsorted(chosen, whole.folds_into[folds]).astype(np.int32)
        self.tag_names = whole.tag_names
        self._slowness = {field: slowness[chosen] for field, slowness in whole._slowness.items()}
        self._terms, self._masks = Memory(48_000_000), Memory(16_000_000)

    def narrowed(self, query: Query, filters: Filters, enough: int, also: Sequence[int] = ()) -> Snapshot:
        """Itself."""
        return self

    def tags_carried(self, hits: Mask) -> Numbers:
        """The number of each tag of each hit."""
        return self.whole._tags_of(self.chosen[hits])

    def holders_in_any(self, term: str) -> int:
        """How many documents hold a term in any field, of all that there are."""
        return self.whole.holders_in_any(term)

    def holders(self, term: str) -> int:
        """About how many documents hold a term."""
        return self.whole.holders(term)


class Whole(Snapshot):
    """All documents of an index, with the postings of every term at hand as arrays."""

    def __init__(
        self,
        segments: Sequence[tuple[Segment, Numbers]],
        kinds: Sequence[str],
        texts: Sequence[Texts],
    ) -> None:
        super().__init__(segments, kinds, texts)
        self._columns: Memory[Weights] = Memory(MEMORY_OF_COLUMNS)

    def narrowed(self, query: Query, filters: Filters, enough: int, also: Sequence[int] = ()) -> Snapshot:
        """The documents that hold every term or score nearly as well as the best, and a page in any case.

        A hit must be as good as the worst on the first page, or half as good as the best, whatever is less. Among the
        documents that hold the rarest terms there are nearly always enough to say what that is at least; then one
        comparison of all scores leaves few.
        """
        terms = query.terms
        if self.count <= SMALL or not terms or query.phrases or query.unwanted:
            return self
        scores, held, parts = self._plain_scores(terms, query.instead)
        shares = coordination(len(terms), np.arange(len(terms) + 1, dtype=np.int32)).astype(np.float32)
        seen = self.visible(filters, query.conditions)
        wanted = self.of_kind(filters)
        chosen = [np.array(also, dtype=np.int32)]
        for mask in (seen,) if wanted is None else (seen, seen & wanted):
            rare: Numbers = np.zeros(0, dtype=np.int32)
            for documents in sorted(parts, key=len):
                rare = union([rare, documents[mask[documents]]])
                if len(rare) >= enough:
                    break
            if len(rare) < enough:
                chosen.append(rare)  # These are all that there are.
                continue
            values = scores[rare] * shares[held[rare]]
            least = np.partition(values, len(values) - enough)[len(values) - enough]
            least = min(least, values.max() * NEARLY_AS_WELL) * ROUNDED
            good = np.flatnonzero(scores >= least)
            good = good[mask[good] & (scores[good] * shares[held[good]] >= least)]
            chosen += [good.astype(np.int32), rare[held[rare] == len(terms)]]
        return _OfPostings(self, union(chosen))

    def _plain_scores(
        self, terms: Iterable[str], instead: Instead
    ) -> tuple[Weights, NDArray[np.uint8], list[Numbers]]:
        """As `sum_of_terms`, quicker and less exact; and the documents of each term."""
        scores = np.zeros(self.count, dtype=np.float32)
        held = np.zeros(self.count, dtype=np.uint8)
        found = []
        for term in terms:
            documents, parts = self.term_or_other(term, instead)
            found.append(documents)
            if len(documents) > COMMON * self.count and term not in instead:
                column = self._column(term, documents, parts)
                scores += column
                held += column > 0
            else:
                scores[documents] += parts
                held[documents] += 1
        return scores, held, found

    def _column(self, term: str, documents: Numbers, parts: Weights) -> Weights:
        known = self._columns.get(term)
        if known is None:
            known = np.zeros(self.count, dtype=np.float32)
            known[documents] = parts
            self._columns.put(term, known, known.nbytes)
        return known


class _OfPostings(Selection):
    """A selection that reads its terms from the whole."""

    whole: Whole

    def term(self, term: str) -> tuple[Numbers, Weights]:
        """The documents that hold a term in any field, and what that adds to their score."""
        known = self._terms.get(term)
        if known is None:
            known = self._of_these(*self.whole.term(term))
            self._terms.put(term, known, 0)
        return known

    def label(self, label: str) -> Mask:
        """The documents that carry a label."""
        found: Mask = self.whole.label(label)[self.chosen]
        return found

    def postings(self, field: str, term: str) -> Postings:
        """Where a term stands in a field."""
        here = self.whole.postings(field, term)
        return Postings(*self._of_these(here.documents, here.weights))

    def having_phrase(self, terms: Sequence[str]) -> Mask:
        """The documents that hold these terms next to each other in one field."""
        found: Mask = self.whole.having_phrase(terms)[self.chosen]
        return found

    def _of_these(self, documents: Numbers, parts: Weights) -> tuple[Numbers, Weights]:
        if len(documents) > self.count:
            at = np.minimum(np.searchsorted(documents, self.chosen), len(documents) - 1)
            here = np.flatnonzero(documents[at] == self.chosen)
            return here.astype(np.int32), parts[at[here]]
        kept = contained(documents, self.chosen)
        return np.searchsorted(self.chosen, documents[kept]).astype(np.int32), parts[kept]

    def _places(self, field: str, term: str, documents: Numbers) -> Places:
        return self.whole._places(field, term, self.chosen[documents])

    def _field_scores(self, term: str, document: int) -> Iterator[tuple[str, float]]:
        return self.whole._field_scores(term, int(self.chosen[document]))
