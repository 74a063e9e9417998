"""Tags: the list of all, and the page of each with its guides and questions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.articles import tag_queries as articles
from app.articles.queries import ArticleCard
from app.catalog import actions, queries
from app.catalog.models import Tag
from app.core import addresses, paging
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import tag_queries as forum
from app.forum import tally_queries
from app.forum.queries import Chip, Pager, QuestionRow
from app.notifications import follow_queries
from app.policy import allow, may
from app.web import feeds, structured_data
from app.web.drawing import words
from app.web.head import head, root, with_arguments
from app.web.session import actor

bp = Blueprint("tags", __name__)

LIST_SIZE = 30
MOST_USED = 12
GUIDES_SHOWN = 6
QUESTIONS_SHOWN = 5


@dataclass(frozen=True)
class TagRow:
    """A tag in the list of all."""

    title: str
    url: str
    snippet: str
    note: str
    badges: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TagList:
    """A page of the list of tags; the most used ones stand above its first page."""

    words: str
    most_used: tuple[Chip, ...]
    rows: tuple[TagRow, ...]
    pager: Pager


@bp.get("/tags")
def tags() -> str:
    viewer, typed, after = actor(), request.args.get("q", "").strip()[:80], request.args.get("after")
    page = queries.page_of_tags(
        typed, among=(forum.is_used(viewer), articles.is_used(viewer)), after=after, size=LIST_SIZE
    )
    ids = [tag.id for tag in page.rows]
    guides, questions = articles.article_counts(viewer, ids), tally_queries.by_tag(ids)
    others = queries.synonyms_by_tag(ids)
    shown = TagList(
        words=typed,
        most_used=() if typed or after else _most_used(),
        rows=tuple(
            TagRow(
                title=tag.slug,
                url=addresses.tag(tag.slug),
                snippet=tag.description,
                note=" · ".join(
                    [
                        _guides(guides.get(tag.id, 0)),
                        _questions(questions.get(tag.id, 0)),
                        *([_also_called(others[tag.id])] if tag.id in others else []),
                    ]
                ),
            )
            for tag in page.rows
        ),
        pager=Pager(
            previous_url=_list_url(typed, page.previous_cursor) if after else "",
            next_url=_list_url(typed, page.next_cursor) if page.next_cursor else "",
        ),
    )
    about = head(
        _list_url("", after),
        feeds=feeds.of_tags(),
        is_indexable=bool(shown.rows) and not typed and not paging.is_backwards(after),
    )
    return render_template("catalog/tags.html", page=shown, head=about)


def _list_url(typed: str, after: str | None) -> str:
    return with_arguments("/tags", {"q": typed, "after": after or ""})


def _most_used() -> tuple[Chip, ...]:
    counts = Counter(articles.lately_used(actor()))
    counts.update(forum.lately_used(actor()))
    most = counts.most_common(MOST_USED)
    found = queries.tags_by_id([tag_id for tag_id, _count in most])
    return tuple(
        Chip(found[tag_id].slug, addresses.tag(found[tag_id].slug), False)
        for tag_id, _count in most
        if tag_id in found
    )


def _guides(count: int) -> str:
    return ngettext("%(num)d guide", "%(num)d guides", count)


def _questions(count: int) -> str:
    return ngettext("%(num)d question", "%(num)d questions", count)


def _also_called(slugs: list[str]) -> str:
    return _("also called %(words)s", words=", ".join(slugs))


@dataclass(frozen=True)
class TagPage:
    """Everything that a tag's page shows."""

    slug: str
    description: str
    about: str
    synonyms: str
    crumbs: tuple[tuple[str, str], ...]
    guides: tuple[ArticleCard, ...]
    guides_label: str
    guides_url: str
    solved: tuple[QuestionRow, ...]
    waiting: tuple[QuestionRow, ...]
    questions_label: str
    questions_url: str
    ask_url: str
    edit_url: str

    @property
    def is_empty(self) -> bool:
        return not (self.guides or self.solved or self.waiting)


@bp.get("/tags/<slug>")
def tag(slug: str) -> str | Response:
    found = _tag_or_404(slug)
    if found.slug != slug:
        return redirect(addresses.tag(found.slug), 301)
    page = _tag_page(found)
    if page.is_empty and not page.description and not page.edit_url:
        abort(404)  # Only what this reader may not see has it.
    path = addresses.tag(found.slug)
    about = head(
        path,
        things=[
            structured_data.collection(found.slug, page.about, path, root()),
            structured_data.breadcrumbs(page.crumbs, path, root()),
        ],
        feeds=feeds.of_tag(found.slug),
        is_indexable=not page.is_empty,
    )
    return render_template(
        "catalog/tag.html", page=page, follow=follow_queries.follow_button(actor(), found), head=about
    )


def _tag_or_404(slug: str) -> Tag:
    found = queries.tag_of(slug)
    return found or abort(404)


def _tag_page(found: Tag) -> TagPage:
    viewer = actor()
    guides = articles.article_counts(viewer, [found.id]).get(found.id, 0)
    questions = tally_queries.by_tag([found.id]).get(found.id, 0)
    others = queries.synonyms_by_tag([found.id]).get(found.id, [])
    return TagPage(
        slug=found.slug,
        description=found.description,
        about=found.description or _("Guides and answers about %(tag)s.", tag=found.slug),
        synonyms=", ".join(others),
        crumbs=((_("Tags"), "/tags"), (found.slug, "")),
        guides=articles.newest_with(viewer, found.id, GUIDES_SHOWN) if guides else (),
        guides_label=_guides(guides),
        guides_url=addresses.tagged_articles(found.slug),
        solved=forum.solved_with(viewer, found.id, QUESTIONS_SHOWN) if questions else (),
        waiting=forum.open_with(viewer, found.id, QUESTIONS_SHOWN) if questions else (),
        questions_label=_questions(questions),
        questions_url=addresses.tagged_questions(found.slug),
        ask_url=url_for("forum.ask_question", tags=found.slug),
        edit_url=url_for("tags.edit_tag", slug=found.slug) if may(viewer, "edit_tag", found) else "",
    )


# For writers and moderators


@dataclass(frozen=True)
class EditTagPage:
    """The form for what a tag means."""

    slug: str
    url: str
    action: str
    description: str
    synonyms: str
    into: str
    merge_url: str
    merge_label: str
    errors: Mapping[str, str]


def _edit_page(
    found: Tag, *, description: str, synonyms: str, into: str = "", errors: dict[str, str] | None = None
) -> str:
    can_merge = may(actor(), "merge_tags", found)
    page = EditTagPage(
        slug=found.slug,
        url=addresses.tag(found.slug),
        action=url_for("tags.do_edit_tag", slug=found.slug),
        description=description,
        synonyms=synonyms,
        into=into,
        merge_url=url_for("tags.merge_tags", slug=found.slug) if can_merge else "",
        merge_label=_("Join “%(tag)s” with it", tag=found.slug),
        errors=words(errors or {}),
    )
    return render_template("catalog/edit_tag.html", page=page)


def _as_it_is(found: Tag, *, into: str = "", errors: dict[str, str] | None = None) -> str:
    others = [synonym.slug for synonym in queries.synonyms_of(found.id)]
    return _edit_page(
        found, description=found.description, synonyms=", ".join(others), into=into, errors=errors
    )


@bp.get("/tags/<slug>/edit")
def edit_tag(slug: str) -> str:
    allow(actor(), "edit_tag")
    return _as_it_is(_tag_or_404(slug))


@bp.post("/tags/<slug>/edit")
def do_edit_tag(slug: str) -> str | tuple[str, int] | Response:
    allow(actor(), "edit_tag")
    found, form = _tag_or_404(slug), request.form
    description, synonyms = form.get("description", ""), form.get("synonyms", "")
    try:
        actions.edit_tag(actor(), found, description=description, synonyms=synonyms.replace(",", " ").split())
    except Invalid as error:
        errors = {error.field or "description": str(error)}
        return _edit_page(found, description=description, synonyms=synonyms, errors=errors), 400
    flash(_("Saved."))
    return redirect(addresses.tag(found.slug), 303)


@bp.post("/tags/<slug>/merge")
def merge_tags(slug: str) -> str | tuple[str, int] | Response:
    allow(actor(), "merge_tags")
    found, typed = _tag_or_404(slug), request.form.get("into", "").strip()
    into = queries.tag_of(typed) if typed else None
    if into is None or into.id == found.id:
        errors = {"into": _("Please name another tag that there is.")}
        return _as_it_is(found, into=typed, errors=errors), 400
    name = found.slug
    actions.merge_tags(actor(), found, into)
    flash(_("Joined. Whoever types “%(word)s” gets “%(tag)s” from now on.", word=name, tag=into.slug))
    return redirect(addresses.tag(into.slug), 303)
