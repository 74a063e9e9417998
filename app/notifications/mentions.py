"""Who is named in a text with an @ before their name."""

import re

MOST = 10
"""So many people can be called by one post; more is shouting."""
# Links are skipped, but not those that a written name became.
_LINKED = re.compile(r'<a href="/people/[^"]*">(@[^<]*)</a>')
_SKIPPED = re.compile(r"<(pre|code|blockquote|a(?! href=\"/people/))\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_NAME = re.compile(r"(?<![\w@/.])@(\w[\w.\-]{1,29})")


def names(html: str) -> list[str]:
    """The names in the HTML of a post, in order, each once. Not in code, quotations and other people's links.

    A full stop after a name ends the sentence, so the name is given with and without it.
    """
    found: dict[str, None] = {}
    words = _TAG.sub(" ", _SKIPPED.sub(" ", _LINKED.sub(r"\1", html)))
    for match in _NAME.finditer(words):
        if len(found) >= 2 * MOST:
            break
        name = match[1]
        found.setdefault(name)
        if name.rstrip(".-") != name and len(name.rstrip(".-")) > 1:
            found.setdefault(name.rstrip(".-"))
    return list(found)
