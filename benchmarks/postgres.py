"""A PostgreSQL server of one's own, which can be killed and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg

READY_WITHIN = 60.0
OWNER = "postgres"
"""Whom root lends the server to, for it refuses to run as root."""


def programs() -> Path | None:
    """Where the newest PostgreSQL of this machine keeps its programs; None if there is none."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(found).resolve().parent if found else debian[-1].parent if debian else None


class Cluster:
    """A server in a folder of its own that listens on a socket there; both are gone at the end of a `with`.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """

    def __init__(self) -> None:
        bin_folder = programs()
        if bin_folder is None:
            raise FileNotFoundError("PostgreSQL is not here; on Debian: apt install postgresql")
        folder = Path(tempfile.mkdtemp(prefix="aftercare-postgres-"))
        self._programs, self._folder = bin_folder, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = OWNER if os.geteuid() == 0 else None
        if self._owner:
            shutil.chown(folder, self._owner)
        self._run(
            "initdb", "--pgdata", str(folder / "data"), "--username", "aftercare", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip

    @property
    def url(self) -> str:
        """Its address for SQLAlchemy."""
        return f"postgresql+psycopg://aftercare@/postgres?host={self._folder}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self._programs / program), *arguments]
        return subprocess.run(command, cwd=self._folder, user=self._owner, check=True, capture_output=True)

    def start(self) -> None:
        """Start it, and wait until it has recovered and takes connections.

        Raises:
            TimeoutError: it does not.
        """
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                # It refuses as long as a child of the one before is still ending.
                with (self._folder / "log").open("ab") as log:
                    self._process = subprocess.Popen(
                        [
                            self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder,
                            "-c", "listen_addresses=", "-c", "max_connections=60",
                        ],
                        cwd=self._folder, user=self._owner, stdout=log, stderr=log, start_new_session=True,
                    )  # fmt: skip
            with suppress(psycopg.OperationalError):
                psycopg.connect(host=str(self._folder), user="aftercare", dbname="postgres").close()
                return
            time.sleep(0.05)
        raise TimeoutError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """As a power cut would: the server and all who serve a connection, at once."""
        if self._process is None:
            return
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        children = [int(word) for task in tasks for word in task.read_text().split()]
        for number in (self._process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def damage(self) -> list[str]:
        """What is broken in its tables and indexes, as `pg_amcheck` finds it; empty if nothing is."""
        done = subprocess.run(
            [
                str(self._programs / "pg_amcheck"), "--host", str(self._folder), "--username", "aftercare",
                "--install-missing", "--heapallindexed", "--database", "postgres",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return [line for line in done.stdout.splitlines() + done.stderr.splitlines() if line.strip()]
