"""The inbox."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import SignInNeeded
from app.core.i18n import gettext as _
from app.notifications import actions, queries
from app.web.session import actor

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
def inbox() -> str:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to see your messages."))
    return render_template(
        "notifications/inbox.html", page=queries.inbox_page(actor(), request.args.get("after"))
    )


@bp.post("/notifications/read")
def read_notifications() -> Response:
    actions.read_notifications(actor())
    return redirect(url_for("notifications.inbox"), 303)
