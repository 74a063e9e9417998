"""The administrators' first page: how things stand, and what to do where they do not stand well."""

import platform
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.backup import making
from app.config import ROOT
from app.core.db import now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.markup import RENDERER_VERSION
from app.forum.queries import Chip
from app.insights import state_queries
from app.limits.table import wait_words
from app.moderation import limit_queries
from app.policy import allow
from app.site import actions, queries
from app.site.views import ChangeRow, change_rows, sections
from app.web.session import actor

bp = Blueprint("admin_state", __name__, url_prefix="/admin")

LIBRARIES = ("Flask", "Werkzeug", "SQLAlchemy", "gunicorn", "Whoosh-Reloaded", "nh3", "Pillow")
CHANGES_SHOWN = 5
LITTLE_ROOM = 1_000_000_000
OLD_BACKUP = timedelta(days=2)


@bp.before_request
def open_to_administrators() -> None:
    """All that is here is for administrators; each deed asks for its own rule besides."""
    allow(actor(), "retry_job")


@dataclass(frozen=True)
class FailedRow:
    """Work that the worker gave up."""

    id: int
    kind: str
    problem: str
    attempts: int
    died_at: datetime | None


@dataclass(frozen=True)
class StatePage:
    """How things stand: facts by subject, what needs a hand, and what was done last."""

    sections: tuple[Chip, ...]
    warnings: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    work: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    limits_label: str
    failed: tuple[FailedRow, ...]
    failed_more: str
    changes: tuple[ChangeRow, ...]


@bp.get("/")
def state() -> str:
    found = state_queries.state()
    disk = shutil.disk_usage(current_app.config["HOME"])
    names = {
        "people": _("People"),
        "guides": _("Guides"),
        "questions": _("Questions"),
        "answers": _("Answers"),
        "comments": _("Comments"),
        "pictures": _("Pictures"),
    }
    counts = [(names[name], f"{count:,}") for name, count in found.counts.items()]
    late = [work for work in found.waiting if state_queries.is_late(work)]
    warnings = []
    if late or (found.index_lag and _is_old(found.index_behind_since)):
        warnings.append(_("Work has been waiting for minutes. Is “flask worker” running?"))
    if found.failed_count:
        warnings.append(
            ngettext(
                "%(num)d piece of work was given up.",
                "%(num)d pieces of work were given up.",
                found.failed_count,
            )
        )
    backups = making.backups(current_app.config["BACKUPS"])
    if current_app.config["NIGHTLY_BACKUP"] and not _is_fresh(backups):
        warnings.append(_("There is no backup of the last two days."))
    if request.headers.get("X-Forwarded-For") and not current_app.config["PROXIES"]:
        warnings.append(
            _("A proxy stands in front of the site: set AFTERCARE_PROXIES, or all readers seem to be one.")
        )
    if disk.free < LITTLE_ROOM:
        warnings.append(_("There is little room left on the disk: %(free)s.", free=_size(disk.free)))
    hidden = found.failed_count - len(found.failed)
    page = StatePage(
        sections=sections("admin_state.state"),
        warnings=tuple(warnings),
        counts=tuple(counts),
        work=(
            (_("Waiting"), _waiting(found.waiting)),
            (_("Given up"), str(found.failed_count)),
            (_("Index behind by"), _lag(found)),
        ),
        kept=(
            (_("Disk"), _("%(free)s free of %(total)s", free=_size(disk.free), total=_size(disk.total))),
            (_("Database"), _size(state_queries.database_bytes())),
            (_("Search index"), _size(_folder_bytes(current_app.config["SEARCH_INDEX"]))),
            (_("Pictures"), _size(found.picture_bytes)),
            (_("Backups"), _backups(backups)),
        ),
        limits_label=_limits(),
        versions=(
            ("Aftercare", _own_version()),
            ("Python", platform.python_version()),
            (_("Database"), state_queries.database()),
            (_("Tables"), found.revision or _("made without migrations")),
            (_("Renderer"), str(RENDERER_VERSION)),
            *((library, _version(library)) for library in LIBRARIES),
        ),
        failed=tuple(
            FailedRow(job.id, job.kind, job.problem, job.attempts, job.died_at) for job in found.failed
        ),
        failed_more=ngettext("and %(num)d more", "and %(num)d more", hidden) if hidden > 0 else "",
        changes=change_rows(queries.changes(None, CHANGES_SHOWN).rows),
    )
    return render_template("insights/state.html", page=page)


@bp.post("/jobs/<int:job_id>/retry")
def retry_job(job_id: int) -> Response:
    actions.retry_job(actor(), job_id)
    flash(_("The worker will try it again."))
    return redirect(url_for("admin_state.state"), 303)


def _waiting(works: tuple[state_queries.WaitingWork, ...]) -> str:
    return ", ".join(f"{work.count} × {work.kind}" for work in works) or _("nothing")


def _is_fresh(backups: Sequence[making.Backup]) -> bool:
    return bool(backups) and now() - backups[0].made_at < OLD_BACKUP


def _backups(backups: Sequence[making.Backup]) -> str:
    if not backups:
        return _("none yet")
    return ngettext(
        "%(num)d, %(size)s; the last on %(day)s UTC",
        "%(num)d, %(size)s; the last on %(day)s UTC",
        len(backups),
        size=_size(sum(backup.size for backup in backups)),
        day=f"{backups[0].made_at:%Y-%m-%d %H:%M}",
    )


def _lag(found: state_queries.State) -> str:
    changes = ngettext("%(num)d change", "%(num)d changes", found.index_lag)
    if found.index_behind_since is None:
        return changes
    return _("%(changes)s, for %(time)s", changes=changes, time=wait_words(now() - found.index_behind_since))


def _limits() -> str:
    times = sum(limit_queries.hits_since(now() - limit_queries.LATELY).values())
    return ngettext(
        "%(num)d request was turned down by a limit in the last day",
        "%(num)d requests were turned down by a limit in the last day",
        times,
    )


def _folder_bytes(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # The index lets go of files while we look.
            size += path.stat().st_size
    return size


@cache
def _own_version() -> str:
    """The version of this program; its file does not change while it runs."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(about["project"]["version"])


def _is_old(moment: datetime | None) -> bool:
    return moment is not None and state_queries.is_late(state_queries.WaitingWork("index", 1, moment))


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "?"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
