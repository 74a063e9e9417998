"""What guards one's account: the authenticator app, passkeys, recovery codes, accounts elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import site
from app.accounts import browsers, codes, factor_queries, factors, oidc, passkeys
from app.accounts.factor_queries import Factors
from app.accounts.passkey_views import answer, as_json
from app.accounts.proof import need_proof
from app.accounts.second_step_views import unkept
from app.accounts.settings_views import sections
from app.accounts.views import browser_name
from app.core.errors import Gone, Invalid, NotAllowed, SignInNeeded
from app.core.i18n import gettext as _
from app.forum.queries import Chip
from app.policy import is_held_back, needs_second_factor
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("security", __name__, url_prefix="/settings/security")


@dataclass(frozen=True)
class SecurityPage:
    """What guards the account now."""

    sections: tuple[Chip, ...]
    factors: Factors
    are_passkeys_possible: bool
    provider: str


@dataclass(frozen=True)
class AppPage:
    """The secret for an app, as a picture and as text, and the field for its first code."""

    sections: tuple[Chip, ...]
    qr_html: str
    secret: str
    address: str
    errors: Mapping[str, str]


@dataclass(frozen=True)
class PasskeyPage:
    """The form that adds a passkey."""

    sections: tuple[Chip, ...]
    name: str
    is_possible: bool
    errors: Mapping[str, str]


@dataclass(frozen=True)
class CodesPage:
    """New recovery codes, shown once."""

    sections: tuple[Chip, ...]
    codes: tuple[str, ...]
    file: str
    file_name: str


OPEN_TO_ALL = {
    None,  # What every page needs, such as styles
    *("accounts", "settings", "security", "second_step", "passkeys", "identities"),
    *("health", "help", "metrics", "privacy"),
}
"""Where staff without the second factor that they must have may go: their own account, and what all may read."""


def init_app(flask: Flask) -> None:
    """Hold staff back who lack the second factor that they must have."""
    flask.before_request(lead_to_set_up)


def lead_to_set_up() -> Response | None:
    """Lead staff who must set up a second factor to where they can.

    Raises:
        NotAllowed: they sent something; it is shown to them again, so that it is not lost.
    """
    if request.blueprint in OPEN_TO_ALL:
        return None
    user = actor()
    if not user.is_authenticated or not is_held_back(user):
        return None
    if request.method == "POST":
        raise NotAllowed(needs_second_factor())
    flash(needs_second_factor())
    return redirect(url_for("security.overview"))


def _signed_in() -> Any:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to see your settings."))
    return actor()


@bp.get("")
def overview() -> str:
    page = SecurityPage(
        sections(), factor_queries.factors_of(_signed_in()), passkeys.are_possible(), oidc.name()
    )
    return render_template("accounts/security.html", page=page)


# The app


@bp.post("/app")
def set_up_app() -> Response:
    factors.set_up_app(actor())
    return redirect(url_for("security.app"), 303)


@bp.get("/app")
def app() -> Response:
    return _app_page({})


@bp.post("/app/confirm")
def confirm_app() -> Response:
    try:
        shown = factors.confirm_app(actor(), request.form.get("one_time_code", ""))
    except Invalid as error:
        return _app_page({"one_time_code": str(error)}, 400)
    return after_new_factor(
        shown, _("Your app is set up. From now on its code is asked for when you sign in.")
    )


def _app_page(errors: dict[str, str], code: int = 200) -> Response:
    user = _signed_in()
    secret = factors.secret_to_set_up(user)
    if secret is None:
        return redirect(url_for("security.overview"))
    address = codes.address(secret, user.username, site.name())
    page = AppPage(sections(), codes.picture(address), codes.in_groups(secret), address, words(errors))
    return unkept(make_response(render_template("accounts/security_app.html", page=page), code))


@bp.post("/app/remove")
def remove_app() -> Response:
    factors.remove_app(actor())
    flash(_("The app is not asked for any more."), "success")
    return redirect(url_for("security.overview"), 303)


# Passkeys


@bp.get("/passkeys/new")
def new_passkey() -> Response:
    return _passkey_page({})


@bp.post("/passkeys/options")
def passkey_options() -> Response:
    return as_json(passkeys.registration_options(actor()))


@bp.post("/passkeys")
def register_passkey() -> Response:
    try:
        shown = passkeys.register_passkey(actor(), request.form.get("name", ""), answer())
    except (Gone, Invalid) as error:
        return _passkey_page({getattr(error, "field", None) or "credential": str(error)}, 400)
    return after_new_factor(shown, _("Your passkey is set up. You can sign in with it now."))


@bp.post("/passkeys/<int:passkey_id>/remove")
def remove_passkey(passkey_id: int) -> Response:
    passkeys.remove_passkey(actor(), passkey_id)
    flash(_("That passkey opens your account no more."), "success")
    return redirect(url_for("security.overview"), 303)


def _passkey_page(errors: dict[str, str], code: int = 200) -> Response:
    need_proof(_signed_in())
    name = request.form.get("name", "") if errors else browsers.described(browser_name())
    page = PasskeyPage(sections(), name, passkeys.are_possible(), words(errors))
    return unkept(make_response(render_template("accounts/passkey.html", page=page), code))


# Recovery codes


@bp.post("/recovery-codes")
def renew_recovery_codes() -> Response:
    return _codes_page(factors.renew_recovery_codes(actor()))


def after_new_factor(shown: tuple[str, ...], message: str) -> Response:
    """Tell that something new guards the account; with the first one come recovery codes."""
    flash(message, "success")
    return _codes_page(shown) if shown else redirect(url_for("security.overview"), 303)


def _codes_page(shown: tuple[str, ...]) -> Response:
    name = f"{site.name()} {_('recovery codes')} {_signed_in().username}.txt"
    page = CodesPage(sections(), shown, f"data:text/plain;charset=utf-8,{quote(codes.as_text(shown))}", name)
    return unkept(make_response(render_template("accounts/recovery_codes.html", page=page)))
