"""What something costs at the least; what else the machine does only adds to it."""

import time
from collections.abc import Callable

TRIES = 3
LOOP = 400_000
LOOP_TAKES = 0.016
"""Seconds that counting so far takes on a machine at rest, as those for which the bounds were set."""


def cpu(do: Callable[[], object], enough: float = 0.0) -> float:
    """The least CPU time, in seconds, that `do` took in three tries; one try suffices if it took less than `enough`.

    Where simple counting takes longer than it should just then, because others share the processor and its memory,
    so does all else: the seconds are those of a machine at rest.
    """
    least = float("inf")
    for _try in range(TRIES):
        slowness = max(1.0, _counting() / LOOP_TAKES)
        least = min(least, _timed(do) / slowness)
        if least < enough:
            break
    return least


def _counting() -> float:
    return min(_timed(_count), _timed(_count))


def _count() -> None:
    total = 0
    for number in range(LOOP):
        total += number


def _timed(do: Callable[[], object]) -> float:
    start = time.process_time()
    do()
    return time.process_time() - start
