"""How often guides and questions are opened: gathered in each process, and written a batch at a time.

What is gathered is how often each thing was opened, and nothing tells by whom, from where or when. Answering costs no
SQL for it, also where a kept page answers. Whatever ends a process at once takes what it gathered in its last seconds.
"""

import atexit
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from flask import Flask, request

from app.articles import view_queries as guides
from app.core.db import db, now
from app.forum import view_queries as questions

AT_ONCE = 500
"""How many different things are written in one transaction, and wait at most for the next one."""

PATIENCE = "200ms"
"""How long PostgreSQL waits for a row; well below the second after which it would end one of two that wait for each other."""

CRAWLERS = re.compile("bot|crawl|spider", re.IGNORECASE)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Thing = tuple[str, int]
Counts = Mapping[Thing, int]

log = logging.getLogger(__name__)


class Gathered:
    """What one process has gathered, and the thread that writes it. It begins with the first thing that is opened.

    Args:
        write: stores so many counts, all or none of them.
        pause: seconds between two batches; 0 for no thread, where somebody else says when.
    """

    def __init__(self, write: Callable[[Counts], None], pause: float) -> None:
        self._write = write
        self._pause = pause
        self._counts: dict[Thing, int] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake, self._ending = threading.Event(), threading.Event()

    def add(self, thing: Thing) -> None:
        """It was opened once more."""
        with self._lock:
            self._counts[thing] = self._counts.get(thing, 0) + 1
            if self._pause and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="view counts", daemon=True)
                self._thread.start()
                atexit.register(self.stop)
            if len(self._counts) >= AT_ONCE:
                self._wake.set()

    def write(self) -> bool:
        """Store all that was gathered.

        Returns:
            Whether that could be done. If not, what is left waits for the next time.
        """
        while batch := self._take():
            try:
                self._write(batch)
            except Exception as error:  # whatever it is, it is tried again
                self._put_back(batch)
                log.warning("view counts: %s", (str(error).splitlines() or [type(error).__name__])[0])
                return False
        return True

    def stop(self) -> None:
        """The process ends: store what is left."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            atexit.unregister(self.stop)
        self.write()

    def _take(self) -> dict[Thing, int]:
        with self._lock:
            return {thing: self._counts.pop(thing) for thing in list(islice(self._counts, AT_ONCE))}

    def _put_back(self, batch: Counts) -> None:
        with self._lock:
            for thing, times in batch.items():
                self._counts[thing] = self._counts.get(thing, 0) + times

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(self._pause)
            self._wake.clear()
            if not self._ending.is_set() and not self.write():
                self._ending.wait(self._pause)


class CountedViews:
    """Answers through another application, and counts what people open."""

    def __init__(self, app: Flask, inner: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._app = app
        self._inner = inner
        self.gathered = Gathered(self._store, app.config["VIEWS_WRITTEN_EVERY"])

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = self._inner(environ, start_response)
        opened = environ["aftercare.asked"].opened
        if opened is not None and is_by_a_person(environ):
            self.gathered.add(opened)
        return body

    def _store(self, counts: Counts) -> None:
        with self._app.app_context():
            engine = db.engine
        # Not by the session: to it a changed row of a guide is news for readers and for the search.
        with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            guides.count_views(connection, _of("article", counts), now().date())
            questions.count_views(connection, _of("question", counts))


def _of(kind: str, counts: Counts) -> dict[int, int]:
    return {number: times for (one, number), times in counts.items() if one == kind}


def is_by_a_person(environ: Mapping[str, Any]) -> bool:
    """Whether somebody asked to see the page: no program that says so, no script, and no browser ahead of its reader."""
    agent = environ.get("HTTP_USER_AGENT", "")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and bool(agent)
        and not CRAWLERS.search(agent)
        and "prefetch" not in environ.get("HTTP_SEC_PURPOSE", "")
        and environ.get("HTTP_SEC_FETCH_DEST", "document") == "document"
    )


def note_opened(kind: str, number: int) -> None:
    """This request is answered with the page of a guide ("article") or a question ("question")."""
    request.environ["aftercare.asked"].opened = (kind, number)


def init_app(app: Flask) -> None:
    """Stand before what answers, kept pages too."""
    counted = CountedViews(app, app.wsgi_app)
    app.wsgi_app = counted  # type: ignore[method-assign]
    app.extensions["view_counts"] = counted.gathered
