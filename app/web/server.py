"""gunicorn's worker as this site wants it: it tells how long a request waited, and ends without dropping anybody."""

import selectors
import socket
import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from app.core.db import db
from app.web import health
from app.web.overload import WAITED

LINGER = 2.0
"""Seconds for which a client may take its time to close its end."""

_turn = threading.local()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads that take turns; `gunicorn.conf.py` names this class."""

    def load_wsgi(self) -> None:
        """Have each request tell the application how long it waited."""
        super().load_wsgi()
        site: Any = self.app.wsgi()
        with site.app_context():
            db.engine.dispose(
                close=False
            )  # What was opened before the processes parted belongs to none of them.
        self._pause = site.config["DRAIN"]

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            environ[WAITED] = _turn.waited
            return site(environ, start_response)

        self.wsgi = application

    def enqueue_req(self, conn: TConn) -> None:
        """From now on a request waits for a thread."""
        conn.came_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """A thread has time for it."""
        _turn.waited = time.monotonic() - conn.came_at
        return super().handle(conn)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """A connection that ends waits for its client beside all others; gunicorn's loop would wait for it alone."""
        ends = not fs.cancelled() and fs.exception() is None and not fs.result()
        if not ends:
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_rest_of_ended, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
        else:
            conn.timeout = time.monotonic() + LINGER
            self.pending_conns.append(conn)

    def _on_rest_of_ended(self, conn: TConn, client: socket.socket) -> None:
        """What a client still sends is read and forgotten, or it would not get to read the end of its answer."""
        try:
            rest = client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            rest = b""
        if not rest:
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self.nr_conns -= 1
            conn.close()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Told to end: not ready any more, so that a balancer sends people elsewhere, and after a pause the end."""
        if health.is_ending():
            return
        health.end()
        if self._pause:
            ending = threading.Timer(self._pause, super().handle_exit, (sig, frame))
            ending.daemon = True
            ending.start()
        else:
            super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Whoever has reached the door is let in before it closes for good."""
        if not enabled and not self.alive and self._accepting:
            for listener in self.sockets:
                self._let_all_in(listener)
        super().set_accept_enabled(enabled)

    def _let_all_in(self, listener: Any) -> None:
        before = -1
        while before != self.nr_conns < self.worker_connections:
            before = self.nr_conns
            self.accept(listener)
