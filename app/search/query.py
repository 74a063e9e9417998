"""What a person typed, taken apart. It never fails: what it cannot take as syntax it takes as words, or names."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.core.db import now
from app.search import analysis
from app.search.spelling import PARTICLES

MOST_CHARACTERS = 1_000
MOST_TERMS = 32
# A longer text is more likely a pasted error than one with quotes and minus signs that mean something.
MOST_CHARACTERS_OF_SYNTAX = 200
MOST_IGNORED_SHOWN = 6

_PIECE = re.compile(
    r"""
    (?P<minus>(?<!\S)-)?(?: "(?P<phrase>[^"]+)" | “(?P<curly>[^”]+)” )
    | (?<!\S)(?P<not>-)?(?P<name>is|product|tag|user|before|after|code):(?: "(?P<quoted>[^"]*)" | (?P<value>[^\s"]+) )(?!\S)
    | (?<!\S)-(?P<unwanted>[^\W\d_]{3,})(?!\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IS = {
    "solved": {"solved": True, "kind": "question"},
    "unsolved": {"solved": False, "kind": "question"},
    "open": {"solved": False, "kind": "question"},
    "guide": {"kind": "article"},
    "article": {"kind": "article"},
    "question": {"kind": "question"},
}
_DAYS = {"d": 1, "day": 1, "w": 7, "week": 7, "m": 30, "month": 30, "y": 365, "year": 365}
_AGO = re.compile(r"(\d{1,4})-?(d|w|m|y|days?|weeks?|months?|years?)")
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Word:
    """One word or code of a query as it was typed, and the terms that it is looked up by.

    `meant` is what is looked for in its place, when that is something else. `particle` is the word behind it when that
    is left out but may belong to it, as in "log in".
    """

    text: str
    terms: tuple[str, ...]
    meant: str = ""
    particle: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a hit must be, besides holding the words.

    Args:
        codes: terms that it must hold, each, from `code:E-104`.
        before: it was there before this moment.
        after: it was changed since this moment.
        without_tags: tags that it must not carry.
    """

    kind: str | None = None
    solved: bool | None = None
    product: str | None = None
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    user: str | None = None
    codes: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != Conditions()


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Args:
        words: the words that are looked for, each once.
        phrases: words whose terms should stand next to each other, from `"quoted words"`.
        unwanted: terms of the words that were typed with a minus sign in front.
        conditions: from `is:solved` and the like.
        ignored: pieces that were meant as syntax and say nothing, and words beyond the limit.
        instead: for a term others that count as well, each with how much.
    """

    words: tuple[Word, ...] = ()
    phrases: tuple[Word, ...] = ()
    unwanted: tuple[Word, ...] = ()
    conditions: Conditions = Conditions()
    ignored: tuple[str, ...] = ()
    instead: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term that is looked for, once, in the order of the words."""
        return tuple(dict.fromkeys(term for word in self.words for term in word.terms))


def parse(text: str, today: datetime | None = None) -> Query:
    """Take a query apart: words, codes, `"a phrase"`, `-word`, and `name:value` for the names that follow.

    | typed | means |
    |---|---|
    | `is:solved` `is:open` `is:guide` `is:question` | only these |
    | `product:hub` `tag:wifi` `-tag:wifi` `user:mira` | of this product, with or without this tag, by this person |
    | `after:2026-05-01` `before:2025` `after:7d` `after:yesterday` | changed since then, there before then |
    | `code:E-104` | with exactly this code |

    Longer texts are cut, nothing is an error.

    Args:
        today: the moment that relative times count from; by default the present one.
    """
    text = text[:MOST_CHARACTERS]
    query = Query()
    if len(text) <= MOST_CHARACTERS_OF_SYNTAX and "\n" not in text.strip():
        query = _syntax(text, today or now())
        rest = _PIECE.sub(_what_is_left, text)
    else:
        rest = text
    words, cut = _words(rest)
    if not words and not query.conditions:
        words, cut = _words(text)
        return Query(words, ignored=cut)
    return replace(query, words=words, ignored=(query.ignored + cut)[:MOST_IGNORED_SHOWN])


def with_known_conditions(query: Query, is_label: Callable[[str], bool]) -> Query:
    """The query without conditions on products, tags and people that there are not: these are taken as words.

    Args:
        is_label: whether the reader can find something with this label, such as `product:hub`.
    """
    known = query.conditions
    if not known:
        return query
    unknown = [("tag", tag) for tag in known.tags if not is_label(f"tag:{tag}")]
    unknown += [
        (name, value)
        for name, value in (("product", known.product), ("user", known.user))
        if value is not None and not is_label(f"{name}:{value}")
    ]
    if not unknown:
        return query
    names = {name for name, _ in unknown}
    kept = replace(
        known,
        tags=tuple(tag for tag in known.tags if ("tag", tag) not in unknown),
        product=None if "product" in names else known.product,
        user=None if "user" in names else known.user,
    )
    words = dict.fromkeys((*query.words, *_words(" ".join(value for _, value in unknown))[0]))
    ignored = (*query.ignored, *(f"{name}:{value}" for name, value in unknown))
    return replace(query, words=tuple(words), conditions=kept, ignored=ignored[:MOST_IGNORED_SHOWN])


def _what_is_left(found: re.Match[str]) -> str:
    """The part of a piece of syntax that is looked for as words too: what stands in quotes, and codes."""
    if found["minus"] or found["unwanted"]:
        return " "
    if found["name"]:
        return f" {_value(found)} " if found["name"].lower() == "code" and not found["not"] else " "
    return f" {found['phrase'] or found['curly']} "


def _value(found: re.Match[str]) -> str:
    return (found["quoted"] if found["quoted"] is not None else found["value"]).strip()


def _syntax(text: str, today: datetime) -> Query:
    phrases: list[Word] = []
    unwanted: list[Word] = []
    ignored: list[str] = []
    conditions = Conditions()
    for found in _PIECE.finditer(text):
        if found["name"]:
            changed = _condition(conditions, found, today)
            if changed is None:
                ignored.append(found.group().strip())
            else:
                conditions = changed
        elif found["unwanted"] or found["minus"]:
            written = found["unwanted"] or found["phrase"] or found["curly"]
            terms = tuple(dict.fromkeys(analysis.terms(written)[:MOST_TERMS]))
            if terms:
                unwanted.append(Word(written, terms))
        else:
            written = found["phrase"] or found["curly"]
            phrase = tuple(analysis.terms(written))
            if len(phrase) > 1:
                phrases.append(Word(written, phrase[:MOST_TERMS]))
    return Query((), tuple(phrases), tuple(unwanted), conditions, tuple(ignored))


def _condition(known: Conditions, found: re.Match[str], today: datetime) -> Conditions | None:
    """The conditions with one more, or nothing if the piece says none."""
    name, value, is_not = found["name"].lower(), _value(found), bool(found["not"])
    slug = analysis.fold(value).replace(" ", "-")
    if not value or (is_not and name != "tag"):
        return None
    if name == "is":
        changes = _IS.get(slug.removesuffix("s") if slug != "is" else slug)
        return replace(known, **changes) if changes else None  # type: ignore[arg-type]
    if name == "product":
        return replace(known, product=slug)
    if name == "tag":
        if is_not:
            return replace(known, without_tags=(*known.without_tags, slug))
        return replace(known, tags=(*known.tags, slug))
    if name == "user":
        return replace(known, user=analysis.fold(value.lstrip("@")))
    if name == "code":
        terms = analysis.terms(value)
        return replace(known, codes=(*known.codes, terms[0])) if terms else None
    moment = _moment(value.lower(), today)
    if moment is None:
        return None
    return replace(known, before=moment) if name == "before" else replace(known, after=moment)


def _moment(value: str, today: datetime) -> datetime | None:
    """The moment that a date or a relative time begins: `2026`, `2026-05`, `2026-05-01`, `7d`, `yesterday`, `last-week`."""
    midnight = today.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if value in ("today", "yesterday"):
        return midnight - timedelta(days=value == "yesterday")
    if value.startswith("last-") and value[5:] in _DAYS:
        return midnight - timedelta(days=_DAYS[value[5:]])
    try:
        if ago := _AGO.fullmatch(value):
            unit = ago[2].removesuffix("s") or ago[2]
            return today - timedelta(days=int(ago[1]) * _DAYS[unit])
        if date := _DATE.fullmatch(value):
            return datetime(int(date[1]), int(date[2] or 1), int(date[3] or 1), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None


def _words(text: str) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """The words of a text, each once, and those for which there is no room."""
    words: dict[tuple[str, ...], Word] = {}
    room = MOST_TERMS
    tokens: Iterator[str] = iter(analysis.tokens(text))
    last: tuple[str, ...] = ()
    for token in tokens:
        terms = analysis.token_terms(token)[:room]
        if not terms and last and token.lower() in PARTICLES:
            words[last] = replace(words[last], particle=token.lower())
        last = terms if terms and terms not in words else ()
        if terms and terms not in words:
            words[terms] = Word(token, terms)
            room -= len(terms)
            if room <= 0:
                break
    cut = (token for token in tokens if analysis.token_terms(token))
    return tuple(words.values()), tuple(dict.fromkeys(cut))[:MOST_IGNORED_SHOWN]
