"""What an import tells the person who started it: how far it is, and in the end what became of everything."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from tqdm import tqdm

MOST_EXAMPLES, MOST_NOTES = 10, 30
SECONDS_BETWEEN_LINES = 5.0

Item = TypeVar("Item")


@dataclass
class Report:
    """The count of what was read, taken, here already and skipped.

    Attributes:
        of: what is counted, in the plural.
        examples: for each reason to skip, some of those that were.
        notes: what else there is to know.
    """

    of: str
    read: int = 0
    taken: int = 0
    here_already: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def skip(self, why: str, which: str, count: int = 1) -> None:
        """Count one that is not taken."""
        self.skipped[why] += count
        some = self.examples.setdefault(why, [])
        if len(some) < MOST_EXAMPLES:
            some.append(which)

    def lines(self) -> list[str]:
        """The end report."""
        seconds = time.monotonic() - self.started
        lines = [
            f"{self.read:,} {self.of} read in {seconds:.0f} s: {self.taken:,} taken, "
            f"{self.here_already:,} here already, {self.skipped.total():,} skipped."
        ]
        for why, count in self.skipped.most_common():
            more = " ..." if count > len(self.examples[why]) else ""
            lines.append(f"  skipped {count:,}: {why} ({', '.join(self.examples[why])}{more})")
        lines += [f"  note: {note}" for note in self.notes[:MOST_NOTES]]
        return lines + [f"  ... and {len(self.notes) - MOST_NOTES} notes more"] * (
            len(self.notes) > MOST_NOTES
        )


def watched(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Pass `items` on and show how many have passed: a bar on a terminal, a line now and then elsewhere."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, unit="", dynamic_ncols=True)
        return
    tell = line_now_and_then(what)
    count = 0
    for count, item in enumerate(items, start=1):
        yield item
        tell(count, total or 0)
    sys.stderr.write(f"{what}: {count:,} done\n")


def line_now_and_then(what: str) -> Callable[[int, int], None]:
    """A function that is told (done, of how many) as often as one likes, and writes a line every few seconds."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            sys.stderr.write(f"{what}: {done:,}{f' of {total:,}' if total else ''}\n")

    return tell
