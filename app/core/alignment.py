"""What two sequences have in common, in order, with a bound on the work: texts come from strangers.

`difflib` looks for the longest run again and again; a thousand lines that take turns cost it seconds, ten thousand
hours. Here what stands once in both is taken first (B. Cohen's patience difference), and the gaps between are aligned
by the shortest edit script (E. W. Myers, Algorithmica 1 (1986), 251-266) for as long as the steps last.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import Match, SequenceMatcher
from itertools import pairwise
from typing import TypeVar

MOST_STEPS = 200_000
"""Steps of the search in all gaps together; a tenth of a second."""

Item = TypeVar("Item", bound=Hashable)
_Pair = tuple[int, int]


class Alignment(SequenceMatcher[Item]):
    """As `difflib.SequenceMatcher`, opcodes, groups and ratio included, but bounded.

    Args:
        steps: what cannot be aligned within so many is one piece that was replaced.

    Attributes:
        steps_left: how many were not needed.
    """

    def __init__(self, before: Sequence[Item], after: Sequence[Item], steps: int = MOST_STEPS) -> None:
        super().__init__(None, before, after, autojunk=False)
        pairs, self.steps_left = _common(before, after, steps)
        self._found = _blocks(pairs, len(before), len(after))

    def get_matching_blocks(self) -> list[Match]:
        """The runs that both have, in order; the last one is empty and stands at both ends."""
        return self._found


def _blocks(pairs: list[_Pair], end: int, other_end: int) -> list[Match]:
    blocks: list[Match] = []
    for at, other in pairs:
        last = blocks[-1] if blocks else None
        if last and (last.a + last.size, last.b + last.size) == (at, other):
            blocks[-1] = Match(last.a, last.b, last.size + 1)
        else:
            blocks.append(Match(at, other, 1))
    return [*blocks, Match(end, other_end, 0)]


def _common(before: Sequence[Item], after: Sequence[Item], steps: int) -> tuple[list[_Pair], int]:
    """The places, in both, of what stays the same, and how many steps are left."""
    numbers: dict[Item, int] = {}
    one = [numbers.setdefault(item, len(numbers)) for item in before]
    two = [numbers.setdefault(item, len(numbers)) for item in after]
    pairs = _anchors(one, two)
    ends = [(-1, -1), *pairs, (len(one), len(two))]
    gaps = [(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(ends)]
    for start, end, other_start, other_end in sorted(gaps, key=lambda gap: gap[1] - gap[0] + gap[3] - gap[2]):
        found, steps = _in_gap(one[start:end], two[other_start:other_end], steps)
        pairs += [(start + at, other_start + other) for at, other in found]
    return sorted(pairs), steps


def _anchors(one: Sequence[int], two: Sequence[int]) -> list[_Pair]:
    """What stands once in each, as much of it as is in the same order: a longest increasing subsequence."""
    counts, other_counts = Counter(one), Counter(two)
    places = {item: at for at, item in enumerate(two) if other_counts[item] == 1}
    pairs = [(at, places[item]) for at, item in enumerate(one) if counts[item] == 1 and item in places]
    lowest: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (_at, other) in enumerate(pairs):
        pile = bisect_left(lowest, other)
        before.append(tops[pile - 1] if pile else -1)
        lowest[pile : pile + 1] = [other]
        tops[pile : pile + 1] = [number]
    chain = []
    number = tops[-1] if tops else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _in_gap(one: Sequence[int], two: Sequence[int], steps: int) -> tuple[list[_Pair], int]:
    """What both have, and how many steps are left. Equal ends cost none."""
    start, end, other_end = 0, len(one), len(two)
    while start < min(end, other_end) and one[start] == two[start]:
        start += 1
    while min(end, other_end) > start and one[end - 1] == two[other_end - 1]:
        end, other_end = end - 1, other_end - 1
    outside = [(at, at) for at in range(start)]
    outside += [(end + more, other_end + more) for more in range(len(one) - end)]
    inside, steps = _shortest_script(one[start:end], two[start:other_end], steps)
    return [*outside, *((start + at, start + other) for at, other in inside)], steps


def _shortest_script(one: Sequence[int], two: Sequence[int], steps: int) -> tuple[list[_Pair], int]:
    """Myers' greedy search over the diagonals; nothing in common where the steps do not last."""
    size, other_size = len(one), len(two)
    if not size or not other_size:
        return [], steps
    furthest = {1: 0}
    rounds: list[dict[int, int]] = []
    for edits in range(size + other_size + 1):
        rounds.append(furthest.copy())
        lowest = -edits + 2 * max(0, edits - other_size)
        highest = edits - 2 * max(0, edits - size)
        for diagonal in range(lowest, highest + 1, 2):
            down = furthest.get(diagonal + 1, -1)
            right = furthest.get(diagonal - 1, -2) + 1
            at = begin = max(down, right)
            while at < size and at - diagonal < other_size and one[at] == two[at - diagonal]:
                at += 1
            furthest[diagonal] = at
            steps -= 1 + at - begin
            if at >= size and at - diagonal >= other_size:
                return _walk_back(rounds, size, other_size), steps
        steps -= len(furthest) // 8  # Keeping a round is quick, but not for nothing.
        if steps <= 0:
            return [], 0
    return [], steps


def _walk_back(rounds: list[dict[int, int]], at: int, other: int) -> list[_Pair]:
    pairs: list[_Pair] = []
    for edits in range(len(rounds) - 1, -1, -1):
        furthest, diagonal = rounds[edits], at - other
        down, right = furthest.get(diagonal + 1, -1), furthest.get(diagonal - 1, -2) + 1
        begin = max(down, right)
        while at > begin:
            at, other = at - 1, other - 1
            pairs.append((at, other))
        if down > right or (down == right and edits):
            other -= 1
        else:
            at -= 1
    return pairs
