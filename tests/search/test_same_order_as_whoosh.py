"""Our scores over arrays are the scores of Whoosh's own BM25, from many threads too."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from whoosh import query as whoosh_query
from whoosh.index import FileIndex
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from app.search import Filters, SearchDocument, parse, selection
from app.search.ranking import FIELD_WEIGHTS, K1, B, Snapshot
from app.search.whoosh_engine import INDEX_NAME, WhooshIndex
from tests.search.notes import EVERYONE, document

WORDS = [f"w{chr(97 + each // 26)}{chr(97 + each % 26)}" for each in range(200)]


def random_document(number: int, chance: random.Random) -> SearchDocument:
    def words(most: int) -> str:
        # Squared, so that some words are common and most are rare.
        return " ".join(WORDS[int(len(WORDS) * chance.random() ** 2)] for _ in range(chance.randint(0, most)))

    kind = "question" if number % 5 == 0 else "article"
    return document(number, words(8), words(150), kind=kind, symptoms=(words(4),))


def random_queries(count: int, chance: random.Random) -> list[list[str]]:
    return [
        [WORDS[int(len(WORDS) * chance.random() ** 2)] for _ in range(chance.randint(1, 6))]
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def changed_index(tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    """An index of several segments in which much was struck out and written again."""
    chance = random.Random(7)
    index = WhooshIndex.create(tmp_path_factory.mktemp("index"))
    index.fill(random_document(number, chance) for number in range(900))
    for _ in range(8):
        again = chance.sample(range(1_000), 60)
        keys = [(kind, number) for number in again for kind in ("article", "question")]
        index.change(keys, [random_document(number, chance) for number in again[:40]])
    assert len(index.read().segments) >= 3
    return index


def whooshs_best(searcher: Searcher, terms: list[str]) -> dict[int, float]:
    """The scores of all documents that Whoosh itself finds."""
    parts = [
        whoosh_query.Term(field, term, boost=weight)
        for term in dict.fromkeys(terms)
        for field, weight in FIELD_WEIGHTS.items()
    ]
    return {hit.docnum: hit.score for hit in searcher.search(whoosh_query.Or(parts), limit=None)}


def our_best(snapshot: Snapshot, terms: list[str]) -> dict[int, float]:
    scores, held = snapshot.sum_of_terms(dict.fromkeys(terms))
    return {at: float(scores[at]) for at in range(snapshot.count) if held[at] and snapshot.live[at]}


def test_the_ten_best_are_those_of_whoosh_with_the_same_scores(changed_index: WhooshIndex) -> None:
    snapshot = changed_index.read()
    whoosh = FileIndex(changed_index._storage, indexname=INDEX_NAME)
    with whoosh.searcher(
        weighting=BM25F(K1=K1, **{f"{field}_B": share for field, share in B.items()})
    ) as searcher:
        for terms in random_queries(200, random.Random(11)):
            theirs, ours = whooshs_best(searcher, terms), our_best(snapshot, terms)
            assert ours == pytest.approx(theirs, rel=1e-6)
            best_of_theirs = sorted(theirs, key=lambda at: (-round(theirs[at], 4), at))[:10]
            assert sorted(ours, key=lambda at: (-round(ours[at], 4), at))[:10] == best_of_theirs


def test_many_threads_get_the_same_answers_as_one(changed_index: WhooshIndex) -> None:
    queries = random_queries(150, random.Random(13))
    snapshot = changed_index.read()
    expected = [our_best(snapshot, terms) for terms in queries]
    fresh = WhooshIndex(changed_index.folder)  # Nothing is in its memory, so every thread reads files.
    shared = fresh.read()
    begin = threading.Barrier(8)

    def ask_all(seed: int) -> list[bool]:
        order = list(range(len(queries)))
        random.Random(seed).shuffle(order)
        begin.wait()
        return [our_best(shared, queries[at]) == expected[at] for at in order]

    with ThreadPoolExecutor(8) as threads:
        for answers in threads.map(ask_all, range(8)):
            assert all(answers)


def test_ranking_only_those_that_may_be_hits_changes_nothing(
    changed_index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = changed_index.read()
    filters = [Filters(EVERYONE), Filters(EVERYONE, kind="question"), Filters(EVERYONE, sort="newest")]
    asked = [
        (parse(" ".join(terms)), each) for terms in random_queries(60, random.Random(3)) for each in filters
    ]
    monkeypatch.setattr(selection, "SMALL", 10_000)
    expected = [everything.search(query, each, 0, 30) for query, each in asked]
    explained = [everything.explain(query, each, ("article", 7)) for query, each in asked]
    monkeypatch.setattr(selection, "SMALL", 0)
    for (query, each), ranking, told in zip(asked, expected, explained, strict=True):
        found = everything.search(query, each, 0, 30)
        assert (found.total, found.counts) == (ranking.total, ranking.counts)
        assert found.hits == ranking.hits
        assert everything.explain(query, each, ("article", 7)) == told
    assert any(everything.narrowed(query, each, 30).count < everything.count / 4 for query, each in asked)
