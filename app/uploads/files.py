"""The files of pictures: written whole or not at all, under names that follow from their content."""

import hashlib
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.addresses import PICTURE_NAME
from app.core.durable import write_whole
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.uploads.images import CheckedImage

NAME = re.compile(PICTURE_NAME)
TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_SCANNER_SECONDS = 60


@dataclass
class _Place:
    folder: Path | None = None
    scanner: tuple[str, ...] = ()


_place = _Place()


def configure(folder: Path, scanner: str = "") -> None:
    """Say where the files lie, and which program looks for viruses, if one does.

    Args:
        folder: made when the first picture comes.
        scanner: a command that reads a file on its standard input and ends with 0 when it is clean and with 1
            when it is not, such as `clamdscan --no-summary -`.
    """
    _place.folder, _place.scanner = folder, tuple(shlex.split(scanner))


def folder() -> Path:
    """Where the files lie."""
    if _place.folder is None:
        raise RuntimeError("Call uploads.files.configure() first.")
    return _place.folder


def name_of(image: CheckedImage) -> str:
    """The name that follows from a picture's content; it tells its size, so that pages leave room for it."""
    digest = hashlib.sha256(image.data).hexdigest()[:32]
    return f"{digest}-{image.width}x{image.height}.{image.extension}"


def path_of(name: str) -> Path | None:
    """The file of that name, if it is a name of ours and the file is there."""
    path = folder() / name if NAME.fullmatch(name) else None
    return path if path is not None and path.is_file() else None


def write(image: CheckedImage) -> str:
    """Keep a picture's file, safe from a sudden end; writing it again changes nothing.

    Returns:
        Its name.
    """
    name = name_of(image)
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    if path.is_file():
        os.utime(path)  # Its age is looked at when files that nobody uses are deleted.
        return name
    write_whole(path, image.data, mode=0o644)
    return name


def every_file() -> Iterator[Path]:
    """All files in the folder, also those that were left behind half written."""
    if folder().is_dir():
        yield from (path for path in folder().iterdir() if path.is_file())


def scan(data: bytes) -> None:
    """Have the virus scanner look at what came in, if there is one.

    Raises:
        Invalid: it found something.
        Refused: it could not look; what nobody looked at is not taken.
    """
    if not _place.scanner:
        return
    try:
        ended = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            _place.scanner, input=data, capture_output=True, timeout=_SCANNER_SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        ended = -1
    if ended == 1:
        raise Invalid(_("The virus scanner does not like this file, so it was not taken."), "image")
    if ended != 0:
        raise Refused(
            _("The virus scanner does not answer at the moment. Please try again in a few minutes.")
        )
