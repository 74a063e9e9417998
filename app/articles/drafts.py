"""What a draft holds: from the form to the draft, from the draft to the file, and back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from app.accounts.models import User
from app.articles import merge, queries
from app.articles.files import LONGEST, LONGEST_ENTRY, ArticleSource, BadFrontMatter, parse
from app.articles.models import Article, ArticleType, Audience, Draft
from app.core.alignment import Alignment
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.markup import GUIDE_LIMIT
from app.core.text import plain_line

LISTS = ("applies_to", "symptoms", "aliases", "tags", "credits")
SPLIT_AT_COMMAS = ("tags", "credits")
TEXTS = ("product", "type", "audience", "summary", "owner", "review_by", "origin")

PERSONAL = re.compile(r"⟦[^⟦⟧\n]*⟧")
"""What the bridge from the forum marks: what perhaps names a person, and what a writer has to fill in."""

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")

CONTEXT = 3


@dataclass(frozen=True)
class DraftText:
    """A draft as it stands in the form: plain strings, lists with one entry a line (tags and credits by commas)."""

    title: str = ""
    body: str = ""
    product: str = ""
    type: str = ""
    audience: str = Audience.PUBLIC.value
    summary: str = ""
    applies_to: str = ""
    symptoms: str = ""
    aliases: str = ""
    tags: str = ""
    owner: str = ""
    review_by: str = ""
    credits: str = ""

    @classmethod
    def of(cls, draft: Draft) -> "DraftText":
        """What the form of a saved draft shows."""
        texts = {name: _joined(name, draft.fields.get(name)) for name in _FORM_FIELDS}
        texts["audience"] = texts["audience"] or Audience.PUBLIC.value
        return cls(title=draft.title, body=draft.body, **texts).tidied()

    def tidied(self) -> "DraftText":
        """The same with plain line ends, without spaces at the ends: what counts when two are compared."""
        tidy = {
            field.name: getattr(self, field.name).replace("\r\n", "\n").replace("\r", "\n")
            for field in fields(self)
        }
        for name in ("title", "summary", "owner", "review_by", "product", "type", "audience"):
            tidy[name] = plain_line(tidy[name])
        for name in LISTS:
            tidy[name] = _joined(name, _entries(name, tidy[name]))
        tidy["body"] = tidy["body"].strip("\n").rstrip()
        return DraftText(**tidy)

    def as_fields(self, origin: str = "") -> dict[str, Any]:
        """What `Draft.fields` keeps of it; title and body have columns of their own."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in TEXTS if name != "origin"}
        kept |= {name: _entries(name, getattr(self, name)) for name in LISTS}
        kept["origin"] = origin
        return kept


_FORM_FIELDS = tuple(field.name for field in fields(DraftText) if field.name not in ("title", "body"))


def _entries(name: str, typed: str) -> list[str]:
    parts = re.split(r"[,\n]" if name in SPLIT_AT_COMMAS else r"\n", typed)
    return list(dict.fromkeys(entry for part in parts if (entry := plain_line(part))))


def _joined(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return (", " if name in SPLIT_AT_COMMAS else "\n").join(str(entry) for entry in value)
    return str(value or "")


def problems(text: DraftText, *, complete: bool) -> dict[str, str]:
    """What is wrong with a text, by field.

    Args:
        complete: also what is merely missing; a text that is still being written need not be whole.
    """
    found: dict[str, str] = {}
    for name in ("title", "summary", "owner"):
        if len(getattr(text, name)) > LONGEST[name]:
            found[name] = _("This is too long; %(most)d characters are the most.", most=LONGEST[name])
    for name in LISTS:
        if any(len(entry) > LONGEST_ENTRY for entry in _entries(name, getattr(text, name))):
            found[name] = _("An entry is too long; %(most)d characters are the most.", most=LONGEST_ENTRY)
    if text.review_by and _day(text.review_by) is None:
        found["review_by"] = _("Please write a day such as 2027-03-31.")
    if text.type and text.type not in set(ArticleType):
        found["type"] = _("Please choose a type from the list.")
    if text.audience not in set(Audience):
        found["audience"] = _("Please choose an audience from the list.")
    if len(text.body.encode("utf-8", "replace")) > GUIDE_LIMIT:
        found["body"] = _("This guide is too large. Please split it into several.")
    if "\0" in text.body:
        found["body"] = _("There is a NUL character in the text. Please delete it.")
    if complete:
        found = {**_missing(text), **found}
    return found


def _missing(text: DraftText) -> dict[str, str]:
    found: dict[str, str] = {}
    if not text.title:
        found["title"] = _("A guide needs a title.")
    if not text.product:
        found["product"] = _("Please choose the product that it is about.")
    if not text.type:
        found["type"] = _("Please choose what kind of guide it is.")
    if not text.body:
        found["body"] = _("The guide is empty.")
    elif merge.has_marks(text.body):
        found["body"] = _(
            "There are places that two people changed. Please decide each and delete its marks."
        )
    for field in fields(text):
        marked = PERSONAL.search(getattr(text, field.name))
        if marked:
            found.setdefault(
                field.name,
                _(
                    "Personal details or a gap may be left: %(words)s. Change it, or keep it without the brackets.",
                    words=marked[0],
                ),
            )
    bare = _section_without_text(text.body)
    if bare:
        found.setdefault(
            "body",
            _("There is nothing under “%(heading)s” yet. Say something there, or remove it.", heading=bare),
        )
    return found


def _section_without_text(body: str) -> str:
    """The first heading that neither text nor a heading below it follows; nothing if there is none."""
    level, heading, fence = 0, "", ""
    for line in [*body.split("\n"), "# "]:  # The end of the text ends every section.
        if fence:
            if line.strip().startswith(fence):
                fence = ""
        elif started := _FENCE.match(line):
            level, fence = 0, started[1]
        elif found := _HEADING.match(line):
            if level and len(found[1]) <= level:
                return heading
            level, heading = len(found[1]), found[2] or found[1]
        elif line.strip():
            level = 0
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def check(text: DraftText, *, complete: bool) -> None:
    """Raises Invalid for the first of the `problems`."""
    for field, message in problems(text, complete=complete).items():
        raise Invalid(message, field)


def as_source(draft: Draft) -> ArticleSource:
    """The guide that a draft would become.

    Raises:
        Invalid: something in it is missing or cannot be taken as it is.
    """
    text = DraftText.of(draft)
    check(text, complete=True)
    return ArticleSource(
        title=text.title,
        type=ArticleType(text.type),
        product=text.product,
        applies_to=tuple(_entries("applies_to", text.applies_to)),
        tags=tuple(_entries("tags", text.tags)),
        symptoms=tuple(_entries("symptoms", text.symptoms)),
        aliases=tuple(_entries("aliases", text.aliases)),
        owner=text.owner,
        review_by=_day(text.review_by),
        audience=Audience(text.audience),
        credits=tuple(_entries("credits", text.credits)),
        origin=plain_line(str(draft.fields.get("origin") or ""))[: LONGEST["origin"]],
        summary=text.summary,
        body=text.body,
    )


def fields_of(source: ArticleSource) -> dict[str, Any]:
    """What `Draft.fields` keeps of a guide."""
    kept: dict[str, Any] = {name: list(getattr(source, name)) for name in LISTS}
    for name in TEXTS:
        value = getattr(source, name)
        kept[name] = value.isoformat() if isinstance(value, date) else str(value or "")
    return kept


def draft_of(article: Article, by: User) -> Draft:
    """A new draft of a guide's next form, filled with what is published. It is not saved yet.

    Raises:
        Refused: the guide was withdrawn, or what was published cannot be found.
    """
    if article.is_withdrawn:
        raise Refused(_("This guide was withdrawn, so it cannot be edited."))
    text = queries.revision_source(article.id, article.content_hash)
    if text is None:
        raise Refused(_("The file of this guide was not found. Please let the guides be synchronised first."))
    source = parse(text, article.path)
    return Draft(
        author_id=by.id,
        article_id=article.id,
        base_hash=article.content_hash,
        base_source=text,
        title=source.title,
        fields=fields_of(source),
        body=source.body,
    )


def base_of(draft: Draft, path: str) -> ArticleSource | None:
    """What was published when the draft was begun; None for a new guide."""
    if not draft.base_source:
        return None
    try:
        return parse(draft.base_source, path)
    except BadFrontMatter:
        return None


def merged(
    draft: Draft, mine: ArticleSource, theirs: ArticleSource, canonical: Callable[[str], str]
) -> merge.MergedSource:
    """A draft and what was published since it was begun, made one. Bodies are compared in their canonical form."""
    base = base_of(draft, f"{theirs.product}/x.md") or theirs
    whole = [replace(one, body=canonical(one.body)) for one in (base, mine, theirs)]
    return merge.merge_sources(*whole)


@dataclass(frozen=True)
class Line:
    """A line of a comparison: "same", "ins", "del" or "gap"."""

    kind: str
    text: str


def compare(before: str, after: str) -> tuple[Line, ...]:
    """How a text changed, with a few lines around each change; nothing if it did not."""
    return tuple(_compared(before.split("\n"), after.split("\n")))


def _compared(before: list[str], after: list[str]) -> Iterator[Line]:
    matcher = Alignment(before, after)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number:
            yield Line("gap", "")
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from (Line("same", line) for line in before[start:end])
            else:
                yield from (Line("del", line) for line in before[start:end])
                yield from (Line("ins", line) for line in after[new_start:new_end])
