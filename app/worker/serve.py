"""`make run`: make a site ready, then serve it, with the worker beside it, until somebody says stop."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

import click

from app.config import ROOT, BadSetting
from app.worker import home
from app.worker.home import Start
from app.worker.supervisor import Child, Supervisor

WEB_PROCESSES = 2
READY_WITHIN = 60.0


PREPARED = "AFTERCARE_PREPARED"
"""What is to be told once the site answers, for this program when it is begun anew to watch over a site made ready."""


def main() -> int:
    """Prepare and serve. Returns the exit code."""
    told = os.environ.pop(PREPARED, "")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        start = home.wanted(os.environ)
        if not told:
            home.refuse_taken_port(start)
            _prepare_and_begin_anew(start)
    except BadSetting as error:
        click.echo(str(error), err=True)
        return 2
    lines: list[str] = json.loads(told)
    supervisor = Supervisor(children(start), environment(start), ROOT, click.echo)
    supervisor.listen()
    return supervisor.run(on_start=lambda: _tell_when_ready(start, lines))


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Every step of the preparation may be stopped at any point; the next start goes on from there.
    click.echo("Stopped before the site was ready. Nothing is lost; run the same command again.")
    raise SystemExit(130)


def _prepare_and_begin_anew(start: Start) -> NoReturn:
    """Make the site ready; then this process forgets all that it read for that, for watching takes a tenth of it."""
    from app.core import markup
    from app.worker.preparing import prepare

    lines = prepare(start)
    markup.rest()
    command = [sys.executable, "-m", "app.worker.serve"]
    os.execve(command[0], command, {**os.environ, PREPARED: json.dumps(lines)})  # noqa: S606 - this very program


def children(start: Start) -> list[Child]:
    """The web server and the worker, as commands of this very Python."""
    web = [
        sys.executable, "-m", "gunicorn", "--bind", f"{home.ADDRESS}:{start.port}", "--workers", str(WEB_PROCESSES),
        "--graceful-timeout", "5", "--log-level", "warning",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    return [Child("web server", web, vital=True), Child("worker", worker, vital=False)]


def environment(start: Start) -> Mapping[str, str]:
    """What the children inherit: ours, the home in full, and where the site is, for links in mail."""
    return {
        "AFTERCARE_URL": start.address,
        **os.environ,
        "AFTERCARE_HOME": str(start.home),
        "PYTHONUNBUFFERED": "1",
    }


def _tell_when_ready(start: Start, lines: list[str]) -> None:
    """Say where the site is as soon as it answers. The waiting has a thread of its own, so Ctrl-C is heard."""
    threading.Thread(target=_wait_and_tell, args=(start, lines), daemon=True).start()


def _wait_and_tell(start: Start, lines: list[str]) -> None:
    latest = time.monotonic() + READY_WITHIN
    while time.monotonic() < latest:
        try:
            socket.create_connection((home.ADDRESS, start.port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
            continue
        click.echo("\n".join(lines))
        return


if __name__ == "__main__":
    raise SystemExit(main())
