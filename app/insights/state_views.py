"""The administrators' first page: how things stand, and what to do where they do not stand well."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.markup import RENDERER_VERSION
from app.forum.queries import Chip
from app.insights import state_queries
from app.policy import allow
from app.site import actions, queries
from app.site.views import ChangeRow, change_rows, sections
from app.web.session import actor

bp = Blueprint("admin_state", __name__, url_prefix="/admin")

LIBRARIES = ("Flask", "SQLAlchemy", "Whoosh-Reloaded", "nh3")
CHANGES_SHOWN = 5
LITTLE_ROOM = 1_000_000_000


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
    versions: tuple[tuple[str, str], ...]
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
    counts[-1] = (counts[-1][0], f"{counts[-1][1]} ({_size(found.picture_bytes)})")
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
            (_("Index behind by"), ngettext("%(num)d change", "%(num)d changes", found.index_lag)),
            (
                _("Disk"),
                _("%(free)s free of %(total)s", free=_size(disk.free), total=_size(disk.total)),
            ),
        ),
        versions=(
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
