"""A real site, gunicorn and the worker, that starts in a moment, for whoever starts one again and again.

Most of a start is reading the program. One process does that once, and each server and worker is forked from it:
apart from that they are the very commands that `make run` starts, in groups of their own, so that each can be killed
with all that belongs to it.
"""

import atexit
import http.client
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
GONE = (OSError, http.client.HTTPException)
READY_WITHIN = 60.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["benchmarks.program"])


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Command:
    """A command of Python's in a group of processes of its own.

    Args:
        module: what `python -m` would be told to run, such as gunicorn.
        log: the file that takes what it says.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self._process: ForkServerProcess = _context.Process(
            target=_run, args=(module, list(arguments), dict(environment), str(log)), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""
        return int(self._process.pid or 0)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, it alone."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int | None:
        """Wait until it has ended; gives its exit code, None if it goes on."""
        self._process.join(seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """End it and all that belongs to it at once, as a power cut would."""
        with closing(self._process):
            for kill in (os.killpg, os.kill):  # In its first moments it has no group of its own yet.
                with suppress(ProcessLookupError):
                    kill(self.pid, signal.SIGKILL)
            self._process.join()


def _run(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.update(environment)
    with Path(log).open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = [module, *arguments]
    if module == "gunicorn":
        from gunicorn.app.wsgiapp import run as main
    else:
        from flask.cli import main
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # As a program of its own does; what was forked from another one does not.


class Site:
    """A site in `home` with its web server, and its worker unless nobody wants one; ended at the end of a `with`.

    Args:
        home: as AFTERCARE_HOME.
        port: where it listens; any free one.
        web: more arguments for gunicorn.
        log: the file that takes what both say.
        environment: settings.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        worker: bool = True,
        web: Sequence[str] = (),
        log: Path | None = None,
        **environment: str,
    ) -> None:
        self.home, self.port = home, port or free_port()
        self._environment = {"AFTERCARE_HOME": str(home), "FLASK_APP": "wsgi", **environment}
        self._arguments = ["--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", *web]
        self._has_worker = worker
        self._log = log or home / "site.log"
        self.web: Command | None = None
        self.worker: Command | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start both, and wait until the server answers.

        Raises:
            TimeoutError: it does not.
        """
        self.web = Command("gunicorn", self._arguments, self._environment, self._log)
        if self._has_worker:
            self.worker = Command("flask", ["worker"], self._environment, self._log)
        until = time.monotonic() + READY_WITHIN
        while self.web.is_running and time.monotonic() < until:
            try:
                self.get("/healthz")
            except GONE:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError(f"The server did not start: {self.said()}")

    def said(self) -> str:
        """What both wrote to the log."""
        return self._log.read_text("utf-8", "replace") if self._log.is_file() else ""

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """The status and the text of a page, on a connection of its own."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """The status and the text of what a visitor's form brings."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields).encode(), kind)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")

    def workers(self) -> list[int]:
        """The numbers of the server's processes that answer requests."""
        assert self.web is not None
        tasks = Path(f"/proc/{self.web.pid}/task").glob("*/children")
        return [int(word) for task in tasks for word in task.read_text().split()]

    def kill(self) -> None:
        """As a power cut would, in the middle of whatever they do."""
        for command in (self.web, self.worker):
            if command is not None:
                command.kill()
        self.web = self.worker = None
