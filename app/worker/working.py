"""The worker's round: each job looks whether there is something to do, does it, and says so in a line."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app import search
from app.articles import feedback, sync
from app.core.db import transaction
from app.core.errors import Declined
from app.forum import live_queries
from app.jobs import queue
from app.notifications import mailing
from app.uploads import sweeping
from app.worker import nightly, rerendering
from app.writing import queries as writing

QUEUE_EVERY = 1.0
DAILY_LETTERS_EVERY = 300.0
NIGHTLY_EVERY = 900.0
INDEX_EVERY = 0.5
GUIDES_EVERY = 3.0
POSTS_EVERY = 1.0
POSTS_AT_ONCE = 20
VISITORS_EVERY = 3600.0
UNUSED_EVERY = 3600.0
OLD_CHANGES_EVERY = 600.0
MEANINGS_EVERY = 5.0
LONGEST_PAUSE = 30.0
PATIENCE = 8.0
"""Seconds for which the job at hand may go on after somebody said stop; whoever said so waits longer."""

log = logging.getLogger(__name__)


@dataclass
class Job:
    """Something to look after.

    Attributes:
        name: what it is, for the log.
        do: looks and works; returns whether there is more to do at once.
        every: seconds between two looks.
    """

    name: str
    do: Callable[[], bool]
    every: float
    due: float = 0.0
    failures: int = 0


class Stopped(Exception):
    """Somebody said stop in the middle of a long job; what is left of it waits for the next start."""


class Worker:
    """Does its jobs in turn until `stopping` is set; then the step at hand is finished.

    A job that fails, for example because the database is away, is tried again after a pause that doubles
    each time up to half a minute; the others go on.
    """

    def __init__(self, app: Flask, stopping: threading.Event) -> None:
        self.app = app
        self.stopping = stopping
        self.seen: Fingerprint | None = None
        self.old_posts_are_done = False
        self.indexing = Job("search index", self.index, INDEX_EVERY)
        self.jobs = [
            self.indexing,
            Job("guides", self.guides, GUIDES_EVERY),
            Job("rendering", self.old_posts, POSTS_EVERY),
            Job("visitors", self.visitors, VISITORS_EVERY),
            Job("unused", self.unused, UNUSED_EVERY),
            Job("open pages", self.old_changes, OLD_CHANGES_EVERY),
            Job("meanings", self.meanings, MEANINGS_EVERY),
        ]
        # A thread of their own: a mail server that takes its time keeps no answer out of the index.
        self.jobs_beside = [
            Job("queue", queue.work_one, QUEUE_EVERY),
            Job("daily letters", self.daily_letters, DAILY_LETTERS_EVERY),
            Job("nightly duties", self.nightly_duties, NIGHTLY_EVERY),
        ]

    def run(self) -> None:
        """Work until told to stop. What takes too long then goes back into the queue."""
        log.info("started")
        beside = threading.Thread(target=self._rounds, args=(self.jobs_beside,), name="queue", daemon=True)
        beside.start()
        self._rounds(self.jobs)
        beside.join(PATIENCE)
        if beside.is_alive():
            with self.app.app_context():
                log.info("gave %d jobs back", queue.let_go())
        log.info("ended")

    def _rounds(self, jobs: list[Job]) -> None:
        while not self.stopping.is_set():
            for job in jobs:
                self._do_if_due(job)
            pause = min(job.due for job in jobs) - time.monotonic()
            self.stopping.wait(max(pause, 0.0))

    def _do_if_due(self, job: Job) -> None:
        if self.stopping.is_set() or time.monotonic() < job.due:
            return
        try:
            # A context of its own for each round: its session, and all that it has read, ends with it.
            with self.app.app_context():
                more = job.do()
        except Stopped:
            return
        except Exception as error:  # the worker outlives whatever goes wrong in one job
            pause = min(2.0**job.failures, LONGEST_PAUSE)
            job.failures += 1
            job.due = time.monotonic() + pause
            is_expected = isinstance(error, SQLAlchemyError | OSError)
            log.error(
                "%s: %s; trying again in %.0f s",
                job.name,
                _first_line(error),
                pause,
                exc_info=not is_expected,
            )
            return
        if job.failures:
            log.info("%s: all is well again", job.name)
        job.failures = 0
        job.due = time.monotonic() + (0.0 if more else job.every)

    def index(self) -> bool:
        """Tell the search index what was committed since the last look."""
        done = search.catch_up()
        if done:
            log.info("indexed %d changes", done)
        return done > 0

    def meanings(self) -> bool:
        """Read some documents with the language model, where the site has one; see `app.search.semantic`."""
        return search.learn_meanings() > 0

    def guides(self) -> bool:
        """Take over what somebody changed in the folder of guides, and render anew what an older renderer made.

        Broken files are named once per change.
        """
        folder: Path = self.app.config["ARTICLES"]
        found = fingerprint(folder)
        if found == self.seen:
            return False
        try:
            sync.sync(folder, report=self._tell)
        except Declined as error:
            log.warning("guides: %s", error)
        # What was there before the sync is what it has seen; an edit made meanwhile shows at the next look.
        self.seen = found
        return False

    def _tell(self, change: sync.Change, problem: str, _number: int, _total: int) -> None:
        if problem:
            log.warning("%s: %s", change.path, problem)
        else:
            log.info("%s", sync.describe(change))
        # Thousands of guides may have changed; the index follows all the while, and so does a wish to stop.
        self._do_if_due(self.indexing)
        if self.stopping.is_set():
            raise Stopped

    def old_posts(self) -> bool:
        """Render some of the posts that an older renderer made. When all are done there is no need to look again."""
        if self.old_posts_are_done:
            return False
        done = rerendering.some_posts(POSTS_AT_ONCE)
        if done:
            log.info("rendered %d posts anew", done)
        self.old_posts_are_done = not done
        return done > 0

    def daily_letters(self) -> bool:
        """Ask for the letters of those whose morning has come."""
        count = mailing.ask_for_daily_letters()
        if count:
            log.info("asked for %d daily letters", count)
        return False

    def nightly_duties(self) -> bool:
        """Ask for what is done once a night."""
        nightly.ask()
        return False

    def visitors(self) -> bool:
        """Forget from which browsers feedback came in months gone by."""
        done = feedback.forget_visitors()
        if done:
            log.info("forgot %d visitors", done)
        return False

    def unused(self) -> bool:
        """Delete pictures that nothing shows, and texts that rest unsent for two months."""
        done = sweeping.sweep()
        if done:
            log.info("deleted %d pictures that nothing shows", done)
        with transaction():
            writing.delete_old()
        return False

    def old_changes(self) -> bool:
        """Forget changes of threads that no open page asks about any more."""
        live_queries.forget_old_changes()
        return False


Fingerprint = frozenset[tuple[str, int, int, int]]


def fingerprint(folder: Path) -> Fingerprint:
    """Which guides are in the folder and how they look from outside: cheap, and different after every change."""
    found = []
    for path in folder.glob("*/*.md"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return frozenset(found)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
