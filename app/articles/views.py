"""The pages of guides, and the Workshop in which they are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from app.articles import actions, drafts, feedback_queries, linking, queries, view_queries
from app.articles.actions import MergeNeeded, SavedMeanwhile
from app.articles.drafts import DraftText
from app.articles.editions import is_material
from app.articles.feedback_queries import FeedbackBox
from app.articles.models import Article, ArticleType, Audience, Draft, Stage
from app.articles.queries import ArticleCard, ArticlePage, Facet, MovedTo, WithdrawnPage
from app.articles.view_queries import GuideInUse
from app.catalog import queries as catalog
from app.core import addresses
from app.core.db import db
from app.core.errors import Declined, Invalid, NotAllowed, Refused
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.markup import render_guide
from app.core.text import excerpt
from app.forum import queries as forum
from app.forum.queries import Chip, Pager, QuestionRow
from app.notifications import queries as notifications
from app.policy import allow, may
from app.site import name as site_name
from app.web import feeds, links, structured_data, view_counts
from app.web.drawing import words
from app.web.head import Head, head, root
from app.web.session import actor

bp = Blueprint("articles", __name__)

MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
MEDIA_KEPT = 24 * 3600


# Reading


@dataclass(frozen=True)
class BrowseView:
    """The shelf of guides, ready to draw."""

    heading: str
    counted: str
    cards: tuple[ArticleCard, ...]
    products: tuple[tuple[str, str], ...]
    product: str
    types: tuple[Chip, ...]
    sorts: tuple[Chip, ...]
    kept: tuple[tuple[str, str], ...]
    tag: str
    without_tag_url: str
    pager: Pager
    is_filtered: bool
    may_write: bool


@bp.get("/articles")
def browse() -> str | BaseResponse:
    args = request.args
    page = queries.browse_page(
        actor(),
        product=args.get("product", ""),
        type=args.get("type", ""),
        tag=args.get("tag", ""),
        sort=args.get("sort") or "title",
        after=args.get("after"),
    )
    if args.get("product") and not page.product_name:
        abort(404)
    if page.tag != args.get("tag", ""):
        return redirect(_browse_url(page.canonical_arguments), 301)  # Another word for the tag.
    view = BrowseView(
        heading=_("Guides for %(product)s", product=page.product_name) if page.product_name else _("Guides"),
        counted=ngettext("%(num)d guide", "%(num)d guides", page.total),
        cards=page.cards,
        products=tuple((one.value, f"{one.label} ({one.count})") for one in page.products if one.value),
        product=args.get("product", ""),
        types=_chips(page.types),
        sorts=_chips(page.sorts),
        kept=tuple((name, args[name]) for name in ("type", "tag", "sort") if args.get(name)),
        tag=excerpt(page.tag, catalog.TAG_LENGTH),
        without_tag_url=_browse_url(
            {name: value for name, value in args.items() if name in ("product", "type", "sort")}
        ),
        pager=Pager(
            previous_url=_browse_url(page.previous_arguments) if page.previous_arguments is not None else "",
            next_url=_browse_url(page.next_arguments) if page.next_arguments is not None else "",
        ),
        is_filtered=page.is_filtered,
        may_write=may(actor(), "start_draft"),
    )
    about = head(
        _browse_url(page.canonical_arguments),
        feeds=feeds.of_articles(page, args),
        is_indexable=page.is_indexable,
    )
    return render_template("articles/browse.html", page=view, head=about)


def _browse_url(arguments: dict[str, str]) -> str:
    return url_for("articles.browse", **arguments)  # type: ignore[arg-type]


def _chips(facets: tuple[Facet, ...]) -> tuple[Chip, ...]:
    return tuple(Chip(one.label, _browse_url(one.arguments), one.is_current, one.count) for one in facets)


@dataclass(frozen=True)
class ReadView:
    """A guide's page, ready to draw."""

    article: ArticlePage
    crumbs: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    credits: tuple[tuple[str, str], ...]
    questions: tuple[QuestionRow, ...]
    ask_url: str
    description: str
    edit_url: str
    suggest_url: str
    check_url: str
    withdraw_url: str
    draft_url: str
    feedback: FeedbackBox
    reports_url: str
    new_reports: str


@bp.get("/articles/<slug>")
def read(slug: str) -> str | BaseResponse | tuple[str, int]:
    viewer = actor()
    found = queries.article_page(viewer, slug)
    match found:
        case MovedTo():
            return redirect(addresses.article(found.slug), 301)
        case WithdrawnPage():
            return render_template("articles/withdrawn.html", page=found), 410
        case ArticlePage():
            view = _read_view(viewer, found)
            unread = notifications.has_unread_about(viewer, article_id=found.id)
            page = render_template(
                "articles/read.html",
                page=view,
                near_product=view.article.product_slug,
                head=_head_of(view),
                is_unread=unread,
            )
            if not found.may_edit:
                view_counts.note_opened("article", found.id)
            return page
    abort(404)


def _head_of(view: ReadView) -> Head:
    found, path = view.article, addresses.article(view.article.slug)
    things = (
        structured_data.article(
            found,
            root(),
            publisher=site_name(),
            language=current_app.config["LANGUAGES"][0],
        ),
        structured_data.breadcrumbs(view.crumbs, path, root()),
    )
    public_things = things if found.is_public else ()
    return head(path, things=public_things, kind="article", is_indexable=found.is_public)


def _read_view(viewer: Any, found: ArticlePage) -> ReadView:
    facts: list[tuple[str, str]] = []
    if found.applies_to:
        facts.append((_("Applies to"), " · ".join(found.applies_to)))
    reports = feedback_queries.new_count(viewer, found.id) if may(viewer, "accept_feedback") else 0
    return ReadView(
        article=found,
        crumbs=(
            (_("Guides"), url_for("articles.browse")),
            (found.product_name, addresses.product(found.product_slug)),
            (found.title, ""),
        ),
        tags=tuple((tag, addresses.tag(tag)) for tag in found.tags),
        facts=tuple(facts),
        credits=tuple(
            (one.name, addresses.person(one.username) if one.username else "") for one in found.credits
        ),
        questions=forum.linking_to(viewer, found.id),
        ask_url=url_for("forum.ask_question", product=found.product_slug),
        description=found.summary or found.beginning,
        edit_url=url_for("articles.start_draft_of", slug=found.slug),
        suggest_url=url_for("suggested_edits.suggest_for_article", slug=found.slug),
        check_url=url_for("articles.check_article", slug=found.slug),
        withdraw_url=url_for("articles.withdraw_article", slug=found.slug),
        draft_url=url_for("articles.draft", draft_id=found.open_draft.id) if found.open_draft else "",
        feedback=feedback_queries.feedback_box(viewer, found),
        reports_url=url_for("feedback.inbox", guide=found.slug) if reports else "",
        new_reports=ngettext("%(num)d new report from readers", "%(num)d new reports from readers", reports),
    )


@bp.get("/articles/media/<path:path>")
def media(path: str) -> Response:
    """A picture beside the guides, for those who may read a guide with it.

    Nothing else in the folder can be had here, and no picture can run anything.
    """
    folder: Path = current_app.config["ARTICLES"].resolve()
    kind = MEDIA_TYPES.get(Path(path).suffix.lower())
    if kind is None or "\0" in path or any(step.startswith(".") for step in path.split("/")):
        abort(404)
    try:
        file = (folder / path).resolve()
        is_here = file.is_relative_to(folder) and file.is_file()
    except OSError:
        is_here = False
    if not is_here:
        abort(404)
    address = linking.MEDIA + quote(file.relative_to(folder).as_posix())
    is_for_some = queries.is_picture_for_some(address)
    if is_for_some and not queries.is_shown_picture(actor(), address):
        abort(404)
    response = send_file(file, mimetype=kind, conditional=True, etag=True, max_age=MEDIA_KEPT)
    response.headers["Cache-Control"] = f"{'private' if is_for_some else 'public'}, max-age={MEDIA_KEPT}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


assert frozenset(MEDIA_TYPES) == linking.PICTURES


# Looking after a published guide


def article_or_404(slug: str) -> Article:
    return queries.article(actor(), slug) or abort(404)


@bp.post("/articles/<slug>/check")
def check_article(slug: str) -> BaseResponse:
    found = article_or_404(slug)
    actions.check_article(actor(), found)
    flash(_("Thank you. The guide is marked as checked today."))
    return redirect(links.to(found), 303)


@dataclass(frozen=True)
class WithdrawView:
    """The form with which a guide is withdrawn, as typed."""

    title: str
    url: str
    action: str
    why: str = ""
    successor: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))


def _withdraw_view(found: Article) -> WithdrawView:
    return WithdrawView(
        title=found.title,
        url=links.to(found),
        action=url_for("articles.do_withdraw_article", slug=found.slug),
        why=request.form.get("why", ""),
        successor=request.form.get("successor", ""),
    )


@bp.get("/articles/<slug>/withdraw")
def withdraw_article(slug: str) -> str:
    found = article_or_404(slug)
    allow(actor(), "withdraw_article", found)
    return render_template("articles/withdraw.html", page=_withdraw_view(found))


@bp.post("/articles/<slug>/withdraw")
def do_withdraw_article(slug: str) -> str | tuple[str, int] | BaseResponse:
    found = article_or_404(slug)
    form = request.form
    try:
        actions.withdraw_article(
            actor(), found, form.get("why", ""), form.get("successor", ""), current_app.config["ARTICLES"]
        )
    except Invalid as error:
        page = replace(_withdraw_view(found), errors=words({error.field or "why": str(error)}))
        return render_template("articles/withdraw.html", page=page), 400
    flash(_("The guide is withdrawn. Old links lead to a page that says why."))
    return redirect(url_for("articles.workshop"), 303)


@bp.post("/articles/<slug>/restore")
def restore_article(slug: str) -> BaseResponse:
    found = queries.withdrawn_article(actor(), slug) or article_or_404(slug)
    actions.restore_article(actor(), found, current_app.config["ARTICLES"])
    flash(_("The guide is back. Readers have it now."))
    return redirect(links.to(found), 303)


@bp.post("/articles/<slug>/edit")
def start_draft_of(slug: str) -> BaseResponse:
    draft = actions.start_draft(actor(), article=article_or_404(slug))
    return redirect(links.to(draft), 303)


# The Workshop


@bp.get("/workshop")
def workshop() -> str:
    allow(actor(), "start_draft")
    page = queries.workshop_page(actor())
    return render_template("articles/workshop.html", page=page, rooms=rooms("drafts"))


def rooms(current: str) -> tuple[Chip, ...]:
    """The rooms of the Workshop: drafts, how guides are used, what readers say, and what people look for."""
    new = feedback_queries.new_count(actor())
    return (
        Chip(_("Drafts"), url_for("articles.workshop"), current == "drafts", None),
        Chip(_("Guides"), url_for("articles.guides_in_use"), current == "guides", None),
        Chip(
            _("Feedback"),
            url_for("feedback.inbox"),
            current == "feedback",
            feedback_queries.how_many(new) if new else None,
        ),
        Chip(_("Searches"), url_for("searches.searches"), current == "searches", None),
    )


@dataclass(frozen=True)
class InUseView:
    """The guides by how they are used, ready to draw."""

    guides: tuple[GuideInUse, ...]
    rooms: tuple[Chip, ...]
    orders: tuple[Chip, ...]
    owners: tuple[Chip, ...]
    is_by_help: bool
    is_mine: bool
    pager: Pager


@bp.get("/workshop/guides")
def guides_in_use() -> str:
    allow(actor(), "start_draft")
    chosen = {name: request.args[name] for name in ("order", "mine") if request.args.get(name)}
    is_mine, order = "mine" in chosen, chosen.get("order", "opened")
    owner = actor().username if is_mine else ""
    page = view_queries.guides_in_use(actor(), order=order, owner=owner, after=request.args.get("after"))

    def chip(label: str, name: str, value: str) -> Chip:
        arguments = {one: kept for one, kept in {**chosen, name: value}.items() if kept}
        return Chip(label, _in_use_url(arguments), chosen.get(name, "") == value, None)

    def turn(cursor: str | None) -> str:
        return _in_use_url({**chosen, "after": cursor}) if cursor else ""

    view = InUseView(
        guides=page.guides,
        rooms=rooms("guides"),
        orders=(
            chip(_("Opened most"), "order", ""),
            chip(_("Left most without help"), "order", "unhelped"),
        ),
        owners=(chip(_("All guides"), "mine", ""), chip(_("Mine"), "mine", "1")),
        is_by_help=order == "unhelped",
        is_mine=is_mine,
        pager=Pager(turn(page.previous_cursor), turn(page.next_cursor)),
    )
    return render_template("articles/guides_in_use.html", page=view)


def _in_use_url(arguments: dict[str, str]) -> str:
    return url_for("articles.guides_in_use", **arguments)  # type: ignore[arg-type]


@bp.get("/drafts")
def drafts_are_in_the_workshop() -> BaseResponse:
    return redirect(url_for("articles.workshop"))


@bp.get("/drafts/new/preview")
def back_to_new_draft() -> BaseResponse:
    """Where a preview is asked for again by its address, with nothing typed to show."""
    return redirect(url_for("articles.new_draft"))


@bp.get("/drafts/<int:draft_id>/<any(preview, send, approve, return, publish, discard, restore):_deed>")
def back_to_draft(draft_id: int, _deed: str) -> BaseResponse:
    """Where a deed's page is asked for again by its address. Only its button does the deed."""
    return redirect(url_for("articles.draft", draft_id=draft_id))


@dataclass(frozen=True)
class Step:
    """One step of a draft's way: `state` is done, current or todo."""

    label: str
    state: str


@dataclass(frozen=True)
class DraftView:
    """A draft's page: the form as typed, what was wrong, and what this writer may do."""

    text: DraftText
    products: tuple[tuple[str, str], ...]
    types: tuple[tuple[str, str], ...]
    audiences: tuple[tuple[str, str], ...]
    action: str
    preview_action: str
    draft_id: int | None = None
    version: int = 0
    heading: str = ""
    stage_label: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    is_open: bool = True
    closed_why: str = ""
    closed_html: str = ""
    closed_source: str = ""
    unsaved: str = ""
    returned_why: str = ""
    waits_for_other: bool = False
    article_url: str = ""
    article_title: str = ""
    question_url: str = ""
    question_title: str = ""
    changes: tuple[drafts.Line, ...] = ()
    may_send: bool = False
    may_approve: bool = False
    may_return: bool = False
    may_publish: bool = False
    asks_for_edition: bool = False
    is_material: bool = False
    may_discard: bool = False
    may_restore: bool = False
    saving_is_next: bool = True
    note: str = ""
    problem: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))
    preview_html: str = ""
    theirs: str = ""

    @property
    def typing_key(self) -> str:
        """Under which the browser keeps what is typed."""
        return f"draft-{self.draft_id or 'new'}"

    @property
    def error_list(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, message) for name, message in self.errors.items() if message)


MOST_CHANGED_LINES = 600


def draft_or_404(draft_id: int) -> Draft:
    """The draft of that number. Whoever may not see drafts is told so, whether there is one or not."""
    allow(actor(), "save_draft")
    return queries.draft(actor(), draft_id) or abort(404)


def _typed() -> DraftText:
    names = {one.name for one in fields(DraftText)}
    return DraftText(**{name: value for name, value in request.form.items() if name in names}).tidied()


def _choices() -> dict[str, Any]:
    return {
        "products": tuple((one.slug, one.name) for one in catalog.products()),
        "types": tuple((one.value, one.label) for one in ArticleType),
        "audiences": tuple((one.value, one.label) for one in Audience),
    }


def _new_view(text: DraftText) -> DraftView:
    return DraftView(
        text=text,
        heading=_("Write a guide"),
        action=url_for("articles.start_draft"),
        preview_action=url_for("articles.preview_new_draft"),
        **_choices(),
    )


@bp.get("/drafts/new")
def new_draft() -> str:
    allow(actor(), "start_draft")
    text = DraftText(
        title=request.args.get("title", "")[:200],
        owner=actor().username,
        product=request.args.get("product", ""),
    )
    return render_template("articles/draft.html", page=_new_view(text))


@bp.post("/drafts")
def start_draft() -> tuple[str, int] | BaseResponse:
    text = _typed()
    try:
        draft = actions.start_draft(actor(), text=text)
    except Invalid as error:
        return render_template("articles/draft.html", page=_with_errors(_new_view(text), error, False)), 400
    flash(_("Saved."))
    return redirect(links.to(draft), 303)


@bp.post("/drafts/new/preview")
def preview_new_draft() -> str:
    allow(actor(), "start_draft")
    return render_template("articles/draft.html", page=_with_preview(_new_view(_typed())))


@bp.get("/drafts/<int:draft_id>")
def draft(draft_id: int) -> str:
    return render_template("articles/draft.html", page=_draft_view(draft_or_404(draft_id)))


@bp.post("/drafts/<int:draft_id>/preview")
def preview_draft(draft_id: int) -> str:
    page = replace(_draft_view(draft_or_404(draft_id)), text=_typed(), version=_version())
    return render_template("articles/draft.html", page=_with_preview(page))


def _with_preview(page: DraftView) -> DraftView:
    try:
        return replace(page, preview_html=_rendered(page.text))
    except Declined as error:
        return replace(page, errors=words({"body": str(error)}))


def _rendered(text: DraftText) -> str:
    link = partial(linking.for_site, path=f"{text.product or '-'}/-.md")
    return render_guide(text.body, link=link).html


def _with_errors(page: DraftView, error: Invalid, complete: bool) -> DraftView:
    """All that is wrong with the text at once; what the form alone cannot know comes from the error."""
    found = drafts.problems(page.text, complete=complete)
    found.setdefault(error.field or "body", str(error))
    return replace(page, errors=words(found))


def _version() -> int:
    return request.form.get("version", 0, type=int)


def _draft_view(found: Draft) -> DraftView:
    viewer = actor()
    is_open, stage = found.is_open, found.stage
    base = drafts.base_of(found, found.article.path) if found.article else None
    asked = forum.rows_by_id(viewer, [found.question_id]) if found.question_id else {}
    question = asked.get(found.question_id or 0)
    text = DraftText.of(found)
    facts = [(_("Author"), found.author.username), (_("State"), stage.label)]
    if found.edited_by is not None:
        facts.append((_("Changed last by"), found.edited_by.username))
    if found.approved_by is not None:
        facts.append((_("Approved by"), found.approved_by.username))
    if not is_open:
        facts += _facts_of(text)
    page = DraftView(
        text=text,
        action=url_for("articles.save_draft", draft_id=found.id),
        preview_action=url_for("articles.preview_draft", draft_id=found.id),
        draft_id=found.id,
        version=found.version,
        heading=found.title or _("Untitled"),
        stage_label=stage.label,
        facts=tuple(facts),
        steps=_steps(stage),
        is_open=is_open,
        returned_why=found.returned_why if stage == Stage.WRITING else "",
        waits_for_other=stage == Stage.IN_REVIEW and not may(viewer, "approve_draft", found),
        article_url=links.to(found.article) if found.article else "",
        article_title=found.article.title if found.article else "",
        question_url=question.url if question else "",
        question_title=question.title if question else "",
        changes=drafts.compare(base.body, found.body)[:MOST_CHANGED_LINES] if base else (),
        may_send=stage == Stage.WRITING and may(viewer, "send_draft_for_review", found),
        may_approve=stage == Stage.IN_REVIEW and may(viewer, "approve_draft", found),
        may_return=stage in (Stage.IN_REVIEW, Stage.APPROVED) and may(viewer, "return_draft", found),
        may_publish=stage == Stage.APPROVED and may(viewer, "publish_draft", found),
        asks_for_edition=stage == Stage.APPROVED and base is not None,
        is_material=_is_material(found.body, base.body if base else ""),
        may_discard=is_open and may(viewer, "discard_draft", found),
        saving_is_next=stage == Stage.WRITING
        or (stage == Stage.IN_REVIEW and not may(viewer, "approve_draft", found)),
        may_restore=stage == Stage.DISCARDED and may(viewer, "restore_draft", found),
        **_choices(),
    )
    return page if is_open else _closed(page, stage)


def _facts_of(text: DraftText) -> list[tuple[str, str]]:
    """What a closed draft says beside its body."""
    said = (
        (_("Product"), text.product),
        (_("Type"), text.type),
        (_("Summary"), text.summary),
        (_("Applies to"), text.applies_to),
        (_("Symptoms"), text.symptoms),
        (_("Other wordings"), text.aliases),
        (_("Tags"), text.tags),
        (_("Credits"), text.credits),
    )
    return [(label, words.replace("\n", " · ")) for label, words in said if words]


def _closed(page: DraftView, stage: Stage) -> DraftView:
    """A draft that nobody writes any more, with its text to read."""
    if stage == Stage.DISCARDED:
        why = _("This draft is closed: it was discarded. Its text is kept.")
    else:
        why = _("This draft is closed: readers have it. To change it, edit the guide.")
    try:
        html = _rendered(page.text)
    except Declined:
        return replace(page, closed_why=why, closed_source=page.text.body)
    return replace(page, closed_why=why, closed_html=html)


def _is_material(body: str, before: str) -> bool:
    """What the writer said about the change, or else what its size says."""
    said = _said_of_change()
    return is_material(before, body) if said is None else said


def _said_of_change() -> bool | None:
    return {"material": True, "small": False}.get(request.form.get("change", ""))


def _steps(stage: Stage) -> tuple[Step, ...]:
    way = (Stage.WRITING, Stage.IN_REVIEW, Stage.APPROVED, Stage.PUBLISHED)
    if stage not in way:
        return ()
    here = way.index(stage)
    states = ["done"] * here + ["current"] + ["todo"] * (len(way) - here - 1)
    return tuple(Step(one.label, state) for one, state in zip(way, states, strict=True))


def _do(
    draft_id: int, deed: Callable[[Draft], Any] | None, said: str, complete: bool
) -> tuple[str, int] | BaseResponse:
    """Save what was typed, then do the deed. Whatever turns it down, the typed text comes back in the form."""
    found = draft_or_404(draft_id)
    has_text, is_changed = "title" in request.form, False
    text = _typed() if has_text else DraftText.of(found)
    try:
        if has_text:
            is_changed = actions.save_draft(actor(), found, text, _version())
        if deed is not None:
            deed(found)
    except Invalid as error:
        page = _with_errors(replace(_again(draft_id), text=text), error, complete)
        return render_template(
            "articles/draft.html", page=replace(page, note=request.form.get("note", ""))
        ), 400
    except SavedMeanwhile as error:
        page = _again(draft_id)
        page = replace(page, text=text, theirs=page.text.body, problem=str(error))
        return render_template("articles/draft.html", page=page), 409
    except MergeNeeded as error:
        return render_template("articles/draft.html", page=replace(_again(draft_id), problem=str(error))), 409
    except NotAllowed:
        if not is_changed:
            raise
        said = _(
            "What you changed is saved. Another writer has to approve it now: nobody approves their own words."
        )
        return render_template("articles/draft.html", page=replace(_again(draft_id), problem=said)), 409
    except Declined as error:
        page = _again(draft_id)
        unsaved = "" if page.is_open or text == page.text else text.body
        page = replace(page, text=text, problem=str(error), unsaved=unsaved)
        return render_template("articles/draft.html", page=page), 409
    flash(said)
    return redirect(url_for("articles.draft", draft_id=draft_id), 303)


def _again(draft_id: int) -> DraftView:
    db.session.rollback()
    return _draft_view(draft_or_404(draft_id))


@bp.post("/drafts/<int:draft_id>")
def save_draft(draft_id: int) -> tuple[str, int] | BaseResponse:
    return _do(draft_id, None, _("Saved."), complete=False)


@bp.post("/drafts/<int:draft_id>/send")
def send_draft_for_review(draft_id: int) -> tuple[str, int] | BaseResponse:
    said = _("Sent. Another writer will look at it.")
    return _do(draft_id, partial(actions.send_draft_for_review, actor()), said, complete=True)


@bp.post("/drafts/<int:draft_id>/approve")
def approve_draft(draft_id: int) -> tuple[str, int] | BaseResponse:
    said = _("Approved. It can be published now.")
    return _do(draft_id, partial(actions.approve_draft, actor()), said, complete=True)


@bp.post("/drafts/<int:draft_id>/return")
def return_draft(draft_id: int) -> tuple[str, int] | BaseResponse:
    note = request.form.get("note", "")

    def give_back(found: Draft) -> None:
        actions.return_draft(actor(), found, note)

    return _do(draft_id, give_back, _("Returned with your note."), complete=False)


@bp.post("/drafts/<int:draft_id>/publish")
def publish_draft(draft_id: int) -> tuple[str, int] | BaseResponse:
    published: list[Article] = []

    def publish(found: Draft) -> None:
        folder = current_app.config["ARTICLES"]
        published.append(actions.publish_draft(actor(), found, folder, _said_of_change()))

    response = _do(draft_id, publish, _("Published. Readers have it now."), complete=True)
    return redirect(links.to(published[0]), 303) if published else response


@bp.post("/drafts/<int:draft_id>/discard")
def discard_draft(draft_id: int) -> BaseResponse:
    actions.discard_draft(actor(), draft_or_404(draft_id))
    flash(_("The draft is discarded. If that was a slip, bring it back here."))
    return redirect(url_for("articles.draft", draft_id=draft_id), 303)


@bp.post("/drafts/<int:draft_id>/restore")
def restore_draft(draft_id: int) -> tuple[str, int] | BaseResponse:
    try:
        actions.restore_draft(actor(), draft_or_404(draft_id))
    except Refused as error:
        page = replace(_again(draft_id), problem=str(error))
        return render_template("articles/draft.html", page=page), 409
    flash(_("The draft is back, as it was."))
    return redirect(url_for("articles.draft", draft_id=draft_id), 303)
