"""How well and how fast search finds, beside SQLite's FTS5 on the same documents and queries, in one run.

    python benchmarks/search.py --shared ../shared

Relevance is nDCG@10 with one right document (or a few) for each query; time is the CPU of this process for one query,
warm, in milliseconds.
"""

import argparse
import gzip
import json
import math
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from app import search
from app.search import SearchDocument
from app.search.whoosh_engine import WhooshEngine

EVERYONE = frozenset({"public"})
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
Ranker = Callable[[str], list[str]]


@dataclass(frozen=True)
class Question:
    """A query, the documents that answer it with their grades, and those that must not be counted."""

    text: str
    grades: dict[str, int]
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """A collection: documents as (name, title, text), and questions."""

    name: str
    documents: list[tuple[str, str, str]]
    questions: list[Question]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a packed JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def judgements(path: Path) -> dict[str, dict[str, int]]:
    """The grades of each query from a table of query, document, grade."""
    grades: dict[str, dict[str, int]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    return grades


def collections(shared: Path, names: Sequence[str]) -> Iterator[Judged]:
    """The judged collections of these names."""
    relevance = shared / "data" / "relevance"
    guides = [
        (each["id"], each["title"], each["body_markdown"])
        for each in lines(shared / "data/articles/microsoft_support_articles.jsonl.gz")
    ]
    if "anchors" in names:
        asked = [
            Question(each["text"], {each["relevant"]: 1}, frozenset(each["exclude"]))
            for each in lines(relevance / "anchors/queries.jsonl.gz")
        ]
        yield Judged("anchors", guides, asked)
    if "redirects" in names:
        folder = relevance / "known_item_ms_redirects"
        grades = judgements(folder / "qrels.tsv")
        asked = [
            Question(each["text"], grades.get(each["_id"], {})) for each in lines(folder / "queries.jsonl.gz")
        ]
        yield Judged("redirects", guides, asked)
    if "stackfaq" in names:
        folder = relevance / "stackfaq"
        documents = [(each["_id"], each["title"], each["text"]) for each in lines(folder / "corpus.jsonl.gz")]
        grades = judgements(folder / "qrels.tsv")
        for name, file in (("stackfaq", "queries.jsonl.gz"), ("stackfaq typos", "queries_typo.jsonl.gz")):
            asked = [Question(each["text"], grades[each["_id"]]) for each in lines(folder / file)]
            yield Judged(name, documents, asked)
    if "links" in names:
        folder = relevance / "links_openenergymonitor"
        documents = [(each["_id"], each["title"], each["text"]) for each in lines(folder / "corpus.jsonl.gz")]
        grades = judgements(folder / "qrels.tsv")
        asked = [
            Question(each["text"], grades.get(each["_id"], {}), frozenset({each["thread"]}))
            for each in lines(folder / "queries.jsonl.gz")
        ]
        yield Judged("links", documents, asked)


def ours(folder: Path, documents: Sequence[tuple[str, str, str]]) -> Ranker:
    """Search as the site does it."""
    names = [name for name, _, _ in documents]
    found = (
        SearchDocument(
            kind="article", id=number, title=title, body=text, created_at=MOMENT, updated_at=MOMENT
        )
        for number, (_, title, text) in enumerate(documents)
    )
    with WhooshEngine(folder).rebuilding(found):
        pass
    search.configure(folder)

    def rank(text: str) -> list[str]:
        return [names[hit.id] for hit in search.find(text, audiences=EVERYONE, per_page=20).hits]

    return rank


def fts5(documents: Sequence[tuple[str, str, str]]) -> Ranker:
    """SQLite's full-text search: Porter's stems, any word, the title five times."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE VIRTUAL TABLE found USING fts5(name UNINDEXED, title, text, tokenize='porter unicode61')"
    )
    database.executemany("INSERT INTO found VALUES (?, ?, ?)", documents)

    def rank(text: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(plain_words(text)))
        rows = database.execute(
            "SELECT name FROM found WHERE found MATCH ? ORDER BY bm25(found, 0, 5.0, 1.0) LIMIT 20", (words,)
        )
        return [name for (name,) in rows]

    return rank


def plain_words(text: str) -> list[str]:
    """Runs of letters and digits."""
    return "".join(letter if letter.isalnum() else " " for letter in text).split()


def ndcg(ranked: Sequence[str], question: Question) -> float:
    """Normalised discounted cumulative gain at 10, with linear gain (Järvelin and Kekäläinen 2002)."""
    kept = [name for name in ranked if name not in question.exclude][:10]
    gain = sum(question.grades.get(name, 0) / math.log2(rank + 2) for rank, name in enumerate(kept))
    best = sorted(question.grades.values(), reverse=True)[:10]
    ideal = sum(grade / math.log2(rank + 2) for rank, grade in enumerate(best))
    return gain / ideal if ideal else 0.0


def measure(rank: Ranker, questions: Sequence[Question]) -> tuple[float, float, float, float]:
    """Mean nDCG@10, success@1, and the median and 95th percentile of the CPU milliseconds of a warm query."""
    gains: list[float] = []
    firsts: list[bool] = []
    times: list[float] = []
    for question in questions:
        ranked = rank(question.text)
        kept = [name for name in ranked if name not in question.exclude]
        gains.append(ndcg(ranked, question))
        firsts.append(bool(kept) and kept[0] in question.grades)
        start = time.process_time()
        rank(question.text)
        times.append((time.process_time() - start) * 1000)
    return sum(gains) / len(gains), sum(firsts) / len(firsts), median(times), quantiles(times, n=20)[-1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, required=True, help="the folder that holds data/relevance")
    parser.add_argument("--only", nargs="*", default=["anchors", "redirects", "stackfaq", "links"])
    options = parser.parse_args()
    print(
        f"{'collection':<16}{'engine':<8}{'nDCG@10':>9}{'first':>8}{'ms p50':>9}{'ms p95':>9}{'build s':>9}"
    )
    for judged in collections(options.shared, options.only):
        questions = [question for question in judged.questions if question.grades]
        with tempfile.TemporaryDirectory() as folder:
            for name in ("ours", "FTS5"):
                start = time.process_time()
                rank = ours(Path(folder), judged.documents) if name == "ours" else fts5(judged.documents)
                built = time.process_time() - start
                gain, first, middle, slow = measure(rank, questions)
                print(
                    f"{judged.name:<16}{name:<8}{gain:>9.3f}{first:>8.3f}{middle:>9.2f}{slow:>9.2f}{built:>9.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
