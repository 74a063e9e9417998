"""`make run`: make a site ready, then serve it, with the worker beside it, until somebody says stop."""

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
from flask_migrate import upgrade
from sqlalchemy import exists, select

from app import create_app, search
from app.accounts.models import User
from app.config import ROOT, BadSetting
from app.core.db import db
from app.demo import loading, sign_ins
from app.policy import Role
from app.worker import home
from app.worker.home import Start
from app.worker.supervisor import Child, Supervisor

WEB_PROCESSES = 2
READY_WITHIN = 60.0


def main() -> int:
    """Prepare and serve. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        start = home.wanted(os.environ)
        home.refuse_taken_port(start)
        lines = prepare(start)
    except BadSetting as error:
        click.echo(str(error), err=True)
        return 2
    supervisor = Supervisor(children(start), environment(start), ROOT, click.echo)
    supervisor.listen()
    return supervisor.run(on_start=lambda: _tell_when_ready(start, lines))


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Every step of the preparation may be stopped at any point; the next start goes on from there.
    click.echo("Stopped before the site was ready. Nothing is lost; run the same command again.")
    raise SystemExit(130)


def prepare(start: Start) -> list[str]:
    """Bring the home to where pages can be served: guides, tables, demo content, index. A second time it is quick.

    Returns:
        What to tell the person who started it, once the site answers.
    """
    copied = home.bring_guides(start)
    if copied:
        click.echo(f"Copied {copied} demo guides to {start.articles}.")
    os.environ["AFTERCARE_HOME"] = str(start.home)
    app = create_app()
    with app.app_context():
        upgrade()
        if start.demo and loading.is_wanted():
            loading.load()
        # Makes an index where there is none; what else is waiting the worker does beside the running site.
        search.catch_up()
        lines = welcome(start)
        db.engine.dispose()
    return lines


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


def welcome(start: Start) -> list[str]:
    """What the person who started the site wants to know: where it is, and how to sign in."""
    lines = ["", f"Aftercare is at {start.address}", f"Everything it keeps is in {start.home}", ""]
    known = sign_ins.read()
    if known:
        lines += [f"Demo sign-ins (from {sign_ins.path()}, which only you can read):", ""]
        lines += [f"  {each.role:<14} {each.username:<18} {each.password}" for each in known]
    elif not db.session.scalar(select(exists().where(User.role == Role.ADMIN))):
        lines += [
            "Nobody can sign in as an administrator yet. Make the first one, in another terminal:",
            "",
            f"  AFTERCARE_HOME={start.home} .venv/bin/flask --app wsgi admin create NAME EMAIL",
        ]
    lines += ["", *_about_mail(start)]
    return [*lines, "", "Stop it with Ctrl-C."]


def _about_mail(start: Start) -> list[str]:
    """Where letters go, and how to read them."""
    host = os.environ.get("AFTERCARE_SMTP_HOST", "").strip()
    if host:
        return [f"Mail leaves through {host}."]
    return [
        f"Mail is not sent but written to {start.home / 'var' / 'mail'}; to read it, in another terminal:",
        "",
        f"  AFTERCARE_HOME={start.home} .venv/bin/flask --app wsgi mail list",
    ]


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
