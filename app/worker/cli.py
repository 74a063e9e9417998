"""`flask worker`: what goes on beside the pages, until somebody says stop."""

import logging
import signal
import threading
from types import FrameType

import click
from flask import current_app
from flask.cli import with_appcontext

from app.web import log
from app.worker.alone import alone
from app.worker.working import Worker


@click.command("worker")
@with_appcontext
def worker_cli() -> None:
    """Keep the search index and the guides up to date. One worker per site; a second one waits for the first to end."""
    log.begin(current_app.config, logging.INFO, "%(asctime)s worker: %(message)s")
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with alone(app.config["VAR"] / "worker.lock", stopping) as is_alone:
        if is_alone:
            Worker(app, stopping).run()
