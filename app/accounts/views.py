"""Signing up, in and out; one's account; one's public page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import actions, queries
from app.accounts.models import User
from app.core import addresses
from app.core.errors import Invalid, SignInNeeded
from app.core.i18n import gettext as _
from app.forum import queries as forum
from app.web import errors, links, structured_data
from app.web.drawing import words
from app.web.head import head, root
from app.web.session import actor

bp = Blueprint("accounts", __name__)


@dataclass(frozen=True)
class SignInPage:
    """The sign-in form, with what has to come along."""

    username: str = ""
    next: str = ""
    message: str = ""
    error: str = ""
    kept_action: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def is_interruption(self) -> bool:
        """Whether the form stands in the way of a deed that was begun."""
        return bool(self.kept_action)


@dataclass(frozen=True)
class SignUpPage:
    """The sign-up form, as typed, with what was wrong."""

    username: str = ""
    email: str = ""
    next: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))
    kept_action: str = ""
    kept: tuple[tuple[str, str], ...] = ()


@bp.get("/sign-up")
def sign_up() -> str:
    return render_template("accounts/sign_up.html", page=SignUpPage(next=_next()))


@bp.post("/sign-up")
def do_sign_up() -> str | tuple[str, int] | Response:
    form, kept_action, kept = request.form, request.form.get("kept_action", ""), _kept()
    if "begin" in form:
        page = SignUpPage(next=_next(), kept_action=kept_action, kept=kept)
        return render_template("accounts/sign_up.html", page=page)
    try:
        user = actions.sign_up(
            actor(), form.get("username", ""), form.get("email", ""), form.get("password", "")
        )
    except Invalid as error:
        page = SignUpPage(
            form.get("username", ""),
            form.get("email", ""),
            _next(),
            words({error.field or "username": str(error)}),
            kept_action,
            kept,
        )
        return render_template("accounts/sign_up.html", page=page), 400
    _welcome(actions.start_session(user, _browser()))
    flash(_("Welcome, %(name)s. Your account is ready.", name=user.username))
    return _go_on(kept_action, kept)


@bp.get("/sign-in")
def sign_in() -> Response:
    return sign_in_page()


def sign_in_page(
    message: str = "",
    error: str = "",
    kept_action: str = "",
    kept: tuple[tuple[str, str], ...] = (),
    code: int = 200,
) -> Response:
    """The sign-in form; `kept` is a form of `kept_action` that waits until somebody is signed in."""
    page = SignInPage(
        username=request.form.get("username", "") if request.endpoint == "accounts.do_sign_in" else "",
        next=_next(),
        message=message,
        error=error,
        kept_action=kept_action,
        kept=kept,
    )
    return make_response(render_template("accounts/sign_in.html", page=page), code)


@bp.post("/sign-in")
def do_sign_in() -> Response:
    form = request.form
    action, kept = form.get("kept_action", ""), _kept()
    user = actions.sign_in(form.get("username", ""), form.get("password", ""), _browser())
    if user is None:
        error = _("Name and password do not fit together. Please check both and try again.")
        return sign_in_page(error=error, kept_action=action, kept=kept, code=400)
    _welcome(user)
    return _go_on(action, kept)


def _kept() -> tuple[tuple[str, str], ...]:
    """The form that waits until somebody is signed in."""
    form = request.form
    return tuple(zip(form.getlist("kept_name"), form.getlist("kept_value"), strict=False))


def _go_on(action: str, kept: tuple[tuple[str, str], ...]) -> Response:
    """Back to what was begun: the form that waits, or the page."""
    if action and links.is_local(action):
        return errors.resume(action, kept, _("You are signed in. Look over what you typed and send it."))
    return redirect(_next() or url_for("web.home"), 303)


def _welcome(user: User) -> None:
    session.clear()
    login_user(user)
    session.permanent = True


def _browser() -> str:
    return request.headers.get("User-Agent", "")


def _next() -> str:
    address = request.values.get("next", "")
    return address if links.is_local(address) else ""


@bp.post("/sign-out")
def sign_out() -> Response:
    actions.sign_out(getattr(actor(), "session_token", None))
    logout_user()
    session.clear()
    return redirect(url_for("web.home"), 303)


@dataclass(frozen=True)
class SettingsPage:
    """One's own account."""

    facts: tuple[tuple[str, str], ...]
    profile_url: str
    errors: Mapping[str, str]


def _settings_page(errors: dict[str, str]) -> str:
    user = actor()
    facts = (
        (_("Username"), user.username),
        (_("Email"), user.email or ""),
        (_("Role"), user.role_label),
        (_("Reputation"), str(user.reputation)),
    )
    page = SettingsPage(facts, addresses.person(user.username), words(errors))
    return render_template("accounts/settings.html", page=page)


@bp.get("/account")
def settings() -> str:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to see your account."))
    return _settings_page({})


@bp.post("/account/password")
def change_password() -> str | tuple[str, int] | Response:
    try:
        actions.change_password(
            actor(), request.form.get("current_password", ""), request.form.get("new_password", "")
        )
    except Invalid as error:
        return _settings_page({error.field or "new_password": str(error)}), 400
    flash(_("Your password is changed. Other browsers were signed out."))
    return redirect(url_for("accounts.settings"), 303)


@bp.get("/people/<username>")
def profile(username: str) -> str:
    user = queries.person_named(username)
    if user is None:
        abort(404)
    page = forum.profile_page(user, actor())
    about = head(
        addresses.person(page.username), things=[structured_data.profile(page, root())], kind="profile"
    )
    return render_template("accounts/profile.html", page=page, head=about)
