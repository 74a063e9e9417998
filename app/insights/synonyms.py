"""The synonyms of the site as this process knows them, and as they would be with a change.

They are read again when the public version was raised, which every change in any process does.
"""

import logging
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.models import Product
from app.core import public_version
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.insights import queries
from app.search import SameMeaning, Synonyms
from app.search.synonyms import first_terms

LONGEST = 200
MOST_WORDS = 6


@dataclass(frozen=True)
class SynonymText:
    """What a writer says about wordings that mean the same; see `models.Synonym`."""

    words: str
    others: str
    is_mutual: bool = False
    product: Product | None = None
    language: str = ""

    @property
    def meaning(self) -> SameMeaning:
        """As the search understands it."""
        slug = self.product.slug if self.product else ""
        return SameMeaning(wordings(self.words), wordings(self.others), self.is_mutual, slug)


@dataclass(frozen=True)
class _Row:
    id: int
    language: str
    meaning: SameMeaning


@dataclass(frozen=True)
class _Kept:
    version: int
    rows: tuple[_Row, ...]
    ready: dict[str, Synonyms]


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def wordings(text: str) -> tuple[str, ...]:
    """The wordings that stand in a line with commas between, each once."""
    return tuple(dict.fromkeys(part for part in map(plain_line, text.split(",")) if part))


def check(text: SynonymText) -> tuple[str, str]:
    """Both sides as they are kept.

    Raises:
        Invalid: one is missing, too long, or holds only words that no search looks at.
    """
    return _checked(text.words, "words"), _checked(text.others, "others")


def _checked(text: str, field: str) -> str:
    listed = wordings(text)
    if not listed:
        raise Invalid(_("Please write at least one word here."), field)
    for wording in listed:
        terms = first_terms(wording)
        if not terms:
            raise Invalid(_("“%(words)s” is left out of every search.", words=wording[:40]), field)
        if len(terms) > MOST_WORDS:
            raise Invalid(_("“%(words)s …” is too long; six words fit.", words=wording[:40]), field)
    joined = ", ".join(listed)
    if len(joined) > LONGEST:
        raise Invalid(_("This is too long; 200 characters fit."), field)
    return joined


def current(language: str) -> Synonyms:
    """The synonyms for readers of this language, as of at most half a second ago."""
    engine = db.engine
    known, version = _kept.get(engine), public_version.current(engine)
    if version is not None and (known is None or known.version != version):
        try:
            rows = _rows(engine)
            known = _Kept(version, rows, known.ready if known and known.rows == rows else {})
            _kept[engine] = known
        except SQLAlchemyError as error:
            logging.getLogger(__name__).warning("The synonyms could not be read: %s", error)
    if known is None:
        return Synonyms()
    if language not in known.ready:
        known.ready[language] = _ready(known.rows, language)
    return known.ready[language]


def changed(language: str, text: SynonymText | None, replaced: int | None = None) -> Synonyms:
    """The synonyms as they would be with this one added, in the place of the one of that number."""
    rows = [row for row in _rows(db.engine) if row.id != replaced]
    if text is not None:
        rows.append(_Row(0, text.language, text.meaning))
    return _ready(rows, language)


def forget() -> None:
    """Read the synonyms again when they are asked for next, whatever the version is."""
    _kept.pop(db.engine, None)


def _ready(rows: tuple[_Row, ...] | list[_Row], language: str) -> Synonyms:
    return Synonyms(row.meaning for row in rows if row.language in ("", language))


def _rows(engine: Engine) -> tuple[_Row, ...]:
    with engine.connect() as connection:
        return tuple(
            _Row(number, language, SameMeaning(wordings(words), wordings(others), is_mutual, slug or ""))
            for number, words, others, is_mutual, language, slug in queries.synonym_rows(connection)
        )
