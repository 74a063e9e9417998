"""How well search finds, beside other engines on the same documents and queries, in one run: `make bench-search`.

Relevance is nDCG@10, MRR@10, success@1 and recall@100 with one right document (or a few) for each query; time is the CPU
of this process for one query, warm, in milliseconds. An engine that is not installed is left out with a word. The judged
collections are not part of the repository; without them there is nothing to measure.
"""

import argparse
import gzip
import json
import math
import os
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from app import search
from app.search import SearchDocument

EVERYONE = frozenset({"public"})
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
DEPTH = 110
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


def ours(
    folder: Path, documents: Sequence[tuple[str, str, str]], per_page: int = DEPTH, engine: str = "whoosh"
) -> Ranker:
    """Search as the site does it, with an index in this folder; one that is there already is taken as it is."""
    names = [name for name, _, _ in documents]
    search.configure(folder, engine)
    built = search._the_engine()
    if built.needs_rebuild():
        with built.rebuilding(map(searchable, range(len(documents)), documents)):
            pass
    search.warm()

    def rank(text: str) -> list[str]:
        return [names[hit.id] for hit in search.find(text, audiences=EVERYONE, per_page=per_page).hits]

    return rank


def searchable(number: int, document: tuple[str, str, str]) -> SearchDocument:
    """A document as the site would have it."""
    _, title, text = document
    return SearchDocument(
        kind="article", id=number, title=title, body=text, created_at=MOMENT, updated_at=MOMENT
    )


def fts5(documents: Sequence[tuple[str, str, str]], depth: int = DEPTH) -> Ranker:
    """SQLite's full-text search: Porter's stems, any word, the title five times."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE VIRTUAL TABLE found USING fts5(name UNINDEXED, title, text, tokenize='porter unicode61')"
    )
    database.executemany("INSERT INTO found VALUES (?, ?, ?)", documents)

    def rank(text: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(plain_words(text)))
        rows = database.execute(
            "SELECT name FROM found WHERE found MATCH ? ORDER BY bm25(found, 0, 5.0, 1.0) LIMIT ?",
            (words, depth),
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


def of_tantivy(documents: Sequence[tuple[str, str, str]], depth: int = DEPTH) -> Ranker:
    """tantivy: English stems, any word, the title once, which is its best weight on these collections."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("name", stored=True, tokenizer_name="raw")
    for field in ("title", "text"):
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(64_000_000, 1)
    for name, title, text in documents:
        writer.add_document(tantivy.Document(name=[name], title=[title], text=[text]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def rank(text: str) -> list[str]:
        words = " ".join(f'"{word}"' for word in dict.fromkeys(plain_words(text)))
        query, _ = index.parse_query_lenient(words, ["title", "text"], {"title": 1.0})
        hits = searcher.search(query, depth, count=False).hits
        return [searcher.doc(address)["name"][0] for _, address in hits]

    return rank


def of_bm25s(documents: Sequence[tuple[str, str, str]]) -> Ranker:
    """bm25s: English stems and stop words, the title twice in the text."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    names = [name for name, _, _ in documents]
    texts = [f"{title} {title} {text}" for _, title, text in documents]
    retriever = bm25s.BM25()
    retriever.index(
        bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False
    )

    def rank(text: str) -> list[str]:
        tokens = bm25s.tokenize([text], stopwords="en", stemmer=stemmer, show_progress=False)
        found, scores = retriever.retrieve(tokens, k=min(DEPTH, len(names)), show_progress=False)
        return [names[at] for at, score in zip(found[0], scores[0], strict=True) if score > 0]

    return rank


def of_whoosh(documents: Sequence[tuple[str, str, str]], *, all_words: bool) -> Ranker:
    """Whoosh as it comes: its stemming analyser, its parser, its BM25F; with all words, as by default, or any."""
    from whoosh import fields, qparser
    from whoosh.analysis import StemmingAnalyzer
    from whoosh.filedb.filestore import RamStorage

    text_field = fields.TEXT(analyzer=StemmingAnalyzer())
    schema = fields.Schema(name=fields.STORED, title=text_field, text=text_field)
    index = RamStorage().create_index(schema)
    writer = index.writer(limitmb=256)
    for name, title, text in documents:
        writer.add_document(name=name, title=title, text=text)
    writer.commit()
    searcher = index.searcher()
    group = qparser.AndGroup if all_words else qparser.OrGroup
    parser = qparser.MultifieldParser(["title", "text"], schema, group=group)

    def rank(text: str) -> list[str]:
        query = parser.parse(" ".join(plain_words(text)))
        return [hit["name"] for hit in searcher.search(query, limit=DEPTH)]

    return rank


@dataclass(frozen=True)
class Measured:
    """What came out for one engine on one collection."""

    ndcg: float
    mrr: float
    first: float
    recall: float
    middle: float
    slow: float


def measure(rank: Ranker, questions: Sequence[Question]) -> Measured:
    """The means over all questions, and the median and 95th percentile of the CPU milliseconds of a warm query."""
    rows: list[tuple[float, float, float, float]] = []
    times: list[float] = []
    for question in questions:
        kept = [name for name in rank(question.text) if name not in question.exclude]
        right = [at for at, name in enumerate(kept, start=1) if question.grades.get(name)]
        wanted = sum(1 for grade in question.grades.values() if grade)
        rows.append(
            (
                ndcg(kept, question),
                1 / right[0] if right and right[0] <= 10 else 0.0,
                float(right[:1] == [1]),
                len([at for at in right if at <= 100]) / max(1, wanted),
            )
        )
        start = time.process_time()
        rank(question.text)
        times.append((time.process_time() - start) * 1000)
    means = [sum(row[at] for row in rows) / len(rows) for at in range(4)]
    return Measured(*means, median(times), quantiles(times, n=20)[-1])


def shared_folder() -> Path:
    """Where the judged collections are: AFTERCARE_SHARED, or `shared` beside the clone."""
    return Path(os.environ.get("AFTERCARE_SHARED", Path(__file__).parent.parent.parent / "shared"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--shared", type=Path, default=shared_folder(), help="the folder that holds data/relevance"
    )
    parser.add_argument("--only", nargs="*", default=["anchors", "redirects", "stackfaq", "links"])
    parser.add_argument("--engines", nargs="*", help="only those whose names begin so")
    options = parser.parse_args()
    if not (options.shared / "data" / "relevance").is_dir():
        print("Relevance: the judged collections are not here (set AFTERCARE_SHARED to their folder).")
        return
    print("| collection | engine | nDCG@10 | MRR@10 | first | recall@100 | ms p50 | ms p95 | build s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for judged in collections(options.shared, options.only):
        questions = [question for question in judged.questions if question.grades]
        for name, build in ENGINES.items():
            if options.engines and not name.lower().startswith(tuple(options.engines)):
                continue
            start = time.process_time()
            try:
                rank = build(judged.documents)
            except ImportError as missing:
                print(f"| {judged.name} | {name} | not installed: {missing.name} |||||||")
                continue
            built = time.process_time() - start
            found = measure(rank, questions)
            print(
                f"| {judged.name} | {name} | {found.ndcg:.3f} | {found.mrr:.3f} | {found.first:.3f} | {found.recall:.3f} "
                f"| {found.middle:.2f} | {found.slow:.2f} | {built:.1f} |",
                flush=True,
            )


def _ours_in_a_new_folder(documents: Sequence[tuple[str, str, str]], *, engine: str) -> Ranker:
    return ours(Path(_FOLDERS.name) / secrets.token_hex(4), documents, engine=engine)


_FOLDERS = tempfile.TemporaryDirectory(prefix="bench-")
ENGINES: dict[str, Callable[[Sequence[tuple[str, str, str]]], Ranker]] = {
    "ours": partial(_ours_in_a_new_folder, engine="whoosh"),
    "ours, on tantivy": partial(_ours_in_a_new_folder, engine="tantivy"),
    "FTS5": fts5,
    "tantivy": of_tantivy,
    "bm25s": of_bm25s,
    "Whoosh, any word": partial(of_whoosh, all_words=False),
    "Whoosh as it comes": partial(of_whoosh, all_words=True),
}


if __name__ == "__main__":
    main()
