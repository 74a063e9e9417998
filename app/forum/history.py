"""How a post changed: each form beside the one before it, line by line."""

from collections.abc import Iterable

from app.core import addresses
from app.core.alignment import Alignment
from app.core.i18n import gettext as _
from app.forum import queries, suggested_edit_queries
from app.forum.models import Answer, Question, SuggestedEdit
from app.forum.queries import HistoryPage, Line, Revision

MOST_LINES = 2_000


def history_page(post: Question | Answer) -> HistoryPage:
    """All forms of a post, the newest first."""
    asked = post.question if isinstance(post, Answer) else post
    forms = [
        (
            kept.author.username,
            kept.created_at,
            _whole(kept.title, [*kept.facts, _line_of(kept.tags)], kept.body),
        )
        for kept in queries.revisions_of(post)
    ]
    title, head = "", list[str]()
    if isinstance(post, Question):
        tags = [tag.slug for tag in queries.tags_of(post.id)]
        title, head = post.title, [*queries.facts_of(post), _line_of(tags)]
    forms.append(
        (
            queries.username(post.edited_by_id or post.author_id),
            post.edited_at or post.created_at,
            _whole(title, head, post.body),
        )
    )
    suggested = suggested_edit_queries.approved_edits(post)
    revisions = []
    before: list[str] = []
    for number, (author, at, lines) in enumerate(forms, start=1):
        difference = compare(before, lines) if number > 1 else tuple(Line("same", line) for line in lines)
        is_current = number == len(forms)
        note = _credit(suggested[at]) if at in suggested else ""
        revisions.append(Revision(author, addresses.person(author), at, is_current, difference, note))
        before = lines
    url = addresses.question(asked.id, asked.slug)
    if isinstance(post, Answer):
        url = addresses.answer_anywhere(post.id)
    return HistoryPage(asked.title, url, tuple(reversed(revisions)))


def _credit(suggestion: SuggestedEdit) -> str:
    """Whose change it was: the form is by whoever suggested it."""
    name = suggestion.decided_by.username if suggestion.decided_by else ""
    if suggestion.was_improved:
        return _("Suggested; improved and taken over by %(name)s", name=name)
    return _("Suggested; taken over by %(name)s", name=name)


def _line_of(tags: Iterable[str]) -> str:
    return " ".join(f"#{tag}" for tag in tags)


def _whole(title: str, head: Iterable[str], body: str) -> list[str]:
    above = [title, *(line for line in head if line), ""] if title else []
    return (above + body.splitlines())[:MOST_LINES]


def compare(before: list[str], after: list[str]) -> tuple[Line, ...]:
    """The lines of both texts in order, each marked "same", "ins" or "del"."""
    found: list[Line] = []
    matcher = Alignment(before, after)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            found += [Line("same", line) for line in before[start:end]]
        else:
            found += [Line("del", line) for line in before[start:end]]
            found += [Line("ins", line) for line in after[new_start:new_end]]
    return tuple(found)
