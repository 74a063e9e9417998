"""How the index follows the database: change by change, all anew, and a check that both say the same."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.db import db, in_parts, now, transaction
from app.search.changes import SearchChange
from app.search.documents import Key, SearchDocument, SearchSource
from app.search.engine import IndexMissingError, RebuildRunningError, SearchEngine

Sources = Mapping[str, SearchSource]
Progress = Callable[[int, int], None]
DOCUMENTS_AT_ONCE = 50
CHANGES_AT_ONCE = 500
# A rebuild that fails, because the disk is full for example, is not repeated every second.
SECONDS_UNTIL_NEXT_TRY = 60.0

_heal_not_before = 0.0
_tidying: threading.Thread | None = None

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that the index and the database do not agree on: it is `missing` in the index, `extra` or `stale`."""

    kind: str
    id: int
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.kind} {self.id}"


def catch_up(engine: SearchEngine, sources: Sources, limit: int, *, heal: bool) -> int:
    """Bring the index up to date with what was committed; see `app.search.catch_up`."""
    with engine.lock() as alone:
        if not alone:
            return 0
        if not engine.needs_rebuild():
            try:
                done = _apply_changes(engine, sources, limit)
                if done and heal:
                    _tidy_beside(engine)
                return done
            except IndexMissingError:
                log.warning("The search index cannot be changed; it has to be rebuilt.")
    return _heal(engine, sources) if heal else 0


def rebuild(engine: SearchEngine, sources: Sources, progress: Progress | None) -> int:
    """Build the whole index anew from the database; see `app.search.rebuild`."""
    read: list[int] = []
    count = 0

    def all_documents() -> Iterator[SearchDocument]:
        nonlocal count
        session = _fresh_session()
        ids = {kind: list(source.ids()) for kind, source in sources.items()}
        total, done = sum(map(len, ids.values())), 0
        for kind, source in sources.items():
            for some in in_parts(ids[kind], DOCUMENTS_AT_ONCE):
                documents, _ = _documents(source, kind, some)
                count += len(documents)
                yield from documents
                done += len(some)
                session.expunge_all()
                session.rollback()
                if progress:
                    progress(done, total)

    with engine.rebuilding(all_documents()) as build:
        # What changed while we read: catching up has told the old index of it, or nobody of it, but not this one.
        rows = _rows(_fresh_session(), sources, None)
        for some in in_parts(rows, CHANGES_AT_ONCE):
            keys, documents = _what_they_speak_of(sources, [key for _, key in some])
            build.change(keys, documents)
            read += [row for row, _ in some]
    _forget(read)
    return count


def check(engine: SearchEngine, sources: Sources) -> list[Difference]:
    """Compare the index with the database; see `app.search.check`."""
    found = _differences(engine, sources)
    if found:  # Somebody may have indexed a change between our two looks; then it is gone at the second.
        again = set(_differences(engine, sources))
        found = [difference for difference in found if difference in again]
    return found


def beginnings(sources: Sources, keys: Iterable[Key]) -> list[str]:
    """What a language model reads of these documents, of those that may still be found."""
    ids: dict[str, list[int]] = {}
    for kind, item in keys:
        ids.setdefault(kind, []).append(item)
    return [
        document.beginning
        for kind, some in ids.items()
        for document in _documents(sources[kind], kind, some)[0]
    ]


def lag() -> int:
    """How many changes the index has yet to learn of."""
    count = select(func.count()).select_from(SearchChange).where(SearchChange.indexed_at.is_(None))
    return db.session.execute(count).scalar_one()


def tidy(engine: SearchEngine) -> None:
    """Do all upkeep that there is. A failure costs speed and nothing else, so it is only logged."""
    try:
        while engine.tidy():
            pass
    except Exception:
        log.exception("The search index could not be tidied up.")


def _tidy_beside(engine: SearchEngine) -> None:
    """Tidy up in a thread of its own, so that changes are found while it works."""
    global _tidying
    if _tidying is None or not _tidying.is_alive():
        _tidying = threading.Thread(target=tidy, args=(engine,), daemon=True)
        _tidying.start()


def _heal(engine: SearchEngine, sources: Sources) -> int:
    global _heal_not_before
    if time.monotonic() < _heal_not_before:
        return 0
    try:
        return rebuild(engine, sources, None)
    except RebuildRunningError:
        return 0
    except Exception:
        _heal_not_before = time.monotonic() + SECONDS_UNTIL_NEXT_TRY
        raise


def _apply_changes(engine: SearchEngine, sources: Sources, limit: int) -> int:
    # The rows are read before we look whether a rebuild is running: one that starts later will read the database
    # after these changes were committed to it.
    rows = _rows(_fresh_session(), sources, limit)
    if rows:
        keys, documents = _what_they_speak_of(sources, [key for _, key in rows])
        engine.change(keys, documents)
    read = [row for row, _ in rows]
    if engine.is_rebuilding():
        with transaction() as session:
            for some in in_parts(read, CHANGES_AT_ONCE):
                session.execute(
                    update(SearchChange).where(SearchChange.id.in_(some)).values(indexed_at=now())
                )
    else:
        known = select(SearchChange.id).where(SearchChange.indexed_at.is_not(None))
        _forget(read + list(db.session.execute(known).scalars()))
    return len(rows)


def _rows(session: Session, sources: Sources, limit: int | None) -> list[tuple[int, Key]]:
    """The changes that are waiting; without a limit also those that only a new index has yet to learn of."""
    waiting = select(SearchChange.id, SearchChange.kind, SearchChange.item_id)
    waiting = waiting.where(SearchChange.kind.in_(list(sources))).order_by(SearchChange.id)
    if limit is not None:
        waiting = waiting.where(SearchChange.indexed_at.is_(None)).limit(limit)
    return [(row, (kind, item)) for row, kind, item in session.execute(waiting)]


def _what_they_speak_of(sources: Sources, keys: Iterable[Key]) -> tuple[list[Key], list[SearchDocument]]:
    """The keys, each once, and the documents they name as they are now. What cannot be read is left as it is."""
    known: list[Key] = []
    found: list[SearchDocument] = []
    by_kind: dict[str, dict[int, None]] = {}
    for kind, item in keys:
        by_kind.setdefault(kind, {})[item] = None
    for kind, items in by_kind.items():
        for some in in_parts(list(items), DOCUMENTS_AT_ONCE):
            documents, unreadable = _documents(sources[kind], kind, some)
            known += [(kind, item) for item in some if item not in unreadable]
            found += documents
    return known, found


def _documents(
    source: SearchSource, kind: str, ids: Sequence[int]
) -> tuple[list[SearchDocument], frozenset[int]]:
    """The documents with these ids, and which of them could not be made.

    One that cannot be made must not keep the others out of the index for ever; it is logged, and `check` names it.
    """
    try:
        return list(source.documents(ids)), frozenset()
    except DBAPIError:
        raise
    except Exception:
        if len(ids) == 1:
            log.exception("%s %s cannot be made findable.", kind, ids[0])
            return [], frozenset(ids)
    documents: list[SearchDocument] = []
    unreadable: frozenset[int] = frozenset()
    for item in ids:
        one, failed = _documents(source, kind, [item])
        documents += one
        unreadable |= failed
    return documents, unreadable


def _differences(engine: SearchEngine, sources: Sources) -> list[Difference]:
    session = _fresh_session()
    expected: dict[Key, str] = {}
    for kind, source in sources.items():
        expected.update({(kind, item): stamp for item, stamp in source.fingerprints()})
    waiting = {key for _, key in _rows(session, sources, None)}
    session.rollback()
    indexed = dict(engine.stamps())
    found: list[Difference] = []
    for key in sorted(expected.keys() | indexed.keys()):
        if key in waiting or key[0] not in sources:
            continue
        if key not in indexed:
            found.append(Difference(*key, "missing"))
        elif key not in expected:
            found.append(Difference(*key, "extra"))
        elif expected[key] != indexed[key]:
            found.append(Difference(*key, "stale"))
    return found


def _forget(rows: Sequence[int]) -> None:
    if rows:
        with transaction() as session:
            for some in in_parts(rows, CHANGES_AT_ONCE):
                session.execute(delete(SearchChange).where(SearchChange.id.in_(some)))


def _fresh_session() -> Session:
    """The session, seeing what was committed until now."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("The index can only follow what was committed.")
    session.rollback()
    return session
