"""What Prometheus reads at `/metrics`: how much is asked and how long it takes, what waits, what failed.

Each process counts in a file of its own under `var/metrics`, and whichever is asked adds all of them up, so that the
numbers are those of the whole site. What the database knows is asked for when somebody reads. Without the token of
the settings nothing is counted, and the address is not there.
"""

from __future__ import annotations

import hmac
import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, got_request_exception, request

from app.backup import making
from app.insights import state_queries
from app.web import limiting
from app.web.seeing import Answered

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

bp = Blueprint("metrics", __name__)

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds."""

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})

_counters: dict[str, Any] = {}


def init_app(app: Flask) -> None:
    """Count, if the settings name a token."""
    if not app.config["METRICS_TOKEN"]:
        return
    folder = app.config["VAR"] / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    _forget_the_dead(folder)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from prometheus_client import CollectorRegistry, Counter, Histogram, values

    if not _counters:
        # What the library does by itself if it is imported after the folder is known; it may have been before.
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        alone = CollectorRegistry()  # What is read is read from the files of all processes.
        labels = ("endpoint", "method", "status")
        _counters.update(
            requests=Counter("aftercare_requests", "Requests answered", labels, registry=alone),
            seconds=Histogram(
                "aftercare_request_seconds",
                "Time until the answer began",
                ("endpoint",),
                buckets=BUCKETS,
                registry=alone,
            ),
            errors=Counter("aftercare_errors", "Unexpected errors", ("endpoint",), registry=alone),
            limits=Counter("aftercare_limit_hits", "Requests turned down", ("limit",), registry=alone),
        )
    app.extensions["seeing"].listeners.append(_count)
    limiting.listeners.append(_count_refusal)
    got_request_exception.connect(_count_error, app)


def _forget_the_dead(folder: Path) -> None:
    """A new run of the site counts from nothing; a process that joins others that run adds to theirs."""
    files = {
        path: int(found[1]) for path in folder.glob("*.db") if (found := re.search(r"_(\d+)\.db$", path.name))
    }
    if not any(_is_alive(number) for number in files.values()):
        for path in files:
            path.unlink(missing_ok=True)


def _is_alive(process_id: int) -> bool:
    if process_id == os.getpid():
        return False
    try:
        os.kill(process_id, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _count(answered: Answered) -> None:
    # Anybody can make up methods, and each would be a row of its own for ever.
    method = answered.method if answered.method in METHODS else "other"
    _counters["requests"].labels(answered.endpoint, method, answered.status).inc()
    _counters["seconds"].labels(answered.endpoint).observe(answered.seconds)


def _count_refusal(limit: str) -> None:
    _counters["limits"].labels(limit).inc()


def _count_error(_sender: Flask, **_more: Any) -> None:
    _counters["errors"].labels(request.endpoint or "").inc()


@bp.get("/metrics")
def metrics() -> Response:
    """All numbers, for whoever knows the token; for others there is nothing here."""
    token = str(current_app.config["METRICS_TOKEN"]).encode()
    given = request.headers.get("Authorization", "").encode()
    if not token or not hmac.compare_digest(given, b"Bearer " + token):
        abort(404)
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(current_app.config["VAR"] / "metrics"))  # type: ignore[no-untyped-call]
    registry.register(Standing())
    response = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


class Standing:
    """How things stand at this moment, as numbers."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One family for each number, as the library asks for them."""
        from prometheus_client.core import GaugeMetricFamily

        found = state_queries.standing()
        home = current_app.config["HOME"]
        backups = making.backups(current_app.config["BACKUPS"])
        numbers: dict[str, tuple[str, float | None]] = {
            "jobs_given_up": ("Jobs that failed for good", found.given_up),
            "jobs_oldest_seconds": ("How long the oldest due job waits", found.oldest_job_seconds),
            "mail_waiting": ("Letters that are not sent yet", found.mail_waiting),
            "index_changes_waiting": ("Changes that the search does not know yet", found.index_lag),
            "index_lag_seconds": ("How long the oldest of them waits", found.index_lag_seconds),
            "sessions": ("Browsers in which somebody is signed in", found.sessions),
            "disk_free_bytes": ("Room on the disk of the site's home", shutil.disk_usage(home).free),
            "backup_age_seconds": (
                "Age of the newest backup",
                time.time() - backups[0].made_at.timestamp() if backups else None,
            ),
        }
        for name, (words, value) in numbers.items():
            if value is not None:
                yield GaugeMetricFamily(f"aftercare_{name}", words, value)
        waiting = GaugeMetricFamily("aftercare_jobs_waiting", "Jobs that wait, by kind", labels=["kind"])
        for work in found.waiting:
            waiting.add_metric([work.kind], work.count)
        yield waiting
