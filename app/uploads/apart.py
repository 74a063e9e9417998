"""Pictures are checked in a process of their own, which is ended when one costs too much."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.uploads.images import MOST_BYTES, MOST_FRAMES, MOST_PIXELS, CheckedImage, Unfit, check

_CHECK = Path(__file__).with_name("images.py")
_CPU_SECONDS = 8
"""The largest photograph takes two; a small file that unfolds into endless work is ended here."""

_SECONDS = 60
_two_at_once = threading.BoundedSemaphore(2)


def check_apart(data: bytes, *, square: int | None = None) -> CheckedImage:
    """As `images.check`, without risk for this process.

    Raises:
        Invalid: it cannot be kept; the message says what is wrong with it.
    """
    if len(data) > MOST_BYTES:
        raise Invalid(_why("bytes", len(data)), "image")
    task = json.dumps({"square": square, "seconds": _CPU_SECONDS}).encode() + b"\n" + data
    with _two_at_once:
        try:
            done = subprocess.run(  # noqa: S603 - our own file, and no shell
                [sys.executable, "-I", str(_CHECK)],
                input=task,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            raise Invalid(_why("costly", 0), "image") from None
    head, _line, checked = done.stdout.partition(b"\n")
    answer = json.loads(head)
    if "why" in answer:
        raise Invalid(_why(answer["why"], answer["found"]), "image")
    return CheckedImage(checked, answer["extension"], answer["width"], answer["height"])


def check_here(data: bytes, *, square: int | None = None) -> CheckedImage:
    """As `check_apart`, but in this process: for pictures of our own, such as the demo's.

    Raises:
        Invalid: it cannot be kept; the message says what is wrong with it.
    """
    try:
        return check(data, square=square)
    except Unfit as unfit:
        raise Invalid(_why(unfit.why, unfit.found), "image") from None


def _why(why: str, found: int) -> str:
    limit = f"{MOST_BYTES // 1024 // 1024}"
    return {
        "empty": _("There is nothing in this file. Please choose a picture."),
        "bytes": _(
            "This file has %(size)s MB; a picture may have %(limit)s MB. Please make it smaller.",
            size=f"{found / 1024 / 1024:.1f}",
            limit=limit,
        ),
        "kind": _("This is no picture that we can read. Please use PNG, JPEG, WebP or GIF."),
        "broken": _("This picture is damaged: it cannot be read to its end. Please save or take it anew."),
        "pixels": _(
            "This picture has too many pixels; it may have %(limit)s million. Please make it smaller.",
            limit=f"{MOST_PIXELS // 1_000_000}",
        ),
        "frames": _(
            "This moving picture has %(found)s frames; it may have %(limit)s. Please cut it.",
            found=f"{found:,}",
            limit=f"{MOST_FRAMES}",
        ),
        "costly": _(
            "This picture takes too much work to read. Please save it anew, or send a screenshot of it."
        ),
    }[why]
