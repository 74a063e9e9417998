"""The one door to translated words; everything that people read goes through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask_babel


def gettext(text: str, **words: Any) -> str:
    """The text in the reader's language, with `%(name)s` filled from `words`."""
    return str(flask_babel.gettext(text, **words))


def ngettext(one: str, many: str, num: int, **words: Any) -> str:
    """As `gettext`, in the form that fits the number, which the text may show as `%(num)d`."""
    return str(flask_babel.ngettext(one, many, num, **words))


def lazy_gettext(text: str, **words: Any) -> Any:
    """As `gettext`, but translated when it is shown, for words that stand in a module."""
    return flask_babel.lazy_gettext(text, **words)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Speak another language for a while, as in a letter; "" is the site's own."""
    if not code:
        yield
        return
    with flask_babel.force_locale(code):
        yield
