"""Names of people in a post: `@mira` leads to Mira's page, if there is somebody of that name."""

import re
from dataclasses import replace
from html import escape

from app.accounts.queries import usernames_of
from app.core import addresses
from app.core.markup import Rendered, render_post

MOST = 20
_PIECES = re.compile(r"<[^>]*>|[^<]+")
_NAME = re.compile(r"(?<![\w@/.&])@(\w[\w.\-]{1,29})")
_LEFT_ALONE = ("a", "code", "pre")


def render(body: str) -> Rendered:
    """A post as HTML, with the people in it linked.

    Raises:
        Invalid: it is too long.
    """
    return linked(render_post(body))


def linked(rendered: Rendered) -> Rendered:
    """The same, with each @name of somebody here made a link. Not in code and in other links."""
    names = dict.fromkeys(form for name in _NAME.findall(rendered.html) for form in _forms(name))
    people = usernames_of(list(names)[: 2 * MOST]) if names else {}
    if not people:
        return rendered

    def link(match: re.Match[str]) -> str:
        for form in _forms(match[1]):
            if form in people:
                rest = match[1][len(form) :]
                return f'<a href="{escape(addresses.person(people[form]))}">@{escape(people[form])}</a>{rest}'
        return match[0]

    pieces, left_alone = [], 0
    for piece in _PIECES.findall(rendered.html):
        if piece.startswith("<"):
            name = piece.strip("</>").partition(" ")[0]
            left_alone += (name in _LEFT_ALONE) * (-1 if piece.startswith("</") else 1)
        elif not left_alone:
            piece = _NAME.sub(link, piece)
        pieces.append(piece)
    return replace(rendered, html="".join(pieces))


def _forms(name: str) -> tuple[str, ...]:
    """A name as it stands, and without a full stop that ends the sentence."""
    return tuple(dict.fromkeys((name, name.rstrip(".-"))))
