"""Addresses in a sentence that somebody typed without any markup. Each rule reads a text once."""

import re

from markdown_it.rules_inline import StateInline

_SCHEME = re.compile(r"(?:\A|[^\w])(https?)\Z", re.IGNORECASE)
# A backslash before a sign belongs to the address, one before a bracket or a line break does not.
_REST = re.compile(r"://(?:[^\s<>\\]|\\(?=[^\s<>]))+")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")

# Each begins where no address can already have begun, so that a long text without spaces is read only once.
_WWW = r"(?<![\w@./:+-])www\.[^\s<>]+"
_MAIL = r"(?<![\w@./:+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b"

WEB = re.compile(rf"(?<![\w@./:+-])https?://[^\s<>`\"]+|{_WWW}", re.IGNORECASE)
MAIL = re.compile(_MAIL, re.IGNORECASE)
WITHOUT_SCHEME = re.compile(rf"(?P<web>{_WWW})|(?P<mail>{_MAIL})", re.IGNORECASE)
"""`www.example.org/path` and `someone@example.org`. Bare names such as `setup.py` are no links."""


def bare_link(state: StateInline, silent: bool) -> bool:
    """A rule for markdown-it: `https://…` becomes a token `bare_link`.

    It runs before emphasis is read, so the underscores and asterisks of an address stay its own.
    """
    if silent or state.linkLevel > 0 or state.src[state.pos] != ":":
        return False
    scheme = _SCHEME.search(state.pending[-8:])
    rest = _REST.match(state.src, state.pos, state.posMax) if scheme else None
    if not scheme or not rest:
        return False
    end = trimmed(rest.group())
    if len(end) < 4:
        return False
    state.pending = state.pending[: -len(scheme[1])]
    token = state.push("bare_link", "", 0)
    token.content = scheme[1] + _ESCAPE.sub(r"\1", end)
    state.pos += len(end)
    return True


def trimmed(address: str) -> str:
    """An address in a sentence without the punctuation that belongs to the sentence."""
    unopened = {
        ")": address.count(")") - address.count("("),
        "]": address.count("]") - address.count("["),
    }
    end = len(address)
    while end:
        letter = address[end - 1]
        if letter in unopened:
            if unopened[letter] <= 0:
                break
            unopened[letter] -= 1
        elif letter not in ".,;:!?'\"*_~":
            break
        end -= 1
    return address[:end]
