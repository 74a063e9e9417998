"""The answers to "Did this fix your problem?", and the writers' inbox of what readers say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.articles import feedback, queries
from app.articles import feedback_queries as inboxes
from app.articles.feedback_models import Feedback, State
from app.articles.feedback_queries import Declining, FeedbackBox, InboxPage, Report, ReportedArticle, Typed
from app.articles.models import Article
from app.articles.views import article_or_404, rooms
from app.core import addresses
from app.core.db import db, now
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum.queries import Chip, Pager
from app.policy import allow
from app.web import links
from app.web.session import actor

bp = Blueprint("feedback", __name__)


# Readers


@dataclass(frozen=True)
class GivenView:
    """The answer to somebody who pressed a button of the box where no script renews it in place."""

    title: str
    crumbs: tuple[tuple[str, str], ...]
    feedback: FeedbackBox
    url: str
    ask_url: str


@bp.get("/articles/<slug>/feedback")
def feedback_box(slug: str) -> Response:
    """Somebody opened the address of the answer again: the box is under the guide."""
    return redirect(addresses.article(slug) + "#feedback")


@bp.post("/articles/<slug>/feedback")
def give_feedback(slug: str) -> tuple[str, int]:
    found = article_or_404(slug)
    article_id, form = found.id, request.form
    if form.get("helped") not in ("yes", "no"):
        raise Invalid(_("Please answer with yes or no."))
    reason, words, email = form.get("reason", ""), form.get("words", ""), form.get("email", "")
    try:
        said = feedback.give_feedback(
            actor(),
            found,
            helped=form["helped"] == "yes",
            reason=reason,
            words=words,
            email=email,
            visitor_key=_visitor_key(),
        )
    except Invalid as error:
        db.session.rollback()
        found = article_or_404(slug)
        earlier = inboxes.feedback_of(article_id, found.edition, actor().id, _visitor_key())
        typed = Typed(words, email, {error.field or "words": str(error)})
        return _given(
            found, inboxes.feedback_box(actor(), found, earlier, sent_reason=reason, typed=typed)
        ), 400
    found = article_or_404(slug)
    box = inboxes.feedback_box(
        actor(),
        found,
        said,
        sent_reason=reason,
        sent_words=bool(words.strip()),
        sent_email=bool(email.strip()),
    )
    return _given(found, box), 200


def _visitor_key() -> str:
    secret = str(current_app.config["SECRET_KEY"])
    browser = request.headers.get("User-Agent", "")
    return feedback.visitor_key(secret, request.remote_addr or "", browser, now().date())


def _given(found: Article, box: FeedbackBox) -> str:
    url = links.to(found)
    page = GivenView(
        title=found.title,
        crumbs=((_("Guides"), url_for("articles.browse")), (found.title, url), (_("Your answer"), "")),
        feedback=box,
        url=url,
        ask_url=url_for("forum.ask_question"),
    )
    return render_template("articles/feedback_given.html", page=page)


# Writers


@dataclass(frozen=True)
class ReportView:
    """A report, ready to draw; an address that is empty is a deed that makes no sense now."""

    id: int
    reason: str
    words: str
    name: str
    user_url: str
    email: str
    said_at: datetime
    is_old: bool
    handled: str
    accept_url: str
    fix_url: str
    decline_url: str
    why: str
    error: str


@dataclass(frozen=True)
class GuideView:
    """A guide in the inbox, ready to draw."""

    slug: str
    title: str
    url: str
    note: str
    edit_url: str
    more_url: str
    more_label: str
    reports: tuple[ReportView, ...]


@dataclass(frozen=True)
class InboxView:
    """The inbox, ready to draw."""

    heading: str
    rooms: tuple[Chip, ...]
    states: tuple[Chip, ...]
    all_url: str
    articles: tuple[GuideView, ...]
    empty_title: str
    empty_text: str
    pager: Pager


@bp.get("/workshop/feedback")
def inbox() -> str:
    allow(actor(), "accept_feedback")
    return _draw_inbox(None)


def _draw_inbox(declining: Declining | None, state: str = "", slug: str = "") -> str:
    args = request.args
    page = inboxes.inbox_page(
        actor(),
        state=state or args.get("state") or State.NEW,
        slug=slug or args.get("guide", ""),
        after=args.get("after"),
        declining=declining,
    )
    return render_template("articles/feedback_inbox.html", page=_inbox_view(page))


def _inbox_view(page: InboxPage) -> InboxView:
    guide = page.slug or None
    return InboxView(
        heading=_("Feedback on “%(guide)s”", guide=page.title) if page.slug else _("Feedback on guides"),
        rooms=rooms("feedback"),
        states=tuple(
            Chip(one.label, _inbox_url(one, guide), one == page.state, inboxes.how_many(page.counts[one]))
            for one in State
        ),
        all_url=_inbox_url(page.state, None) if page.slug else "",
        articles=tuple(_guide(one, page) for one in page.articles),
        empty_title=_("Nothing new") if page.state == State.NEW else _("Nothing here"),
        empty_text=_("When a reader says what is wrong with a guide, it appears here.")
        if page.state == State.NEW
        else _("No report is in this state."),
        pager=Pager(
            previous_url=_inbox_url(page.state, guide, page.previous_cursor)
            if request.args.get("after")
            else "",
            next_url=_inbox_url(page.state, guide, page.next_cursor) if page.next_cursor else "",
        ),
    )


def _inbox_url(state: State, guide: str | None, after: str | None = None) -> str:
    return url_for(
        "feedback.inbox", state=None if state == State.NEW else state.value, guide=guide, after=after
    )


def _guide(one: ReportedArticle, page: InboxPage) -> GuideView:
    total = inboxes.how_many(one.total)
    counted = ngettext("%(count)s report", "%(count)s reports", one.total, count=total)
    is_cut = one.total > len(one.reports) and not page.slug
    return GuideView(
        slug=one.slug,
        title=one.title,
        url=addresses.article(one.slug),
        note=f"{counted} · {one.share}" if one.share else counted,
        edit_url=url_for("articles.start_draft_of", slug=one.slug),
        more_url=_inbox_url(page.state, one.slug) if is_cut else "",
        more_label=_("Show all %(count)s", count=total),
        reports=tuple(_report(found) for found in one.reports),
    )


def _report(found: Report) -> ReportView:
    def url(deed: str, may: bool) -> str:
        return url_for(f"feedback.{deed}", feedback_id=found.id) if may else ""

    handled = _("Seen to by %(name)s.", name=found.handled_by) if found.handled_by else ""
    if found.declined_why:
        handled = _("Declined by %(name)s: %(why)s", name=found.handled_by, why=found.declined_why)
    return ReportView(
        id=found.id,
        reason=found.reason,
        words=found.words,
        name=found.username or _("A visitor"),
        user_url=addresses.person(found.username) if found.username else "",
        email=found.email,
        said_at=found.said_at,
        is_old=found.is_old,
        handled=handled,
        accept_url=url("accept_feedback", found.may_accept),
        fix_url=url("fix_feedback", found.may_fix),
        decline_url=url("decline_feedback", found.may_decline),
        why=found.why,
        error=found.error,
    )


def report_or_404(feedback_id: int) -> Feedback:
    """The report of that number. Whoever may not see reports is told so, whether there is one or not."""
    allow(actor(), "accept_feedback")
    return inboxes.report(actor(), feedback_id) or abort(404)


def _done(deed: Callable[[User, Feedback], None], feedback_id: int, said: str) -> Response:
    deed(actor(), report_or_404(feedback_id))
    flash(said, "good")
    return redirect(links.back(url_for("feedback.inbox")), 303)


@bp.post("/workshop/feedback/<int:feedback_id>/accept")
def accept_feedback(feedback_id: int) -> Response:
    return _done(feedback.accept_feedback, feedback_id, _("Accepted. It waits under “Accepted” to be fixed."))


@bp.post("/workshop/feedback/<int:feedback_id>/fix")
def fix_feedback(feedback_id: int) -> Response:
    said = _("Fixed. Whoever reported it with an account hears that the guide is better because of them.")
    return _done(feedback.fix_feedback, feedback_id, said)


@bp.post("/workshop/feedback/<int:feedback_id>/decline")
def decline_feedback(feedback_id: int) -> Any:
    found = report_or_404(feedback_id)
    state, slug, why = found.state, _slug_of(found), request.form.get("why", "")
    try:
        feedback.decline_feedback(actor(), found, why)
    except Invalid as error:
        db.session.rollback()
        return _draw_inbox(Declining(feedback_id, why, str(error)), state, slug), 400
    flash(_("Declined. The reason stands with it."), "good")
    return redirect(links.back(url_for("feedback.inbox")), 303)


def _slug_of(found: Feedback) -> str:
    article = queries.article_by_id(found.article_id)
    return article.slug if article else ""
