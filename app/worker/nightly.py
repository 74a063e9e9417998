"""What is done once a night: one row per duty. Each is a job, so a failure of one is tried again and seen."""

from collections.abc import Callable, Mapping
from datetime import time

from app.accounts import actions as accounts
from app.core.db import now, transaction
from app.jobs import queue
from app.jobs.queue import Work

KIND = "nightly"
AFTER = time(2, 30)
"""In UTC."""

DUTIES: Mapping[str, Callable[[], object]] = {
    "forget finished jobs": queue.forget_finished,
    "forget sessions, links and tries that are over": accounts.forget_what_is_over,
}


def ask() -> int:
    """Ask for tonight's duties, once; later calls of the same day do nothing. Returns how many were asked for."""
    moment = now()
    if moment.time() < AFTER:
        return 0
    with transaction():
        return sum(queue.enqueue(KIND, {"duty": duty}, key=f"{moment:%Y-%m-%d}:{duty}") for duty in DUTIES)


def do(work: Work) -> None:
    """The job: one duty."""
    DUTIES[work.payload["duty"]]()
