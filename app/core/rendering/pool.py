"""The parent's side: children that render, kept alive between tasks, ended when they hang."""

import atexit
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.core.rendering.child import LENGTH, Message, send

_CHILD = Path(__file__).with_name("child.py")
_START_SECONDS = 60
# A busy machine gives a child less than a whole processor, so its CPU limit may take this much longer to reach.
_PATIENCE = 4
_LEAST_SECONDS = 10


class Failed(Exception):
    """The task has not been done. `slow` says whether it ran out of time."""

    def __init__(self, why: str, *, slow: bool) -> None:
        super().__init__(why)
        self.slow = slow


class Pool:
    """Up to `size` children; each does one task at a time. Safe to use from many threads and after a fork."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._forget()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        # After a fork the children still belong to the parent; this process starts its own.
        for child in getattr(self, "_idle", ()):
            child.let_go()
        self._idle: list[_Child] = []
        self._busy = 0
        self._changed = threading.Condition()

    def run(
        self, task: Message, seconds: float, answer: Callable[[Message], Message] | None = None
    ) -> Message:
        """Has a child do a task within `seconds` of CPU time.

        Args:
            answer: called for each question that the child has in between.

        Raises:
            Failed: it took too long, or the child broke.
        """
        child = self._take()
        try:
            reply = child.ask({**task, "seconds": seconds}, max(_LEAST_SECONDS, seconds * _PATIENCE), answer)
        except BaseException:
            # Whatever went wrong, the child may be in the middle of something: the next task gets a new one.
            child.end()
            self._give_back(None)
            raise
        self._give_back(child)
        if "failed" in reply:
            raise Failed(reply.get("why", "out of time"), slow=reply["failed"] == "slow")
        result: Message = reply["done"]
        return result

    def close(self) -> None:
        """Ends the idle children; the busy ones end with their task."""
        with self._changed:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def children(self) -> list[int]:
        """The process ids of the children that wait for a task."""
        with self._changed:
            return [child.pid for child in self._idle]

    def _take(self) -> "_Child":
        with self._changed:
            while not self._idle and self._busy >= self.size:
                self._changed.wait()
            self._busy += 1
            child = self._idle.pop() if self._idle else None
        try:
            if child is not None and child.lives():
                return child
            if child is not None:
                child.end()
            return _Child()
        except BaseException:
            self._give_back(None)
            raise

    def _give_back(self, child: "_Child | None") -> None:
        with self._changed:
            self._busy -= 1
            if child is not None:
                self._idle.append(child)
            self._changed.notify()


class _Child:
    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own file, no words from outside)
            [sys.executable, "-P", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        try:
            self._receive(time.monotonic() + _START_SECONDS)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def lives(self) -> bool:
        return self._process.poll() is None

    def ask(self, task: Message, wall_seconds: float, answer: Callable[[Message], Message] | None) -> Message:
        self._send(task)
        while True:
            reply = self._receive(time.monotonic() + wall_seconds)
            if "done" in reply or "failed" in reply:
                return reply
            assert answer is not None, "the child asked although nobody was to answer"
            self._send(answer(reply))

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Closes this process's ends of the pipes without touching the child."""
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()

    def _send(self, message: Message) -> None:
        try:
            send(self._in, message)
        except OSError as error:
            raise Failed(f"the renderer has gone: {error}", slow=False) from error

    def _receive(self, deadline: float) -> Message:
        head = self._read_bytes(LENGTH.size, deadline)
        message: Message = json.loads(self._read_bytes(LENGTH.unpack(head)[0], deadline))
        return message

    def _read_bytes(self, count: int, deadline: float) -> bytes:
        received = bytearray()
        descriptor = self._out.fileno()
        with selectors.DefaultSelector() as waiting:
            waiting.register(descriptor, selectors.EVENT_READ)
            while len(received) < count:
                if not waiting.select(max(0.0, deadline - time.monotonic())):
                    raise Failed("out of time", slow=True)
                part = os.read(descriptor, min(count - len(received), 1 << 20))
                if not part:
                    raise Failed("the renderer has ended", slow=False)
                received += part
        return bytes(received)
