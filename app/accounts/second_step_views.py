"""The second step of signing in, and the page that asks once more who it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.accounts import factor_queries, factors
from app.accounts.factor_models import StepKind
from app.accounts.views import browser_name, go_on, welcome
from app.core.errors import Gone, Invalid, SignInNeeded, TooMany
from app.core.i18n import gettext as _
from app.web import errors, links
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("second_step", __name__)


@dataclass(frozen=True)
class SecondStepPage:
    """The form for a code, and the button for a passkey."""

    has_app: bool
    has_passkey: bool
    error: str = ""


@bp.get("/sign-in/second-step")
def show() -> Response:
    return _page()


@bp.post("/sign-in/second-step")
def finish_sign_in() -> Response:
    token = session.get("step", "")
    try:
        user, then = factors.finish_sign_in(token, request.form.get("one_time_code", ""), browser_name())
    except Gone as error:
        return begin_again(error)
    except Invalid as error:
        return _page(str(error), 400)
    except TooMany as error:
        response = _page(str(error), 429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    welcome(user)
    return go_on(then)


def begin_again(error: Gone) -> Response:
    """The sign-in form, with the reason why one has to begin anew."""
    from app.accounts.views import sign_in_page

    session.pop("step", None)
    return unkept(sign_in_page(error=str(error), code=410))


def _page(error: str = "", code: int = 200) -> Response:
    user = factor_queries.person_of_step(StepKind.SECOND, session.get("step", ""))
    if user is None:
        return redirect(url_for("accounts.sign_in"))
    known = factor_queries.factors_of(user)
    page = SecondStepPage(known.app_since is not None, bool(known.passkeys), error)
    return unkept(make_response(render_template("accounts/second_step.html", page=page), code))


def unkept(response: Response) -> Response:
    """A page for this browser and this moment; no cache keeps it."""
    response.headers["Cache-Control"] = "no-store"
    return response


# Who is it?


@dataclass(frozen=True)
class ProofPage:
    """The ways to show that it is oneself, with the form that waits for it."""

    username: str
    message: str
    has_password: bool
    has_app: bool
    has_passkey: bool
    next: str = ""
    action: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))


@bp.get("/confirm-identity")
def proof() -> Response:
    return proof_page()


@bp.post("/confirm-identity")
def confirm_identity() -> Response:
    form = request.form
    action, kept = form.get("kept_action", ""), _kept()
    try:
        factors.confirm_identity(
            actor(), password=form.get("password", ""), code=form.get("one_time_code", "")
        )
    except (Invalid, TooMany) as error:
        name = getattr(error, "field", None) or "password"
        code = 429 if isinstance(error, TooMany) else 400
        return proof_page(action=action, kept=kept, wrong={name: str(error)}, code=code)
    return proven(action, kept, form.get("next", ""))


def proven(action: str, kept: tuple[tuple[str, str], ...], next_page: str) -> Response:
    """Back to the form that waits, or the page."""
    if links.is_local(action):
        return errors.resume(action, kept, _("Thank you. Look over what you typed and send it."))
    return redirect(next_page if links.is_local(next_page) else url_for("security.overview"), 303)


def _kept() -> tuple[tuple[str, str], ...]:
    form = request.form
    return tuple(zip(form.getlist("kept_name"), form.getlist("kept_value"), strict=False))


def proof_page(
    message: str = "",
    action: str = "",
    kept: tuple[tuple[str, str], ...] = (),
    wrong: dict[str, str] | None = None,
    code: int = 200,
) -> Response:
    """The page that asks who it is; `kept` is a form of `action` that waits for the answer."""
    user: Any = actor()
    if not user.is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    known = factor_queries.factors_of(user)
    next_page = request.values.get("next", "")
    page = ProofPage(
        username=user.username,
        message=message or _("This could change who gets into your account, so please show that it is you."),
        has_password=known.has_password,
        has_app=known.app_since is not None,
        has_passkey=bool(known.passkeys),
        next=next_page if links.is_local(next_page) else "",
        action=action,
        kept=kept,
        errors=words(wrong or {}),
    )
    return unkept(make_response(render_template("accounts/confirm_identity.html", page=page), code))
