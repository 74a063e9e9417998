"""Plain words: slugs for addresses, excerpts for lists, single lines for titles."""

import re
import unicodedata

SLUG_LENGTH = 80

# Letters that Unicode does not take apart, written the way their readers write them in ASCII.
_FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_APOSTROPHES = frozenset("'’ʼ`´")
_SPACES = re.compile(r"\s+")
# Cc: control, Cf: format (bidi overrides, zero-width space, BOM), Cs: lone surrogates.
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
# Persian, Indic scripts and joined emoji need these two to be spelled rightly.
_JOINERS = frozenset("\u200c\u200d")


class _Seen(dict[int, int | None]):
    """For `str.translate`: letters that can be seen stay, the others go. Each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        is_unseen = letter not in _JOINERS and unicodedata.category(letter) in _UNSEEN
        self[code] = None if is_unseen else code
        return self[code]


_seen = _Seen()


def slugify(title: str) -> str:
    """Turn a title into the part of an address that people can read.

    Latin letters lose their accents; letters of other scripts stay as they are.

    Returns:
        At most 80 characters of small letters, digits and single hyphens; "untitled" where nothing is left.
    """
    slug: list[str] = []
    for letter in unicodedata.normalize("NFKC", title).lower().translate(_FOLDED):
        if len(slug) > 2 * SLUG_LENGTH:
            break  # Nothing that follows is kept.
        kind = unicodedata.category(letter)[0]
        if kind in "LN":
            slug.append(_without_accent(letter))
        elif kind == "M":
            # A vowel sign belongs to its letter; an accent that has found no Latin letter to join does not.
            if slug and slug[-1] != "-" and not slug[-1].isascii():
                slug.append(letter)
        elif letter not in _APOSTROPHES and slug and slug[-1] != "-":
            slug.append("-")
    return _shortened("".join(slug).strip("-")) or "untitled"


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of a text as one line of at most `length` characters, cut between words."""
    line = plain_line(text)
    if len(line) <= length:
        return line
    room = max(length - 1, 0)
    cut = line.rfind(" ", 0, room + 1)
    # A text without spaces (a long code, Chinese, Thai) is cut where the room ends.
    beginning = line[: cut if cut > room // 2 else room]
    return beginning.rstrip(" ,;:.–—-") + "…" if length > 0 else ""


def plain_line(text: str) -> str:
    """A text as a single line: no control or invisible direction characters, each run of spaces one space."""
    return _SPACES.sub(" ", _SPACES.sub(" ", text).translate(_seen)).strip()


def _without_accent(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return parts[0] if "a" <= parts[0] <= "z" else letter


def _shortened(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    cut = slug.rfind("-", 0, SLUG_LENGTH + 1)
    return slug[: cut if cut >= SLUG_LENGTH // 2 else SLUG_LENGTH].strip("-")


def about(count: int) -> int:
    """A count as it is worth telling: exact below a thousand, then its first two digits."""
    if count < 1000:
        return count
    unit: int = 10 ** (len(str(count)) - 2)
    return count // unit * unit
