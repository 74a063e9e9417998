"""What becomes of people when four times as many come as the site can serve.

    python benchmarks/overload.py --seconds 30

First the capacity: so many readers that all threads are busy, each asking anew as soon as it is answered. Then four
times that rate, whether or not there are answers, as crowds come: each request on a connection of its own, at moments
of chance. A quarter of the pages is kept, the others are drawn; nothing that was drawn is kept. Told are those who
were served, those who heard that the site is busy, those who heard nothing, how long each waited, and what the
server's processes take up before and after.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.serving import Site  # noqa: E402

QUESTIONS = 40
READERS = 16
PATIENCE = 30.0


@dataclass
class Told:
    """What readers heard, and how many seconds each answer took."""

    took: dict[str, list[float]] = field(default_factory=dict)

    def note(self, what: str, seconds: float) -> None:
        self.took.setdefault(what, []).append(seconds)

    def count(self, *whats: str) -> int:
        return sum(len(self.took.get(what, [])) for what in whats)


async def ask(port: int, path: str) -> str:
    """Ask for a page on a connection of its own; gives the status, or what went wrong."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.read()
            finally:
                writer.close()
    except TimeoutError:
        return "no answer"
    except (OSError, asyncio.IncompleteReadError) as error:
        return type(error).__name__
    return head[9:12].decode()


async def noted(told: Told, port: int, path: str) -> None:
    began = time.monotonic()
    told.note(await ask(port, path), time.monotonic() - began)


def pages(chance: random.Random) -> Callable[[], str]:
    """Where the next reader goes: a kept page now and then, else one that has to be drawn."""

    def page() -> str:
        if chance.random() < 0.25:
            return "/questions"
        return (
            f"/search?q=lamp+{chance.choice(('blinks', 'hums', 'night', 'reset'))}+{chance.randrange(10**6)}"
        )

    return page


async def closed(port: int, page: Callable[[], str], readers: int, seconds: float) -> float:
    """So many readers, each asking anew when it is answered. Gives how many are served in a second."""
    told, until = Told(), time.monotonic() + seconds

    async def read() -> None:
        while time.monotonic() < until:
            await noted(told, port, page())

    await asyncio.gather(*(read() for _reader in range(readers)))
    return told.count("200") / seconds


async def crowd(
    port: int, page: Callable[[], str], rate: float, seconds: float, chance: random.Random
) -> Told:
    """Readers who come at this rate whatever becomes of those before them."""
    told, asked = Told(), set[asyncio.Task[None]]()
    begins = time.monotonic()
    moment = begins
    while moment < begins + seconds:
        moment += chance.expovariate(rate)
        pause = moment - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        asked.add(asyncio.create_task(noted(told, port, page())))
    await asyncio.gather(*asked)
    return told


def memory(site: Site) -> float:
    """Megabytes that the server's processes take up, what they share counted once."""
    assert site.web is not None
    total = 0
    for number in (site.web.pid, *site.workers()):
        rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def prepare(home: Path) -> None:
    """A site with some threads, so that searches find something."""
    from flask_migrate import upgrade

    from app import create_app, search
    from app.accounts.actions import create_person
    from app.core.db import db
    from app.forum.actions import QuestionText, ask_question
    from app.policy import Role

    app = create_app(HOME=home)
    with app.app_context():
        upgrade()
        person = create_person("mira", "mira@example.com", "a benchmark signs in", Role.EXPERT)
        for number in range(QUESTIONS):
            body = f"The lamp blinks and hums all night, since reset {number}. " * 20
            ask_question(person, QuestionText(title=f"The lamp blinks at night {number}", body=body))
        while search.catch_up():
            pass
        db.session.remove()
        db.engine.dispose()


def row(name: str, seconds: Sequence[float]) -> str:
    """A line of the table: how many, and how long they waited."""
    if len(seconds) < 2:
        return f"| {name} | {len(seconds)} | | |"
    cuts = quantiles(seconds, n=100)
    return f"| {name} | {len(seconds)} | {cuts[49] * 1000:.0f} ms | {cuts[98] * 1000:.0f} ms |"


async def measure(site: Site, times: float, seconds: float, chance: random.Random) -> None:
    """Print the table."""
    page = pages(chance)
    await closed(site.port, page, READERS, 3)
    capacity = await closed(site.port, page, READERS, max(5, seconds / 4))
    before = memory(site)
    told = await crowd(site.port, page, times * capacity, seconds, chance)
    print(f"capacity: {capacity:.0f} pages a second; {times:g} times as many come for {seconds:g} s\n")
    print("| what people heard | how many | half waited | 99 of 100 waited |\n|---|---|---|---|")
    for what, name in (("200", "the page"), ("503", "503: the site is busy")):
        print(row(name, told.took.pop(what, [])))
    for what, took in sorted(told.took.items()):
        print(row(what, took))
    print(f"\nmemory of all processes: {before:.0f} MB before, {memory(site):.0f} MB after")
    await asyncio.sleep(1)
    again = await closed(site.port, page, READERS, 3)
    print(f"served afterwards: {again:.0f} pages a second")


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30, help="how long the crowd comes")
    parser.add_argument("--times", type=float, default=4, help="how many times the capacity")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {options.workers} processes of 4 threads"
    )
    with tempfile.TemporaryDirectory(prefix="aftercare-overload-") as folder:
        prepare(Path(folder))
        with Site(Path(folder), worker=False, web=("--workers", str(options.workers))) as site:
            asyncio.run(measure(site, options.times, options.seconds, random.Random(options.seed)))


if __name__ == "__main__":
    main()
