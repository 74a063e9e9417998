"""What machines ask: does it live, is it ready; and what they read: a line for every request."""

import json
import logging
import re
import secrets
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, g, has_request_context, jsonify, request
from sqlalchemy import event

from app.accounts.models import User
from app.core.db import db, revision

bp = Blueprint("health", __name__)
requests = logging.getLogger("aftercare.requests")
queries = logging.getLogger("aftercare.queries")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
MIGRATIONS = Path(__file__).parents[2] / "migrations"
EXTRA = ("request_id", "method", "path", "status", "ms", "user", "statement")


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


class Lines(logging.Formatter):
    """Each record as one line of JSON, so that no text from outside can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in EXTRA if hasattr(record, name)})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def init_app(app: Flask) -> None:
    """Give each request a number, and write a line about each where the settings ask for it."""
    app.before_request(_begin)
    app.after_request(_end)
    if app.config["LOG"] == "json":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Lines())
        logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
        requests.setLevel(logging.INFO)
    if app.config["SLOW_QUERY"]:
        with app.app_context():
            _watch_queries(app.config["SLOW_QUERY"])


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    if "request_id" in g and current_app.config["LOG"] == "json":
        user = g.get("_login_user")
        requests.info(
            "%s %s",
            request.method,
            response.status_code,
            extra={
                "request_id": g.request_id,
                "method": request.method,
                # Without the query: it can hold what people typed, and links from letters hold their tokens.
                "path": request.url_rule.rule if request.url_rule else "?",
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.began) * 1000, 1),
                "user": user.id if isinstance(user, User) else None,
            },
        )
    return response


def _watch_queries(slowest: int) -> None:
    """Write down each statement that took longer than so many milliseconds; without its values."""

    def begin(connection: Any, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def end(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        took = (time.perf_counter() - connection.info["began"]) * 1000
        if took > slowest:
            number = g.get("request_id") if has_request_context() else None
            extra = {"ms": round(took, 1), "statement": statement, "request_id": number}
            queries.warning("a statement took %.0f ms: %s", took, " ".join(statement.split()), extra=extra)

    event.listen(db.engine, "before_cursor_execute", begin)
    event.listen(db.engine, "after_cursor_execute", end)
