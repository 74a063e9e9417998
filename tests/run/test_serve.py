"""`make run`, as a process: a fresh home, a second start, a clean end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.config import ROOT

READY_WITHIN = 90.0
ENDS_WITH_PARENT = sys.platform == "linux"
"""Only Linux ends children with a parent that was killed outright, so that no port stays taken."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A site being served by a process of its own."""

    def __init__(self, home: Path, **wishes: str) -> None:
        self.port = free_port()
        self.output = home.parent / f"output-{self.port}.txt"
        names = ("DATABASE_URL", "PYTEST_CURRENT_TEST")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        environment |= {"AFTERCARE_HOME": str(home), "PORT": str(self.port), **wishes}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.worker.serve"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait(self, words: str = "Stop it with Ctrl-C.") -> None:
        latest = time.monotonic() + READY_WITHIN
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < latest, self.said()
            time.sleep(0.1)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
            assert response.status == 200
            return str(response.read().decode())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def site(home: Path, **wishes: str) -> Iterator[Site]:
    running = Site(home, **wishes)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(number) for number in listed.stdout.split()]


def wait_until_gone(numbers: list[int]) -> None:
    latest = time.monotonic() + 20
    while any(Path(f"/proc/{number}").exists() for number in numbers):
        assert time.monotonic() < latest
        time.sleep(0.1)


def test_a_fresh_home_is_served_with_the_demo_and_what_was_there_outlives_a_sudden_end(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with site(home) as first:
        first.wait()
        assert "Aftercare" in first.get("/")
        assert "/articles/" in first.get("/articles")
        assert re.search(r"^  admin +admin +\S{16}$", first.said(), re.MULTILINE), first.said()
        guide = next((home / "content" / "articles").glob("*/*.md"))
        guide.write_text(guide.read_text() + "\nThe worker brings this sentence.\n")
        latest = time.monotonic() + READY_WITHIN
        while "The worker brings this sentence." not in first.get(f"/articles/{guide.stem}"):
            assert time.monotonic() < latest, first.said()
            time.sleep(0.3)
        children = children_of(first.process)
        assert len(children) == 2
        first.stop(signal.SIGKILL if ENDS_WITH_PARENT else signal.SIGTERM)
        wait_until_gone(children)
    sign_ins = (home / "var" / "demo-sign-ins.txt").read_text()
    with site(home) as second:
        second.wait()
        assert "The worker brings this sentence." in second.get(f"/articles/{guide.stem}")
        assert "Loaded the demo" not in second.said()
        assert second.stop(signal.SIGINT) == 0
    assert (home / "var" / "demo-sign-ins.txt").read_text() == sign_ins


def test_a_site_without_the_demo_starts_empty_and_says_how_to_make_an_administrator(tmp_path: Path) -> None:
    with site(tmp_path / "home", DEMO="0") as running:
        running.wait()
        assert "admin create" in running.said()
        assert not list((tmp_path / "home" / "content" / "articles").rglob("*.md"))
        assert "Aftercare" in running.get("/")
        with site(tmp_path / "other", DEMO="0", PORT=str(running.port)) as late:
            assert late.process.wait(READY_WITHIN) == 2
            assert f"Port {running.port} is in use" in late.said()
        children = children_of(running.process)
        assert running.stop() == 0
        wait_until_gone(children)
