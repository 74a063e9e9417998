"""Reads finished HTML back: its plain text, its headings, its links."""

import re
from html.parser import HTMLParser

from app.core.rendering.outcome import Heading, Rendered

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "details",
        "summary",
        "figure",
        "figcaption",
        "br",
    ]
)
# A no-break space is meant; the others are how the source is laid out.
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CELLS = frozenset({"td", "th"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})


def read(html: str) -> Rendered:
    """Takes clean HTML apart for tables of contents, search and link checks."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = "".join(reader.words).split("\n")
    text = "\n".join(line.strip() if line.strip() else "" for line in lines)
    return Rendered(
        html=html,
        text="\n".join(line for line in text.split("\n") if line),
        headings=tuple(reader.headings),
        links=tuple(dict.fromkeys(reader.links)),
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.headings: list[Heading] = []
        self.links: list[str] = []
        self._heading: tuple[int, str, int] | None = None
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append("\n")
        elif tag in _CELLS and self.words and not self.words[-1].endswith((" ", "\n")):
            self.words.append(" ")
        values = dict(attrs)
        if tag in _HEADINGS and values.get("id"):
            self._heading = (int(tag[1]), values["id"] or "", len(self.words))
        elif tag == "a":
            href = values.get("href") or ""
            if href and not href.startswith("#"):
                self.links.append(href)
        elif tag == "img" and values.get("alt"):
            self.words.append(values["alt"] or "")
        elif tag == "pre":
            self._pre += 1

    def handle_endtag(self, tag: str) -> None:
        if self._heading and tag in _HEADINGS:
            level, anchor, start = self._heading
            title = " ".join("".join(self.words[start:]).split())
            if title:
                self.headings.append(Heading(level, anchor, title))
            self._heading = None
        if tag == "pre":
            self._pre -= 1
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if self._pre <= 0:
            # Outside of code every run of spaces and line breaks is only a space.
            data = _SPACES.sub(" ", data)
            if data.startswith(" ") and self.words and self.words[-1].endswith((" ", "\n")):
                data = data[1:]
        if data:
            self.words.append(data)
