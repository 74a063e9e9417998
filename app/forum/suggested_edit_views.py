"""Suggesting a change to what somebody else wrote, and what those who may change it say to that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.articles import queries as articles
from app.articles.models import Article
from app.core import addresses
from app.core.errors import Invalid, SignInNeeded
from app.core.i18n import gettext as _
from app.forum import suggested_edit_queries as queries
from app.forum import suggested_edits as edits
from app.forum.differences import ChangedLine, differences
from app.forum.models import Answer, Question, SuggestedEdit
from app.forum.queries import place_of
from app.forum.rewriting import ChangedMeanwhile
from app.forum.suggested_edits import EditText
from app.forum.views import answer_or_404, question_or_404
from app.policy import allow, may
from app.web import links
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("suggested_edits", __name__)


# Suggesting


@dataclass(frozen=True)
class SuggestPage:
    """The form for a change, with the text as it is or as it was typed."""

    heading: str
    submit: str
    about: str
    url: str
    back_url: str
    action: str
    has_title: bool
    is_guide: bool
    has_why: bool
    title: str
    body: str
    why: str
    seen: str
    draft_key: str
    # What the text says by now, where it changed while the form was open.
    news: tuple[ChangedLine, ...]
    errors: Mapping[str, str]


@bp.get("/questions/<int:question_id>/suggest-edit")
def suggest_for_question(question_id: int) -> str:
    return _start(question_or_404(question_id))


@bp.post("/questions/<int:question_id>/suggest-edit")
def do_suggest_for_question(question_id: int) -> str | tuple[str, int] | Response:
    return _suggest(question_or_404(question_id))


@bp.get("/answers/<int:answer_id>/suggest-edit")
def suggest_for_answer(answer_id: int) -> str:
    return _start(answer_or_404(answer_id))


@bp.post("/answers/<int:answer_id>/suggest-edit")
def do_suggest_for_answer(answer_id: int) -> str | tuple[str, int] | Response:
    return _suggest(answer_or_404(answer_id))


@bp.get("/articles/<slug>/suggest-edit")
def suggest_for_article(slug: str) -> str:
    return _start(_article_or_404(slug))


@bp.post("/articles/<slug>/suggest-edit")
def do_suggest_for_article(slug: str) -> str | tuple[str, int] | Response:
    return _suggest(_article_or_404(slug))


def _article_or_404(slug: str) -> Article:
    return articles.article(actor(), slug) or abort(404)


def _start(post: edits.Post) -> str:
    allow(actor(), "suggest_edit", post)
    mine = queries.open_of(actor().id, post)
    text = EditText(body=post.body, title=_title_of(post)) if mine is None else _text_of(mine)
    return render_template("forum/suggest_edit.html", page=_suggest_page(post, text, {}))


def _text_of(suggestion: SuggestedEdit) -> EditText:
    return EditText(body=suggestion.body, title=suggestion.title, why=suggestion.why)


def _title_of(post: edits.Post) -> str:
    return post.title if isinstance(post, Question) else ""


def _suggest_page(
    post: edits.Post, text: EditText, errors: dict[str, str], news: tuple[ChangedLine, ...] = ()
) -> SuggestPage:
    about = post.question.title if isinstance(post, Answer) else post.title
    return SuggestPage(
        heading=_("Suggest a change"),
        submit=_("Send the suggestion"),
        about=about,
        url=links.to(post),
        back_url=links.to(post),
        action=f"{_base(post)}/suggest-edit",
        has_title=isinstance(post, Question),
        is_guide=isinstance(post, Article),
        has_why=True,
        title=text.title,
        body=text.body,
        why=text.why,
        seen=edits.stamp(post),
        draft_key=f"suggest-{_base(post)}",
        news=news,
        errors=words(errors),
    )


def _place(post: edits.Post) -> str:
    """Where a post is shown; an answer on its page of the thread."""
    return place_of(actor(), post) if isinstance(post, Answer) else links.to(post)


def _base(post: edits.Post) -> str:
    if isinstance(post, Article):
        return addresses.article(post.slug)
    return f"/{'questions' if isinstance(post, Question) else 'answers'}/{post.id}"


def _typed() -> EditText:
    form = request.form
    return EditText(
        body=form.get("body", ""),
        title=form.get("title", ""),
        why=form.get("why", ""),
        seen=form.get("seen", ""),
    )


def _suggest(post: edits.Post) -> str | tuple[str, int] | Response:
    allow(actor(), "suggest_edit", post)
    text, address = _typed(), _place(post)
    try:
        edits.suggest_edit(actor(), post, text)
    except Invalid as error:
        page = _suggest_page(post, text, {error.field or "body": str(error)})
        return render_template("forum/suggest_edit.html", page=page), 400
    except ChangedMeanwhile as error:
        news = differences(text.body, post.body)
        page = _suggest_page(post, text, {"body": str(error)}, news)
        return render_template("forum/suggest_edit.html", page=page), 409
    flash(_("Thank you. Those who may change it look at your suggestion; you will hear what becomes of it."))
    return redirect(address, 303)


# Deciding


@bp.get("/suggested-edits")
def queue() -> str:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    page = queries.suggestion_list(
        actor(),
        product=request.args.get("product", ""),
        is_mine=bool(request.args.get("mine")),
        after=request.args.get("after"),
    )
    return render_template("forum/suggested_edits.html", page=page)


@dataclass(frozen=True)
class SuggestionPage:
    """One suggestion: what it would change, and what this person may do about it."""

    id: int
    title: str
    kind: str
    url: str
    why: str
    username: str
    user_url: str
    created_at: datetime
    state: tuple[str, str]
    outcome: str
    rejected_why: str
    draft_url: str
    before_title: str
    after_title: str
    lines: tuple[ChangedLine, ...]
    # Whether the text changed since, and whether it did in the very same places.
    is_stale: bool
    clashes: bool
    may_decide: bool
    may_withdraw: bool
    # Where each deed is done, by its name.
    urls: Mapping[str, str]
    errors: Mapping[str, str]


def _suggestion_or_404(suggestion_id: int) -> SuggestedEdit:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    return queries.suggestion(actor(), suggestion_id) or abort(404)


@bp.get("/suggested-edits/<int:suggestion_id>")
def suggestion(suggestion_id: int) -> str:
    return _draw(_suggestion_or_404(suggestion_id), {})


def _draw(found: SuggestedEdit, errors: dict[str, str]) -> str:
    post = found.post
    before_title, after_title, before, after = found.base_title, found.title, found.base_body, found.body
    is_stale, clashes = False, 0
    if found.is_open:
        is_stale = post.body.strip() != found.base_body or _title_of(post) != found.base_title
        title, body, clashes = edits.merged_text(found)
        if is_stale and not clashes:  # What would really change by now.
            before_title, after_title, before, after = _title_of(post), title, post.body.strip(), body
    outcome = ""
    if found.decided_by is not None:
        decided = _("Taken over by %(name)s.") if found.approved_at else _("Turned down by %(name)s.")
        if found.was_improved:
            decided = _("Improved and taken over by %(name)s.")
        outcome = decided % {"name": found.decided_by.username}
    page = SuggestionPage(
        id=found.id,
        title=queries.title_of(found),
        kind=queries.kind_label(found),
        url=addresses.answer_anywhere(post.id) if isinstance(post, Answer) else links.to(post),
        why=found.why,
        username=found.author.username,
        user_url=addresses.person(found.author.username),
        created_at=found.created_at,
        state=queries.state_badge(found),
        outcome=outcome,
        rejected_why=found.rejected_why,
        draft_url=f"/drafts/{found.draft_id}" if found.draft_id and may(actor(), "save_draft") else "",
        before_title=before_title if before_title != after_title else "",
        after_title=after_title if before_title != after_title else "",
        lines=differences(before, after),
        is_stale=is_stale,
        clashes=bool(clashes),
        may_decide=found.is_open and may(actor(), "approve_suggested_edit", found),
        may_withdraw=found.is_open and may(actor(), "withdraw_suggested_edit", found),
        urls={
            deed: f"/suggested-edits/{found.id}/{deed}"
            for deed in ("approve", "improve", "reject", "withdraw")
        },
        errors=words(errors),
    )
    return render_template("forum/suggested_edit.html", page=page)


@bp.post("/suggested-edits/<int:suggestion_id>/approve")
def approve_suggested_edit(suggestion_id: int) -> str | tuple[str, int] | Response:
    found = _suggestion_or_404(suggestion_id)
    improved = _typed() if "body" in request.form else None
    try:
        edits.approve_suggested_edit(actor(), found, improved)
    except Invalid as error:
        if improved is None:
            raise
        return _draw_improving(found, improved, {error.field or "body": str(error)}), 400
    except ChangedMeanwhile as error:
        if improved is None:
            raise
        news = differences(improved.body, found.post.body)
        return _draw_improving(found, improved, {"body": str(error)}, news), 409
    if found.draft_id is not None:
        flash(_("Taken into the draft of its next form. Another writer approves it there."))
        return redirect(f"/drafts/{found.draft_id}", 303)
    flash(_("Taken over. Its author is credited in the history."))
    return redirect(_place(found.post), 303)


@bp.get("/suggested-edits/<int:suggestion_id>/improve")
def improve(suggestion_id: int) -> str:
    found = _suggestion_or_404(suggestion_id)
    allow(actor(), "approve_suggested_edit", found)
    title, body, _clashes = edits.merged_text(found)
    return _draw_improving(found, EditText(body=body, title=title), {})


def _draw_improving(
    found: SuggestedEdit, text: EditText, errors: dict[str, str], news: tuple[ChangedLine, ...] = ()
) -> str:
    post = found.post
    page = SuggestPage(
        heading=_("Improve a suggestion"),
        submit=_("Take this over"),
        about=queries.title_of(found),
        url=links.to(post),
        back_url=f"/suggested-edits/{found.id}",
        action=f"/suggested-edits/{found.id}/approve",
        has_title=isinstance(post, Question),
        is_guide=isinstance(post, Article),
        has_why=False,
        title=text.title,
        body=text.body,
        why="",
        seen=edits.stamp(post),
        draft_key=f"improve-{found.id}",
        news=news,
        errors=words(errors),
    )
    return render_template("forum/suggest_edit.html", page=page)


@bp.post("/suggested-edits/<int:suggestion_id>/reject")
def reject_suggested_edit(suggestion_id: int) -> tuple[str, int] | Response:
    found = _suggestion_or_404(suggestion_id)
    try:
        edits.reject_suggested_edit(actor(), found, request.form.get("why", ""))
    except Invalid as error:
        return _draw(found, {"why": str(error)}), 400
    flash(_("Turned down. Whoever suggested it reads your reason."))
    return redirect("/suggested-edits", 303)


@bp.post("/suggested-edits/<int:suggestion_id>/withdraw")
def withdraw_suggested_edit(suggestion_id: int) -> Response:
    found = _suggestion_or_404(suggestion_id)
    edits.withdraw_suggested_edit(actor(), found)
    flash(_("Taken back."))
    return redirect("/suggested-edits?mine=1", 303)
