"""Other houses' Markdown: what Microsoft's, Arduino's and Adobe's guides write in their own ways."""

import re

_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<mark>`{3,}|~{3,})(?P<info>.*)")
_LINE_OF_A_CONTAINER = re.compile(
    r"[ \t>]*:::[ \t]*(?:/?(?:zone|row|column|moniker|image)(?:-end)?\b[^\n]*)?[ \t]*", re.IGNORECASE
)
_IMAGE = re.compile(r"(?<![\w`]):::image\b(?P<attributes>[^\n]*?):::(?!\w)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_INCLUDE = re.compile(
    r"\[!INCLUDE\b[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?:\([^)\n]*\))?[^\]\n]*\](?:\([^)\n]*\))?", re.IGNORECASE
)
_LINE_OF_A_DIV = re.compile(r"[ \t>]*\[!div\b[^\]\n]*\][ \t]*", re.IGNORECASE)
_NAME = re.compile(r"\[!(?:DNL|UICONTROL)[ \t]+(?P<name>[^\]\n]*)\]")
_VIDEO = re.compile(r"\[!VIDEO[ \t]+(?P<address>https?://[^\]\s]+)[^\]\n]*\]", re.IGNORECASE)
_PICTURE_IN_THE_TEXT = re.compile(r"!\[(?P<alt>[^\]\n]{0,500})\]\(<?data:[^\s)>]*>?(?:[ \t]+\"[^\"\n]*\")?\)")
_READ_AS_MARKDOWN = re.compile(
    r"(?P<tag>[ ]{0,3}<[a-z][a-z0-9]*\b[^>\n]*?)\smarkdown(?:=[\"']?\w*[\"']?)?(?P<end>[^>\n]*>)[ \t]*",
    re.IGNORECASE,
)
_END_OF_A_BLOCK = re.compile(r"[ ]{0,3}</(?:div|section|article|aside|details|figure)>[ \t]*", re.IGNORECASE)


def translate(source: str) -> str:
    """Rewrites what only one house knows into what every Markdown knows; code blocks stay as they are."""
    written: list[str] = []
    fence = ""
    blocks_read_as_markdown = 0
    for line in _plain_lines(source):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark["mark"].startswith(fence) and not mark["info"].strip("`~ \t"):
                fence = ""
            written.append(line)
        elif mark and "`" not in mark["info"]:
            fence = mark["mark"]
            written.append(line)
        elif ":::" in line and _LINE_OF_A_CONTAINER.fullmatch(line) and not _IMAGE.search(line):
            continue
        elif (asked := _READ_AS_MARKDOWN.fullmatch(line)) is not None:
            # What CommonMark reads as Markdown stands between blank lines.
            written += [f"{asked['tag']}{asked['end']}", ""]
            blocks_read_as_markdown += 1
        elif blocks_read_as_markdown and _END_OF_A_BLOCK.fullmatch(line):
            written += ["", line]
            blocks_read_as_markdown -= 1
        else:
            new = _translated(line)
            if new.strip() or not line.strip():
                written.append(new)
    return "\n".join(written)


def _plain_lines(source: str) -> list[str]:
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_CONTROL_CHARACTERS).split("\n")


_CONTROL_CHARACTERS = {code: None for code in range(32) if chr(code) not in "\t\n"} | {0x7F: None, 0: 0xFFFD}


def _translated(line: str) -> str:
    if "[!" in line:
        if _LINE_OF_A_DIV.fullmatch(line):
            return ""
        line = _VIDEO.sub(r"<\g<address>>", _NAME.sub(r"\g<name>", _INCLUDE.sub("", line)))
        if not line.strip("> \t"):
            return ""
    if "](data:" in line or "](<data:" in line:
        line = without_pictures_in_the_text(line)
    if ":::image" in line:
        line = _IMAGE.sub(_image, line)
    return line


def without_pictures_in_the_text(line: str) -> str:
    """Pictures whose bytes stand in the text itself are shown nowhere; only what they were called is kept."""
    return _PICTURE_IN_THE_TEXT.sub(r"\g<alt>", line)


def _image(match: re.Match[str]) -> str:
    attributes = {
        name.lower(): first or second for name, first, second in _ATTRIBUTE.findall(match["attributes"])
    }
    if not attributes.get("source"):
        return ""
    alt = re.sub(r"([\[\]\\])", r"\\\1", attributes.get("alt-text", ""))
    return (
        f"![{alt}](<{attributes['source']}>)"
        if " " in attributes["source"]
        else f"![{alt}]({attributes['source']})"
    )
