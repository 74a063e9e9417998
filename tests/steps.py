"""How many steps SQLite's machine takes: work that can be counted, whatever else the computer does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

STEP = 10


class Steps:
    """Steps taken so far, to the nearest ten."""

    taken = 0

    def count(self) -> int:
        self.taken += STEP
        return 0


@contextmanager
def counted_steps(engine: Engine) -> Iterator[Steps]:
    """Count the steps that SQLite takes on connections which are handed out meanwhile."""
    steps = Steps()

    def watch(connection: object, _record: object, _proxy: object) -> None:
        connection.set_progress_handler(steps.count, STEP)  # type: ignore[attr-defined]

    event.listen(engine, "checkout", watch)
    try:
        yield steps
    finally:
        event.remove(engine, "checkout", watch)
