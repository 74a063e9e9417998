"""Run by test_killed_writer: children write, catch up and rebuild until they are killed, at any moment.

    python -m tests.search.killed_again_and_again FOLDER ROUNDS SEED ENGINE

After every kill another child catches up and compares; the exit code says whether index and database agreed each time.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import select

from app import search
from app.core.db import db, transaction
from tests.search.notes import Note, Notes, make_site, write_note


def work(folder: Path, seed: int) -> None:
    """Change notes and index them, for ever."""
    chance = random.Random(seed)
    with make_site(folder).app_context():
        search.register("article", Notes())
        while True:
            for _ in range(chance.randint(1, 4)):
                change_something(chance)
            search.catch_up(limit=chance.choice([2, 500]))
            if chance.random() < 0.2:
                search.rebuild()


def change_something(chance: random.Random) -> None:
    """Add, edit, hide or delete a note."""
    numbers = list(db.session.scalars(select(Note.id)))
    deed = chance.random()
    if deed < 0.3 or len(numbers) < 10:
        write_note(f"Note {chance.random()}", "words " * chance.randint(0, 50))
        return
    with transaction() as session:
        note = session.get_one(Note, chance.choice(numbers))
        if deed < 0.8:
            note.version += 1
            note.body = f"Edited {chance.random()}"
        elif deed < 0.9:
            note.is_hidden = not note.is_hidden
        elif len(numbers) > 80:
            session.delete(note)


def compare(folder: Path) -> int:
    """Catch up and say how many differences are left."""
    with make_site(folder).app_context():
        search.register("article", Notes())
        while search.catch_up():
            pass
        differences = search.check()
        left = len(differences) + search.lag()
        if left:
            print([str(each) for each in differences], search.lag(), flush=True)  # noqa: T201
        return min(left, 99)


def main() -> int:
    """Kill one child after the other."""
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    search.DEFAULT_ENGINE = sys.argv[4]
    chance = random.Random(seed)
    for turn in range(rounds):
        child = os.fork()
        if child == 0:
            work(folder, seed * 1_000 + turn)
        time.sleep(chance.uniform(0.03, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            os._exit(compare(folder))
        if os.waitpid(child, 0)[1]:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
