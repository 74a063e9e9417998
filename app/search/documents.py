"""What search knows of a thing: the one shape that every feature turns its guides or questions into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Protocol

Key = tuple[str, int]
"""Names one document for ever: its kind and its id."""

LETTERS_OF_A_BEGINNING = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """One guide, or one question with its answers, as search sees it.

    Args:
        kind: "article" or "question".
        id: its id among its kind.
        title: the title as people see it.
        body: all of its text, plain, without markup.
        symptoms: error strings and signs that a person with this problem would type.
        aliases: other wordings of the title.
        product: the product's slug, or nothing.
        tags: the tags' slugs.
        people: the names of those who wrote it, for `user:name`.
        audience: who may find it; `find` is told which audiences the reader belongs to.
        is_solved: a question that has its answer.
        votes: what people gave it, up less down.
        folds_into: the document that says the same better, as the guide that an answer became: where the reader may
            see that one, this one is shown under it.
        stamp: changes whenever the document does; the same that the source's `fingerprints()` tells.
    """

    kind: str
    id: int
    title: str
    body: str
    created_at: datetime
    updated_at: datetime
    symptoms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    product: str = ""
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    audience: str = "public"
    is_solved: bool = False
    votes: int = 0
    folds_into: Key | None = None
    stamp: str = ""

    @property
    def key(self) -> Key:
        """Its kind and id."""
        return self.kind, self.id

    @property
    def beginning(self) -> str:
        """What a language model reads of it; see `app.search.semantic`."""
        return f"{self.title}. {self.body[:LETTERS_OF_A_BEGINNING]}"


def mark(text: str) -> int:
    """A number that stands for a text, of 63 bits."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


class SearchSource(Protocol):
    """Where the documents of one kind come from. A feature registers one with `search.register`."""

    def documents(self, ids: Sequence[int]) -> Iterable[SearchDocument]:
        """The documents with these ids. One that is gone or may not be found is left out, and leaves the index."""
        ...

    def ids(self) -> Iterable[int]:
        """The ids of all documents that may be found, in ascending order."""
        ...

    def fingerprints(self) -> Iterable[tuple[int, str]]:
        """The id and the stamp of all documents that may be found; cheap, for `search.check`."""
        ...
