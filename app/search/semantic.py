"""A second look at the best hits of the word search: which of them mean what was asked. Off unless a site wants it.

The title and the beginning of each document become a vector once, beside the searches. The vectors stand in a file
beside the index, each under a mark of its text, so they outlast changes and rebuilds of the index. A query's vector is
compared with those of the best hits, and its likeness adds to their scores. What it gains and costs was measured; see
benchmarks/RESULTS.md.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.durable import write_whole
from app.search.documents import LETTERS_OF_A_BEGINNING, mark
from app.search.engine import Hit
from app.search.language_model import Floats, LanguageModel
from app.search.query import Query
from app.search.ranking import Memory

Marks = NDArray[np.int64]

LOOKED_AT = 30
"""So many of the best hits get a second look."""

SHARE_OF_MEANING = 0.5
"""The likeness of a hit that means just the same adds this share of the best score."""

FEWEST_TERMS = 3
PIECES_OF_A_QUERY = 64
PIECES_OF_A_DOCUMENT = 128
MEMORY_OF_QUERIES = 2_000_000
# The vectors of texts that are no more are dropped when they are so large a share, and so many.
MOST_DEAD, FEW_DEAD = 0.5, 1_000

log = logging.getLogger(__name__)


def is_for(query: Query, text: str) -> bool:
    """Whether a query says enough in plain words: codes and numbers mean themselves, and whoever uses syntax too."""
    is_plain = not (query.conditions or query.phrases or query.unwanted)
    return is_plain and len(query.terms) >= FEWEST_TERMS and not any(letter.isdigit() for letter in text)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file of vectors as it was read: the marks in ascending order, at which row each stands, and the rows."""

    marks: Marks
    rows: NDArray[np.int64]
    vectors: Any
    stamp: tuple[int, int]


class Vectors:
    """Vectors by the marks of their texts, in one file that is only appended to. Any number of threads may read it.

    Args:
        path: of the file; it is made with the first vector.
        size: how many numbers a vector has.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._record = np.dtype([("mark", "<i8"), ("vector", "<f2", (size,))])
        nothing = np.zeros(0, dtype=np.int64)
        self._known = _Read(nothing, nothing, np.zeros((0, size), dtype=np.float16), (0, 0))

    def marks(self) -> Marks:
        """The marks of all texts whose vector is known, in ascending order."""
        return self._read().marks

    def of(self, marks: Marks) -> tuple[NDArray[np.bool_], Floats]:
        """Which of these texts have a vector, and the vectors of those, in their order."""
        known = self._read()
        at = np.searchsorted(known.marks, marks)
        is_known = np.isin(marks, known.marks)
        return is_known, np.asarray(known.vectors[known.rows[at[is_known]]], dtype=np.float32)

    def add(self, marks: Sequence[int], vectors: Sequence[Floats]) -> None:
        """Keep these vectors. What a power failure left of the last one is taken away first.

        Raises:
            OSError: they cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(file.tell() - file.tell() % self._record.itemsize)
            file.write(self._packed(marks, vectors))
            file.flush()
            os.fsync(file.fileno())

    def forget_all_but(self, living: Marks) -> None:
        """Drop the vectors of texts that are no more, when there are many of them."""
        known = self._read()
        alive = np.isin(known.marks, living)
        dead = int(np.count_nonzero(~alive))
        if dead > FEW_DEAD and dead > MOST_DEAD * len(alive):
            kept = known.vectors[known.rows[alive]]
            write_whole(self._path, self._packed(known.marks[alive], kept), mode=0o644)

    def _packed(self, marks: Any, vectors: Any) -> bytes:
        records = np.zeros(len(marks), dtype=self._record)
        records["mark"], records["vector"] = marks, vectors
        return records.tobytes()

    def _read(self) -> _Read:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._known
        stamp = status.st_ino, status.st_size
        count = status.st_size // self._record.itemsize
        if stamp != self._known.stamp and count:
            records = np.memmap(self._path, dtype=self._record, mode="r", shape=(count,))
            marks, rows = np.unique(records["mark"], return_index=True)
            self._known = _Read(marks, rows, records["vector"], stamp)
        return self._known


class Meaning:
    """Looks at hits again by what they mean.

    Args:
        model: the folder with the language model; see `LanguageModel`.
        folder: the folder of the index, in which the vectors are kept.
    """

    def __init__(self, model: Path, folder: Path) -> None:
        self._model_folder, self._folder = model, folder
        self._loading = threading.Lock()
        self._loaded: tuple[LanguageModel, Vectors] | None = None
        self._queries: Memory[Floats] = Memory(MEMORY_OF_QUERIES)
        self._is_broken = False

    def again(self, text: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The hits in the order of their words and their meaning together. Never raises; without a model nothing changes."""
        worth = self.worth(text, hits)
        lifted = [replace(hit, score=hit.score + more) for hit, more in zip(hits, worth, strict=True)]
        return tuple(sorted(lifted, key=lambda hit: -hit.score))

    def worth(self, text: str, hits: Sequence[Hit]) -> list[float]:
        """What the likeness of each hit to a text adds to its score; one that has no vector yet gets the mean."""
        nothing = [0.0] * len(hits)
        if not hits or self._is_broken:
            return nothing
        try:
            model, vectors = self._ready()
            is_known, found = vectors.of(np.array([hit.mark for hit in hits], dtype=np.int64))
            if not is_known.any():
                return nothing
            alike = np.maximum(found @ self._query(model, text), 0)
        except Exception:
            log.exception("The language model cannot be used; hits stay in the order of their words.")
            self._is_broken = True
            return nothing
        worth = np.full(len(hits), alike.mean())
        worth[is_known] = alike
        best = max(hit.score for hit in hits)
        return [float(each) for each in SHARE_OF_MEANING * best * worth]

    def known(self) -> Marks:
        """The marks of all texts whose vector is known."""
        return self._ready()[1].marks()

    def learn(self, texts: Sequence[str]) -> None:
        """Make and keep the vectors of these texts.

        Raises:
            OSError: they cannot be kept, or a file of the model cannot be read.
        """
        model, vectors = self._ready()
        vectors.add(
            [mark(text) for text in texts], [model.vector(text, PIECES_OF_A_DOCUMENT) for text in texts]
        )

    def forget_all_but(self, living: Marks) -> None:
        """Drop the vectors of texts that are no more, when there are many of them."""
        self._ready()[1].forget_all_but(living)

    def _ready(self) -> tuple[LanguageModel, Vectors]:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    model = LanguageModel(self._model_folder)
                    # Another model, or another part of the texts, means other vectors.
                    name = f"{model.name}:{PIECES_OF_A_DOCUMENT}:{LETTERS_OF_A_BEGINNING}"
                    path = self._folder / f"meanings-{mark(name):016x}.bin"
                    self._loaded = model, Vectors(path, model.size)
        return self._loaded

    def _query(self, model: LanguageModel, text: str) -> Floats:
        known = self._queries.get(text)
        if known is None:
            known = model.vector(text, PIECES_OF_A_QUERY)
            self._queries.put(text, known, 200 + known.nbytes + len(text))
        return known
