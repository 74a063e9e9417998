"""The inbox, what one follows, and what comes by mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.accounts.settings_views import sections
from app.core.errors import Invalid, SignInNeeded
from app.core.i18n import gettext as _
from app.notifications import (
    actions,
    awaiting,
    follow_queries,
    following,
    mail_queries,
    queries,
    unsubscribing,
)
from app.notifications.kinds import CHOICES, TOPICS
from app.web import links
from app.web.drawing import words
from app.web.protection import LARGEST_ID
from app.web.session import actor

bp = Blueprint("notifications", __name__)


# The inbox


@bp.get("/notifications")
def inbox() -> str:
    viewer = _member(_("Please sign in to see your messages."))
    page = queries.inbox_page(viewer, request.args.get("topic", ""), request.args.get("after"))
    return render_template("notifications/inbox.html", page=page)


@bp.post("/notifications/read")
def read_notifications() -> Response:
    actions.read_notifications(actor())
    return redirect(url_for("notifications.inbox"), 303)


@bp.post("/notifications/<int:line_id>/read")
def read_line(line_id: int) -> Response:
    actions.read_notifications(actor(), line_id=line_id)
    return redirect(links.back(url_for("notifications.inbox")), 303)


@bp.post("/notifications/seen")
def see() -> str:
    """A page's script tells that its reader has it before their eyes. Returns what the count shows from now on."""
    number = request.form.get("number", 0, type=int)
    number = number if 0 < number <= LARGEST_ID else 0
    if request.form.get("kind") == "question":
        actions.read_notifications(actor(), question_id=number)
    else:
        actions.read_notifications(actor(), article_id=number)
    return queries.unread_label(queries.unread_count(actor()))


# Following


@bp.get("/following")
def show_following() -> str:
    viewer = _member(_("Please sign in to see what you follow."))
    page = follow_queries.following_page(viewer, request.args.get("after"))
    return render_template("notifications/following.html", page=page)


@bp.post("/follow/<kind>/<int:thing_id>")
def follow(kind: str, thing_id: int) -> Response:
    thing = _thing(kind, thing_id)
    following.follow(actor(), thing)
    flash(_("You follow this now. What happens there comes to your notifications."))
    return redirect(links.back(links.to(thing)), 303)


@bp.post("/unfollow/<kind>/<int:thing_id>")
def unfollow(kind: str, thing_id: int) -> Response:
    thing = _thing(kind, thing_id)
    following.unfollow(actor(), thing)
    flash(_("You do not follow this any more."))
    return redirect(links.back(links.to(thing)), 303)


def _thing(kind: str, thing_id: int) -> Any:
    thing = follow_queries.thing(actor(), kind, thing_id)
    if thing is None:
        abort(404)
    return thing


@bp.post("/search/awaited")
def await_answer() -> Response:
    awaiting.await_answer(actor(), request.form.get("q", ""))
    flash(_("We will tell you when there is an answer."))
    return redirect(url_for("notifications.show_following"), 303)


@bp.post("/search/awaited/<int:awaited_id>/end")
def stop_awaiting(awaited_id: int) -> Response:
    awaited = follow_queries.awaited(_member(_("Please sign in to go on.")), awaited_id) or abort(404)
    awaiting.stop_awaiting(actor(), awaited)
    flash(_("You do not wait for this any more."))
    return redirect(url_for("notifications.show_following"), 303)


# Mail


@dataclass(frozen=True)
class TopicChoice:
    """What reaches somebody by mail of one topic."""

    name: str
    label: str
    hint: str
    choice: str


@dataclass(frozen=True)
class MailPage:
    """What reaches somebody by mail.

    Attributes:
        address: where to; "" where there is none that they have confirmed.
    """

    sections: tuple[Any, ...]
    address: str
    topics: tuple[TopicChoice, ...]
    choices: tuple[tuple[str, str], ...]
    errors: Mapping[str, str]


def _mail_page(user: User, errors: dict[str, str]) -> str:
    chosen = mail_queries.choices(user.id)
    page = MailPage(
        sections=sections(),
        address=user.email or "" if user.email_verified_at else "",
        topics=tuple(
            TopicChoice(name, str(topic.label), str(topic.hint), chosen.get(name, topic.default))
            for name, topic in TOPICS.items()
        ),
        choices=tuple((name, str(label)) for name, label in CHOICES.items()),
        errors=words(errors),
    )
    return render_template("notifications/mail.html", page=page)


@bp.get("/settings/notifications")
def settings() -> str:
    return _mail_page(_member(_("Please sign in to choose what reaches you.")), {})


@bp.post("/settings/notifications")
def choose_mail() -> str | tuple[str, int] | Response:
    try:
        actions.choose_mail(actor(), {name: request.form[name] for name in TOPICS if name in request.form})
    except Invalid as error:
        return _mail_page(actor(), {error.field or "": str(error)}), 400
    flash(_("Saved."))
    return redirect(url_for("notifications.settings"), 303)


@dataclass(frozen=True)
class UnsubscribePage:
    """What a link in a letter ends."""

    what: str
    is_done: bool


@bp.get("/unsubscribe/<token>")
def show_unsubscribe(token: str) -> str:
    # A mail program may open the link by itself; nothing changes until somebody presses.
    page = UnsubscribePage(_what_ends(_wish(token)), is_done=False)
    return render_template("notifications/unsubscribe.html", page=page)


@bp.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    wish = _wish(token)
    unsubscribing.grant(wish)
    page = UnsubscribePage(_what_ends(wish), is_done=True)
    return render_template("notifications/unsubscribe.html", page=page)


def _wish(token: str) -> unsubscribing.Wish:
    wish = unsubscribing.read(token)
    if wish is None:
        abort(404)
    return wish


def _what_ends(wish: unsubscribing.Wish) -> str:
    if wish.question_id is not None:
        return _("letters about this question")
    if wish.what in TOPICS:
        return _("letters of this kind: %(topic)s", topic=str(TOPICS[wish.what].label))
    return _("the daily letter")


def _member(please: str) -> Any:
    if not actor().is_authenticated:
        raise SignInNeeded(please)
    return actor()
