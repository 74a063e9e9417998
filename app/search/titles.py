"""Titles while they are being typed, and titles that are close to what was typed; all in memory."""

import difflib
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.search import analysis
from app.search.ranking import Mask, Numbers

Worth = NDArray[np.int64]
LONGEST_START = 24
_AFTER_ALL = "\U0010ffff"


class Titles:
    """The titles of one segment, and other wordings of them, by their words.

    Args:
        titles: the titles by document number.
        worth: for each document a number; of titles that fit alike the one worth more comes first.
        aliases: for each document other wordings of its title, which find it too.
    """

    def __init__(self, titles: Sequence[str], worth: Worth, aliases: Sequence[Sequence[str]] = ()) -> None:
        holders: dict[str, list[int]] = {}
        starts: list[str] = []
        # A wording is a title, with the document's own number, or one of the aliases, which come after all titles.
        others = [(document, alias) for document, some in enumerate(aliases) for alias in some]
        owners = [*range(len(titles)), *(document for document, _ in others)]
        self._owners: Numbers = np.array(owners, dtype=np.int32)
        for wording, text in enumerate((*titles, *(alias for _, alias in others))):
            words = analysis.title_words(text)
            starts.append(" ".join(words)[:LONGEST_START])
            for word in dict.fromkeys(words):
                holders.setdefault(word, []).append(wording)
        self.words = sorted(holders)
        counts = [len(holders[word]) for word in self.words]
        self._ends = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        self._wordings: Numbers = np.fromiter(
            (wording for word in self.words for wording in holders[word]), np.int32, sum(counts)
        )
        self._by_start: Numbers = np.array(sorted(range(len(starts)), key=starts.__getitem__), dtype=np.int32)
        self._starts = [starts[wording] for wording in self._by_start]
        self.worth = np.asarray(worth, dtype=np.int64)
        self.count = len(titles)

    def matching(self, words: Sequence[str], allowed: Mask, limit: int) -> list[tuple[int, int]]:
        """The best titles with all of these words, the last of them as the start of one.

        Returns:
            Pairs of what a title is worth and its document number, the best first.
        """
        if not words or not self.count:
            return []
        *whole, unfinished = words
        found = self._holding(unfinished, _AFTER_ALL)
        for word in whole:
            holding = self._holding(word, "")
            found &= holding if holding.any() else self._holding(word, _AFTER_ALL)
        wordings = np.flatnonzero(found)
        wordings = wordings[allowed[self._owners[wordings]]]
        if not len(wordings):
            return []
        documents = self._owners[wordings]
        beginning = " ".join(words)[:LONGEST_START]
        first = bisect_left(self._starts, beginning)
        last = bisect_left(self._starts, beginning + _AFTER_ALL)
        worth = self.worth[documents]
        if last > first:
            starting = np.zeros(len(self._owners), dtype=np.bool_)
            starting[self._by_start[first:last]] = True
            worth = worth + np.where(starting[wordings], np.int64(1) << 40, 0)
        if len(documents) > 1 and wordings[-1] >= self.count:
            documents, worth = _best_of_each(documents, worth)
        if len(documents) > limit:
            chosen = np.argpartition(-worth, limit - 1)[:limit]
            documents, worth = documents[chosen], worth[chosen]
        order = np.lexsort((documents, -worth))
        return [(int(worth[at]), int(documents[at])) for at in order]

    def words_like(self, word: str, limit: int) -> list[str]:
        """Words of the titles that are spelled much like this one, the most alike first."""
        if len(word) < 3:
            return []
        first = bisect_left(self.words, word[0])
        last = bisect_left(self.words, word[0] + _AFTER_ALL)
        alike = [
            known
            for known in self.words[first:last]
            if abs(len(known) - len(word)) <= 2 and len(set(known) ^ set(word)) <= 4
        ]
        return difflib.get_close_matches(word, alike[:500], n=limit, cutoff=0.75)

    def _holding(self, word: str, up_to: str) -> Mask:
        first = bisect_left(self.words, word)
        last = bisect_left(self.words, word + up_to) if up_to else first + self._has(first, word)
        found: Mask = np.zeros(len(self._owners), dtype=np.bool_)
        found[self._wordings[self._ends[first] : self._ends[last]]] = True
        return found

    def _has(self, at: int, word: str) -> bool:
        return at < len(self.words) and self.words[at] == word


def _best_of_each(documents: Numbers, worth: Worth) -> tuple[Numbers, Worth]:
    """Each document once, with what its best wording is worth."""
    order = np.lexsort((-worth, documents))
    documents, worth = documents[order], worth[order]
    is_first = np.concatenate(([True], documents[1:] != documents[:-1]))
    return documents[is_first], worth[is_first]


def worth(is_solved: NDArray[np.bool_], votes: NDArray[np.int64]) -> Worth:
    """What documents are worth among titles that fit alike: solved ones first, then by votes."""
    return 1_000_000 * is_solved.astype(np.int64) + np.clip(votes, -100_000, 100_000)
