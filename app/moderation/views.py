"""Reporting, the moderators' queue, one thing with its story, a person, and the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.accounts.queries import person_named
from app.core import addresses
from app.core.errors import Invalid, Refused, TooMany
from app.core.i18n import gettext as _
from app.forum.models import Answer, Comment, Question
from app.moderation import actions, limit_queries, queries
from app.moderation.models import Reason, Thing, kind_of
from app.moderation.queries import CaseView, PersonPage, QueuePage, ReviewPage
from app.policy import allow, may
from app.site.kept import settings
from app.web import feeds, links
from app.web.drawing import words
from app.web.head import head
from app.web.limiting import turned_down
from app.web.session import actor

bp = Blueprint("moderation", __name__)

THING = "<any(question,answer,comment,article,person):kind>/<int:number>"


def thing_or_404(kind: str, number: int) -> Thing:
    """The thing of that kind and number, if this person may see it."""
    return queries.thing(actor(), kind, number) or abort(404)


# Reporting


@dataclass(frozen=True)
class ReportPage:
    """The form for a report, as typed, with what was wrong."""

    heading: str
    title: str
    url: str
    html: str
    action: str
    reasons: tuple[tuple[str, str], ...]
    reason: str
    words: str
    errors: Mapping[str, str]
    draft_key: str


def _draw_report(about: Thing, errors: dict[str, str]) -> str:
    kind = kind_of(about)
    shown = queries.view_of(actor(), kind, about.id) or abort(404)
    headings = {
        "question": _("Report a question"),
        "answer": _("Report an answer"),
        "comment": _("Report a comment"),
        "article": _("Report a guide"),
        "person": _("Report a person"),
    }
    page = ReportPage(
        heading=headings[kind],
        title=shown.title,
        url=shown.url,
        html=shown.html,
        action=addresses.report(kind, about.id),
        reasons=tuple((reason.value, reason.label) for reason in Reason),
        reason=request.form.get("reason", ""),
        words=request.form.get("words", ""),
        errors=words(errors),
        draft_key=f"report-{kind}-{about.id}",
    )
    return render_template("moderation/report.html", page=page)


@bp.get(f"/report/{THING}")
def report(kind: str, number: int) -> str:
    return _draw_report(thing_or_404(kind, number), {})


@bp.post(f"/report/{THING}")
def do_report(kind: str, number: int) -> Any:
    about = thing_or_404(kind, number)
    form = request.form
    try:
        actions.report(actor(), about, form.get("reason", ""), form.get("words", ""))
    except Invalid as error:
        return _draw_report(thing_or_404(kind, number), {error.field or "words": str(error)}), 400
    except TooMany as error:
        return turned_down(error, _draw_report(thing_or_404(kind, number), {"words": str(error)}))
    flash(_("Thank you. A moderator will look at it, and you will hear what came of it."), "good")
    shown = queries.view_of(actor(), kind, number)
    return redirect(shown.url if shown else url_for("web.home"), 303)


# The queue, and one thing


@dataclass(frozen=True)
class Deciding:
    """A deed that could not be taken as it was typed: on which thing, what was typed, and what was wrong."""

    address: str = ""
    deed: str = ""
    typed: str = ""
    error: str = ""


@dataclass(frozen=True)
class CaseForms:
    """A case with its forms, ready to draw."""

    case: CaseView
    seen: int
    back: str
    region: str
    deciding: Deciding = field(default_factory=Deciding)

    @property
    def dom_id(self) -> str:
        return f"{self.case.thing.kind}-{self.case.thing.id}"

    @property
    def why_hide(self) -> str:
        return self.deciding.typed if self.deciding.deed == "hide" else ""

    @property
    def error_hide(self) -> str:
        return self.deciding.error if self.deciding.deed == "hide" else ""

    @property
    def why_restore(self) -> str:
        return self.deciding.typed if self.deciding.deed == "restore" else ""

    @property
    def error_restore(self) -> str:
        return self.deciding.error if self.deciding.deed == "restore" else ""

    @property
    def why_answer(self) -> str:
        return self.deciding.typed if self.deciding.deed == "answer" else ""

    @property
    def error_answer(self) -> str:
        return self.deciding.error if self.deciding.deed == "answer" else ""


@dataclass(frozen=True)
class QueueView:
    """The queue, ready to draw."""

    page: QueuePage
    cases: tuple[CaseForms, ...]


@bp.get("/moderation")
def queue() -> str:
    allow(actor(), "answer_reports")
    args = request.args
    page = queries.queue_page(
        actor(), which=args.get("which", "all"), sort=args.get("sort", "urgent"), after=args.get("after")
    )
    here = request.full_path.rstrip("?")
    cases = tuple(CaseForms(one, page.seen, here, "queue") for one in page.cases)
    return render_template("moderation/queue.html", page=QueueView(page, cases))


@dataclass(frozen=True)
class ReviewView:
    """One thing, ready to draw."""

    page: ReviewPage
    forms: CaseForms


@bp.get(f"/moderation/{THING}")
def review(kind: str, number: int) -> str | Response:
    allow(actor(), "answer_reports")
    about = thing_or_404(kind, number)
    if isinstance(about, User):
        return redirect(url_for("moderation.person", username=about.username))
    return _draw_review(about, Deciding())


def _draw_review(about: Thing, deciding: Deciding) -> str:
    page = queries.review_page(actor(), about)
    back = page.case.thing.address
    forms = CaseForms(page.case, page.seen, back, "review", deciding)
    return render_template("moderation/review.html", page=ReviewView(page, forms))


def _seen() -> int | None:
    return request.form.get("seen", type=int)


def _back(default: str) -> Response:
    address = request.form.get("back", "")
    return redirect(address if links.is_local(address) else default, 303)


def _decide(deed: str, kind: str, number: int, do: Callable[[Any], None], said: str) -> Any:
    """Do a deed to a thing, and lead back; what cannot be taken is shown with the thing it is about."""
    allow(actor(), "answer_reports")
    about = thing_or_404(kind, number)
    address = addresses.moderate(kind, number)
    try:
        do(about)
    except Invalid as error:
        deciding = Deciding(address, deed, request.form.get("why", ""), str(error))
        again = thing_or_404(kind, number)
        if isinstance(again, User):
            return _draw_person(again, {"answer": str(error)}), 400
        return _draw_review(again, deciding), 400
    except Refused as error:
        flash(str(error), "warn")  # Another moderator was here first, and the page behind this shows it.
        return _back(address)
    flash(said, "good")
    return _back(address)


def _post(about: Any) -> Any:
    """A thing that is a post."""
    return about if isinstance(about, Question | Answer | Comment) else abort(404)


@bp.post(f"/moderation/{THING}/approve")
def approve_post(kind: str, number: int) -> Any:
    def do(about: Any) -> None:
        actions.approve_post(actor(), _post(about), seen=_seen())

    return _decide("approve", kind, number, do, _("Approved. It is shown now, and its readers hear of it."))


@bp.post(f"/moderation/{THING}/hide")
def hide_post(kind: str, number: int) -> Any:
    def do(about: Any) -> None:
        actions.hide_post(actor(), _post(about), request.form.get("why", ""), seen=_seen())

    return _decide("hide", kind, number, do, _("Hidden. Its author sees it with the reason."))


@bp.post(f"/moderation/{THING}/restore")
def restore_post(kind: str, number: int) -> Any:
    def do(about: Any) -> None:
        actions.restore_post(actor(), _post(about), request.form.get("why", ""), seen=_seen())

    return _decide("restore", kind, number, do, _("Everybody sees it again."))


@bp.post(f"/moderation/{THING}/answer")
def answer_reports(kind: str, number: int) -> Any:
    def do(about: Any) -> None:
        actions.answer_reports(
            actor(),
            about,
            request.form.get("why", ""),
            helped=request.form.get("outcome") == "settle",
            seen=_seen(),
        )

    return _decide("answer", kind, number, do, _("Closed. Whoever reported it hears your answer."))


# People


@dataclass(frozen=True)
class PersonView:
    """A person with the moderators' forms, ready to draw."""

    page: PersonPage
    address: str
    lengths: tuple[tuple[str, str], ...]
    days: str
    why: str
    why_all: str
    words: str
    errors: Mapping[str, str]
    may_note: bool
    case: CaseForms | None


def person_or_404(username: str) -> User:
    """The person of that name."""
    return person_named(username) or abort(404)


def _draw_person(about: Any, errors: dict[str, str]) -> str:
    form = request.form
    page = queries.person_page(actor(), about)
    address = f"/moderation/people/{quote(about.username, safe='')}"
    forms = CaseForms(page.case, page.seen, address, "person") if page.case else None
    view = PersonView(
        page=page,
        address=address,
        lengths=(
            ("1", _("1 day")),
            ("7", _("7 days")),
            ("30", _("30 days")),
            ("", _("Until it is lifted")),
        ),
        days=form.get("days", "7"),
        why=form.get("why", ""),
        why_all=form.get("why_all", ""),
        words=form.get("words", ""),
        errors=words(errors),
        may_note=may(actor(), "note_on_person", about),
        case=forms,
    )
    return render_template("moderation/person.html", page=view)


@bp.get("/moderation/people/<username>")
def person(username: str) -> str:
    allow(actor(), "answer_reports")
    return _draw_person(person_or_404(username), {})


def _do_to_person(username: str, do: Callable[[User], object], said: str, field: str = "") -> Any:
    allow(actor(), "answer_reports")
    about = person_or_404(username)
    try:
        do(about)
    except Invalid as error:
        return _draw_person(person_or_404(username), {field or error.field or "why": str(error)}), 400
    except Refused as error:
        flash(str(error), "warn")
    else:
        flash(said, "good")
    return redirect(url_for("moderation.person", username=username), 303)


@bp.post("/moderation/people/<username>/suspend")
def suspend(username: str) -> Any:
    form = request.form

    def do(about: User) -> None:
        days = form.get("days", "")
        if days and not days.isdecimal():
            raise Invalid(_("Please choose how long."), "days")
        actions.suspend(
            actor(),
            about,
            int(days[:4]) if days else None,
            form.get("why", ""),
            sign_out="sign_out" in form,
            seen=_seen(),
        )

    return _do_to_person(username, do, _("Suspended. The person sees why and until when."))


@bp.post("/moderation/people/<username>/hide")
def hide_all_posts(username: str) -> Any:
    def do(about: User) -> None:
        actions.hide_all_posts(actor(), about, request.form.get("why_all", ""), seen=_seen())

    said = _("Hidden. Each of them can be shown again from its own page.")
    return _do_to_person(username, do, said, field="why_all")


@bp.post("/moderation/people/<username>/lift")
def lift_suspension(username: str) -> Any:
    def do(about: User) -> None:
        actions.lift_suspension(actor(), about, request.form.get("why", ""), seen=_seen())

    return _do_to_person(username, do, _("Lifted. The person can take part again."))


@bp.post("/moderation/people/<username>/notes")
def note_on_person(username: str) -> Any:
    def do(about: User) -> None:
        actions.note_on_person(actor(), about, request.form.get("words", ""))

    return _do_to_person(username, do, _("Noted, for moderators only."))


# The log


@bp.get("/moderation/log")
def log() -> str:
    page = queries.log_page(actor(), request.args.get("after"))
    about = head(page.canonical_path, feeds=feeds.of_moderation())
    return render_template("moderation/log.html", page=page, head=about)


@bp.get("/moderation/limits")
def limits() -> str:
    """Who tried something too often, for moderators."""
    allow(actor(), "answer_reports")
    page = limit_queries.limits_page(
        settings().limits, request.args.get("after"), current_app.config["LIMIT_HITS_KEPT"]
    )
    return render_template("moderation/limits.html", page=page)
