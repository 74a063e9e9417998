"""`kill -9` at any moment loses no change and leaves no rubbish."""

import subprocess
import sys
from pathlib import Path

from flask import Flask

from app import search
from app.core.db import db
from tests.search.notes import EVERYONE, write_note

ROUNDS = 8


def test_after_every_kill_the_index_agrees_with_the_database(
    each_engine: str, search_site: Flask, tmp_path: Path
) -> None:
    for number in range(20):
        write_note(f"Note {number}", "some words")
    search.catch_up()
    db.engine.dispose()
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.search.killed_again_and_again",
            str(tmp_path),
            str(ROUNDS),
            "1",
            each_engine,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert search.check() == []
    assert not search.find("note", audiences=EVERYONE).catching_up
    search.rebuild()
    search.catch_up()
    builds = [path for path in (tmp_path / "index").iterdir() if path.is_dir()]
    assert len(builds) == 1
    assert not [path for path in builds[0].iterdir() if path.is_dir()]
