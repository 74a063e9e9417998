"""What comes along with a form that posts something: when it was opened, and a field that people do not see."""

from datetime import UTC, timedelta

from flask import Flask, current_app, g, has_request_context, request
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup

from app.core.db import now
from app.core.i18n import gettext as _
from app.forum.screening import Sending

OPENED, TRAP = "opened", "referral"


def init_app(app: Flask) -> None:
    """Let templates write the fields."""
    app.jinja_env.globals["sending_fields"] = sending_fields


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="form-opened")


def sending_fields() -> Markup:
    """The fields of a form that posts; none for visitors, whose pages are the same for everyone.

    A form that is shown again, because something was wrong with it, was opened when it was opened first.
    """
    if not has_request_context() or not current_user.is_authenticated:
        return Markup("")
    if "sending_fields" not in g:
        opened = request.form.get(OPENED, "")
        form_opened = opened if _taken(opened) is not None else str(_signer().dumps(current_user.id))
        g.sending_fields = Markup(
            '<input type="hidden" name="{}" value="{}"><div class="hush" aria-hidden="true"><label>{} '
            '<input type="text" name="{}" tabindex="-1" autocomplete="off"></label></div>'
        ).format(OPENED, form_opened, _("Please leave this empty"), TRAP)
    fields: Markup = g.sending_fields
    return fields


def sending() -> Sending:
    """How the form of this request came in."""
    form = request.form
    return Sending(taken=_taken(form.get(OPENED, "")), trap=form.get(TRAP, "").strip(), host=request.host)


def _taken(opened: str) -> timedelta | None:
    """How long a form was open, if it says so and it was opened by this person."""
    if not opened:
        return None
    try:
        who, at = _signer().loads(opened, return_timestamp=True)
    except BadData:
        return None
    return now() - at.astimezone(UTC) if who == current_user.id else None
