"""The child process that renders: reads a task from its input, writes the result, and waits for the next.

Run as a file, not as a module of the app: importing the app would load Flask and the database, which take
longer than rendering and have no business here.
"""

import contextlib
import hashlib
import json
import os
import resource
import signal
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

Message = dict[str, Any]

LENGTH = struct.Struct(">I")
MEMORY = 2 << 30
# Half-open nesting makes Python's own stack the limit; this is enough for every text that people write.
RECURSION = 6_000


def send(stream: IO[bytes], message: Message) -> None:
    """Writes one message: its length, then itself as JSON."""
    body = json.dumps(message).encode()
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Reads one message; None when the other side has gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    body = stream.read(*LENGTH.unpack(head))
    message: Message = json.loads(body)
    return message


class _Tasks:
    """What the child can be asked to do. Each task takes the message and gives the result."""

    def __init__(self, ask: Callable[[Message], Message]) -> None:
        from app.core.rendering import canonical, guides, posts, reading, sanitiser

        self._ask = ask
        self._canonical, self._guides, self._posts = canonical, guides, posts
        self._reading, self._sanitiser = reading, sanitiser
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def canonical(self, task: Message) -> Message:
        written = self._canonical.canonical(task["source"])
        self._remember(written)
        return {"text": written}

    def guide(self, task: Message) -> Message:
        source = task["source"]
        # What this process has just written itself is canonical already.
        if _digest(source) not in self._known:
            source = self._canonical.canonical(source)
        html = self._guides.to_html(source)
        return asdict(
            self._reading.read(self._sanitiser.clean(html, address=self._addresses(html, task["ask"])))
        )

    def post(self, task: Message) -> Message:
        return asdict(self._posts.render(task["source"]))

    def comparison(self, task: Message) -> Message:
        from app.core import fidelity

        return asdict(fidelity.compare(task["name"], task["source"]))

    def _addresses(self, html: str, wanted: bool) -> Callable[[str], str | None] | None:
        if not wanted:
            return None
        found: dict[str, None] = {}
        self._sanitiser.clean(html, address=lambda address: found.setdefault(address))
        answer: dict[str, str] = self._ask({"addresses": list(found)})["addresses"] if found else {}
        return answer.get

    def _remember(self, text: str) -> None:
        self._known[_digest(text)] = None
        while len(self._known) > 256:
            self._known.popitem(last=False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    def ask(question: Message) -> Message:
        # Waiting for the answer costs no CPU time, so the limit needs no pause.
        send(outgoing, question)
        answer = receive(incoming)
        if answer is None:
            raise SystemExit
        return answer

    from app.core.rendering.limits import TimeUp, cpu_limit

    tasks = _Tasks(ask)
    send(outgoing, {"ready": True})
    while (task := receive(incoming)) is not None:
        try:
            with cpu_limit(task["seconds"]):
                result = getattr(tasks, task["do"])(task)
            send(outgoing, {"done": result})
        except TimeUp:
            send(outgoing, {"failed": "slow"})
        except MemoryError:
            send(outgoing, {"failed": "broke", "why": "MemoryError"})
            return
        except Exception as error:
            send(outgoing, {"failed": "broke", "why": f"{type(error).__name__}: {error}"[:500]})


def _main() -> None:
    root = Path(__file__).resolve().parents[3]
    app = types.ModuleType("app")
    app.__path__ = [str(root / "app")]
    sys.modules["app"] = app
    # An interrupt on the keyboard is for the parent; the child ends when its input ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(RECURSION)
    outgoing = os.fdopen(os.dup(1), "wb")
    # Nothing that a library prints may come between the messages.
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    _main()
