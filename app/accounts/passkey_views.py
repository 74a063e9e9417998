"""Signing in with a passkey. The browser's answer comes in a form, so the pages that follow are those of any sign-in."""

from flask import Blueprint, make_response, request, session
from werkzeug.wrappers import Response

from app.accounts import passkeys
from app.accounts.second_step_views import (
    begin_again,
    proof_page,
    proven,
    second_step_page,
    unkept,
    waiting_form,
)
from app.accounts.views import browser_name, go_on, sign_in_page, welcome
from app.core.errors import Gone, Invalid
from app.web.limiting import origin
from app.web.session import actor

bp = Blueprint("passkeys", __name__)


def as_json(text: str) -> Response:
    """What a script asked for."""
    response = make_response(text)
    response.mimetype = "application/json"
    return unkept(response)


def answer() -> str:
    """What the browser's passkeys said."""
    return request.form.get("credential", "")


@bp.post("/sign-in/passkey/options")
def sign_in_options() -> Response:
    return as_json(passkeys.sign_in_options(origin()))


@bp.post("/sign-in/passkey")
def sign_in() -> Response:
    then = waiting_form()
    replacing = getattr(actor(), "session_token", None)
    try:
        user = passkeys.sign_in_with_passkey(answer(), browser_name(), replacing=replacing)
    except (Gone, Invalid) as error:
        return sign_in_page(error=str(error), kept_action=then.action, kept=then.kept, code=400)
    welcome(user)
    return go_on(then)


@bp.post("/sign-in/second-step/passkey/options")
def second_step_options() -> Response:
    return as_json(passkeys.second_step_options(session.get("step", "")))


@bp.post("/sign-in/second-step/passkey")
def finish_sign_in() -> Response:
    try:
        user, then = passkeys.finish_sign_in_with_passkey(session.get("step", ""), answer(), browser_name())
    except Gone as error:
        return begin_again(error)
    except Invalid as error:
        return second_step_page(str(error), 400)
    welcome(user)
    return go_on(then)


@bp.post("/confirm-identity/passkey/options")
def proof_options() -> Response:
    return as_json(passkeys.proof_options(actor()))


@bp.post("/confirm-identity/passkey")
def confirm_identity() -> Response:
    then = waiting_form()
    try:
        passkeys.confirm_identity_with_passkey(actor(), answer())
    except (Gone, Invalid) as error:
        return proof_page(action=then.action, kept=then.kept, wrong={"credential": str(error)}, code=400)
    return proven(then)
