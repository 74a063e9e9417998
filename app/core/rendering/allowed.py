"""What HTML may hold: one table, read by bleach and by nh3. What it does not name is not let through."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pygments.token import STANDARD_TYPES

Check = Callable[[str], str | None]
"""Takes the value of an attribute; gives the value to keep, or None to drop the attribute."""

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
IMAGE_SCHEMES = frozenset({"http", "https"})

_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_SCHEME = re.compile(r"[^:/?#]*:")


def _address(schemes: frozenset[str]) -> Check:
    """An address with one of these schemes, or one without a scheme.

    Whatever stands before the first colon counts as a scheme, so `javascript:123` and its disguises, which
    Python's urlparse takes for a path, are refused.
    """

    def check(value: str) -> str | None:
        scheme = _SCHEME.match(_INVISIBLE.sub("", value))
        if scheme and scheme.group()[:-1].lower() not in schemes:
            return None
        return value.strip().replace(" ", "%20")

    return check


def _matching(pattern: str) -> Check:
    compiled = re.compile(pattern)

    def check(value: str) -> str | None:
        return value if compiled.fullmatch(value) else None

    return check


def _words(*allowed: str) -> Check:
    """Keeps those words of a list, such as a class attribute, that are in the table."""
    known = frozenset(allowed)

    def check(value: str) -> str | None:
        return " ".join(word for word in value.split() if word in known) or None

    return check


def _any(value: str) -> str | None:
    return value


ADMONITIONS = (
    "note", "abstract", "info", "tip", "success", "question", "warning", "failure", "danger", "bug", "example",
    "quote", "important", "caution", "attention", "hint", "error", "seealso",
)  # fmt: skip
_TOKENS = tuple(name for name in STANDARD_TYPES.values() if name)

_id = _matching(r"[^\s\x00-\x1f\"'<>`&]{1,200}")
_number = _matching(r"[0-9]{1,4}")
_size = _matching(r"[0-9]{1,4}%?")
_align = _matching(r"(?i:left|right|center)")
_cell: Mapping[str, Check] = {
    "colspan": _number,
    "rowspan": _number,
    "align": _align,
    "class": _words("left", "center", "right"),
}
_heading: Mapping[str, Check] = {"id": _id}
_plain: Mapping[str, Check] = {}


@dataclass(frozen=True)
class AllowedHtml:
    """The allow-list.

    Attributes:
        tags: for each element that may stay, its attributes, each with the check of its value.
        everywhere: the attributes that every element may have.
        schemes: the schemes that an address may have.
    """

    tags: Mapping[str, Mapping[str, Check]]
    everywhere: Mapping[str, Check]
    schemes: frozenset[str]

    def keep(self, tag: str, name: str, value: str) -> str | None:
        """The value that this attribute may have on this element, or None if it has to go."""
        check = self.tags.get(tag, _plain).get(name) or self.everywhere.get(name)
        return check(value) if check else None


ALLOWED_HTML = AllowedHtml(
    tags=MappingProxyType(
        {
            # Blocks
            "p": {"id": _id, "class": _words("admonition-title", "tab-title")},
            "div": {
                "class": _words("highlight", "admonition", "tabs", "table-wrap", "footnote", *ADMONITIONS),
                "data-language": _matching(r"[\w.+#-]{1,30}"),
                "tabindex": _matching("0"),
            },
            "section": {"class": _words("tab")},
            "h1": _heading,
            "h2": _heading,
            "h3": _heading,
            "h4": _heading,
            "h5": _heading,
            "h6": _heading,
            "hr": _plain,
            "blockquote": _plain,
            "pre": {"tabindex": _matching("0")},
            "ul": _plain,
            "ol": {"start": _matching(r"[0-9]{1,9}"), "reversed": _matching("(reversed)?")},
            "li": {"id": _id, "class": _words("task", "done")},
            "dl": _plain,
            "dt": {"id": _id},
            "dd": _plain,
            "table": _plain,
            "caption": _plain,
            "colgroup": _plain,
            "col": {"span": _number},
            "thead": _plain,
            "tbody": _plain,
            "tfoot": _plain,
            "tr": _plain,
            "th": {**_cell, "scope": _matching("row|col|rowgroup|colgroup")},
            "td": _cell,
            "details": {"class": _words(*ADMONITIONS), "open": _matching("(open)?")},
            "summary": _plain,
            "figure": _plain,
            "figcaption": _plain,
            # Words
            "a": {
                "href": _address(LINK_SCHEMES),
                "id": _id,
                "class": _words("footnote-ref", "footnote-backref"),
                "rel": _words("nofollow", "ugc", "noopener"),
            },
            "img": {
                "src": _address(IMAGE_SCHEMES),
                "alt": _any,
                "width": _size,
                "height": _size,
                "loading": _matching("lazy"),
            },
            "span": {"class": _words("task-box", *_TOKENS), "id": _id},
            "sup": {"id": _id},
            "time": {"datetime": _matching(r"[\w:.+ -]{1,40}")},
            **dict.fromkeys(("abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "strike", "strong", "sub", "tt", "u", "var", "wbr"), _plain),
        }
    ),
    everywhere=MappingProxyType(
        {
            "title": _any,
            "lang": _matching(r"[A-Za-z0-9-]{1,20}"),
            "dir": _matching("ltr|rtl|auto"),
        }
    ),
    schemes=LINK_SCHEMES,
)  # fmt: skip
