"""How text becomes the terms that are indexed and looked up, made for text that is full of codes."""

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "should",
        "so",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "dont",
        "im",
        "ive",
    ]
)
LONGEST_TERM = 64

# Scripts that put no spaces between words are cut into overlapping pairs of characters: Thai, Lao, Burmese, Khmer,
# Japanese kana and the Chinese characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)


def _marks() -> str:
    """The combining marks as ranges for a character class; `\\w` leaves them out and would cut words at them."""
    ranges: list[list[int]] = []
    for point in range(0x300, 0xFE30):
        if unicodedata.category(chr(point)) in ("Mn", "Mc"):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_MARKS = _marks()
_JOINERS = r"[.\-+:'’/\\]"
_CODE_WITH_A_SPACE = r"(?<![\w.\-])(?:[B-HJ-Zb-hj-z]|[A-Z]{2,4}) [0-9]{2,8}(?!\w|[.\-]\w)"


def _token_pattern(letter: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_CODE_WITH_A_SPACE}|{letter}(?:{_JOINERS}{letter})*(?:\+\+|#(?!\w))?|(?:[{_UNSPACED}][{_MARKS}]*)+"
    )


_TOKEN = _token_pattern(rf"[^\W{_UNSPACED}]+")
_TOKEN_WITH_MARKS = _token_pattern(rf"[^\W{_UNSPACED}](?:[^\W{_UNSPACED}]|[{_MARKS}])*")
_HAS_MARKS = re.compile(f"[{_MARKS}]")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SEPARATORS = re.compile(r"[.\-+:'’/\\_# ]+")
_HEXADECIMAL = re.compile(r"0x([0-9a-f]+)")
_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)+)([a-z][a-z0-9]{0,4})?")
_LETTERS_THEN_DIGITS = re.compile(r"([a-z]{1,8})([0-9]{1,10})")
_RUNS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Not part of a code, a path, an address or a shortened form: these are not to be corrected, nor corrected to.
_PLAIN_WORD = re.compile(rf"(?<![\w.\-+:'’/\\@])[^\W\d_{_UNSPACED}]{{3,24}}(?![\w\-+/\\@#(]|[.:'’]\w)")
_SHORTENED = frozenset(("m", "d", "re", "ve", "ll", "s"))
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"}
)
_stemmers = threading.local()


def terms(text: str) -> list[str]:
    """The terms of a text in their order, for the index and for queries alike.

    A plain word gives its stem, or nothing if it is one of the STOP_WORDS. A code gives itself in one spelling
    and its parts: `E-104` gives e104, e and 104. Takes any text; the time is linear in its length.
    """
    found: list[str] = []
    for token in tokens(text):
        found += token_terms(token)
    return found


def tokens(text: str) -> list[str]:
    """The words and codes of a text as they are written."""
    return _pattern_for(text).findall(text)


def token_terms(token: str) -> tuple[str, ...]:
    """The terms of one word or code; the first is the whole of it, the others its parts."""
    return _cached_terms(token) if len(token) <= LONGEST_TERM else _terms_of(token)


def fold(text: str) -> str:
    """The text in lower case without accents, so that `Gerät` and `gerat` are one word."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f")
    return unicodedata.normalize("NFC", bare).translate(_PLAIN_LETTERS)


def title_words(text: str) -> list[str]:
    """The words of a title in lower case, neither stemmed nor left out, for finding it while it is being typed."""
    found: list[str] = []
    for token in tokens(text):
        folded = fold(token)[:LONGEST_TERM]
        if _IS_UNSPACED.match(folded):
            found += _pairs(folded)
            continue
        parts = [part for part in _SEPARATORS.split(folded) if part]
        found += parts
        if len(parts) > 1:
            found.append("".join(parts))
    return found


def written_words(text: str) -> list[str]:
    """The plain words of a text as they are spelled, in lower case, each once; codes and short words are left out."""
    words = dict.fromkeys(_PLAIN_WORD.findall(text.lower()))
    return [word for word in words if word not in STOP_WORDS]


def _pattern_for(text: str) -> re.Pattern[str]:
    if text.isascii() or not _HAS_MARKS.search(text):
        return _TOKEN
    return _TOKEN_WITH_MARKS


def _stem(word: str) -> str:
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:  # One for each thread, because a stemmer keeps state while it works.
        stemmer = _stemmers.english = Stemmer.Stemmer("english", 0)
    stem: str = stemmer.stemWord(word)
    return stem


def _word(word: str) -> tuple[str, ...]:
    if word in STOP_WORDS:
        return ()
    return (_stem(word[:LONGEST_TERM]),)


def _pairs(run: str) -> tuple[str, ...]:
    if len(run) == 1:
        return (run,)
    return tuple(run[at : at + 2] for at in range(len(run) - 1))


def _terms_of(token: str) -> tuple[str, ...]:
    if token.isalpha() and (token.islower() or token.istitle() or token.isupper()):
        folded = fold(token)
        return _pairs(folded) if _IS_UNSPACED.match(folded) else _word(folded)
    folded = fold(token)
    if _IS_UNSPACED.match(folded):
        return _pairs(folded)
    if hexadecimal := _HEXADECIMAL.fullmatch(folded):
        digits = (hexadecimal.group(1).lstrip("0") or "0")[:LONGEST_TERM]
        return (f"0x{digits}", digits) if len(digits) > 1 else (f"0x{digits}",)
    if len(token) <= LONGEST_TERM and (version := _VERSION.fullmatch(folded)):
        return _version(version.group(1), version.group(2))
    parts = [part for part in _SEPARATORS.split(token) if part]
    found: dict[str, None] = {}
    if len(parts) == 1:
        if token.endswith(("++", "#")):
            found[folded[:LONGEST_TERM]] = None
        found.update(dict.fromkeys(_single(parts[0])))
        return tuple(found)
    if "'" in token or "’" in token:
        return _shortened(parts)
    whole = _whole(folded, parts)
    if whole:
        found[whole] = None
    for part in parts:
        # The E of E-104 alone would find every other code that begins with it.
        if not (whole and len(part) == 1 and part.isalpha()):
            found.update(dict.fromkeys(_single(part)))
    return tuple(found)


def _whole(folded: str, parts: list[str]) -> str | None:
    """One spelling of a code that is written in several: `E-104`, `e_104` and `E 104` are all e104."""
    has_digit = any(character.isdigit() for character in folded)
    if len(parts) > (8 if has_digit else 4) or len(folded) > LONGEST_TERM or "/" in folded or "\\" in folded:
        return None
    if "." in folded and "-" not in folded and "_" not in folded:
        return folded  # A file, a host or a method: `settings.json`.
    joined = "".join(_SEPARATORS.split(folded))
    return _stem(joined) if joined.isalpha() else joined


def _version(numbers: str, rest: str | None) -> tuple[str, ...]:
    """`1.8.19-rc1` is found by itself and by `1.8`."""
    steps = numbers.split(".")
    starts = [".".join(steps[:count]) for count in range(len(steps), 1, -1)]
    return ((numbers + rest,) if rest else ()) + tuple(starts[:6])


def _shortened(parts: list[str]) -> tuple[str, ...]:
    """`customer's` is customer, `don't` is dont, `l'imprimante` is imprimante."""
    folded = [fold(part) for part in parts]
    if len(folded) == 2 and folded[1] in _SHORTENED:
        return _single(parts[0])
    if folded[-1] == "t":
        return _word("".join(folded))
    found: dict[str, None] = {}
    for part, written in zip(folded, parts, strict=True):
        if len(part) > 1:
            found.update(dict.fromkeys(_single(written)))
    return tuple(found)


def _single(written: str) -> tuple[str, ...]:
    """The terms of a piece without separators: `LNK2019` gives lnk2019, lnk, 2019; `CreateFileW` gives its words too."""
    folded = fold(written)[:LONGEST_TERM]
    if not folded:
        return ()
    if folded.isdigit():
        return (folded.lstrip("0") or "0",)
    if code := _LETTERS_THEN_DIGITS.fullmatch(folded):
        letters, digits = code.groups()
        found = [folded]
        if len(letters) > 1 and letters not in STOP_WORDS:
            found.append(_stem(letters))
        if len(digits) > 1:
            found.append(digits.lstrip("0") or "0")
        return tuple(dict.fromkeys(found))
    if folded.isalpha():
        whole = _word(folded)
        if written.islower() or written.istitle() or written.isupper():
            return whole
    else:
        whole = (folded,)
    parts = dict.fromkeys(whole)
    runs = _RUNS.findall(written[:LONGEST_TERM])
    if 1 < len(runs) <= 8:
        for run in runs:
            piece = fold(run)
            if len(piece) > 1 and piece not in STOP_WORDS:
                parts[(piece.lstrip("0") or "0") if piece.isdigit() else _stem(piece)] = None
    return tuple(parts)


_cached_terms = lru_cache(maxsize=65_536)(_terms_of)
