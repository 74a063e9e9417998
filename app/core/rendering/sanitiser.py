"""The last doors before a page: bleach for guides, then nh3 for everything."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import nh3
from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner

from app.core.addresses import PICTURE_NAME, picture
from app.core.rendering.allowed import ALLOWED_HTML
from app.core.rendering.bare_links import MAIL, WEB

Token = dict[str, Any]
LinkMap = Callable[[str], str | None]

_TAGS = set(ALLOWED_HTML.tags)
_ATTRIBUTES = {tag: set(checks) | set(ALLOWED_HTML.everywhere) for tag, checks in ALLOWED_HTML.tags.items()}
# Elements whose content is not for reading; everything else that is not allowed leaves its words behind.
_DROPPED_WITH_CONTENT = {"script", "style"}
_EXTERNAL = re.compile(r"(?i)\s*(?:https?:|[/\\]{2})")
_HEADING = re.compile(r"h[1-6]\Z")
_ADDED_HERE = re.compile(re.escape(picture("")) + PICTURE_NAME)
_HAS_H1 = re.compile(r"<h1[\s>]", re.IGNORECASE)


def is_external(href: str) -> bool:
    """Does this address leave the site (as far as the address itself can tell)?"""
    return bool(_EXTERNAL.match(href))


def picture_size(src: str) -> tuple[str, str] | None:
    """The width and height of a picture that somebody added here; None for every other address."""
    found = _ADDED_HERE.fullmatch(src)
    return (found["width"], found["height"]) if found else None


def clean(html: str, *, address: LinkMap | None = None, ids: bool = True) -> str:
    """nh3 has the last word: what comes out holds only what `ALLOWED_HTML` names.

    Args:
        html: anything.
        address: gives another address for an `href` or `src`, or None to leave it; what it gives is checked too.
        ids: False drops every `id`, so that a stranger's text cannot take the name of a part of the page.
    """

    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "id" and not ids:
            return None
        kept = ALLOWED_HTML.keep(tag, name, value)
        if kept is not None and address is not None and name in ("href", "src"):
            changed = address(kept)
            return kept if changed is None else ALLOWED_HTML.keep(tag, name, changed)
        return kept

    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes=set(ALLOWED_HTML.schemes),
        link_rel=None,
        strip_comments=True,
    )


def clean_guide(html: str) -> str:
    """bleach, fed by the same table: cleans, makes bare addresses links and gives guides their last touches.

    Elements that are not allowed become visible text, because in guides they are mostly placeholders such as
    `<ServerName>` that somebody forgot to write as code.
    """
    has_h1 = bool(_HAS_H1.search(html))
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=lambda tag, name, value: ALLOWED_HTML.keep(tag, name, value) is not None,
        protocols=set(ALLOWED_HTML.schemes),
        strip=False,
        filters=[
            lambda source: LinkifyFilter(
                source, callbacks=[], skip_tags={"pre", "code"}, parse_email=True, url_re=WEB, email_re=MAIL
            ),
            lambda source: _LastTouches(source, demote=has_h1),
        ],
    )
    return str(cleaner.clean(_without_foreign_elements(html)))


_DROPPED = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_END_OF_DROPPED = re.compile(r"</(?:script|style)", re.IGNORECASE)
_EMBEDDED = re.compile(
    r"<(?:iframe|embed|source|video|audio)\b[^<>]*?\ssrc\s*=\s*[\"']?(?P<address>https?://[^\"'\s<>]+)[^<>]*>",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"</?(?:html|head|body|meta|link|base|form|input|button|select|option|optgroup|textarea|label|fieldset|legend|"
    r"iframe|embed|object|param|video|audio|source|track|picture|canvas|map|area|font|center|big|nobr|marquee|"
    r"noscript|template|slot|dialog|menu|nav|main|header|footer|article|aside|o:p)\b[^<>]*>",
    re.IGNORECASE,
)


def _without_foreign_elements(html: str) -> str:
    """Takes out elements of HTML that no guide may have, where bleach would show them as text.

    This is for the eye only: whatever these patterns miss, both sanitisers make harmless.
    """
    if _END_OF_DROPPED.search(html):
        html = _DROPPED.sub("", html)
    return _FOREIGN.sub("", _EMBEDDED.sub(r'<a href="\g<address>">\g<address></a>', html))


class _LastTouches(Filter):  # type: ignore[misc]
    """Headings start at h2, pictures load lazily, alignment is a class, wide tables can be scrolled."""

    def __init__(self, source: Any, *, demote: bool) -> None:
        super().__init__(source)
        self._demote = demote

    def __iter__(self) -> Iterator[Token]:
        for token in super().__iter__():
            kind = token["type"]
            if kind not in ("StartTag", "EmptyTag", "EndTag"):
                yield token
                continue
            name = token["name"]
            if self._demote and _HEADING.match(name):
                token["name"] = f"h{min(int(name[1]) + 1, 6)}"
            if name == "table" and kind == "StartTag":
                yield {
                    "type": "StartTag",
                    "name": "div",
                    "namespace": token.get("namespace"),
                    "data": {(None, "class"): "table-wrap", (None, "tabindex"): "0"},
                }
            if kind != "EndTag":
                self._touch(name, token["data"])
            yield token
            if name == "table" and kind == "EndTag":
                yield {"type": "EndTag", "name": "div", "namespace": token.get("namespace"), "data": {}}

    @staticmethod
    def _touch(name: str, data: dict[tuple[str | None, str], str]) -> None:
        if name == "img":
            data[(None, "loading")] = "lazy"
            data.setdefault((None, "alt"), "")
            size = picture_size(data.get((None, "src"), ""))
            if size and (None, "width") not in data and (None, "height") not in data:
                data[(None, "width")], data[(None, "height")] = size
        elif name in ("td", "th"):
            align = data.pop((None, "align"), None)
            if align:
                data[(None, "class")] = align.lower()
        elif name == "a":
            data.pop((None, "rel"), None)
            if is_external(data.get((None, "href"), "")):
                data[(None, "rel")] = "noopener"
