"""Pages for visitors are the same for all of them, so each is drawn once and kept until something public changes.

This stands before the application: a kept page costs a look into a dictionary, and no SQL. What is kept and for
whom follows from the response's own headers (`protection.dress`): only what may be kept in public is.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from werkzeug.datastructures import Headers
from werkzeug.http import parse_etags, unquote_etag

from app.core import public_version
from app.core.db import db
from app.web import packing

LONGEST = 60.0
"""Seconds after which a page is drawn anew whatever happens: announcements begin and end by themselves."""

ROOM = 32 * 1024 * 1024
LARGEST = 1024 * 1024
NEVER = ("/search", "/ask/", "/static/", "/uploads/", "/sign-", "/healthz", "/readyz")
"""What depends on more than the database, is counted each time it is asked for, or is kept by browsers for long."""

CONDITIONS = frozenset({"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ACCEPT_ENCODING"})
"""What a request is not asked when its page is drawn to be kept: that is whole, and as it is."""

Environ = dict[str, Any]
Body = Iterable[bytes]
StartResponse = Callable[..., Any]
Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Page:
    """A response as it was drawn.

    Attributes:
        version: the public version read before it was drawn.
        etag: with its quotes, as in the header.
        packed: the body by encoding, where that pays.
        opened: the guide or question whose page it is.
    """

    version: int
    drawn_at: float
    headers: tuple[tuple[str, str], ...]
    etag: str
    body: bytes
    packed: Mapping[str, bytes]
    opened: tuple[str, int] | None = None

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.body) + sum(map(len, self.packed.values()))


class Shelf:
    """The kept pages of one process, the longest unused thrown away when there is no more room."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._taken = 0

    def find(self, key: Key, version: int) -> Page | None:
        """The page, if it was drawn with this version of what is public and not too long ago."""
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                return None
            if page.version != version or time.monotonic() - page.drawn_at > LONGEST:
                self._take_away(key)
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Page) -> None:
        """Keep a page; older ones make room."""
        with self._lock:
            self._take_away(key)
            self._pages[key] = page
            self._taken += page.size
            while self._taken > self._room:
                self._take_away(next(iter(self._pages)))

    def _take_away(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._taken -= page.size

    @property
    def count(self) -> int:
        """How many pages are kept."""
        return len(self._pages)

    @property
    def taken(self) -> int:
        """How many bytes they take."""
        return self._taken

    def clear(self) -> None:
        """Forget all pages."""
        with self._lock:
            self._pages.clear()
            self._taken = 0


class KeptPages:
    """Answers for the application where it has answered the very same before."""

    def __init__(self, app: Flask, inner: Callable[[Environ, StartResponse], Body]) -> None:
        self._app = app
        self._inner = inner
        self._engine: Engine | None = None
        self.shelf = Shelf()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Body:
        key = self._key(environ)
        version = self._version() if key else None
        if key is None or version is None:
            return self._inner(environ, start_response)
        page = self.shelf.find(key, version)
        if page is not None:
            asked = environ["aftercare.asked"]
            asked.endpoint, asked.opened = "kept", page.opened
            return _answer(page, environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._inner(environ, start_response)
        return self._draw(key, version, environ, start_response)

    def _key(self, environ: Environ) -> Key | None:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_RANGE" in environ:
            return None
        path = environ.get("PATH_INFO", "")
        settings = self._app.config
        is_somebody = f"{settings['SESSION_COOKIE_NAME']}=" in environ.get("HTTP_COOKIE", "")
        if is_somebody or path.startswith(NEVER) or not settings["KEEP_PAGES"]:
            return None
        return (
            environ["wsgi.url_scheme"],
            environ.get("HTTP_HOST", ""),
            path,
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_ACCEPT_LANGUAGE", "") if len(settings["LANGUAGES"]) > 1 else "",
        )

    def _version(self) -> int | None:
        if self._engine is None:
            with self._app.app_context():
                self._engine = db.engine
        return public_version.current(self._engine)

    def _draw(self, key: Key, version: int, environ: Environ, start_response: StartResponse) -> Body:
        begun: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            begun[:] = [status, headers, exc_info]

        whole = {name: value for name, value in environ.items() if name not in CONDITIONS}
        body = self._inner(whole, note)
        status, listed, exc_info = begun
        headers = Headers(listed)
        may_be_kept = (
            status.startswith("200 ")
            and headers.get("Cache-Control") == "public, no-cache"
            and "ETag" in headers
            and "Set-Cookie" not in headers
            and int(headers.get("Content-Length", LARGEST)) < LARGEST
        )
        if not may_be_kept:
            start_response(status, listed, exc_info)
            return body
        data = b"".join(body)
        close = getattr(body, "close", None)
        if close:
            close()
        page = _page(version, headers, data, environ["aftercare.asked"].opened)
        self.shelf.put(key, page)
        return _answer(page, environ, start_response)


def _page(version: int, headers: Headers, body: bytes, opened: tuple[str, int] | None) -> Page:
    etag = headers["ETag"]
    for name in ("Content-Length", "ETag"):
        headers.remove(name)
    varies = [name.strip() for line in headers.getlist("Vary") for name in line.split(",")]
    headers["Vary"] = ", ".join(dict.fromkeys([*varies, "Accept-Encoding"]))
    packed = packing.packed(body, packing.SMALL)
    return Page(version, time.monotonic(), tuple(headers.to_wsgi_list()), etag, body, packed, opened)


def _answer(page: Page, environ: Environ, start_response: StartResponse) -> Body:
    headers = [*page.headers, ("ETag", page.etag)]
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and (known == page.etag or parse_etags(known).contains_weak(unquote_etag(page.etag)[0] or "")):
        start_response("304 Not Modified", [pair for pair in headers if pair[0] != "Content-Type"])
        return ()
    body = page.body
    encoding = packing.chosen(page.packed, environ.get("HTTP_ACCEPT_ENCODING", ""))
    if encoding:
        body = page.packed[encoding]
        headers.append(("Content-Encoding", encoding))
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)


def init_app(app: Flask) -> None:
    """Put the kept pages before the application. What else stands before it, such as trust in proxies, comes after this."""
    kept = KeptPages(app, app.wsgi_app)
    app.wsgi_app = kept  # type: ignore[method-assign]
    app.extensions["kept_pages"] = kept
