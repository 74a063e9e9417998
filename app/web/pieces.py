"""Pieces of pages that are told by one value: each is drawn once for it, and kept.

Drawing its posts is most of the work of a thread's page, and a post looks the same to all who may do the same with it.
What it shows is told by its view and nothing else, so the view itself is what it is kept under: one that changed in
anything is another key, and nothing kept can be old.
"""

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g
from flask_babel import get_timezone
from flask_login import current_user
from markupsafe import Markup

from app.web.protection import csrf_field
from app.web.sending import sending_fields

MOST = 1000
"""How many pieces a process keeps; the longest unused makes room."""

TOKEN_HERE, SENDING_HERE = (Markup(f"<!--{secrets.token_hex(16)}-->") for _each in range(2))  # noqa: S704 - our own.
"""Stand in a kept piece where the fields of this request belong. Nobody who writes a post can know them."""

Macro = Callable[..., Markup]


def kept(macro: Macro, *values: Any) -> Markup:
    """What a macro draws for these values, each of which must be told by its fields (a frozen dataclass, a text).

    The macro may ask for `csrf_field` and `sending_fields`, and else for nothing that belongs to a request.
    """
    if not current_app.config["KEEP_PAGES"]:
        return macro(*values)
    zone = str(get_timezone())
    if not current_user.is_authenticated:
        return _drawn(macro, zone, values)
    token, sending = csrf_field(), sending_fields()
    piece = _drawn_for_members(macro, zone, values)
    return Markup(str(piece).replace(TOKEN_HERE, token).replace(SENDING_HERE, sending))  # noqa: S704 - drawn by a template.


@lru_cache(MOST)
def _drawn(macro: Macro, _zone: str, values: tuple[Any, ...]) -> Markup:
    return macro(*values)


@lru_cache(MOST)
def _drawn_for_members(macro: Macro, _zone: str, values: tuple[Any, ...]) -> Markup:
    fields = g.csrf_field, g.sending_fields
    g.csrf_field, g.sending_fields = TOKEN_HERE, SENDING_HERE
    try:
        return macro(*values)
    finally:
        g.csrf_field, g.sending_fields = fields


def init_app(app: Flask) -> None:
    """Let templates keep what they draw: `{{ kept(post, view) }}` instead of `{{ post(view) }}`."""
    app.jinja_env.globals["kept"] = kept
