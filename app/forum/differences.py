"""How one text differs from another: line by line, and word by word where a line was only touched."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.alignment import Alignment

CONTEXT = 2
ALIKE = 0.45
"""Lines that share less than this of their words are shown as one gone and one new."""
LONGEST_LINE = 2_000
MOST_LINES = 4_000
MOST_STEPS_IN_LINES = 500_000
"""For all touched lines together; see `core.alignment`."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Part:
    """A piece of a line: "same", "ins" or "del"."""

    kind: str
    text: str


@dataclass(frozen=True)
class ChangedLine:
    """A line of a comparison: "same", "ins", "del", "gap", or "edit" with parts of its own."""

    kind: str
    text: str = ""
    parts: tuple[Part, ...] = ()


def differences(before: str, after: str) -> tuple[ChangedLine, ...]:
    """How a text changed, with a few lines around each change; nothing if it did not."""
    return tuple(_lines(before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]))


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[ChangedLine]:
    matcher, steps = Alignment(before, after), MOST_STEPS_IN_LINES
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number:
            yield ChangedLine("gap")
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from (ChangedLine("same", line) for line in before[start:end])
            else:
                # Lines that were only touched are followed by those that are gone or new for good.
                pairs = min(end - start, new_end - new_start)
                for place in range(pairs):
                    touched, steps = _touched(before[start + place], after[new_start + place], steps)
                    yield from touched
                yield from (ChangedLine("del", line) for line in before[start + pairs : end])
                yield from (ChangedLine("ins", line) for line in after[new_start + pairs : new_end])


def _touched(old: str, new: str, steps: int) -> tuple[tuple[ChangedLine, ...], int]:
    """A line compared word by word, and how many steps are left for the others."""
    gone_and_new = ChangedLine("del", old), ChangedLine("ins", new)
    if max(len(old), len(new)) > LONGEST_LINE:
        return gone_and_new, steps
    words, new_words = _WORDS.findall(old), _WORDS.findall(new)
    matcher = Alignment(words, new_words, steps)
    if matcher.ratio() < ALIKE:
        return gone_and_new, matcher.steps_left
    parts: list[Part] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(words[start:end])))
            continue
        if end > start:
            parts.append(Part("del", "".join(words[start:end])))
        if new_end > new_start:
            parts.append(Part("ins", "".join(new_words[new_start:new_end])))
    return (ChangedLine("edit", new, tuple(parts)),), matcher.steps_left
