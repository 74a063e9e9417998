"""What the places of the words add to a document's score: words side by side, a passage full of them, a code at the head.

BM25 sees a bag of words. A long guide that holds each word somewhere is not as good as one that says them together, so
the best documents of BM25 are looked at again. Both parts were measured; see benchmarks/RESULTS.md.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Scores = NDArray[np.float64]
# A place is one number, so that places can be compared as arrays: the document's number times 2^32, plus at which
# term of the text it is. They are in ascending order.
Places = NDArray[np.int64]
PLACES_IN_A_DOCUMENT = 32

WEIGHT_OF_PAIRS = 0.5
WEIGHT_OF_A_PASSAGE = 0.8
# Passages overlap by half, so that no sentence is cut in two by all of them.
HALF_A_PASSAGE = 25
SATURATION = 2.0
# A code at the head of a text names it, one further down is only mentioned. At the 100th term half of it is left.
WEIGHT_OF_A_HEAD = 4.0
REACH_OF_A_HEAD = 100


def of_documents(places: Places, documents: Numbers) -> Places:
    """Those of the places that lie in these documents, which then are numbered from 0 as they stand here.

    Args:
        places: of one term, in ascending order.
        documents: numbers of documents, in ascending order.
    """
    first = np.searchsorted(places, documents.astype(np.int64) << PLACES_IN_A_DOCUMENT)
    after = np.searchsorted(places, (documents.astype(np.int64) + 1) << PLACES_IN_A_DOCUMENT)
    counts = after - first
    ends = np.cumsum(counts)
    if not len(ends) or not ends[-1]:
        return np.zeros(0, dtype=np.int64)
    chosen = places[np.repeat(first - (ends - counts), counts) + np.arange(ends[-1])]
    ordinals = np.repeat(np.arange(len(documents), dtype=np.int64), counts)
    found: Places = (ordinals << PLACES_IN_A_DOCUMENT) | (chosen & 0xFFFFFFFF)
    return found


def pairs(
    terms: Sequence[str], places: Mapping[str, Places], rarity: Mapping[str, float], slowness: Scores
) -> Scores:
    """What neighbours of the query add that are neighbours in a field too, for each document.

    A pair counts as a term does in BM25, with the mean of both rarities (a sequential dependence model as by Metzler
    and Croft 2005, with BM25 in the place of its language model).

    Args:
        terms: of the query, in their order.
        places: of each term in one field.
        rarity: of each term.
        slowness: for each document, how slowly repetition counts: K1 times its length in that field.
    """
    found: Scores = np.zeros(len(slowness))
    for left, right in pairwise(terms):
        if not len(places[left]) or not len(places[right]):
            continue
        together = np.intersect1d(places[left] + 1, places[right], assume_unique=True)
        documents, times = np.unique(together >> PLACES_IN_A_DOCUMENT, return_counts=True)
        weight = (rarity[left] + rarity[right]) / 2
        found[documents] += weight * times * (SATURATION + 1) / (times + slowness[documents])
    return found


def best_passage(places: Mapping[str, Places], rarity: Mapping[str, float], count: int) -> Scores:
    """For each of `count` documents, what the passage adds that holds the most of the terms, the rare ones first."""
    best: Scores = np.zeros(count)
    passages: list[Places] = []
    weights: list[Scores] = []
    for term, where in places.items():
        if len(where):
            document = where & ~0xFFFFFFFF
            half = (where & 0xFFFFFFFF) // HALF_A_PASSAGE
            both = np.concatenate([document | half, document | np.maximum(half - 1, 0)])
            held, times = np.unique(both, return_counts=True)
            passages.append(held)
            weights.append(rarity[term] * times * (SATURATION + 1) / (times + SATURATION))
    if passages:
        which, at = np.unique(np.concatenate(passages), return_inverse=True)
        np.maximum.at(best, which >> PLACES_IN_A_DOCUMENT, np.bincount(at, np.concatenate(weights)))
    return best


def head(places: Mapping[str, Places], rarity: Mapping[str, float], count: int) -> Scores:
    """For each of `count` documents, what it adds that codes among the terms stand near its beginning."""
    found: Scores = np.zeros(count)
    for term, where in places.items():
        if len(where) and any(letter.isdigit() for letter in term):
            documents, first = np.unique(where >> PLACES_IN_A_DOCUMENT, return_index=True)
            found[documents] += rarity[term] / (1 + (where[first] & 0xFFFFFFFF) / REACH_OF_A_HEAD)
    return found
