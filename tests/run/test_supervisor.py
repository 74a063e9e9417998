"""Two processes kept going side by side."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.worker.supervisor import Child, Supervisor

WAITS = "import time; time.sleep(60)"


def child(name: str, code: str, *, vital: bool = False) -> Child:
    return Child(name, [sys.executable, "-c", code], vital=vital)


def supervisor(tmp_path: Path, *children: Child) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    return Supervisor(children, os.environ, tmp_path, said.append), said


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "waited too long"
        time.sleep(0.02)


def test_when_told_to_stop_all_end_and_the_code_is_zero(tmp_path: Path) -> None:
    web, worker = child("web server", WAITS, vital=True), child("worker", WAITS)
    site, _said = supervisor(tmp_path, web, worker)
    threading.Timer(0.3, site.stopping.set).start()
    assert site.run() == 0
    assert not web.is_running
    assert not worker.is_running


def test_a_worker_that_fell_is_started_again(tmp_path: Path) -> None:
    web = child("web server", WAITS, vital=True)
    worker = child("worker", "open('starts', 'a').write('x'); raise SystemExit(3)")
    site, said = supervisor(tmp_path, web, worker)
    thread = threading.Thread(target=site.run)
    thread.start()
    wait_for(lambda: (tmp_path / "starts").exists() and (tmp_path / "starts").read_text() == "xx")
    site.stopping.set()
    thread.join(10)
    assert said[0] == "The worker ended (code 3) and is started again in 1 s."


def test_when_the_web_server_ends_everything_ends_with_its_code(tmp_path: Path) -> None:
    worker = child("worker", WAITS)
    site, said = supervisor(tmp_path, child("web server", "raise SystemExit(4)", vital=True), worker)
    assert site.run() == 4
    assert not worker.is_running
    assert said == ["The web server ended unexpectedly (code 4)."]


def test_one_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    deaf = child(
        "web server",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); time.sleep(60)",
        vital=True,
    )
    site, _said = supervisor(tmp_path, deaf)
    site.patience = 0.3
    thread = threading.Thread(target=site.run)
    thread.start()
    wait_for((tmp_path / "deaf").exists)
    site.stopping.set()
    thread.join(10)
    assert not deaf.is_running
