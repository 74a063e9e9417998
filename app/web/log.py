"""What is written down while the site runs: one line for each record, and no text from outside begins a line of its own.

No address of a reader, no query, no form and no token is ever part of a record of ours.
"""

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from flask import Flask, has_request_context, request
from sqlalchemy import event

from app.core.db import db, now

requests = logging.getLogger("aftercare.requests")
queries = logging.getLogger("aftercare.queries")

EXTRA = ("request_id", "method", "endpoint", "path", "status", "ms", "user", "statement")
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Control characters, among them those with which terminals are driven, line ends, and marks that turn text around.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def tame(text: str) -> str:
    """The text with each character that could forge a line or drive a terminal written out, as \\x1b."""
    return UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Plain(logging.Formatter):
    """For people: a line for each record; an error's story follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord(record.__dict__)
        story = self.formatException(record.exc_info) if record.exc_info else ""
        record.msg, record.args = tame(record.getMessage()), ()
        record.exc_info = record.exc_text = record.stack_info = None
        number = _request_id()
        line = super().format(record) + (f" [{number}]" if number else "")
        return "\n    ".join([line, *(tame(each) for each in story.split("\n") if each)])


class Lines(logging.Formatter):
    """For machines: each record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in EXTRA if hasattr(record, name)})
        if "request_id" not in line and (number := _request_id()):
            line["request_id"] = number
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        said = json.dumps(line, ensure_ascii=False, default=str)
        return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def _request_id() -> str:
    return str(request.environ.get("aftercare.request_id", "")) if has_request_context() else ""


class DailyFiles(logging.Handler):
    """A file for each day, to which all processes append whole lines."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._day = folder, ""
        self._file: IO[bytes] | None = None
        self._writing = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
            with self._writing:
                self._todays().write(line)
        except OSError:  # A full disk stops no page.
            self.handleError(record)

    def _todays(self) -> IO[bytes]:
        day = f"{now():%Y-%m-%d}"
        if self._file is None or day != self._day:
            self.close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Without a buffer a line is one write, and the system puts writes that append one after the other.
            self._file, self._day = (self._folder / f"{day}.log").open("ab", buffering=0), day
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def forget_old_files(folder: Path, days: int) -> None:
    """Delete the files of days longer ago than so many."""
    oldest = f"{now() - timedelta(days=days):%Y-%m-%d}.log"
    for path in folder.glob("????-??-??.log"):
        if path.name < oldest:
            path.unlink(missing_ok=True)


def begin(settings: Mapping[str, Any], level: int = logging.WARNING, form: str = PLAIN) -> None:
    """Write to standard error, or to the folder that the settings name; as JSON if they say so.

    Args:
        level: the least that is written where people read it; all that matters is written as JSON.
        form: how a line begins where people read it.
    """
    is_json, folder = settings["LOG"] == "json", settings["LOG_FOLDER"]
    handler = DailyFiles(folder) if folder else logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if is_json else Plain(form))
    logging.basicConfig(level=logging.INFO if is_json else level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def init_app(app: Flask) -> None:
    """Write as the settings ask for it."""
    if not app.config.get("TESTING"):
        begin(app.config)
    if app.config["SLOW_QUERY"]:
        with app.app_context():
            watch_queries(app.config["SLOW_QUERY"])


def watch_queries(slowest: int) -> None:
    """Write down each statement that took longer than so many milliseconds; without its values."""

    def begin(connection: Any, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def end(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        took = (time.perf_counter() - connection.info["began"]) * 1000
        if took > slowest:
            extra = {"ms": round(took, 1), "statement": statement}
            queries.warning("a statement took %.0f ms: %s", took, " ".join(statement.split()), extra=extra)

    event.listen(db.engine, "before_cursor_execute", begin)
    event.listen(db.engine, "after_cursor_execute", end)
