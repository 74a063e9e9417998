"""Server-sent events for any number of readers from one thread of its own, so that none of the server's waits for them.

A stream that a server's thread held open would take that thread away from every other reader: eight open pages
would stop a site of eight threads. Here a request is answered as any other one, and only then its connection moves
over to the hub, which waits for all of them at once and asks the database once a second for all of them together.
The format: https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import random
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LENGTH = 4096
"""How long each answer is, in bytes. What no event filled is filled up when the stream ends, so that it ends well."""

LONGEST_EVENT = 64
LISTENERS = 400
"""How many readers a process listens for; many systems let a process open 1,024 files."""

LOOK_EVERY = 1.0
ALIVE_EVERY = 20.0
LIVES = (240.0, 480.0)
"""Seconds until a stream ends and is asked for again; by chance, so that not all come back at once."""

LATECOMERS = 15.0
"""For so long a change may become visible after one with a higher number, its deed having begun before."""

RETRY, RETRY_WHEN_FULL = 3_000, 15_000
"""Milliseconds until a browser asks again when its stream has ended: in the usual case, and while there is no room."""

Read = Callable[[int | None], Mapping[int, int]]

log = logging.getLogger(__name__)


def opening(retry: int) -> bytes:
    """The beginning of every stream: when to come back."""
    return b"retry: %d\n\n" % retry


def event(number: int, question_id: int) -> bytes:
    """That a thread was changed: the number of the change and the thread, and nothing of what it says."""
    return b"id: %d\ndata: %d\n\n" % (number, question_id)


def filling(size: int) -> bytes:
    """A comment of exactly this many bytes, which browsers skip; at least three."""
    return b":" + b" " * (size - 3) + b"\n\n"


def connection_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """The connection behind a request, if the server tells it and it carries plain HTTP/1."""
    found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    is_plain = type(found) is socket.socket and str(environ.get("SERVER_PROTOCOL", "")).startswith("HTTP/1")
    return found if is_plain else None


def take_over(connection: socket.socket) -> socket.socket:
    """A socket that has the connection from now on; what the server still does to its own ends nowhere.

    The server closes its socket after a response, some by shutting the connection down for everybody who shares it.
    So the number under which it knows the connection is given to the end of a pair whose other end is closed.
    """
    ours = connection.dup()
    nowhere, other_end = socket.socketpair()
    other_end.close()
    os.dup2(nowhere.fileno(), connection.fileno(), inheritable=False)
    nowhere.close()
    return ours


@dataclass(eq=False)
class Listener:
    """An open page: its connection, its thread, the last change that it knows, and how much was sent."""

    connection: socket.socket
    question_id: int
    after: int
    sent: int
    ends_at: float
    alive_at: float = field(default_factory=time.monotonic)

    def send(self, data: bytes) -> bool:
        """Whether it took all of this at once. Who does not read what little there is has gone."""
        try:
            sent = self.connection.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            return False
        self.sent += sent
        self.alive_at = time.monotonic()
        return sent == len(data)

    @property
    def has_room(self) -> bool:
        return self.sent + LONGEST_EVENT <= LENGTH - 3

    @property
    def has_gone(self) -> bool:
        """Whether the browser closed its end; a browser that reads events has nothing to say."""
        try:
            self.connection.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


class Hub:
    """All listeners of one process. Its thread runs while there are any.

    Args:
        read: asked with a number, gives the changes after it (number → thread), with None the newest few.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._coming: list[Listener] = []
        self._count = 0
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        self._stopping = False

    @property
    def count(self) -> int:
        """How many are listening."""
        return self._count

    @property
    def has_room(self) -> bool:
        """Whether one more may listen."""
        return self._count < LISTENERS and not self._stopping

    def listen(self, connection: socket.socket, question_id: int, *, after: int, sent: int) -> None:
        """Tell of changes to a thread on this connection from now on, until it ends.

        Args:
            after: the last change that the reader knows of.
            sent: how many bytes of the answer they have.
        """
        ends_at = time.monotonic() + random.uniform(*LIVES)  # noqa: S311
        with self._lock:
            self._coming.append(Listener(connection, question_id, after, sent, ends_at))
            self._count += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live pages", daemon=True)
                ours, self._wake = socket.socketpair()
                self._thread_end = ours
                self._thread.start()
                atexit.register(self.stop)
            elif self._wake is not None:
                self._wake.send(b"!", socket.MSG_DONTWAIT)

    def stop(self) -> None:
        """End all streams well; browsers ask again, of whoever serves the site then."""
        with self._lock:
            self._stopping, thread = True, self._thread
            if self._wake is not None:
                with contextlib.suppress(OSError):
                    self._wake.send(b"!", socket.MSG_DONTWAIT)
        if thread is not None:
            thread.join(2.0)

    def _run(self) -> None:
        round_ = _Round(self._read, self._thread_end)
        while True:
            round_.wait()
            with self._lock:
                coming, self._coming = self._coming, []
            round_.welcome(coming)
            round_.look()
            if self._stopping:
                round_.end_all()
            with self._lock:
                self._count = len(round_.listeners) + len(self._coming)
                if self._count == 0:
                    self._thread, wake, self._wake = None, self._wake, None
                    break
        round_.close()
        if wake is not None:
            wake.close()
        atexit.unregister(self.stop)


class _Round:
    """What the hub's thread knows: who listens, and which changes it has seen."""

    def __init__(self, read: Read, wake: socket.socket) -> None:
        self.listeners: set[Listener] = set()
        self._read = read
        self._wake = wake
        self._selector = selectors.DefaultSelector()
        self._selector.register(wake, selectors.EVENT_READ)
        self._low: int | None = None
        self._known: Mapping[int, int] = {}
        self._marks: deque[tuple[float, int]] = deque()
        self._new: list[Listener] = []
        self._looked_at = 0.0

    def wait(self) -> None:
        """Until it is time to look, somebody came, or somebody left."""
        pause = self._looked_at + LOOK_EVERY - time.monotonic()
        for key, _events in self._selector.select(max(pause, 0.0)):
            if key.data is None:
                self._wake.recv(4096)
            elif key.data.has_gone:
                self._drop(key.data)

    def welcome(self, coming: list[Listener]) -> None:
        """Take in who came; what changed while they were on their way they hear at the next look."""
        for listener in coming:
            self.listeners.add(listener)
            self._selector.register(listener.connection, selectors.EVENT_READ, listener)
        self._new += coming

    def look(self) -> None:
        """Once a second: ask for changes, tell them, and end what has lasted long enough."""
        moment = time.monotonic()
        if moment - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = moment
        try:
            found = self._read(self._low)
        except Exception as error:  # whatever it is, it is tried again; the streams stay open meanwhile
            log.warning("live pages: %s", (str(error).splitlines() or [type(error).__name__])[0])
            return
        fresh: dict[int, int] = {}
        for number, thread in found.items():
            if self._low is not None and number not in self._known:
                fresh[thread] = max(number, fresh.get(thread, 0))
        self._remember(moment, found)
        new, self._new = self._new, []
        for listener in new:
            missed = [number for number, thread in found.items() if thread == listener.question_id]
            if missed and max(missed) > listener.after:
                self._tell(listener, max(missed))
        for listener in self.listeners - set(new):
            if listener.question_id in fresh:
                self._tell(listener, fresh[listener.question_id])
        for listener in list(self.listeners):
            if moment > listener.ends_at or not listener.has_room:
                self._end(listener)
            elif moment - listener.alive_at > ALIVE_EVERY and not listener.send(b":\n\n"):
                self._drop(listener)

    def _remember(self, moment: float, found: Mapping[int, int]) -> None:
        """The next look begins where the newest change was a while ago: later ones may have lower numbers."""
        newest = max(found, default=self._low or 0)
        if self._low is None:
            self._low = min(found, default=1) - 1
        self._marks.append((moment, newest))
        while self._marks and moment - self._marks[0][0] > LATECOMERS:
            self._low = max(self._low, self._marks.popleft()[1])
        self._known = found

    def _tell(self, listener: Listener, number: int) -> None:
        listener.after = max(number, listener.after)
        if not listener.send(event(listener.after, listener.question_id)):
            self._drop(listener)

    def _end(self, listener: Listener) -> None:
        listener.send(filling(LENGTH - listener.sent))
        self._drop(listener)

    def end_all(self) -> None:
        """End every stream as it should end."""
        for listener in list(self.listeners):
            self._end(listener)

    def _drop(self, listener: Listener) -> None:
        if listener in self.listeners:
            self.listeners.remove(listener)
            self._selector.unregister(listener.connection)
        with contextlib.suppress(OSError):
            listener.connection.close()

    def close(self) -> None:
        """Let go of what the thread held."""
        self._selector.close()
        self._wake.close()
