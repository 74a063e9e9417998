"""What is done once a night: one row per duty. Each is a job, so a failure of one is tried again and seen."""

import logging
from collections.abc import Callable, Mapping
from datetime import time, timedelta

from flask import Flask, current_app

from app.accounts import actions as accounts
from app.articles import feedback as readers
from app.articles import feedback_queries as feedback
from app.articles import view_queries as views
from app.backup import making
from app.core import tallies
from app.core.db import now, transaction
from app.forum import tally_queries
from app.insights import queries as insights
from app.jobs import queue
from app.jobs.queue import Work
from app.limits import hits
from app.reputation import ledger
from app.web import log as log_files

log = logging.getLogger(__name__)

KIND = "nightly"
AFTER = time(2, 30)
"""In UTC."""

TWO_NIGHTS = timedelta(days=2)


def back_up() -> None:
    """Make a backup, unless the settings say that others do."""
    if current_app.config["NIGHTLY_BACKUP"]:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        backup, manifest = making.create(app, lambda _path: None)
        log.info("backed up %d files to %s", len(manifest.entries), backup.path)


def forget_searches() -> None:
    """Erase what people looked for longer ago than the settings say."""
    insights.forget_old_searches(current_app.config["SEARCHES_KEPT"])


def forget_limit_hits() -> None:
    """Erase who reached a limit longer ago than the settings say."""
    with transaction():
        hits.forget_older(current_app.config["LIMIT_HITS_KEPT"])


def tell_search_of_feedback() -> None:
    """Have the search know how readers voted on guides; two nights are looked back on, in case one was missed."""
    feedback.count_lately_voted_in_search(now() - TWO_NIGHTS)


def forget_logs() -> None:
    """Delete the log's files of days longer ago than the settings say."""
    if current_app.config["LOG_FOLDER"]:
        log_files.forget_old_files(current_app.config["LOG_FOLDER"], current_app.config["LOGS_KEPT"])


def forget_addresses() -> None:
    """Erase the mail addresses that visitors left with feedback longer ago than the settings say."""
    readers.forget_addresses(current_app.config["FEEDBACK_ADDRESSES_KEPT"])


DUTIES: Mapping[str, Callable[[], object]] = {
    "forget finished jobs": queue.forget_finished,
    "forget sessions, links and tries that are over": accounts.forget_what_is_over,
    "forget old searches": forget_searches,
    "forget who reached a limit": forget_limit_hits,
    "tell the search of feedback": tell_search_of_feedback,
    "forget old logs": forget_logs,
    "forget addresses left with feedback": forget_addresses,
    "forget on which days guides were opened long ago": views.forget_old_days,
    "join tallies": tally_queries.join_rows,
    "move the month of points on": ledger.move_month_on,
    "join what is counted along": tallies.join_rows,
    "back up": back_up,
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
