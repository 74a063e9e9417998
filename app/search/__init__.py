"""Search: what the rest of the house may ask of it. It knows no feature; features register what can be found."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from app.search import analysis, catching_up, semantic
from app.search.catching_up import Difference
from app.search.changes import Searchable, SearchChange, note_change
from app.search.documents import Key, SearchDocument, SearchSource, mark
from app.search.engine import (
    Explanation,
    Filters,
    Hit,
    Part,
    Ranking,
    RebuildRunningError,
    SearchEngine,
    Suggestion,
)
from app.search.query import Query, parse
from app.search.semantic import Meaning
from app.search.snippets import Piece, passage, snippet
from app.search.synonyms import SameMeaning, Synonyms
from app.search.whoosh_engine import WhooshEngine

__all__ = [
    "Difference",
    "Explanation",
    "Hit",
    "Key",
    "Piece",
    "RebuildRunningError",
    "Results",
    "SameMeaning",
    "SearchChange",
    "SearchDocument",
    "SearchSource",
    "Searchable",
    "Suggestion",
    "Synonyms",
    "catch_up",
    "check",
    "configure",
    "explain",
    "find",
    "follow_synonyms",
    "lag",
    "learn_meanings",
    "note_change",
    "passage",
    "rebuild",
    "register",
    "similar",
    "snippet",
    "suggest",
    "tidy",
    "warm",
]

DEFAULT_ENGINE = "whoosh"
MOST_PER_PAGE = 1_000
FEW_HITS = 5
CHARACTERS_OF_SIMILARITY = 5_000
WEIGHT_OF_A_TITLE_TERM = 3

_sources: dict[str, SearchSource] = {}
_engine: SearchEngine | None = None
_meaning: Meaning | None = None
_synonyms: Callable[[], Synonyms] = Synonyms


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of what was found.

    Args:
        hits: best first.
        total: how many there are on all pages.
        counts: how many there are of each kind, `solved`, and of `everything`, before the filters for these.
        words: the words that were looked for, as they were typed.
        dropped: those of the words that no hit on this page holds.
        ignored: pieces of syntax that say nothing here or would leave nothing, and words beyond the limit.
        mended: words that were looked for in another spelling: as typed, and as looked for.
        meant: the whole query with the mended words in place, or as it may be meant: see `is_mended`.
        is_mended: what `meant` says was looked for; if not, it is only what may be meant.
        also: wordings of the same meaning that were looked for besides.
        terms: what `snippet` marks.
        close: titles that may be meant, when nothing was found.
        catching_up: the index is being built or mended, so there may be more.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    mended: tuple[tuple[str, str], ...] = ()
    meant: str = ""
    is_mended: bool = False
    also: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    close: tuple[Suggestion, ...] = ()
    page: int = 1
    per_page: int = 10
    catching_up: bool = False


def configure(folder: Path, engine: str = "", model: Path | None = None) -> None:
    """Say where the index is. May be called again, to turn to another one.

    Args:
        engine: "whoosh" or "tantivy", which is an extra that must be installed.
        model: the folder of a language model, for a second look at the best hits; see `app.search.semantic`.
    """
    global _engine, _meaning
    _meaning = Meaning(model, folder) if model else None
    if (engine or DEFAULT_ENGINE) == "tantivy":
        from app.search.tantivy_engine import TantivyEngine

        _engine = TantivyEngine(folder)
    else:
        _engine = WhooshEngine(folder)


def register(kind: str, source: SearchSource) -> None:
    """Say where the documents of a kind come from."""
    _sources[kind] = source


def follow_synonyms(read: Callable[[], Synonyms]) -> None:
    """Say where the words that mean the same are read before each search."""
    global _synonyms
    _synonyms = read


def find(
    query: str,
    *,
    audiences: frozenset[str],
    kind: str | None = None,
    product: str | None = None,
    tag: str | None = None,
    solved: bool | None = None,
    sort: str = "",
    as_typed: bool = False,
    synonyms: Synonyms | None = None,
    counted: tuple[str, ...] = (),
    tags_counted: int = 0,
    near: tuple[str, ...] = (),
    page: int = 1,
    per_page: int = 10,
) -> Results:
    """Find what somebody typed: documents with all of the words, or with as many as it takes to fill a page.

    Args:
        query: anything at all. `"Quoted words"` must stand together and `-word` must not occur, as far as
            something is left to show; for `name:value` see `app.search.query.parse`.
        audiences: only what is meant for one of these.
        kind, product, tag, solved: only what is of this kind (and so on).
        sort: "" for the best first, "newest" or "votes".
        as_typed: look for these words and no others.
        synonyms: words that mean the same, where others than those of the site shall count.
        counted: labels such as `product:hub`; `Results.counts` tells how many hits carry each.
        tags_counted: so many of the tags are counted likewise, those that the most hits carry.
        near: products that the reader probably asks about; theirs come first where hits fit nearly alike.
        page: from 1.

    Returns:
        Never raises. Read the hits again through the visibility door before you show them: the index may be late.
    """
    engine = _the_engine()
    per_page = max(1, min(per_page, MOST_PER_PAGE))
    page = max(1, page)
    parsed = parse(query)
    filters = Filters(audiences, kind, product, tag, solved, sort, counted, tags_counted, near)
    understood, also = (parsed, ()) if as_typed else _understood(parsed, filters, synonyms)
    mended = _mended(understood)
    text = _with_words(query, mended) or query
    ranking = _ranked(text, understood, filters, (page - 1) * per_page, per_page)
    held = {term for hit in ranking.hits for term in hit.matched}
    others = {
        term
        for more in understood.instead.values()
        for other, _ in more
        for term in other.split()
        if ":" not in term
    }
    doubted = () if as_typed or mended or ranking.total > FEW_HITS else engine.doubted(understood, filters)
    close: tuple[Suggestion, ...] = ()
    if not ranking.total:
        everywhere = Filters(audiences)
        close = engine.suggest(query, everywhere, 5) or engine.close_titles(query, everywhere, 5)
    return Results(
        hits=ranking.hits,
        total=ranking.total,
        counts=ranking.counts,
        words=tuple(word.text for word in parsed.words),
        dropped=tuple(
            word.text
            for word in understood.words
            if held.isdisjoint(word.terms)
            and held.isdisjoint(other for term in word.terms for other, _ in understood.instead.get(term, ()))
        ),
        ignored=(*understood.ignored, *ranking.loosened) if ranking.hits else understood.ignored,
        mended=mended,
        meant=_with_words(query, mended or doubted),
        is_mended=bool(mended),
        also=also,
        terms=(*understood.terms, *sorted(others)),
        close=close,
        page=page,
        per_page=per_page,
        catching_up=engine.is_behind(),
    )


def _ranked(text: str, query: Query, filters: Filters, offset: int, limit: int) -> Ranking:
    """One page of hits; the first few are put in order once more by what they mean, where the site has that."""
    engine = _the_engine()
    if _meaning is None or filters.sort or offset >= semantic.LOOKED_AT or not semantic.is_for(query, text):
        return engine.search(query, filters, offset, limit)
    ranking = engine.search(query, filters, 0, max(semantic.LOOKED_AT, offset + limit))
    first, rest = ranking.hits[: semantic.LOOKED_AT], ranking.hits[semantic.LOOKED_AT :]
    return replace(ranking, hits=(*_meaning.again(text, first), *rest)[offset : offset + limit])


def _understood(
    parsed: Query, filters: Filters, synonyms: Synonyms | None = None
) -> tuple[Query, tuple[str, ...]]:
    """The query made to fit the site, and what else is looked for: a word that writers explained is no slip."""
    known = _synonyms() if synonyms is None else synonyms
    return known.widen(_the_engine().understand(known.widen(parsed)[0], filters))


def _mended(query: Query) -> tuple[tuple[str, str], ...]:
    """The words that are looked for in another spelling: as typed, and as looked for."""
    return tuple((word.text, word.meant) for word in query.words if word.meant)


def _with_words(query: str, changed: Iterable[tuple[str, str]]) -> str:
    """The query as it was typed, with other words in the place of some; nothing if there are none."""
    meant = query
    for typed, word in dict(changed).items():
        meant = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", lambda _: word, meant)  # noqa: B023
    return meant if meant != query else ""


def explain(
    query: str, key: Key, *, audiences: frozenset[str], near: tuple[str, ...] = ()
) -> Explanation | None:
    """Why a document stands where it stands for a query; nothing if there is no such document in the index."""
    engine, filters = _the_engine(), Filters(audiences, near=near)
    understood = _understood(parse(query), filters)[0]
    told = engine.explain(understood, filters, key)
    if told is None or _meaning is None:
        return told
    text = _with_words(query, _mended(understood)) or query
    for rank, hit in enumerate(_ranked(text, understood, filters, 0, semantic.LOOKED_AT).hits, start=1):
        if hit.key == key:
            part = Part("alike in meaning", "all", hit.score - told.score)
            return Explanation(rank, hit.score, (*told.parts, part))
    return told


def warm() -> None:
    """Read what the first searches will need, and return when that is done."""
    _the_engine().warm()


def similar(
    title: str,
    body: str = "",
    *,
    audiences: frozenset[str],
    kind: str | None = None,
    solved: bool | None = None,
    limit: int = 5,
    exclude: Iterable[Key] = frozenset(),
) -> tuple[Hit, ...]:
    """What others wrote about the same: documents that share the rarest words of this title and text, best first."""
    weights = Counter(analysis.terms(body[:CHARACTERS_OF_SIMILARITY]))
    for term in analysis.terms(title[:CHARACTERS_OF_SIMILARITY]):
        weights[term] += WEIGHT_OF_A_TITLE_TERM
    filters = Filters(audiences, kind=kind, solved=solved)
    telling = {term: float(weight) for term, weight in weights.items()}
    if _meaning is None or not semantic.is_for(parse(title), title):
        return _the_engine().similar(telling, filters, frozenset(exclude), limit)
    hits = _the_engine().similar(telling, filters, frozenset(exclude), max(limit, semantic.LOOKED_AT))
    return _meaning.again(title, hits)[:limit]


def suggest(typed: str, *, audiences: frozenset[str], limit: int = 8) -> tuple[Suggestion, ...]:
    """Titles for what is being typed: its words in any order, the last one perhaps unfinished.

    Titles that begin with it come first, then those of solved questions, then by votes.
    """
    return _the_engine().suggest(typed[:200], Filters(audiences), limit)


def catch_up(limit: int = 500, *, heal: bool = True) -> int:
    """Tell the index what was committed since; call it after a change, and every second in the worker.

    Somebody else who is at it does it for us: then this returns 0 at once. It may be interrupted at any moment
    and repeated any number of times.

    Args:
        limit: at most so many changes; call it again while it returns as many.
        heal: build an index that is missing or damaged anew, which may take minutes; where nobody may wait that
            long, pass False and leave it to the worker.

    Returns:
        How many changes, or after a rebuild documents, were indexed.

    Raises:
        RuntimeError: the session holds changes that are not committed.
    """
    return catching_up.catch_up(_the_engine(), _sources, limit, heal=heal)


def learn_meanings(limit: int = 20) -> int:
    """Make the vectors of some documents that have none yet, where the site has a language model; see `semantic`.

    Call it again while it returns something.

    Returns:
        How many were made.

    Raises:
        OSError: they cannot be kept, or the model cannot be read.
    """
    if _meaning is None:
        return 0
    marks = _the_engine().marks()
    lacking = marks[~np.isin(marks, _meaning.known())]
    # By chance, so that some that cannot be read do not keep the others from it.
    lacking = np.random.default_rng().permutation(lacking)[:limit]
    if not len(lacking):
        _meaning.forget_all_but(marks)
        return 0
    texts = catching_up.beginnings(_sources, _the_engine().keys_of_marks(lacking))
    # The index may be behind: what is different by now is learned once it has caught up.
    fresh = [text for text in texts if mark(text) in set(lacking.tolist())]
    _meaning.learn(fresh)
    return len(fresh)


def tidy() -> None:
    """Do the upkeep that keeps searching fast; catching up does it too, beside its work."""
    catching_up.tidy(_the_engine())


def rebuild(progress: Callable[[int, int], None] | None = None) -> int:
    """Build the index anew from the database, while the old one keeps answering and following.

    Args:
        progress: is told how many documents are done, and of how many.

    Returns:
        How many documents were indexed.

    Raises:
        RebuildRunningError: somebody else is at it.
    """
    return catching_up.rebuild(_the_engine(), _sources, progress)


def check() -> list[Difference]:
    """Where index and database differ, apart from changes that are still waiting. Empty is good."""
    return catching_up.check(_the_engine(), _sources)


def lag() -> int:
    """How many changes are waiting for the index to learn of them."""
    return catching_up.lag()


def _the_engine() -> SearchEngine:
    if _engine is None:
        raise RuntimeError("Search was not configured; call search.configure(folder) first.")
    return _engine
