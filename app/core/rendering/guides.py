"""Guides, written by writers: Python-Markdown with the extensions that MkDocs has made known.

Python-Markdown finds the ends of lists, quotes and raw HTML by guessing. The canonical form leaves nothing to
guess, so the readers in this module, which take its place, follow CommonMark to the letter.
"""

import re
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.tables import TableProcessor
from markdown.inlinepatterns import SubstituteTagInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown_it.rules_block.html_block import HTML_SEQUENCES

from app.core.rendering.alerts import ALERT, TITLES
from app.core.rendering.canonical import ATTRIBUTES, INDENT, INDENTED_BLOCK
from app.core.rendering.code import code_block
from app.core.rendering.sanitiser import clean_guide
from app.core.text import slugify

_EVERY_PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def to_html(canonical: str) -> str:
    """Canonical Markdown in, HTML out that bleach has cleaned. nh3 has still to have its word."""
    return clean_guide(unclean_html(canonical))


def unclean_html(canonical: str) -> str:
    """What Python-Markdown alone makes of canonical Markdown. Never for a page."""
    try:
        return _markdown().reset().convert(canonical)
    except BaseException:
        # It may have stopped anywhere; nothing of what it has half done may reach the next guide.
        _markdown.cache_clear()
        raise


@cache
def _markdown() -> Markdown:
    markdown = Markdown(
        extensions=[
            "toc",
            "tables",
            "footnotes",
            "admonition",
            "attr_list",
            "def_list",
            "pymdownx.details",
            "pymdownx.superfences",
            "pymdownx.tabbed",
            "pymdownx.tilde",
            _CommonMarkBlocks(),
        ],
        extension_configs={
            "toc": {"marker": "", "slugify": lambda title, _separator: slugify(title)},
            "footnotes": {"USE_DEFINITION_ORDER": False, "BACKLINK_TITLE": "Back to the text"},
            "pymdownx.superfences": {
                "custom_fences": [{"name": "*", "class": "", "format": _fence, "validator": _any_option}],
                "disable_indented_code_blocks": True,
                "preserve_tabs": True,
                "relaxed_headers": True,
            },
            "pymdownx.tabbed": {"alternate_style": True},
            "pymdownx.tilde": {"subscript": False},
        },
    )
    markdown.ESCAPED_CHARS = _EVERY_PUNCTUATION
    return markdown


def _fence(source: str, language: str | None, _class: str, _options: Any, _md: Markdown, **_more: Any) -> str:
    return code_block(source if source.endswith("\n") else f"{source}\n", language or "")


def _any_option(_language: str, _inputs: Any, _options: Any, _attributes: Any, _md: Markdown) -> bool:
    # Options such as a title or line numbers are no reason to take a code block for something else.
    return True


class _CommonMarkBlocks(Extension):
    """Takes out what guesses and puts in what knows."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (the name that Python-Markdown calls)
        for guess in (
            "indent",
            "code",
            "hashheader",
            "setextheader",
            "hr",
            "olist",
            "ulist",
            "quote",
            "reference",
        ):
            md.parser.blockprocessors.deregister(guess)
        md.preprocessors.deregister("html_block")
        readers = md.parser.blockprocessors
        readers.register(_IndentedBlocks(md.parser), "indented_blocks", 200)
        readers.register(_Lists(md.parser), "lists", 190)
        readers.register(_Quotes(md.parser), "quotes", 180)
        readers.register(_Headings(md.parser), "headings", 170)
        readers.register(_Rules(md.parser), "rules", 160)
        readers.register(_RawHtml(md.parser), "raw_html", 150)
        readers.register(_Tables(md.parser), "table", 75)
        md.treeprocessors.register(_Alerts(md), "alerts", 50)
        md.treeprocessors.register(_Tasks(md), "tasks", 40)
        md.treeprocessors.register(_Tabs(md), "tabs", 45)
        md.treeprocessors.register(_AttributeLists(md), "attr_list", 8)
        md.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash_break", 185)


class _IndentedBlocks(BlockProcessor):
    """`!!! note`, `??? note` and `=== "Tab"`: the extensions read the first line, the body is what is indented."""

    def test(self, parent: Element, block: str) -> bool:
        return bool(INDENTED_BLOCK.match(block.partition("\n")[0]))

    def run(self, parent: Element, blocks: list[str]) -> None:
        head, _, rest = blocks.pop(0).partition("\n")
        body = [rest] if rest else []
        while blocks and blocks[0].lstrip("\n").startswith(" " * INDENT):
            body.append(blocks.pop(0))
        name = {"!": "admonition", "?": "details", "=": "tabbed"}[head[0]]
        self.parser.blockprocessors[name].run(parent, [head])
        inside = parent[-1]
        if name == "tabbed":
            inside = inside[-1][-1]
        self.parser.parseChunk(inside, _dedented("\n\n".join(body), INDENT))


_MARKER = re.compile(r"(?P<number>\d{1,9})?(?P<style>(?(number)[.)]|[-*+]))(?: |$)")


class _Lists(BlockProcessor):
    """A list is its items, an item is what is indented below its marker."""

    def test(self, parent: Element, block: str) -> bool:
        return bool(_MARKER.match(block.partition("\n")[0]))

    def run(self, parent: Element, blocks: list[str]) -> None:
        first = _MARKER.match(blocks[0].partition("\n")[0])
        assert first is not None, "test() has said that there is a marker"
        items: list[list[str]] = []
        width = 0
        tight = True
        inner_style = ""
        while blocks and self._goes_on(blocks[0], width, first["style"]):
            lines = blocks.pop(0).split("\n")
            if items:
                # A blank line loosens a list, unless it stands between items of a list inside it, or further in.
                inner = (
                    _MARKER.match(lines[0].removeprefix(" " * width)) if lines[0].startswith(" ") else None
                )
                between_inner_items = inner is not None and inner["style"] == inner_style
                tight = tight and (between_inner_items or lines[0].startswith(" " * (width + 1)))
                items[-1].append("")
            for number, line in enumerate(lines):
                marker = _MARKER.match(line)
                if marker and marker["style"] == first["style"]:
                    items.append([line[marker.end() :]])
                    width = max(INDENT, marker.end("style") + 1)
                    inner_style = ""
                elif marker:
                    blocks.insert(0, "\n".join(lines[number:]))
                    break
                else:
                    items[-1].append(line.removeprefix(" " * width))
                    if inner := _MARKER.match(items[-1][-1]):
                        inner_style = inner["style"]
            else:
                continue
            break
        element = SubElement(parent, "ol" if first["number"] else "ul")
        if first["number"] and int(first["number"]) != 1:
            element.set("start", str(int(first["number"])))
        for item in items:
            self._read_item(SubElement(element, "li"), item, tight=tight)

    @staticmethod
    def _goes_on(block: str, width: int, style: str) -> bool:
        line = block.lstrip("\n").partition("\n")[0]
        marker = _MARKER.match(line)
        return (marker is not None and marker["style"] == style) or (
            width > 0 and line.startswith(" " * width)
        )

    def _read_item(self, element: Element, lines: list[str], *, tight: bool) -> None:
        if not tight:
            self.parser.parseChunk(element, "\n".join(lines).strip("\n"))
            return
        words = next((i for i, line in enumerate(lines) if _MARKER.match(line)), len(lines))
        self.parser.parseChunk(element, "\n".join(lines[:words]).strip("\n"))
        if len(element) and element[0].tag == "p":
            element.text = element[0].text
            element.remove(element[0])
        if words < len(lines):
            self.parser.parseChunk(element, "\n".join(lines[words:]))


class _Quotes(BlockProcessor):
    """Every line of a quote begins with its sign, so a quote ends where the signs end."""

    def test(self, parent: Element, block: str) -> bool:
        return block.startswith(">")

    def run(self, parent: Element, blocks: list[str]) -> None:
        lines = blocks.pop(0).split("\n")
        text = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
        self.parser.parseChunk(SubElement(parent, "blockquote"), text)


class _Headings(BlockProcessor):
    """One to six number signs and a space; `#tag` is a word."""

    _HEADING = re.compile(r"(#{1,6})(?: +(.*))?")

    def test(self, parent: Element, block: str) -> bool:
        return bool(self._HEADING.fullmatch(block))

    def run(self, parent: Element, blocks: list[str]) -> None:
        heading = self._HEADING.fullmatch(blocks.pop(0))
        assert heading is not None, "test() has said that there is a heading"
        SubElement(parent, f"h{len(heading[1])}").text = (heading[2] or "").strip()


class _Rules(BlockProcessor):
    def test(self, parent: Element, block: str) -> bool:
        return block == "---"

    def run(self, parent: Element, blocks: list[str]) -> None:
        blocks.pop(0)
        SubElement(parent, "hr")


class _RawHtml(BlockProcessor):
    """A block of raw HTML ends at a blank line, so Markdown may stand between its tags; see CommonMark 4.6."""

    def test(self, parent: Element, block: str) -> bool:
        return block.startswith("<") and self._end(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        text = blocks.pop(0)
        end = self._end(text)
        if end is not None and end.pattern != "^$":
            while blocks and not end.search(text):
                text += f"\n\n{blocks.pop(0)}"
        SubElement(parent, "p").text = self.parser.md.htmlStash.store(text)

    @staticmethod
    def _end(block: str) -> re.Pattern[str] | None:
        line = block.partition("\n")[0]
        return next((end for opening, end, _ in HTML_SEQUENCES if opening.search(line)), None)


class _Tables(TableProcessor):
    """Cells end at every pipe that has no backslash, in code too, as on GitHub."""

    _PIPE = re.compile(r"(?<!\\)\|")

    def __init__(self, parser: Any) -> None:
        super().__init__(parser, {"use_align_attribute": True})

    def test(self, parent: Element, block: str) -> bool:
        return block.startswith("| ") and super().test(parent, block)

    def _build_empty_row(self, parent: Element, align: Any) -> None:
        """A table that is only a header stays so."""

    def _split_row(self, row: str) -> list[str]:
        cells = self._PIPE.split(row.strip())
        return [cell.replace("\\|", "|") for cell in cells[1:-1]]


class _AttributeLists(AttrListTreeprocessor):
    """Only what is written as a list of attributes is one; in "Error {0}" the braces are words."""

    _LIST = f"({ATTRIBUTES.pattern})"
    HEADER_RE = re.compile(rf"[ ]+{_LIST}[ ]*$")  # type: ignore[misc]
    BLOCK_RE = re.compile(rf"\n[ ]*{_LIST}[ ]*$")  # type: ignore[misc]
    INLINE_RE = re.compile(rf"^{_LIST}")  # type: ignore[misc]

    def assign_attrs(self, elem: Element, attrs_string: str, *, strict: bool = False) -> str:
        return super().assign_attrs(elem, attrs_string.strip("{}").removeprefix(":").strip(), strict=strict)


class _Alerts(Treeprocessor):
    """GitHub's `> [!NOTE]` becomes what `!!! note` gives."""

    def run(self, root: Element) -> None:
        for quote in root.iter("blockquote"):
            alert = ALERT.match(quote[0].text or "") if len(quote) and quote[0].tag == "p" else None
            if not alert:
                continue
            kind = alert["kind"].lower()
            quote.tag = "div"
            quote.set("class", f"admonition {kind}")
            quote[0].text = (quote[0].text or "")[alert.end() :]
            if not quote[0].text:
                quote.remove(quote[0])
            title = Element("p", {"class": "admonition-title"})
            title.text = TITLES[kind]
            quote.insert(0, title)


class _Tasks(Treeprocessor):
    """`- [x] done`: a box that nobody can click, so it is drawn as a sign and not as a form control."""

    _BOX = re.compile(r"\[([ xX])\] ")

    def run(self, root: Element) -> None:
        for item in root.iter("li"):
            words = item[0] if not (item.text or "").strip() and len(item) and item[0].tag == "p" else item
            box = self._BOX.match(words.text or "")
            if not box:
                continue
            done = box[1] != " "
            sign = Element("span", {"class": "task-box"})
            sign.text = "☑" if done else "☐"
            sign.tail = f" {(words.text or '')[box.end() :]}"
            words.text = None
            words.insert(0, sign)
            item.set("class", "task done" if done else "task")


class _Tabs(Treeprocessor):
    """Tabs without radio buttons: each is a section with its title, readable one below the other."""

    def run(self, root: Element) -> None:
        for tabs in root.iter("div"):
            if "tabbed-set" not in (tabs.get("class") or "").split():
                continue
            labels, bodies = tabs[-2], tabs[-1]
            sections = []
            for label, body in zip(labels, bodies, strict=True):
                section = Element("section", {"class": "tab"})
                SubElement(section, "p", {"class": "tab-title"}).text = label.text
                section.extend(list(body))
                sections.append(section)
            tabs.clear()
            tabs.set("class", "tabs")
            tabs.extend(sections)


def _dedented(text: str, width: int) -> str:
    return "\n".join(line.removeprefix(" " * width) for line in text.split("\n"))
