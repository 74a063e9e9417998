"""How much CPU time a piece of work may cost."""

import contextlib
import signal
from collections.abc import Iterator


class TimeUp(BaseException):
    """The CPU time is used up. Not an `Exception`, so that no library swallows it."""


class ColoursTimeUp(BaseException):
    """The CPU time for colouring one code block is used up."""


@contextlib.contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raises TimeUp inside the block when it has used this much CPU time, wherever it is, in a regex too.

    Works in the main thread only, for it is a signal that interrupts.
    """
    with _limit(seconds, signal.ITIMER_PROF, signal.SIGPROF, TimeUp):
        yield


@contextlib.contextmanager
def cpu_limit_of_colours(seconds: float) -> Iterator[None]:
    """The same with ColoursTimeUp and a clock of its own, so that it can run inside `cpu_limit`."""
    with _limit(seconds, signal.ITIMER_VIRTUAL, signal.SIGVTALRM, ColoursTimeUp):
        yield


@contextlib.contextmanager
def _limit(seconds: float, clock: int, number: signal.Signals, error: type[BaseException]) -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise error

    before = signal.signal(number, stop)
    # Again and again, in case a library swallows the first.
    signal.setitimer(clock, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(clock, 0)
        signal.signal(number, before)
