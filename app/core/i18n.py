"""The one door to translated words; everything that people read goes through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations
from typing import Any

import flask_babel
from babel import Locale
from flask_babel.speaklater import LazyString
from markupsafe import Markup


class _Spoken:
    """A language while a page is made in it: pages say some hundred words, many of them once for each post."""

    def __init__(self, locale: Locale | None) -> None:
        self.locale = locale
        self.translations: NullTranslations = flask_babel.get_translations()
        self.marked: dict[str, Markup] = {}


_last: _Spoken | None = None


def _spoken() -> _Spoken:
    """What this request speaks. A request keeps one locale, so the last one that was asked for is mostly the one."""
    global _last
    locale, known = flask_babel.get_locale(), _last
    if known is None or known.locale is not locale:
        known = _last = _Spoken(locale)
    return known


def language() -> str:
    """The code of the language that is spoken just now; "" where nobody reads."""
    return str(flask_babel.get_locale() or "")


def gettext(text: str, **words: Any) -> str:
    """The text in the reader's language, with `%(name)s` filled from `words`."""
    said = _spoken().translations.gettext(text)
    return said % words if words else said


def ngettext(one: str, many: str, num: int, **words: Any) -> str:
    """As `gettext`, in the form that fits the number, which the text may show as `%(num)d`."""
    return _spoken().translations.ngettext(one, many, num) % {"num": num, **words}


def marked_gettext(text: str, /, **words: Any) -> Markup:
    """As `gettext` for templates: the text is HTML, what is filled in is escaped, and `%%` always stands for `%`."""
    spoken = _spoken()
    if words:
        return _marked(spoken.translations.gettext(text)) % words
    known = spoken.marked.get(text)
    if known is None:
        known = spoken.marked[text] = _marked(spoken.translations.gettext(text)) % {}
    return known


def marked_ngettext(one: str, many: str, num: int, /, **words: Any) -> Markup:
    """As `ngettext` for templates; see `marked_gettext`."""
    return _marked(_spoken().translations.ngettext(one, many, num)) % {"num": num, **words}


def _marked(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - templates hand over their own words, never what somebody typed.


def lazy_gettext(text: str, **words: Any) -> Any:
    """As `gettext`, but translated when it is shown, for words that stand in a module."""
    return LazyString(gettext, text, **words)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Speak another language for a while, as in a letter; "" is the site's own."""
    if not code:
        yield
        return
    with flask_babel.force_locale(code):
        yield
