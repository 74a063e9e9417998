"""How faithfully guides keep the structure that CommonMark gives their source, and where they lose it."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from html.parser import HTMLParser
from itertools import islice

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from app.core.rendering import guides
from app.core.rendering.alerts import ALERT
from app.core.rendering.canonical import DEEPEST_NESTING, canonical
from app.core.rendering.dialects import translate
from app.core.rendering.pool import Failed, Pool
from app.core.rendering.sanitiser import clean, clean_guide

SECONDS = 60.0
"""CPU time that one guide may cost while it is measured."""

_CHILDREN = 2


@dataclass(frozen=True)
class Comparison:
    """One guide, rendered by CommonMark and by us.

    Attributes:
        name: what the caller calls the guide.
        same_structure: lists, tables, code, quotes and headings are the same, in the same order and nesting.
        same_words: every word is in the same place as well.
        stable: the canonical form of the canonical form is itself.
        difference: the first differing lines of both outlines, CommonMark's with "-", ours with "+".
        failure: why it could not be rendered at all, or "".
    """

    name: str
    same_structure: bool
    same_words: bool
    stable: bool
    difference: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Report:
    """What `fidelity_of` has found."""

    count: int
    same_structure: int
    same_words: int
    stable: int
    worst: tuple[Comparison, ...]

    @property
    def share(self) -> float:
        """The share of guides that keep their structure; 1.0 where there are none."""
        return self.same_structure / self.count if self.count else 1.0

    @property
    def share_of_words(self) -> float:
        """The share of guides that keep every word in its place as well."""
        return self.same_words / self.count if self.count else 1.0


def fidelity_of(bodies: Iterable[tuple[str, str]], *, keep: int = 20) -> Report:
    """Compares many guides.

    Args:
        bodies: for each guide what to call it, and its source.
        keep: how many of those that lose their structure the report keeps.
    """
    count = same_structure = same_words = stable = 0
    worst: list[Comparison] = []
    for comparison in _compared(bodies):
        count += 1
        same_structure += comparison.same_structure
        same_words += comparison.same_words
        stable += comparison.stable
        if not comparison.same_structure and len(worst) < keep:
            worst.append(comparison)
    return Report(count, same_structure, same_words, stable, tuple(worst))


def _compared(bodies: Iterable[tuple[str, str]]) -> Iterator[Comparison]:
    pool = Pool(_CHILDREN)

    def one(body: tuple[str, str]) -> Comparison:
        name, source = body
        try:
            return Comparison(**pool.run({"do": "comparison", "name": name, "source": source}, SECONDS))
        except Failed as failure:
            return Comparison(name, False, False, False, failure=str(failure))

    waiting = iter(bodies)
    try:
        with ThreadPoolExecutor(_CHILDREN) as threads:
            # In portions, so that a whole library never waits in memory.
            while portion := list(islice(waiting, 64)):
                yield from threads.map(one, portion)
    finally:
        pool.close()


def compare(name: str, source: str) -> Comparison:
    """Renders one guide both ways and compares the outlines."""
    written = canonical(source)
    ours = structure(clean(guides.to_html(written)))
    theirs = structure(clean(clean_guide(_reference().render(translate(source)))))
    wanted, got = _bones(theirs), _bones(ours)
    changed = unified_diff(wanted, got, lineterm="", n=2)
    return Comparison(
        name,
        same_structure=wanted == got,
        same_words=_words(theirs) == _words(ours),
        stable=canonical(written) == written,
        difference="\n".join(islice(changed, 2, 40)) if wanted != got else "",
    )


@cache
def _reference() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": DEEPEST_NESTING}).enable(["table", "strikethrough"])
    # GitHub's CommonMark knows footnotes; without them every guide that has some would count as changed.
    return markdown.use(footnote_plugin, inline=False)


def structure(html: str) -> list[str]:
    """The outline of clean HTML: a line for each list, item, table, row, code block, quote, heading and text.

    Two spaces per level of nesting show what stands in what. Headings begin at h2 as ours do, and an admonition
    counts as the quote that `> [!NOTE]` is without us.
    """
    outline = _Outline()
    outline.feed(html)
    outline.close()
    return outline.finished()


def _bones(outline: list[str]) -> list[str]:
    return [line for line in outline if not line.lstrip(" ").startswith("“")]


def _words(outline: list[str]) -> list[str]:
    return " ".join(re.sub(r"^ *“", "", line) for line in outline).split()


_CONTAINERS = {
    "ul": "list",
    "ol": "numbered list",
    "li": "item",
    "table": "table",
    "tr": "row",
    "blockquote": "quote",
}
_HEADING = re.compile(r"h[1-6]\Z")
_ATTRIBUTES = re.compile(r"\s*\{:?[ ]*(?:[.#]|[\w-]+=)[^{}\n]*\}")


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, str, str]] = []
        self._text: list[str] = []
        self._open: list[tuple[str, str, int]] = []
        self._skipping = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag == "div" and "admonition" in classes:
            self._begin(tag, "quote")
        elif "admonition-title" in classes or (
            tag == "a" and (dict(attrs).get("href") or "").startswith("#fn")
        ):
            self._begin(tag, "ours")
        elif tag in _CONTAINERS:
            start = dict(attrs).get("start")
            self._begin(tag, f"{_CONTAINERS[tag]}{f' from {start}' if start and start != '1' else ''}")
        elif tag == "pre":
            self._begin(tag, "code")
        elif _HEADING.match(tag):
            self._begin(tag, tag)
        elif tag in ("td", "th"):
            self._begin(tag, "cell")
        elif tag == "div":
            self._begin(tag, "")
        elif tag in ("p", "br", "hr", "dt", "dd", "summary", "details", "section"):
            self._say()

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _, _ in self._open):
            while True:
                name, kind, line = self._open[-1]
                self._end(kind, line)
                self._open.pop()
                if name == tag:
                    break
        elif tag in ("p", "dt", "dd", "summary", "details", "section"):
            self._say()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def finished(self) -> list[str]:
        self._say()
        levels = [int(kind[1]) for _, kind, _ in self._lines if _HEADING.match(kind)]
        # Where a guide has an h1 all its headings go down by one, and an h6 can go no further.
        down = 1 if 1 in levels else 0
        lines = []
        for depth, kind, text in self._lines:
            name = f"h{min(int(kind[1]) + down, 6)}" if _HEADING.match(kind) else kind
            lines.append(f"{'  ' * depth}{name}{text}")
        return lines

    def _begin(self, tag: str, kind: str) -> None:
        self._say()
        if kind and kind != "ours":
            self._lines.append((self._depth(), kind, ""))
        self._open.append((tag, kind, len(self._lines) - 1))

    def _end(self, kind: str, line: int) -> None:
        if kind == "code":
            self._lines[line] = (self._lines[line][0], kind, f" {''.join(self._text).rstrip()!r}")
            self._text.clear()
        elif kind == "ours":
            self._text.clear()
        elif _HEADING.match(kind):
            # The address of a heading is ours to read and CommonMark's to show.
            text = " ".join(_ATTRIBUTES.sub("", "".join(self._text)).split())
            self._lines[line] = (self._lines[line][0], kind, f" {text}")
            self._text.clear()
        else:
            self._say()

    def _depth(self) -> int:
        return sum(1 for _, kind, _ in self._open if kind and kind != "ours")

    def _say(self) -> None:
        text = " ".join(_ATTRIBUTES.sub("", "".join(self._text)).split())
        self._text.clear()
        if self._lines and self._lines[-1][1] == "quote":
            text = ALERT.sub("", f"{text}\n" if ALERT.fullmatch(f"{text}\n") else text)
            text = re.sub(r"^\[!(?:note|tip|important|warning|caution)\]\s", "", text, flags=re.IGNORECASE)
        if text:
            self._lines.append((self._depth(), "“", text))
