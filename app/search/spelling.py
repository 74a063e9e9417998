"""Words that were probably meant, from the words of the site itself: it knows its products better than a dictionary."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symspellpy import SymSpell, Verbosity

from app.search.analysis import STOP_WORDS, fold

SHORTEST_WORD, LONGEST_WORD = 4, 24
# From this length on two slips are likely enough to be looked for.
LONG_WORD = 7
MOST_WORDS_KNOWN = 40_000
# A large site holds every slip once; in a small one a word that stands once may be the one that is meant.
MANY_WORDS = 10_000
LETTERS_LOOKED_UP = 6
PARTICLES = frozenset(("in", "on", "up"))
"""What stands behind a verb and is written as one with it where both are a noun: to log in, the login."""
MOST_CANDIDATES = 5

WORTH_OF_BEING_COMMON = 0.22
COST_OF_ANOTHER_BEGINNING = 0.35
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word of the site that may be meant.

    Attributes:
        slips: how far it is from what was typed; see `distance`.
        cost: what it costs to believe that it is meant: the slips, less if the word is common.
        documents: how many hold it.
    """

    word: str
    slips: float
    cost: float
    documents: int


class Spelling:
    """The words of a site and how many documents hold each. It is never changed; any number of threads may ask.

    Args:
        counts: in how many documents each word stands.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        least = 2 if len(counts) > MANY_WORDS else 1
        known = [(count, word) for word, count in counts.items() if count >= least and len(word) >= 3]
        known.sort(reverse=True)
        self._counts = {word: count for count, word in known[:MOST_WORDS_KNOWN]}
        self._index = SymSpell(2, LETTERS_LOOKED_UP)
        most = max(self._counts.values(), default=1)
        # A slip in a word that search leaves out must not become a word that it looks for.
        for word in STOP_WORDS:
            if len(word) >= 3:
                self._counts[word] = most
        for word, count in self._counts.items():
            self._index.create_dictionary_entry(word, count)

    def documents(self, word: str) -> int:
        """How many documents hold a word as it is written here."""
        return self._counts.get(word, 0)

    def candidates(self, word: str) -> list[Candidate]:
        """Words spelled much like this one, the most likely first."""
        if not SHORTEST_WORD <= len(word) <= LONGEST_WORD:
            return []
        furthest = 2 if len(word) >= LONG_WORD else 1
        found = [
            _candidate(word, near.term, near.count)
            for near in self._index.lookup(word, Verbosity.ALL, 2)
            if near.term != word and near.distance <= furthest
        ]
        found.sort(key=lambda each: (each.cost, each.word))
        return found[:MOST_CANDIDATES]

    def split(self, word: str) -> tuple[str, str] | None:
        """The two words of the site that were written as one: `powersupply` is `power supply`, `setup` `set up`."""
        best: tuple[int, str, str] | None = None
        for at in range(2, len(word) - 1):
            left, right = word[:at], word[at:]
            worth = min(self.documents(left), self.documents(right))
            if len(right) == 2 and right in PARTICLES:
                worth = self.documents(left)
            elif min(len(left), len(right)) < 3:
                worth = 0
            if worth and (best is None or worth > best[0]):
                best = worth, left, right
        return (best[1], best[2]) if best else None


def _candidate(typed: str, meant: str, documents: int) -> Candidate:
    slips = distance(typed, meant)
    cost = slips - WORTH_OF_BEING_COMMON * math.log10(documents + 1)
    return Candidate(meant, slips, cost + COST_OF_ANOTHER_BEGINNING * (typed[0] != meant[0]), documents)


def distance(typed: str, meant: str) -> float:
    """How far apart two words are, counted in slips (optimal string alignment), likely slips counting less.

    A neighbour on the keyboard, a vowel for a vowel and two letters swapped cost less than any other letter; a letter
    doubled, or not, costs least.
    """
    before: list[float] = []
    row = [float(at) for at in range(len(meant) + 1)]
    for i, letter in enumerate(typed, start=1):
        before, row, above = row, [float(i)], before
        for j, wanted in enumerate(meant, start=1):
            extra = 0.5 if i > 1 and typed[i - 2] == letter else 0.9
            missing = 0.5 if j > 1 and meant[j - 2] == wanted else 0.9
            cost = min(before[j] + extra, row[j - 1] + missing, before[j - 1] + _exchange(letter, wanted))
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == wanted:
                cost = min(cost, above[j - 2] + 0.6)
            row.append(cost)
    return row[-1]


def _exchange(letter: str, wanted: str) -> float:
    if letter == wanted:
        return 0.0
    if letter in _VOWELS and wanted in _VOWELS:
        return 0.7
    return 0.75 if wanted in _NEIGHBOURS.get(letter, "") else 1.0


def _neighbours() -> dict[str, str]:
    """The letters beside and diagonally below and above each letter of a keyboard."""
    near: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        for at, letter in enumerate(row):
            beside = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            above = _ROWS[number - 1][at : at + 2] if number else ""
            below = _ROWS[number + 1][max(0, at - 1) : at + 1] if number < 2 else ""
            near[letter] = beside + above + below
    return near


_NEIGHBOURS = _neighbours()

# How British words become American ones and back, by their endings and insides; a variant counts only where the site
# uses it, so a rule may be too general.
_VARIANTS = (
    ("our", "or"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("yse", "yze"),
    ("tre", "ter"),
    ("ogue", "og"),
    ("lling", "ling"),
    ("lled", "led"),
    ("ller", "ler"),
    ("ence", "ense"),
    ("gramme", "gram"),
    ("cheque", "check"),
    ("grey", "gray"),
    ("tyre", "tire"),
    ("aluminium", "aluminum"),
    ("ae", "e"),
    ("oe", "e"),
)


def variants(word: str) -> Iterable[str]:
    """Other spellings of the same word that people in other countries use."""
    plain = fold(word)
    if len(plain) < SHORTEST_WORD:
        return
    for british, american in _VARIANTS:
        for one, other in ((british, american), (american, british)):
            at = plain.find(one, 1 if len(one) < 4 else 0)
            if at >= 0:
                yield plain[:at] + other + plain[at + len(one) :]
