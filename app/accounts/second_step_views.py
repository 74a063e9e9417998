"""The second step of signing in, and the page that asks once more who it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.accounts import factor_queries, factors, oidc, passkeys
from app.accounts.factor_models import StepKind
from app.accounts.steps import Then
from app.accounts.views import browser_name, go_on, sign_in_page, welcome
from app.core.errors import Gone, Invalid, SignInNeeded, TooMany
from app.core.i18n import gettext as _
from app.web import errors, links
from app.web.drawing import words
from app.web.limiting import turned_down
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
    return second_step_page()


@bp.post("/sign-in/second-step")
def finish_sign_in() -> Response:
    token = session.get("step", "")
    try:
        user, then = factors.finish_sign_in(token, request.form.get("one_time_code", ""), browser_name())
    except Gone as error:
        return begin_again(error)
    except Invalid as error:
        return second_step_page(str(error), 400)
    except TooMany as error:
        return turned_down(error, second_step_page(str(error)))
    welcome(user)
    return go_on(then)


def begin_again(error: Gone) -> Response:
    """The sign-in form, with the reason why one has to begin anew."""
    session.pop("step", None)
    return unkept(sign_in_page(error=str(error), code=410))


def second_step_page(error: str = "", code: int = 200) -> Response:
    """The form for the second step; the sign-in form if there is no first one."""
    user = factor_queries.person_of_step(StepKind.SECOND, session.get("step", ""))
    if user is None:
        return redirect(url_for("accounts.sign_in"))
    known = factor_queries.factors_of(user)
    page = SecondStepPage(
        known.app_since is not None, bool(known.passkeys) and passkeys.are_possible(), error
    )
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
    provider: str
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
    then = waiting_form()
    try:
        factors.confirm_identity(
            actor(), password=form.get("password", ""), code=form.get("one_time_code", "")
        )
    except Invalid as error:
        wrong = {error.field or "password": str(error)}
        return proof_page(action=then.action, kept=then.kept, wrong=wrong, code=400)
    except TooMany as error:
        wrong = {"one_time_code" if form.get("one_time_code") else "password": str(error)}
        return turned_down(error, proof_page(action=then.action, kept=then.kept, wrong=wrong))
    return proven(then)


def proven(then: Then) -> Response:
    """Back to the form that waits, or the page."""
    if links.is_local(then.action):
        return errors.resume(then.action, then.kept, _("Thank you. Look over what you typed and send it."))
    return redirect(then.next if links.is_local(then.next) else url_for("security.overview"), 303)


def waiting_form() -> Then:
    """What waits until it is known who somebody is, as their form brings it along."""
    form = request.form
    kept = tuple(zip(form.getlist("kept_name"), form.getlist("kept_value"), strict=False))
    return Then(form.get("next", ""), form.get("kept_action", ""), kept)


def proof_page(
    message: str = "",
    action: str = "",
    kept: tuple[tuple[str, str], ...] = (),
    wrong: dict[str, str] | None = None,
    next_page: str = "",
    code: int = 200,
) -> Response:
    """The page that asks who it is; `kept` is a form of `action` that waits for the answer."""
    user: Any = actor()
    if not user.is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    known = factor_queries.factors_of(user)
    next_page = next_page or request.values.get("next", "")
    page = ProofPage(
        username=user.username,
        message=message or _("This could change who gets into your account, so please show that it is you."),
        has_password=known.has_password,
        has_app=known.app_since is not None,
        has_passkey=bool(known.passkeys) and passkeys.are_possible(),
        provider=oidc.name() if known.identities else "",
        next=next_page if links.is_local(next_page) else "",
        action=action,
        kept=kept,
        errors=words(wrong or {}),
    )
    return unkept(make_response(render_template("accounts/confirm_identity.html", page=page), code))
