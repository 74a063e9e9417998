"""Two people changed the same guide: what both can keep is kept, what they cannot is marked for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from app.articles.files import ArticleSource
from app.core.alignment import Alignment
from app.core.i18n import gettext as _

MINE = "<<<<<<< "
BETWEEN = "======="
THEIRS = ">>>>>>> "


@dataclass(frozen=True)
class MergedText:
    """A text made of two; `conflicts` counts the places where both stand, one after the other, marked."""

    text: str
    conflicts: int


@dataclass(frozen=True)
class MergedSource:
    """A guide made of two; `conflicts` says in words what a person has to decide."""

    source: ArticleSource
    conflicts: tuple[str, ...]


def has_marks(text: str) -> bool:
    """Whether a text still holds the marks of a conflict that nobody has decided."""
    return any(line.startswith((MINE, THEIRS)) for line in text.splitlines())


def merge_text(base: str, mine: str, theirs: str, my_name: str, their_name: str) -> MergedText:
    """Merge two changes of one text line by line (the three-way merge known from diff3).

    Where only one side changed, that side counts; where both changed the same lines differently, both stand.
    """
    merged: list[str] = []
    conflicts = 0
    for was, ours, others in _pieces(base.split("\n"), mine.split("\n"), theirs.split("\n")):
        if ours == others or others == was:
            merged += ours
        elif ours == was:
            merged += others
        else:
            conflicts += 1
            merged += [MINE + my_name, *ours, BETWEEN, *others, THEIRS + their_name]
    return MergedText("\n".join(merged), conflicts)


def merge_sources(base: ArticleSource, mine: ArticleSource, theirs: ArticleSource) -> MergedSource:
    """Merge two changes of one guide: lists entry by entry, the body line by line, other fields as a whole.

    Where both changed one field differently, mine is kept and the conflict named.
    """
    merged: dict[str, Any] = {}
    conflicts: list[str] = []
    for field in fields(ArticleSource):
        was, ours, others = (getattr(source, field.name) for source in (base, mine, theirs))
        if field.name == "body":
            body = merge_text(was, ours, others, _("your text"), _("published meanwhile"))
            merged["body"] = body.text
            if body.conflicts:
                conflicts.append(_("The text has places that both of you changed. They are marked."))
        elif ours == others or others == was:
            merged[field.name] = ours
        elif ours == was:
            merged[field.name] = others
        elif isinstance(was, tuple):
            merged[field.name] = _merged_list(was, ours, others)
        else:
            merged[field.name] = ours
            conflicts.append(
                _(
                    "“%(field)s” was meanwhile set to “%(theirs)s”; yours is “%(mine)s”.",
                    field=field.name,
                    theirs=str(others),
                    mine=str(ours),
                )
            )
    return MergedSource(replace(mine, **merged), tuple(conflicts))


def _merged_list(was: Sequence[str], ours: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Ours, without what they took out, and with what they added."""
    kept = [entry for entry in ours if entry in others or entry not in was]
    added = [entry for entry in others if entry not in was and entry not in ours]
    return tuple(kept + added)


def _pieces(
    base: list[str], mine: list[str], theirs: list[str]
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Cut the three texts at the lines that all three share."""
    at = at_mine = at_theirs = 0
    for start, length, start_mine, start_theirs in _common(base, mine, theirs):
        yield base[at:start], mine[at_mine:start_mine], theirs[at_theirs:start_theirs]
        shared = base[start : start + length]
        yield shared, shared, shared
        at, at_mine, at_theirs = start + length, start_mine + length, start_theirs + length


def _common(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that stand in all three: where in the base, how many, where in mine, where in theirs.

    The last one is empty and stands at the three ends.
    """
    blocks_mine = Alignment(base, mine).get_matching_blocks()
    blocks_theirs = Alignment(base, theirs).get_matching_blocks()
    i = j = 0
    while i < len(blocks_mine) and j < len(blocks_theirs):
        one, two = blocks_mine[i], blocks_theirs[j]
        start = max(one.a, two.a)
        end = min(one.a + one.size, two.a + two.size)
        if start < end:
            yield start, end - start, one.b + start - one.a, two.b + start - two.a
        if one.a + one.size < two.a + two.size:
            i += 1
        else:
            j += 1
    yield len(base), 0, len(mine), len(theirs)
