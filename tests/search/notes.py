"""A small site for the tests of search: a database, an index, and notes that can be found."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app import search
from app.core.db import db, transaction
from app.core.public_version import PublicVersion
from app.search import Searchable, SearchChange, SearchDocument

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
EVERYONE = frozenset({"public"})


class Base(DeclarativeBase):
    """Apart from the house's own models, so that these tables never reach its migrations."""


class Note(Searchable, Base):
    """Something that can be found; as a guide or a question would be."""

    __tablename__ = "test_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    is_hidden: Mapped[bool] = mapped_column(default=False)

    def search_keys(self) -> list[tuple[str, int]]:
        return [("article", self.id)]


class Reply(Searchable, Base):
    """A part of a note that is found with it; as an answer is with its question."""

    __tablename__ = "test_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("test_notes.id"))
    body: Mapped[str]

    def search_keys(self) -> list[tuple[str, int]]:
        return [("article", self.note_id)]


class Notes:
    """The source of notes."""

    def documents(self, ids: Sequence[int]) -> Iterable[SearchDocument]:
        notes = db.session.scalars(select(Note).where(Note.id.in_(ids), ~Note.is_hidden)).all()
        for note in notes:
            replies = db.session.scalars(select(Reply.body).where(Reply.note_id == note.id))
            yield document(
                id=note.id,
                title=note.title,
                body="\n".join([note.body, *replies]),
                stamp=str(note.version),
            )

    def ids(self) -> Iterable[int]:
        return db.session.scalars(select(Note.id).where(~Note.is_hidden).order_by(Note.id))

    def fingerprints(self) -> Iterable[tuple[int, str]]:
        rows = db.session.execute(select(Note.id, Note.version).where(~Note.is_hidden))
        return ((number, str(version)) for number, version in rows)


def document(
    id: int = 1,
    title: str = "A title",
    body: str = "",
    *,
    kind: str = "article",
    **others: object,
) -> SearchDocument:
    """A document with what a test does not care about filled in."""
    filled: dict[str, object] = {"created_at": MOMENT, "updated_at": MOMENT, **others}
    return SearchDocument(id=id, title=title, body=body, kind=kind, **filled)  # type: ignore[arg-type]


class Shelf:
    """A source of documents that are simply there."""

    def __init__(self, documents: Iterable[SearchDocument]) -> None:
        self._documents = {each.id: each for each in documents}

    def documents(self, ids: Sequence[int]) -> Iterable[SearchDocument]:
        return [self._documents[each] for each in ids if each in self._documents]

    def ids(self) -> Iterable[int]:
        return sorted(self._documents)

    def fingerprints(self) -> Iterable[tuple[int, str]]:
        return [(each.id, each.stamp) for each in self._documents.values()]


def make_site(folder: Path) -> Flask:
    """A Flask app with a database and an index in this folder."""
    site = Flask("search_site")
    site.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder / 'site.db'}"
    db.init_app(site)
    search.configure(folder / "index")
    search.follow_synonyms(search.Synonyms)
    return site


def make_tables() -> None:
    """The tables that search and the notes need, and no others."""
    tables = [SearchChange.__table__, PublicVersion.__table__]
    SearchChange.metadata.create_all(db.engine, tables)  # type: ignore[arg-type]
    Base.metadata.create_all(db.engine)


def write_note(title: str, body: str = "") -> int:
    """Save a note and return its id."""
    with transaction() as session:
        note = Note(title=title, body=body)
        session.add(note)
        session.flush()
        return note.id


def titles_found(query: str, **filters: object) -> list[int]:
    """The ids of what is found for a query, best first."""
    return [hit.id for hit in search.find(query, audiences=EVERYONE, **filters).hits]  # type: ignore[arg-type]


def index_of(folder: Path, documents: Iterable[SearchDocument]) -> None:
    """Turn search to a new index that holds these documents; no database is needed."""
    search.configure(folder)
    with search._the_engine().rebuilding(documents):
        pass
