"""How fast search is, beside other engines on the same documents and queries in one run: part of `make bench-search`.

The documents are made of words as common and as rare as in a language (Zipf's law), so nothing has to be fetched; the
queries' words are drawn from the same. Times are the CPU of this process for one query in milliseconds, cold (the first
time that a word is asked for) and warm. What counts are the ratios, which hold on any machine.
"""

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parent.parent))

from app import search
from benchmarks.plot import Line, plot
from benchmarks.search import EVERYONE, Ranker, fts5, of_bm25s, of_tantivy, of_whoosh, ours, searchable

SIZES = (1_400, 20_000, 100_000)
WORDS = (1, 3, 8)
QUERIES = 60
KNOWN_WORDS = 60_000
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"
# Whoosh as it comes takes seconds for one query of a large index.
LARGEST_OF_STOCK_WHOOSH = 20_000
SECONDS_BETWEEN_CATCHING_UP = 1.0
WRITTEN_IN_A_SECOND = 10
SECONDS_OF_WRITING = 10
Document = tuple[str, str, str]


@dataclass(frozen=True)
class Times:
    """Median and 95th percentile, cold and warm."""

    cold: float
    cold_slow: float
    warm: float
    warm_slow: float


@dataclass(frozen=True)
class Row:
    """One engine on so many documents with queries of so many words."""

    size: int
    engine: str
    words: int
    times: Times


def vocabulary(chance: random.Random) -> list[str]:
    """Words that no stemmer changes, the common ones first; of syllables, so that they are as alike as words are."""
    words: dict[str, None] = {}
    while len(words) < KNOWN_WORDS:
        syllables = range(chance.randint(1, 4))
        words["".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in syllables) + "x"] = None
    return list(words)


def drawn(words: Sequence[str], chance: random.Random, count: int) -> list[str]:
    """Words by Zipf's law: the chance of a word falls with its rank."""
    return [words[int(len(words) ** chance.random()) - 1] for _ in range(count)]


def documents(words: Sequence[str], count: int) -> list[Document]:
    """Documents of about 80 words with titles of about six."""
    chance = random.Random(5)
    return [
        (
            str(number),
            " ".join(drawn(words, chance, chance.randint(3, 9))),
            " ".join(drawn(words, chance, chance.randint(30, 130))),
        )
        for number in range(count)
    ]


def timed(rank: Callable[[str], object], queries: Iterable[str]) -> list[float]:
    """The CPU milliseconds of each."""
    found = []
    for query in queries:
        start = time.process_time()
        rank(query)
        found.append((time.process_time() - start) * 1000)
    return found


def times(rank: Callable[[str], object], queries: Sequence[str]) -> Times:
    """Every query for the first time, then all of them again."""
    cold, warm = timed(rank, queries), timed(rank, queries)
    return Times(median(cold), quantiles(cold, n=20)[-1], median(warm), quantiles(warm, n=20)[-1])


def engines(folder: Path, size: int) -> Iterator[tuple[str, Callable[[Sequence[Document]], Ranker]]]:
    """Those that are measured with so many documents."""
    yield "ours", lambda found: ours(folder / "whoosh", found, 10)
    yield "ours, on tantivy", lambda found: ours(folder / "tantivy", found, 10, "tantivy")
    yield "FTS5", lambda found: fts5(found, depth=10)
    yield "tantivy", lambda found: of_tantivy(found, depth=10)
    yield "bm25s", of_bm25s
    if size <= LARGEST_OF_STOCK_WHOOSH:
        yield "Whoosh, any word", partial(of_whoosh, all_words=False)
        yield "Whoosh as it comes", partial(of_whoosh, all_words=True)


def while_typing(found: Sequence[Document], chance: random.Random) -> None:
    """Titles while they are typed, beside a ranked prefix query of FTS5's."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5(title, prefix='1 2 3')")
    database.executemany("INSERT INTO t VALUES (?)", ((title,) for _, title, _ in found))

    def of_fts5(typed: str) -> object:
        words = " ".join(f'"{word}"' for word in typed.split()) + "*"
        return database.execute(
            "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 8", (words,)
        ).fetchall()

    typed = []
    for _ in range(200):
        title = chance.choice(found)[1]
        typed.append(title[: chance.randint(2, min(20, len(title)))].strip())
    search.suggest("a", audiences=EVERYONE)
    print(f"\n| while typing, {len(found):,} titles | ms p50 | ms p95 |\n|---|---|---|")
    for name, rank in (
        ("ours", lambda text: search.suggest(text, audiences=EVERYONE)),
        ("FTS5, ranked prefix", of_fts5),
    ):
        spent = timed(rank, typed)
        print(f"| {name} | {median(spent):.2f} | {quantiles(spent, n=20)[-1]:.2f} |", flush=True)


def anonymous_memory() -> int:
    """The bytes of this process that are not those of files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def memory(folder: Path, engine: str) -> int:
    """The bytes by which a fresh process grows that opens an index, warms up and answers the queries."""
    command = [sys.executable, __file__, "--memory-of", str(folder), engine]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def grown_by(folder: Path, engine: str, queries: Iterable[str]) -> int:
    """What `memory` tells, measured in this process."""
    before = anonymous_memory()
    search.configure(folder, engine)
    search.warm()
    for query in queries:
        search.find(query, audiences=EVERYONE)
    return anonymous_memory() - before


def until_visible(folder: Path, engine: str, found: Sequence[Document]) -> list[float]:
    """The seconds from when a document is written until it is found, while ten a second are, and somebody catches up.

    The worker tells the index once a second what was written since.
    """
    search.configure(folder, engine)
    index = search._the_engine()
    search.find("warm", audiences=EVERYONE)
    written: dict[int, float] = {}
    visible: dict[int, float] = {}
    wanted = int(WRITTEN_IN_A_SECOND * SECONDS_OF_WRITING)
    waiting: list[int] = []
    done = threading.Event()

    def catch_up() -> None:
        while not done.is_set():
            some = [waiting.pop(0) for _ in range(len(waiting))]
            if some:
                fresh = [searchable(number, found[number]) for number in some]
                with index.lock():
                    index.change(
                        [document.key for document in fresh],
                        [replace(each, title=f"{each.title} fresh{each.id}y") for each in fresh],
                    )
            time.sleep(SECONDS_BETWEEN_CATCHING_UP)

    def look() -> None:
        while not done.is_set():
            for number in [each for each in list(written) if each not in visible]:
                if search.find(f"fresh{number}y", audiences=EVERYONE, as_typed=True).total:
                    visible[number] = time.monotonic()
            time.sleep(0.05)

    threads = [threading.Thread(target=each) for each in (catch_up, look)]
    for thread in threads:
        thread.start()
    for number in range(wanted):
        written[number] = time.monotonic()
        waiting.append(number)
        time.sleep(1 / WRITTEN_IN_A_SECOND)
    last = time.monotonic() + 60
    while len(visible) < wanted and time.monotonic() < last:
        time.sleep(0.1)
    done.set()
    for thread in threads:
        thread.join()
    return [visible.get(number, last) - moment for number, moment in written.items()]


def after_many_changes(folder: Path, found: Sequence[Document], queries: Sequence[str]) -> None:
    """An index grown by 43 catchings up, before and after it was tidied up."""
    search.configure(folder)
    engine = search._the_engine()
    with engine.rebuilding([]):
        pass
    for start in range(0, 43 * 150, 150):
        with engine.lock():
            engine.change([], [searchable(number, found[number]) for number in range(start, start + 150)])
    print("\n| 43 catchings up of 150 documents | ms p50 cold | ms p50 warm |\n|---|---|---|")
    for name in ("as they are", "tidied up"):
        search.configure(folder)
        spent = times(lambda text: search.find(text, audiences=EVERYONE), queries)
        print(f"| {name} | {spent.cold:.2f} | {spent.warm:.2f} |", flush=True)
        while engine.tidy():
            pass


def measured(
    folder: Path, found: Sequence[Document], queries: dict[int, list[str]], chosen: Sequence[str]
) -> Iterator[Row]:
    """All engines on these documents; each row is printed as it comes."""
    for name, build in engines(folder, len(found)):
        if chosen and name not in chosen:
            continue
        start = time.process_time()
        try:
            rank = build(found)
        except ImportError as missing:
            print(f"| {len(found):,} | {name} | not installed: {missing.name} ||||||")
            continue
        built = time.process_time() - start
        for count, asked in queries.items():
            spent = times(rank, asked)
            print(
                f"| {len(found):,} | {name} | {count} | {spent.cold:.2f} | {spent.cold_slow:.2f} "
                f"| {spent.warm:.2f} | {spent.warm_slow:.2f} | {built:.1f} |",
                flush=True,
            )
            yield Row(len(found), name, count, spent)


def ratios(rows: Sequence[Row]) -> None:
    """What ours costs beside the others with three words and the most documents."""
    largest = max(row.size for row in rows)
    last = {row.engine: row.times for row in rows if (row.size, row.words) == (largest, 3)}
    if not {"ours", "FTS5", "tantivy"} <= last.keys():
        return
    one, fts, tan = last["ours"], last["FTS5"], last["tantivy"]
    print(f"\n| three words, {largest:,} documents | p50 | p95 | goal |\n|---|---|---|---|")
    for name, middle, slow, goal in (
        ("warm, beside tantivy", one.warm / tan.warm, one.warm_slow / tan.warm_slow, "≤ 4"),
        ("warm, beside FTS5", one.warm / fts.warm, one.warm_slow / fts.warm_slow, "≤ .125"),
        ("first touch, beside FTS5", one.cold / fts.cold, one.cold_slow / fts.cold_slow, "≤ 1"),
    ):
        print(f"| {name} | {middle:.3f} | {slow:.3f} | {goal} |", flush=True)


def main() -> None:
    """Print the tables, and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--engines", nargs="*", default=[], help="only these, by their names in the table")
    parser.add_argument(
        "--keep", type=Path, help="keep our indexes in this folder, and use those that are there"
    )
    parser.add_argument("--plot", type=Path, default=Path(__file__).parent / "search-speed.svg")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    chance = random.Random(7)
    words = vocabulary(chance)
    queries = {count: [" ".join(drawn(words, chance, count)) for _ in range(QUERIES)] for count in WORDS}
    if options.memory_of:
        folder, engine = options.memory_of
        print(grown_by(Path(folder), engine, (each for some in queries.values() for each in some)))
        return
    rows: list[Row] = []
    found: list[Document] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = options.keep or Path(temporary)
        print("| documents | engine | words | ms p50 cold | p95 | ms p50 warm | p95 | build s |")
        print("|---|---|---|---|---|---|---|---|")
        for size in options.sizes:
            found = documents(words, size)
            rows += measured(folder / str(size), found, queries, options.engines)
        ratios(rows)
        largest = folder / str(options.sizes[-1])
        print(
            f"\n| {len(found):,} documents | index MB | memory MB of a process | memory / index |\n|---|---|---|---|"
        )
        for engine in ("whoosh", "tantivy"):
            if (largest / engine).is_dir():
                size = sum(path.stat().st_size for path in (largest / engine).rglob("*") if path.is_file())
                grown = memory(largest / engine, engine)
                print(
                    f"| ours, on {engine} | {size / 1e6:.0f} | {grown / 1e6:.0f} | {grown / size:.2f} |",
                    flush=True,
                )
        search.configure(largest / "whoosh")
        while_typing(found, chance)
        print(
            "\n| seconds from written to found, ten documents a second | p50 | p95 | most |\n|---|---|---|---|"
        )
        for engine in ("whoosh", "tantivy"):
            if (largest / engine).is_dir():
                waited = until_visible(largest / engine, engine, found)
                print(
                    f"| ours, on {engine} | {median(waited):.2f} | {quantiles(waited, n=20)[-1]:.2f} | {max(waited):.2f} |",
                    flush=True,
                )
        after_many_changes(Path(temporary) / "grown", documents(words, 43 * 150), queries[3])
    options.plot.write_text(drawing(rows))


def drawing(rows: Sequence[Row]) -> str:
    """What one query of three words costs each engine, by how many documents there are."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row.words == 3:
            points.setdefault(row.engine, []).append((row.size, row.times.warm))
    lines = [Line(name, some) for name, some in points.items()]
    return plot("Three words, warm: CPU of one query", "documents", "milliseconds", lines)


if __name__ == "__main__":
    main()
