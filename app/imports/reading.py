"""Files from elsewhere, read with patience: what cannot be understood is named with its line, the rest goes on."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Lines and tabs stay. All other control characters, lone surrogates and non-characters are no text.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Line:
    """One line of a file that holds an object."""

    number: int
    record: dict[str, Any]


@dataclass(frozen=True)
class BadLine:
    """A line that could not be read, and why."""

    number: int
    why: str


def read_lines(path: Path) -> Iterator[Line | BadLine]:
    """Each line of a JSON-lines file, plain or gzipped, whatever its name says.

    A line that is not UTF-8 is read as Windows-1252, in which every old mailing list and help desk wrote.

    Raises:
        OSError: the file cannot be opened.
    """
    number = 0
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with gzip.open(raw) if packed else raw as lines:
            try:
                for number, content in enumerate(lines, start=1):
                    if content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
                        yield _parsed(number, content)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield BadLine(number + 1, f"the compressed file is damaged from here on ({error})")


def _parsed(number: int, content: bytes) -> Line | BadLine:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        record = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return BadLine(number, f"not JSON: {error.msg} at character {error.colno}")
    except (ValueError, RecursionError):
        return BadLine(number, "not JSON that can be read: a number too long, or nested too deep")
    if not isinstance(record, dict):
        return BadLine(number, "not an object with fields")
    return Line(number, record)


def clean(text: object) -> str:
    """A field as text that every database and every file can hold: no control characters, plain line ends.

    Anything but a text or a number is nothing.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return ""
    words = str(text).replace("\r\n", "\n").replace("\r", "\n")
    # Two halves of one character, written apart as JSON allows, become whole; a half alone cannot be kept.
    words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSEEN.sub("", words)


def texts(value: object) -> list[str]:
    """A field that may be a list of texts, one text, or nothing."""
    many = value if isinstance(value, list) else [value]
    return [text for text in (clean(one).strip() for one in many) if text]


def moment(value: object) -> datetime | None:
    """A date or a moment in ISO 8601, or seconds since 1970. Without a zone it is UTC. None if it is neither."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(clean(value).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def set_name(path: Path) -> str:
    """What a set is called, from its file's name: the part of every origin that keeps two sets apart."""
    name = path.name
    for ending in (".gz", ".jsonl", ".json", ".ndjson"):
        name = name.removesuffix(ending)
    return clean(name)[:60] or "import"
