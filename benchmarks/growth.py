"""What the site costs as it grows: `make bench-growth`, with `ARGS='--sizes 1k,10k'` for some sizes only.

For each size a site is made (`benchmarks/making.py`; one that is there is used again) and measured in a process of its
own: pages that nobody kept, search and suggestions with each engine, memory, sizes, indexing, importing, and what
sixteen people at once can write. Pages are measured in CPU of the server's processes, beside a bare Flask view that renders
a template of 20 KB in the same round: how fast the machine happens to be changes that least. Each size's figures are kept
beside its site, so a run that was stopped goes on where it was.

`--home DIR` measures a site that is there, one into which real guides and threads were imported, say: its search, and its
pages for everybody.
"""

import argparse
import json
import os
import platform
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from flask import Flask

from app import create_app, search
from benchmarks.making import CLIENTS, FIGURES, PASSWORD, Making, Words, home_of, made
from benchmarks.pages import ROOT, TEMPLATE_SIZE, Server, _children, ask, floor_in, serving
from benchmarks.places import places
from benchmarks.plot import Line, plot
from benchmarks.serving import Site
from benchmarks.torture import GONE, Person, Refused

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOST_FOR_WHOOSH = 200_000
EVERYONE = frozenset({"public"})
QUERIES = 40
ASKED_AT_ONCE = 4
ASKED_BETWEEN = 10
"""After so many pages the bare view is asked again."""

BARE = "a bare view with a template of 20 KB, ms"
THREADS_IMPORTED = 300
HERE = Path(__file__).parent

MAIN = (
    "the front page",
    "a guide",
    "a question",
    "questions, newest",
    "questions, newest, middle",
    "questions, newest, end",
    "questions, unanswered",
    "questions, newest, with the commonest tag",
    "guides",
    "the list of tags",
    "the commonest tag",
    "the largest product",
    "people, reputation",
    "the busiest person",
    "a typical person",
    "feed of questions",
    "the site map",
    "a search",
    "titles while typing",
)
"""These pages have a row of their own; the others are looked at for the slowest."""

PLOTTED = (
    "the front page",
    "a question",
    "questions, newest, end",
    "the commonest tag",
    "people, reputation",
    "a search",
)

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Options:
    """What is measured, and how long."""

    rounds: int
    seconds: float
    server: str
    parts: tuple[str, ...]
    home: Path | None = None


# One size


def measure(posts: int, options: Options, file: Path) -> None:
    """Measure the parts that `file` does not hold yet, and write each there at once."""
    parts: dict[str, Callable[[int, Options], Figures]] = {
        "search": of_search,
        "pages": of_pages,
        "writing": of_writing,
    }
    for name in options.parts:
        known = json.loads(file.read_text()) if file.exists() else {}
        if name not in known:
            print(f"{posts:,} posts: {name} ...", file=sys.stderr, flush=True)
            file.write_text(json.dumps({**known, name: parts[name](posts, options)}))


def site_of(posts: int, options: Options, **settings: Any) -> Flask:
    """The site that is measured: one that is made, or one that there is."""
    if options.home is None:
        return made(posts, database_url=options.server, **settings)
    database = f"sqlite:///{options.home / 'var' / 'aftercare.sqlite'}"
    return create_app(HOME=options.home, SECRET_KEY=PASSWORD, SQLALCHEMY_DATABASE_URI=database, **settings)


def words_of(posts: int, options: Options) -> Callable[[int], list[str]]:
    """Gives so many words to look for: of a made site's language, or such as stand together in titles."""
    if options.home is None:
        return Words(np.random.default_rng(FIGURES.seed + posts)).some
    with closing(sqlite3.connect(options.home / "var" / "aftercare.sqlite")) as database:
        titles = [row[0].split() for row in database.execute("SELECT title FROM questions ORDER BY id")]
    chance = random.Random(posts)

    def some(count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            title = chance.choice(titles)
            found += title[: count - len(found)]
        return found

    return some


def engine_of(home: Path) -> str:
    """The engine with which a size is served: Whoosh as far as it is meant to go."""
    return "whoosh" if rows_of(home, "questions", "articles") <= MOST_FOR_WHOOSH else "tantivy"


def rows_of(home: Path, *tables: str) -> int:
    """How many rows these tables of a site have together."""
    with closing(sqlite3.connect(home / "var" / "aftercare.sqlite")) as database:
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # noqa: S608
    return sum(counts)


def of_search(posts: int, options: Options) -> Figures:
    """Indexing, searching and suggesting, by engine; the served engine's index stays for the pages."""
    found: Figures = {}
    home = site_of(posts, options).config["HOME"]
    served = engine_of(home)
    for engine in ("whoosh", "tantivy"):
        if engine == "whoosh" and served != "whoosh":
            continue
        folder = home / ("search_index" if engine == served else f"search_index-{engine}")
        app = site_of(posts, options, SEARCH_ENGINE=engine, SEARCH_INDEX=folder)
        mark = folder / "built.json"
        with app.app_context():
            if not mark.exists():
                wall, cpu = time.monotonic(), time.process_time()
                count = search.rebuild(_progress(f"{engine}, indexing"))
                spent = [time.process_time() - cpu, time.monotonic() - wall]
                mark.write_text(json.dumps([count / spent[0], _size_of(folder)]))
            speed, size = json.loads(mark.read_text())
            found[f"{engine}: documents indexed in a CPU second"] = [speed]
            found[f"{engine}: index, MB"] = [size / 1e6]
            found |= {
                f"{engine}: {name}": values for name, values in _searching(words_of(posts, options)).items()
            }
    return found


def _searching(words: Callable[[int], list[str]]) -> Figures:
    """CPU milliseconds in this process: each query for the first time, again, and titles for what is being typed."""
    chance = random.Random(3)
    found: Figures = {}
    for count in (1, 3):
        queries = [" ".join(words(count)) for _query in range(QUERIES)]
        for name in ("first time", "again"):
            found[f"search for {count}, {name}"] = [
                _cpu(lambda query=query: search.find(query, audiences=EVERYONE)) for query in queries
            ]
    typed = [words(1)[0][: chance.randint(2, 6)] for _title in range(QUERIES * 3)]
    search.suggest("a", audiences=EVERYONE)
    found["titles while typing"] = [
        _cpu(lambda text=text: search.suggest(text, audiences=EVERYONE)) for text in typed
    ]
    return found


def _cpu(do: Callable[[], object]) -> float:
    start = time.process_time()
    do()
    return (time.process_time() - start) * 1000


def _progress(name: str) -> Callable[[int, int], None]:
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 5:
            last = time.monotonic()
            print(f"  {name}: {done:,} of {total:,}", file=sys.stderr, flush=True)

    return tell


def of_pages(posts: int, options: Options) -> Figures:
    """The CPU milliseconds of every page, drawn anew, and of the bare view; memory of the process; sizes on disk."""
    app = site_of(posts, options)
    home = app.config["HOME"]
    with app.app_context():
        where = places()
    words = [quote(word) for word in words_of(posts, options)(60)]
    public = {name: [path] for name, path in where.public.items()}
    is_indexed = (home / "search_index" / "built.json").exists()
    public["a search"] = [f"/search?q={first}+{second}" for first, second in pairwise(words)]
    public["titles while typing"] = [f"/search/suggest?q={word[:4]}" for word in words]
    if not is_indexed:
        del public["a search"], public["titles while typing"]
    found: Figures = {}
    environment = {
        "AFTERCARE_HOME": str(home),
        "AFTERCARE_KEEP_PAGES": "0",
        "AFTERCARE_SEARCH_ENGINE": engine_of(home),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("floor:app", floor_in(Path(folder))) as floor,
        serving("wsgi:app", ROOT, **environment) as server,
    ):
        bare = [f"/template/{TEMPLATE_SIZE}"]
        ask(floor, bare[0], {}, 50)
        pages = [(name, paths, {}) for name, paths in public.items()]
        if options.home is None:
            boss = {"Cookie": _signed_in(server)}
            pages += [(f"boss: {name}", [path], boss) for name, path in where.signed_in.items()]
        pages = [page for page in pages if _is_drawn(server, *page)]
        for _round in range(options.rounds):
            alone = list[float]()
            for at, (name, paths, headers) in enumerate(pages):
                if at % ASKED_BETWEEN == 0:
                    alone.append(_asked(floor, bare, {}))
                found.setdefault(f"page: {name}", []).append(_asked(server, paths, headers))
            found.setdefault(BARE, []).append(median(alone))
        found |= _memory(server)
    found["database, MB"] = [_database_size(app) / 1e6]
    return found


def _is_drawn(server: Server, name: str, paths: Sequence[str], headers: dict[str, str]) -> bool:
    """Whether a page comes at all; asked twice, so that what is read once is read."""
    try:
        status, _page = ask(server, paths[0], headers, 2)
    except TimeoutError:
        print(f"  {name} took more than a minute and is left out.", file=sys.stderr, flush=True)
        return False
    if status != 200:
        raise SystemExit(f"{paths[0]} answered {status}; nothing was measured.")
    return True


def _asked(server: Server, paths: Sequence[str], headers: dict[str, str]) -> float:
    """CPU milliseconds of the server for one page, some of `paths` by chance."""
    before = _spent(server)
    for at in range(ASKED_AT_ONCE):
        ask(server, random.choice(paths) if at else paths[0], headers, 1)
    return (_spent(server) - before) / ASKED_AT_ONCE * 1000


def _spent(server: Server) -> float:
    """Seconds on a processor so far, to the nanosecond, of all the server's processes."""
    # The clock of another process, as clock_getcpuclockid(3) makes it.
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in (server.pid, *_children(server.pid)))


def _memory(server: Server) -> Figures:
    """What the largest process takes in MB: of its own, and of files that are mapped, which the system may take back."""
    own, files = 0.0, 0.0
    for pid in _children(server.pid):
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        sizes = {
            name: int(size) / 1000 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", told, re.MULTILINE)
        }
        own, files = max((own, files), (sizes["Pss_Anon"], sizes["Pss_File"]))
    return {"memory of a process, MB": [own], "files mapped by it, MB": [files]}


def _signed_in(server: Server) -> str:
    person = Person("boss", server.port, PASSWORD)
    person.sign_in()
    return person.cookie


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _database_size(app: Any) -> int:
    from sqlalchemy import text

    from app.core.db import db

    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return Path(str(db.engine.url.database)).stat().st_size
        return int(db.session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def of_writing(posts: int, options: Options) -> Figures:
    """What sixteen people at once can write over HTTP, how far the index is behind meanwhile, and importing."""
    home = home_of(posts)
    with tempfile.TemporaryDirectory(prefix="aftercare-growth-", dir=home.parent) as folder:
        copy = Path(folder) / "site"
        subprocess.run(["cp", "-r", "--reflink=auto", str(home), str(copy)], check=True)
        return {**_written(copy, options.seconds), **_imported(copy)}


def _written(home: Path, seconds: float) -> Figures:
    over = threading.Event()
    with Site(
        home, web=("--workers", "2", "--threads", "4"), AFTERCARE_SEARCH_ENGINE=engine_of(home)
    ) as site:
        writers = [Writer(number, site.port, over, _newest(home)) for number in range(CLIENTS)]
        for writer in writers:
            writer.person.sign_in()
        for writer in writers:
            writer.start()
        lags, until = list[float](), time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(1)
            lags.append(_lag(home))
        over.set()
        for writer in writers:
            writer.join(60)
        patience = time.monotonic() + 120
        while _lag(home) and time.monotonic() < patience:
            time.sleep(0.5)
        behind = time.monotonic() - until
    waits = [wait * 1000 for writer in writers for wait in writer.waits]
    if not waits:
        raise SystemExit(f"Nobody could write: {[writer.refused for writer in writers][:3]}")
    return {
        "writing: deeds in a second, 16 people": [len(waits) / seconds],
        "writing: wait, ms": waits,
        "writing: index behind, s": lags,
        "writing: until the index is level, s": [behind],
    }


class Writer(threading.Thread):
    """Somebody who asks, answers and votes without a pause."""

    def __init__(self, number: int, port: int, over: threading.Event, newest: int) -> None:
        super().__init__(daemon=True)
        self.person, self.over, self.newest = Person(f"client-{number}", port, PASSWORD), over, newest
        self.chance, self.waits, self.refused = random.Random(number), list[float](), list[str]()
        self.done = 0

    def run(self) -> None:
        while not self.over.is_set():
            self.done += 1
            deed = self.chance.choices((self.ask, self.answer, self.vote), (2, 4, 4))[0]
            start = time.monotonic()
            try:
                deed()
            except Refused as error:
                self.refused.append(str(error))
                continue
            except GONE:
                continue
            self.waits.append(time.monotonic() - start)

    def ask(self) -> None:
        words = f"{self.name} {self.done}"
        self.person.send("/ask", title=f"Why does it stop: {words}", body=f"It stops. {words}", looked="1")

    def answer(self) -> None:
        self.person.send(f"/questions/{self._somewhere()}/answers", body=f"Try this: {self.name} {self.done}")

    def vote(self) -> None:
        self.person.send(f"/questions/{self._somewhere()}/vote", value="1")

    def _somewhere(self) -> int:
        """Mostly new questions, as people do."""
        return max(1, self.newest - int(self.newest ** self.chance.random()))


def _newest(home: Path) -> int:
    with closing(sqlite3.connect(home / "var" / "aftercare.sqlite")) as database:
        return int(database.execute("SELECT max(id) FROM questions").fetchone()[0])


def _lag(home: Path) -> float:
    """Seconds since which the oldest change waits for the index."""
    with closing(sqlite3.connect(home / "var" / "aftercare.sqlite", timeout=30)) as database:
        oldest = database.execute(
            "SELECT (julianday('now') - julianday(min(created_at))) * 86400 FROM search_changes"
            " WHERE indexed_at IS NULL"
        ).fetchone()[0]
    return max(0.0, oldest or 0.0)


def _imported(home: Path) -> Figures:
    """How many posts an import takes over in a second of this process's CPU."""
    from app.imports.questions import QuestionImport

    url = f"sqlite:///{home / 'var' / 'aftercare.sqlite'}"
    app = create_app(
        HOME=home, SECRET_KEY=PASSWORD, SQLALCHEMY_DATABASE_URI=url, SEARCH_ENGINE=engine_of(home)
    )
    source = home / "threads.jsonl"
    making = Making(1_000, FIGURES, home / "unused")
    making.progress.close()
    with source.open("w") as file:
        for number in range(THREADS_IMPORTED):
            thread = [
                {
                    "id": f"{number}-{at}",
                    "author": f"importer {number % 40}",
                    "body_markdown": making.texts.one(600).source,
                    "created_at": "2026-01-01T10:00:00Z",
                }
                for at in range(3)
            ]
            file.write(json.dumps({"id": number, "title": f"Imported {number}", "posts": thread}) + "\n")
    with app.app_context():
        start = time.process_time()
        report = QuestionImport("growth").run(source)
        spent = time.process_time() - start
    return {"importing: posts in a CPU second": [report.taken * 3 / spent]}


# All sizes


def table(found: dict[int, Figures]) -> str:
    """The figures as Markdown: a row for each, a column for each size."""
    sizes, beside = sorted(found), _beside(found)
    lines = [
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}. "
        "Median (lowest to highest); × is the last column over the first.",
        "",
        f"| CPU of a page, × a bare view that renders 20 KB | {' | '.join(f'{size:,} posts' for size in sizes)} | × |",
        f"|---|{'---|' * len(sizes)}---|",
    ]
    pages = [name for name in MAIN if any(f"page: {name}" in found[size] for size in sizes)]
    lines += [_row(name, f"page: {name}", beside, sizes) for name in pages]
    lines += ["", f"| other | {' | '.join(f'{size:,} posts' for size in sizes)} | × |"]
    lines.append(f"|---|{'---|' * len(sizes)}---|")
    names = dict.fromkeys(name for size in sizes for name in found[size])
    others = [name for name in names if not name.startswith("page: ")]
    lines += [_row(name, name, found, sizes) for name in others]
    if len(sizes) == 1:
        return "\n".join(lines)
    slow = sorted(
        (name for name in names if name.startswith("page: ") and name[6:] not in MAIN),
        key=lambda name: -_growth(name, beside, sizes),
    )
    lines += ["", "Of all other lists and pages those that grow most:", ""]
    lines += [f"| page | {' | '.join(f'{size:,} posts' for size in sizes)} | × |"]
    lines.append(f"|---|{'---|' * len(sizes)}---|")
    lines += [_row(name[6:], name, beside, sizes) for name in slow[:12]]
    return "\n".join(lines)


def _beside(found: dict[int, Figures]) -> dict[int, Figures]:
    """What pages cost as multiples of the bare view in the same round."""
    return {
        size: {
            name: [value / bare for value, bare in zip(values, figures[BARE], strict=True)]
            for name, values in figures.items()
            if name.startswith("page: ")
        }
        for size, figures in found.items()
    }


def _row(label: str, name: str, found: dict[int, Figures], sizes: Sequence[int]) -> str:
    cells = []
    for size in sizes:
        values = found[size].get(name)
        if not values:
            cells.append("")
        elif len(values) == 1:
            cells.append(_short(values[0]))
        elif len(values) > 12:
            cells.append(f"{_short(median(values))} (p95 {_short(quantiles(values, n=20)[-1])})")
        else:
            cells.append(f"{_short(median(values))} ({_short(min(values))} to {_short(max(values))})")
    growth = _growth(name, found, sizes)
    return f"| {label} | {' | '.join(cells)} | {f'{growth:.1f}' if growth else ''} |"


def _growth(name: str, found: dict[int, Figures], sizes: Sequence[int]) -> float:
    known = [median(found[size][name]) for size in sizes if found[size].get(name)]
    return known[-1] / known[0] if len(known) > 1 and known[0] > 0 else 0.0


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def picture(found: dict[int, Figures]) -> str:
    """The pages that most people open, by size."""
    lines, beside = [], _beside(found)
    for name in PLOTTED:
        points = [
            (float(size), median(beside[size][f"page: {name}"]))
            for size in sorted(beside)
            if beside[size].get(f"page: {name}")
        ]
        lines.append(Line(name, points))
    return plot("CPU for one page, nothing kept", "questions and answers", "× a bare view", lines)


def sizes_of(words: str) -> list[int]:
    """ "1k,10k,1M" as numbers."""
    signs = {"k": 1_000, "m": 1_000_000}
    return [
        int(float(word.rstrip("kKmM")) * signs.get(word[-1].lower(), 1)) for word in words.split(",") if word
    ]


def main() -> None:
    """Measure each size in a process of its own, then print the table and draw the plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=sizes_of, default=list(SIZES), help="such as 1k,10k,100k,1M")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20, help="how long people write")
    parser.add_argument("--server", default="", help="a PostgreSQL server, such as postgresql://user@host/")
    parser.add_argument("--parts", default="search,pages,writing", help="some of search, pages and writing")
    parser.add_argument("--again", action="store_true", help="measure sizes again that were measured before")
    parser.add_argument(
        "--home", type=Path, help="a site that is there: its pages for everybody, and its search"
    )
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--plot", type=Path, help="write the plot here")
    options = parser.parse_args()
    parts = options.parts.split(",")
    if options.home:
        parts = [part for part in parts if part != "writing"]
        options.sizes = [rows_of(options.home, "questions", "answers")]
    chosen = Options(options.rounds, options.seconds, options.server, tuple(parts), options.home)
    kept_as = "measured-on-a-server.json" if options.server else "measured.json"
    if options.one:
        measure(options.one, chosen, (options.home or home_of(options.one)) / kept_as)
        return
    found: dict[int, Figures] = {}
    for size in options.sizes:
        file = (options.home or home_of(size)) / kept_as
        if options.again:
            file.unlink(missing_ok=True)
        arguments = [sys.executable, __file__, "--one", str(size), "--rounds", str(options.rounds)]
        arguments += ["--seconds", str(options.seconds), "--parts", options.parts, "--server", options.server]
        arguments += ["--home", str(options.home)] if options.home else []
        subprocess.run(arguments, check=True)
        known = json.loads(file.read_text())
        found[size] = {name: values for part in known.values() for name, values in part.items()}
    print(table(found))
    if options.plot:
        options.plot.write_text(picture(found))


if __name__ == "__main__":
    main()
