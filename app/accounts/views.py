"""Signing up, in and out; forgotten passwords and links from letters; people's public pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import actions, oidc, passkeys, queries
from app.accounts.models import Purpose, User
from app.accounts.steps import Begun, Then
from app.core.errors import Gone, Invalid, TooMany
from app.core.i18n import gettext as _
from app.forum.profile_queries import profile_page
from app.notifications import follow_queries
from app.web import errors, feeds, links, structured_data
from app.web.drawing import words
from app.web.head import head, root
from app.web.limiting import origin, turned_down
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
    are_passkeys_possible: bool = False
    provider: str = ""

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

    @property
    def is_interruption(self) -> bool:
        """Whether the form stands in the way of a deed that was begun."""
        return bool(self.kept_action)


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
            actor(),
            form.get("username", ""),
            form.get("email", ""),
            form.get("password", ""),
            site_url=site_url(),
            origin=origin(),
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
    welcome(actions.start_session(user, browser_name()))
    flash(
        _(
            "Welcome, %(name)s. Your account is ready. We sent a letter to %(email)s: "
            "please follow its link, so that answers reach you.",
            name=user.username,
            email=user.email,
        )
    )
    return go_on(Then(_next(), kept_action, kept))


@bp.get("/sign-in")
def sign_in() -> Response:
    return sign_in_page()


def sign_in_page(
    message: str = "",
    error: str = "",
    kept_action: str = "",
    kept: tuple[tuple[str, str], ...] = (),
    next_page: str = "",
    code: int = 200,
) -> Response:
    """The sign-in form; `kept` is a form of `kept_action` that waits until somebody is signed in."""
    page = SignInPage(
        username=request.form.get("username", "") if request.endpoint == "accounts.do_sign_in" else "",
        next=_next() or next_page,
        message=message,
        error=error,
        kept_action=kept_action,
        kept=kept,
        are_passkeys_possible=passkeys.are_possible(),
        provider=oidc.name(),
    )
    return make_response(render_template("accounts/sign_in.html", page=page), code)


@bp.post("/sign-in")
def do_sign_in() -> Response:
    form = request.form
    action, kept = form.get("kept_action", ""), _kept()
    if "begin" in form:
        return sign_in_page(kept_action=action, kept=kept)
    try:
        user = actions.sign_in(
            form.get("username", ""),
            form.get("password", ""),
            browser_name(),
            origin=origin(),
            replacing=getattr(actor(), "session_token", None),
            then=Then(_next(), action, kept),
        )
    except TooMany as error:
        return turned_down(error, sign_in_page(error=str(error), kept_action=action, kept=kept))
    if user is None:
        wrong = _("Name and password do not fit together. Please check both and try again.")
        return sign_in_page(error=wrong, kept_action=action, kept=kept, code=400)
    return let_in(user, Then(_next(), action, kept))


def _kept() -> tuple[tuple[str, str], ...]:
    """The form that waits until somebody is signed in."""
    form = request.form
    return tuple(zip(form.getlist("kept_name"), form.getlist("kept_value"), strict=False))


def let_in(found: User | Begun, then: Then) -> Response:
    """Sign somebody in, or lead on to the step that is still missing."""
    if isinstance(found, User):
        welcome(found)
        return go_on(then)
    _forget_session()
    session["step"] = found.token
    return redirect(url_for("second_step.show"), 303)


def go_on(then: Then) -> Response:
    """Back to what was begun: the form that waits, or the page."""
    if links.is_local(then.action):
        return errors.resume(
            then.action, then.kept, _("You are signed in. Look over what you typed and send it.")
        )
    return redirect(then.next if links.is_local(then.next) else url_for("web.home"), 303)


def welcome(user: User) -> None:
    """Let this browser carry the token of the person's new session, and nothing that it carried before."""
    session.clear()
    login_user(user)
    session.permanent = True


def browser_name() -> str:
    """What the browser calls itself."""
    return request.headers.get("User-Agent", "")


def site_url() -> str:
    """The site's own address for links in letters: as it is set, never as a request claims it to be."""
    return str(current_app.config["URL"])


def _next() -> str:
    address = request.values.get("next", "")
    return address if links.is_local(address) else ""


@bp.post("/sign-out")
def sign_out() -> Response:
    actions.sign_out(getattr(actor(), "session_token", None))
    _forget_session()
    response = redirect(url_for("web.home"), 303)
    response.headers["Clear-Site-Data"] = (
        '"cache"'  # Whoever comes after at this device finds no page of theirs.
    )
    return response


# Links from letters


@dataclass(frozen=True)
class ForgottenPage:
    """The form that asks for a link; once it was sent, what to expect."""

    name: str = ""
    is_sent: bool = False
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))


@dataclass(frozen=True)
class LinkPage:
    """What a link from a letter leads to: a form with one button or field, or why it does not work any more."""

    token: str
    is_good: bool
    username: str = ""
    email: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))


@bp.get("/forgot-password")
def forgot_password() -> str:
    return render_template("accounts/forgot_password.html", page=ForgottenPage())


@bp.post("/forgot-password")
def request_password_reset() -> str | tuple[str, int]:
    name = request.form.get("name", "")
    try:
        actions.request_password_reset(actor(), name, site_url=site_url(), origin=origin())
    except Invalid as error:
        page = ForgottenPage(name, errors=words({"name": str(error)}))
        return render_template("accounts/forgot_password.html", page=page), 400
    return render_template("accounts/forgot_password.html", page=ForgottenPage(name.strip(), is_sent=True))


@bp.get("/reset-password")
def set_password() -> Response:
    return _reset_page(request.args.get("token", ""))


@bp.post("/reset-password")
def reset_password() -> Response:
    token = request.form.get("token", "")
    try:
        actions.reset_password(actor(), token, request.form.get("new_password", ""))
    except Invalid as error:
        return _reset_page(token, {"new_password": str(error)})
    except Gone:
        return _reset_page("")
    _forget_session()
    flash(_("Your new password is set, and every browser was signed out. Please sign in with it."))
    return redirect(url_for("accounts.sign_in"), 303)


def _reset_page(token: str, errors: dict[str, str] | None = None) -> Response:
    user = queries.person_of_link(token, Purpose.RESET_PASSWORD) if token else None
    page = LinkPage(
        token, user is not None, username=user.username if user else "", errors=words(errors or {})
    )
    return _unkept("accounts/reset_password.html", page, 400 if errors else 200)


@bp.get("/confirm-email")
def show_confirmation() -> Response:
    return _confirm_page(request.args.get("token", ""))


@bp.post("/confirm-email")
def confirm_email() -> Response:
    try:
        user = actions.confirm_email(actor(), request.form.get("token", ""))
    except Gone:
        return _confirm_page("")
    flash(_("Thank you. %(email)s is confirmed.", email=user.email), "success")
    is_here = actor().is_authenticated
    return redirect(url_for("settings.account") if is_here else url_for("accounts.sign_in"), 303)


def _confirm_page(token: str) -> Response:
    link = queries.link_for(token, Purpose.CONFIRM_EMAIL) if token else None
    page = LinkPage(token, link is not None, email=link.email if link else "")
    return _unkept("accounts/confirm_email.html", page)


def _unkept(template: str, page: LinkPage, code: int = 200) -> Response:
    """A page whose address is a secret: no cache keeps it, and no other site hears of it.

    Were our own site not to hear of it either ("no-referrer"), browsers would not say where its form comes from.
    """
    response = make_response(render_template(template, page=page), code if page.is_good else 404)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _forget_session() -> None:
    logout_user()
    session.clear()


# People


@bp.get("/people/<username>")
def profile(username: str) -> str:
    user = queries.person_named(username)
    if user is None and not queries.was_name_of_former_member(username):
        abort(404)
    if user is None or user.is_deleted:
        raise Gone(
            _("This person has left. What they wrote stays for those it helps, under “former member”.")
        )
    show, after = request.args.get("show", ""), request.args.get("after")
    page = profile_page(user, actor(), show=show, after=after)
    about = head(
        page.canonical_path,
        things=[] if page.show else [structured_data.profile(page, root())],
        feeds=feeds.of_person(user.username),
        kind="profile",
        is_indexable=not page.show,
    )
    return render_template(
        "accounts/profile.html", page=page, follow=follow_queries.follow_button(actor(), user), head=about
    )
