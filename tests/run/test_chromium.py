"""`make test` on a machine that cannot run the browser journeys says so in one line, and goes on."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def asked(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "chromium.py"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **settings},
    )


def test_a_chromium_that_is_named_but_not_there_is_said_in_one_line() -> None:
    answer = asked(AFTERCARE_CHROMIUM="/nowhere/chromium")
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "Skipping the browser journeys" in answer.stderr
    assert "/nowhere/chromium" in answer.stderr


def test_a_driver_that_does_not_start_is_said_in_one_line_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "node"
    broken.write_text("#!/bin/sh\necho 'libatomic.so.1: cannot open shared object file' >&2\nexit 127\n")
    broken.chmod(0o755)
    answer = asked(AFTERCARE_CHROMIUM=sys.executable, PLAYWRIGHT_NODEJS_PATH=str(broken))
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "Skipping the browser journeys" in answer.stderr
    assert "libatomic.so.1" in answer.stderr
