"""Forms that bring a picture along: they may be larger than others, and only they."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from app.uploads.images import MOST_BYTES

View = TypeVar("View", bound=Callable[..., Any])

# Somewhat more than a picture may have, so that one slightly too large gets the words that fit it.
LARGEST_REQUEST = MOST_BYTES + 2 * 1024 * 1024


def takes_picture(view: View) -> View:
    """Let the requests to this view be as large as a picture. Stands below the route's decorator."""
    view.takes_picture = True  # type: ignore[attr-defined]
    return view


def picture(field: str = "image") -> bytes:
    """The file that came in this field of the form; nothing where none was chosen."""
    file = request.files.get(field)
    return file.read() if file is not None and file.filename else b""


def init_app(app: Flask) -> None:
    """Has to come before everything that reads forms."""
    app.before_request(_make_room)


def _make_room() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_picture", False):
        request.max_content_length = LARGEST_REQUEST
