"""What machines ask: does it live, is it ready."""

import threading
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify

from app.core.db import db, revision

bp = Blueprint("health", __name__)
MIGRATIONS = Path(__file__).parents[2] / "migrations"

_ending = threading.Event()


def end() -> None:
    """This process was told to end: it finishes what it has, and is not ready for more."""
    _ending.set()


def is_ending() -> bool:
    """Whether this process was told to end."""
    return _ending.is_set()


@bp.get("/healthz")
def lives() -> Response:
    """The process answers; nothing else is asked."""
    return _never_kept(jsonify(status="ok"))


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 if pages can be served; 503 with what is missing if not."""
    missing = _missing()
    status = "not ready" if missing else "ready"
    return _never_kept(jsonify(status=status, missing=missing)), 503 if missing else 200


def _never_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _missing() -> list[str]:
    if is_ending():
        return ["this process is about to end"]
    there, newest = revision(db.engine), _newest()
    if not there:
        return ["the database does not answer, or has no tables: flask db upgrade"]
    if there != newest:
        return [f"the tables stand at {there}, the program at {newest}: flask db upgrade"]
    return []


@cache
def _newest() -> str | None:
    """The revision that this program wants; its files do not change while it runs."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
