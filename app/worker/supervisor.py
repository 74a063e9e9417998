"""Two processes kept going side by side: the web server and the worker."""

import ctypes
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LONGEST_PAUSE = 30.0
STEADY = 60.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass
class Child:
    """A program that runs as long as the site does.

    Attributes:
        name: what people call it.
        command: how it is started.
        vital: whether the whole site ends with it; otherwise it is started again.
    """

    name: str
    command: Sequence[str]
    vital: bool
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    again_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts the children, starts the worker again when it fell, and ends all of them together.

    Args:
        children: what to run.
        environment: their environment variables.
        folder: the folder they run in.
        say: takes one line for the person in front of the screen.
    """

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str],
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.children = children
        self.environment = dict(environment)
        self.folder = folder
        self.say = say
        self.stopping = threading.Event()
        self.patience = 15.0

    def listen(self) -> None:
        """From now on Ctrl-C and SIGTERM end everything in good order."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def run(self, on_start: Callable[[], None] = lambda: None) -> int:
        """Keep them running until somebody stops this or a vital one ends.

        Args:
            on_start: called once, after all have been started.

        Returns:
            The exit code: 0 when stopped, otherwise that of the vital child that ended.
        """
        try:
            for child in self.children:
                self._start(child)
            on_start()
            while not self.stopping.wait(0.2):
                for child in self.children:
                    if child.is_running:
                        continue
                    if child.vital:
                        code = child.process.returncode if child.process else 1
                        self.say(f"The {child.name} ended unexpectedly (code {code}).")
                        return abs(code) or 1
                    self._start_again(child)
            self.say("Stopping ...")
            return 0
        finally:
            self._end_all()

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 - the commands are our own
            child.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    def _start_again(self, child: Child) -> None:
        """Start it again after a pause that doubles with each fall; a minute of steady work forgives all falls."""
        moment = time.monotonic()
        if child.again_at is None:
            child.falls = 0 if moment - child.started > STEADY else child.falls + 1
            pause = min(0.5 * 2**child.falls, LONGEST_PAUSE)
            child.again_at = moment + pause
            code = child.process.returncode if child.process else None
            self.say(f"The {child.name} ended (code {code}) and is started again in {pause:g} s.")
        elif moment >= child.again_at:
            child.again_at = None
            self._start(child)

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.is_running]
        for process in running:
            process.terminate()
        latest = time.monotonic() + self.patience
        for process in running:
            try:
                process.wait(max(latest - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """Have Linux end this process when the one that started it is killed outright, so that no port stays taken."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
