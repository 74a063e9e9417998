"""Signing in at the sign-in provider: going there, coming back, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.accounts import actions, identities, oidc
from app.accounts.identities import Departure, Linked, Newcomer, Proven, Trip
from app.accounts.oidc import Identity, ProviderTrouble
from app.accounts.second_step_views import proof_page, proven, unkept, waiting_form
from app.accounts.views import browser_name, go_on, let_in, sign_in_page, site_url, welcome
from app.core.errors import Gone, Invalid, Refused
from app.core.i18n import gettext as _
from app.web.drawing import words
from app.web.limiting import origin
from app.web.session import actor

bp = Blueprint("identities", __name__)


@dataclass(frozen=True)
class DeparturePage:
    """A page that leads on to the provider. A form may lead only within the site, so it cannot do so itself."""

    name: str
    address: str


@dataclass(frozen=True)
class NewcomerPage:
    """The form for the name of a new account, as typed, with what was wrong."""

    provider: str
    label: str
    username: str
    email: str
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))


# Going there


@bp.post("/sign-in/elsewhere")
def begin_sign_in() -> Response:
    then = waiting_form()
    try:
        return _leave(identities.begin_sign_in(then, origin()))
    except (ProviderTrouble, Refused) as error:
        code = 503 if isinstance(error, ProviderTrouble) else 409
        return sign_in_page(error=str(error), kept_action=then.action, kept=then.kept, code=code)


@bp.post("/settings/security/identities")
def link_identity() -> Response:
    try:
        return _leave(identities.begin_link(actor()))
    except ProviderTrouble as error:
        flash(str(error), "error")
        return redirect(url_for("security.overview"), 303)


@bp.post("/confirm-identity/elsewhere")
def confirm_identity() -> Response:
    then = waiting_form()
    try:
        return _leave(identities.begin_proof(actor(), then))
    except ProviderTrouble as error:
        return proof_page(action=then.action, kept=then.kept, wrong={"credential": str(error)}, code=503)


def _leave(departure: Departure) -> Response:
    session["elsewhere"] = departure.token
    page = DeparturePage(oidc.name(), departure.address)
    return unkept(make_response(render_template("accounts/departure.html", page=page)))


# Coming back


@bp.get("/sign-in/elsewhere/back")
def back() -> Response:
    """Where the provider leads back to. The token in the browser's cookie shows that it was sent from here."""
    user, here = actor(), getattr(actor(), "session_token", None)
    try:
        trip = identities.arrive(user, session.pop("elsewhere", ""), request.args.get("state", ""))
    except Gone as error:
        flash(str(error))
        return redirect(url_for("security.overview" if user.is_authenticated else "accounts.sign_in"))
    try:
        came = identities.come_back(user, trip, request.args, browser_name(), replacing=here)
    except (ProviderTrouble, Refused) as error:
        return _turned_back(error, trip)
    match came:
        case Newcomer():
            session["newcomer"] = came.token
            return redirect(url_for("identities.newcomer"))
        case Linked():
            flash(_("You can sign in with %(name)s from now on.", name=oidc.name()), "success")
            return redirect(url_for("security.overview"))
        case Proven():
            return proven(trip.then)
    return let_in(came, trip.then)


def _turned_back(error: ProviderTrouble | Refused, trip: Trip) -> Response:
    """Back to where they set out from, with the reason, and with what waits."""
    code, then = 502 if isinstance(error, ProviderTrouble) else 409, trip.then
    match trip.purpose:
        case identities.SIGN_IN:
            page = sign_in_page(
                error=str(error), kept_action=then.action, kept=then.kept, next_page=then.next, code=code
            )
            return unkept(page)
        case identities.PROOF:
            wrong = {"credential": str(error)}
            return proof_page(action=then.action, kept=then.kept, next_page=then.next, wrong=wrong, code=code)
    flash(str(error), "error")
    return redirect(url_for("security.overview"))


@bp.get("/sign-in/elsewhere/new")
def newcomer() -> Response:
    return _newcomer_page({})


@bp.post("/sign-in/elsewhere/new")
def sign_up_with_identity() -> Response:
    form = request.form
    try:
        user, then = identities.sign_up_with_identity(
            actor(),
            session.get("newcomer", ""),
            form.get("username", ""),
            form.get("email", ""),
            site_url=site_url(),
            origin=origin(),
        )
    except Invalid as error:
        return _newcomer_page({error.field or "username": str(error)}, 400)
    except Gone as error:
        flash(str(error))
        return redirect(url_for("accounts.sign_in"), 303)
    welcome(actions.start_session(user, browser_name()))
    text = _("Welcome, %(name)s. Your account is ready.", name=user.username)
    if not user.is_email_verified:
        text += " " + _("We sent a letter to %(email)s: please follow its link.", email=user.email)
    flash(text)
    return go_on(then)


def _newcomer_page(errors: dict[str, str], code: int = 200) -> Response:
    identity = identities.identity_of_newcomer(session.get("newcomer", ""))
    if identity is None:
        return redirect(url_for("accounts.sign_in"))
    page = NewcomerPage(
        provider=oidc.name(),
        label=identity.label,
        username=request.form.get("username", _name_for(identity)),
        email=request.form.get("email", identity.email),
        errors=words(errors),
    )
    return unkept(make_response(render_template("accounts/newcomer.html", page=page), code))


def _name_for(identity: Identity) -> str:
    """What somebody may like to be called here."""
    name = identity.name.partition("@")[0].strip().replace(" ", ".")
    return name if actions.USERNAME.fullmatch(name) else ""


@bp.post("/settings/security/identities/<int:identity_id>/unlink")
def unlink_identity(identity_id: int) -> Response:
    identities.unlink_identity(actor(), identity_id)
    flash(_("The link is taken away."), "success")
    return redirect(url_for("security.overview"), 303)
