"""Says no quickly when more people come than can be served, so that those who are served are served soon.

The server tells with each request how long it waited for its turn. Bursts may wait; but once nobody has found a free
thread for a while there are more than the site can serve, and waiting longer helps nobody: whoever has waited hears
at once that the site is busy. Kept pages and static files cost next to nothing and are answered always.
After the controlled delay of Nichols and Jacobson (ACM Queue 10(5), 2012) in the form of Maurer, "Fail at Scale"
(ACM Queue 13(8), 2015).
"""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers, LanguageAccept
from werkzeug.http import parse_accept_header

from app.core.i18n import gettext as _
from app.web import errors, protection, session

WAITED = "aftercare.waited"
"""Where the server tells in the environment of a request how many seconds it waited for a thread."""

AT_ONCE = 0.05
"""Who waited no longer has found a free thread."""

PATIENCE, PATIENCE_WHEN_BUSY = 1.0, 0.2
"""Seconds that a request may wait: while free threads are found now and then, and when there was none for a while."""

BUSY_AFTER = 1.0
"""Seconds without a free thread after which the site is busy."""

PATIENCE_FOR_WORDS = 3.0
"""Seconds that a form may wait, for somebody has written it."""

COME_BACK = (2, 8)
"""Seconds until it should be tried again; by chance, so that not all come back at once."""

DRAWN_ANEW = 60.0
CHEAP = ("/static/", "/look/", "/uploads/", "/healthz", "/readyz", "/metrics")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Queue:
    """What this process knows of how long requests wait.

    Args:
        clock: gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free_at = clock()

    def is_too_long(self, waited: float, *, written: bool = False) -> bool:
        """Whether somebody who waited for so many seconds should rather come back later.

        Args:
            written: it is a form that somebody filled in.
        """
        moment = self._clock()
        if waited <= AT_ONCE:
            self._free_at = moment
            return False
        if written:
            return waited > PATIENCE_FOR_WORDS
        is_busy = moment - self._free_at > BUSY_AFTER
        return waited > (PATIENCE_WHEN_BUSY if is_busy else PATIENCE)


@dataclass(frozen=True)
class _Drawn:
    at: float
    body: bytes


class Refusing:
    """Answers for the application when its queue is too long."""

    def __init__(self, app: Flask, inner: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._app = app
        self._inner = inner
        self.queue = Queue()
        self._pages: dict[str, _Drawn] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        waited, path = environ.get(WAITED, 0.0), environ.get("PATH_INFO", "")
        is_written = environ["REQUEST_METHOD"] == "POST"
        if not self.queue.is_too_long(waited, written=is_written) or path.startswith(CHEAP):
            return self._inner(environ, start_response)
        body = self._page(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        headers = Headers(protection.HEADERS)
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers["Content-Length"] = str(len(body))
        headers["Cache-Control"] = "no-store"
        headers["Retry-After"] = str(random.randint(*COME_BACK))  # noqa: S311
        start_response("503 Service Unavailable", headers.to_wsgi_list())
        return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)

    def _page(self, accepted: str) -> bytes:
        """The page in the reader's language, drawn once a minute and not for everybody it is said to."""
        languages: tuple[str, ...] = self._app.config["LANGUAGES"]
        language = parse_accept_header(accepted, LanguageAccept).best_match(languages) or languages[0]
        drawn = self._pages.get(language)
        if drawn is None or time.monotonic() - drawn.at > DRAWN_ANEW:
            drawn = self._pages[language] = _Drawn(time.monotonic(), _drawn(self._app, language))
        return drawn.body


def _drawn(app: Flask, language: str) -> bytes:
    with app.test_request_context("/", headers={"Accept-Language": language}):
        session.forget_person()
        return errors.draw(503, busy()).get_data()


def busy() -> str:
    """What is said to whoever comes while too many are here."""
    return _(
        "More people are here at this moment than we can serve. Please try again in a few seconds; what you typed "
        "is still in your browser when you go back to it."
    )


def init_app(app: Flask) -> None:
    """Stand before the application, and behind the kept pages."""
    app.wsgi_app = Refusing(app, app.wsgi_app)  # type: ignore[method-assign]
