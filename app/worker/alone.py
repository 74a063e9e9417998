"""One at a time: a lock that ends with the process that holds it, however that ends."""

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def alone(lock: Path, stopping: threading.Event) -> Iterator[bool]:
    """Wait until nobody else holds `lock`, then hold it. Gives False if `stopping` was set before that."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        told = False
        while not stopping.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    log.info("another worker is at it here; waiting for it to end")
                    told = True
                stopping.wait(0.5)
            else:
                yield True
                return
        yield False
