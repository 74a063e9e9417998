"""How fast search is, beside other engines on the same documents and queries in one run: part of `make bench-search`.

The documents are made of words as common and as rare as in a language (Zipf's law), so nothing has to be fetched; the
queries' words are drawn from the same. Times are the CPU of this process for one query in milliseconds, cold (the first
time that a word is asked for) and warm. What counts are the ratios, which hold on any machine.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parent.parent))

from app import search
from app.search import SearchDocument
from app.search.whoosh_engine import WhooshEngine
from benchmarks.search import EVERYONE, MOMENT, Ranker, fts5, of_tantivy, ours

SIZES = (1_400, 20_000, 100_000)
WORDS = (1, 3, 8)
QUERIES = 60
KNOWN_WORDS = 60_000
LETTERS = "abcdefghijklmnoprstuvw"


@dataclass(frozen=True)
class Times:
    """Median and 95th percentile, cold and warm."""

    cold: float
    cold_slow: float
    warm: float
    warm_slow: float


def vocabulary(chance: random.Random) -> list[str]:
    """Words that no stemmer changes, the common ones first."""
    words: dict[str, None] = {}
    while len(words) < KNOWN_WORDS:
        words["".join(chance.choice(LETTERS) for _ in range(chance.randint(3, 9))) + "x"] = None
    return list(words)


def drawn(words: Sequence[str], chance: random.Random, count: int) -> list[str]:
    """Words by Zipf's law: the chance of a word falls with its rank."""
    return [words[int(len(words) ** chance.random()) - 1] for _ in range(count)]


def documents(words: Sequence[str], count: int) -> list[tuple[str, str, str]]:
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


def engines(folder: Path) -> Iterator[tuple[str, Callable[[Sequence[tuple[str, str, str]]], Ranker]]]:
    """Those that are installed."""
    yield "ours", lambda found: ours(folder, found, per_page=10)
    yield "FTS5", lambda found: fts5(found, depth=10)
    try:
        import tantivy
    except ImportError:
        print("tantivy is not installed; its rows are left out.")
        return
    del tantivy
    yield "tantivy", lambda found: of_tantivy(found, depth=10)


def while_typing(found: Sequence[tuple[str, str, str]], chance: random.Random) -> None:
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
    print("\n| while typing | ms p50 | ms p95 |\n|---|---|---|")
    for name, rank in (
        ("ours", lambda text: search.suggest(text, audiences=EVERYONE)),
        ("FTS5, ranked prefix", of_fts5),
    ):
        spent = timed(rank, typed)
        print(f"| {name} | {median(spent):.2f} | {quantiles(spent, n=20)[-1]:.2f} |", flush=True)


def after_many_changes(folder: Path, found: Sequence[tuple[str, str, str]], queries: Sequence[str]) -> None:
    """The same index grown by 43 catchings up, before and after it was tidied up."""
    search.configure(folder)
    engine = WhooshEngine(folder)
    with engine.rebuilding([]):
        pass
    for start in range(0, 43 * 150, 150):
        some = [
            SearchDocument(
                kind="article", id=int(name), title=title, body=text, created_at=MOMENT, updated_at=MOMENT
            )
            for name, title, text in found[start : start + 150]
        ]
        with engine.lock():
            engine.change([], some)
    print("\n| 43 catchings up of 150 documents | segments | ms p50 cold | ms p50 warm |\n|---|---|---|---|")
    for name in ("as they are", "tidied up"):
        fresh = WhooshEngine(folder)
        search.configure(folder)
        spent = times(lambda text: search.find(text, audiences=EVERYONE), queries)
        state = fresh._current()
        assert state is not None
        print(f"| {name} | {len(state.segments)} | {spent.cold:.2f} | {spent.warm:.2f} |", flush=True)
        while engine.tidy():
            pass


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    options = parser.parse_args()
    chance = random.Random(7)
    words = vocabulary(chance)
    queries = {count: [" ".join(drawn(words, chance, count)) for _ in range(QUERIES)] for count in WORDS}
    print("| documents | engine | words | ms p50 cold | p95 | ms p50 warm | p95 | build s |")
    print("|---|---|---|---|---|---|---|---|")
    found: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for size in options.sizes:
            found = documents(words, size)
            for name, build in engines(Path(folder) / str(size)):
                start = time.process_time()
                rank = build(found)
                built = time.process_time() - start
                for count in WORDS:
                    spent = times(rank, queries[count])
                    print(
                        f"| {size:,} | {name} | {count} | {spent.cold:.2f} | {spent.cold_slow:.2f} "
                        f"| {spent.warm:.2f} | {spent.warm_slow:.2f} | {built:.1f} |",
                        flush=True,
                    )
        search.configure(Path(folder) / str(options.sizes[-1]))
        while_typing(found, chance)
        after_many_changes(Path(folder) / "grown", found, queries[3])


if __name__ == "__main__":
    main()
