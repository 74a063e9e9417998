"""The folder of the index: its locks, which build in it is the present one, and the wish for a new one."""

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.durable import sync

Stamp = tuple[int, int, int]


class IndexFolder:
    """Builds stand beside each other, each in a folder of its own; one small file names the present one.

    Args:
        root: the folder for everything; it is made when it is first written to.
        version: names the engine and the shape of its index. An index of another version is never opened.
    """

    def __init__(self, root: Path, version: str) -> None:
        self.root = root
        self.version = version
        self._pointer = root / f"{version}.current"
        self._wish = root / f"{version}.rebuild-wanted"
        self._build_name = re.compile(r"[a-z]+-[0-9]+-[0-9]{14}-[0-9a-f]{8}")

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Try to take a lock that holds across threads and processes; yields whether it was free.

        It is let go at the end of the block, and by the kernel when the process dies.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{name}.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @contextmanager
    def wait_for_lock(self, name: str) -> Iterator[None]:
        """As `lock`, but wait until it is free."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def current(self) -> Path | None:
        """The present build, or nothing if there is none."""
        try:
            name = self._pointer.read_text("utf-8")
        except FileNotFoundError:
            return None
        build = self.root / name
        return build if self._build_name.fullmatch(name) and build.is_dir() else None

    def stamp(self) -> Stamp | None:
        """Something that is different after each `publish` and `announce`; nothing if there is no build."""
        try:
            status = self._pointer.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def announce(self) -> None:
        """Tell the readers in every process that the present build has changed."""
        moment = time.time_ns()
        os.utime(self._pointer, ns=(moment, moment))

    def begin_build(self) -> Path:
        """An empty folder for a new build."""
        build = self.root / f"{self.version}-{time.strftime('%Y%m%d%H%M%S')}-{secrets.token_hex(4)}"
        build.mkdir(parents=True)
        return build

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is gone after the block. One at a time: hold a lock around it."""
        scratch = self.root / f"{self.version}.scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def publish(self, build: Path) -> None:
        """Make this the present build, at one stroke, and remove the others."""
        sync(build)
        fresh = self._pointer.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(build.name)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._pointer)
        sync(self.root)
        self._wish.unlink(missing_ok=True)
        self.remove_builds_but(build)

    def remove_builds_but(self, kept: Path | None) -> None:
        """Remove what interrupted or replaced builds left behind. Readers that have them open keep their files."""
        for path in self.root.iterdir():
            if path != kept and path.is_dir() and self._build_name.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)

    def wish_for_rebuild(self) -> None:
        """Note that the index was found broken, for whoever catches up next. Does nothing where it cannot write."""
        with suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
            self._wish.touch()

    def is_rebuild_wished(self) -> bool:
        """Whether somebody found the index broken since it was built."""
        return self._wish.exists()
