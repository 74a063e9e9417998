"""Files that are whole or not there at all, also when the power goes in the middle."""

import os
import tempfile
from pathlib import Path


def write_whole(target: Path, data: bytes, *, mode: int) -> None:
    """Write a file under another name, have the disk keep it, and only then give it its name.

    Args:
        target: in a folder that is there.
        mode: who may read it, such as 0o600.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(target.parent)


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file, or the entries of a folder: a name is written apart from what is in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
