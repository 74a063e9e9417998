"""What people look after themselves: their page, their account, their browsers, their data."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask_login import logout_user
from pytz import common_timezones
from werkzeug.wrappers import Response

from app.accounts import actions, queries
from app.accounts.proof import is_proven
from app.accounts.queries import SessionRow
from app.accounts.views import site_url
from app.core import addresses
from app.core.db import now
from app.core.errors import Declined, Invalid, SignInNeeded
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum.queries import Chip
from app.uploads import actions as uploads
from app.uploads import files
from app.uploads import queries as uploaded
from app.web.drawing import words
from app.web.pictures import picture, takes_picture
from app.web.session import actor

bp = Blueprint("settings", __name__)

AVATAR_SIZE = 256
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class ProfileSettings:
    """What others see, and how one sees the site."""

    sections: tuple[Chip, ...]
    username: str
    initials: str
    avatar_url: str
    profile_url: str
    about: str
    time_zone: str
    time_zones: tuple[tuple[str, str], ...]
    language: str
    languages: tuple[tuple[str, str], ...]
    errors: Mapping[str, str]


@dataclass(frozen=True)
class AccountSettings:
    """Address and password."""

    sections: tuple[Chip, ...]
    username: str
    facts: tuple[tuple[str, str], ...]
    email: str
    is_verified: bool
    has_password: bool
    may_set_password: bool
    waiting_for: str
    new_email: str
    errors: Mapping[str, str]


@dataclass(frozen=True)
class SessionSettings:
    """The browsers in which one is signed in."""

    sections: tuple[Chip, ...]
    sessions: tuple[SessionRow, ...]
    has_others: bool


@dataclass(frozen=True)
class DataSettings:
    """What the site knows of one, and how to leave."""

    sections: tuple[Chip, ...]
    username: str
    joined_at: datetime
    has_password: bool
    errors: Mapping[str, str]


def sections() -> tuple[Chip, ...]:
    """The parts of the settings, the present one marked."""
    places = (
        (_("Profile"), "settings.profile"),
        (_("Account"), "settings.account"),
        (_("Security"), "security.overview"),
        (_("Sessions"), "settings.sessions"),
        (_("Notifications"), "notifications.settings"),
        (_("Your data"), "settings.data"),
    )
    return tuple(
        Chip(label, url_for(endpoint), request.path == url_for(endpoint))
        for label, endpoint in places
        if endpoint in current_app.view_functions
    )


def _signed_in() -> Any:
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to see your settings."))
    return actor()


# Profile


@bp.get("/settings")
def profile() -> str:
    return _profile_page({})


@bp.post("/settings")
def change_profile() -> Response | tuple[str, int]:
    form = request.form
    try:
        actions.change_profile(
            actor(),
            about=form.get("about", ""),
            time_zone=form.get("time_zone", ""),
            language=form.get("language", ""),
            languages=current_app.config["LANGUAGES"],
        )
    except Invalid as error:
        return _profile_page({error.field or "about": str(error)}), 400
    flash(_("Saved."), "success")
    return redirect(url_for("settings.profile"), 303)


@bp.post("/settings/avatar")
@takes_picture
def change_avatar() -> Response | tuple[str, int]:
    if "remove" in request.form:
        actions.change_avatar(actor(), "")
        flash(_("Your initials are shown again."), "success")
        return redirect(url_for("settings.profile"), 303)
    try:
        data = picture("picture")
        if not data:
            raise Invalid(_("Please choose a picture first."), "picture")
        upload = uploads.upload_sign(actor(), data, AVATAR_SIZE)
        actions.change_avatar(actor(), upload.name)
    except SignInNeeded:
        raise
    except Declined as error:
        return _profile_page({"picture": str(error)}), 400
    flash(_("This is your picture now."), "success")
    return redirect(url_for("settings.profile"), 303)


def _profile_page(errors: dict[str, str]) -> str:
    user = _signed_in()
    form = request.form if errors and "about" in request.form else {}
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    page = ProfileSettings(
        sections=sections(),
        username=user.username,
        initials=user.initials,
        avatar_url=user.avatar_url,
        profile_url=addresses.person(user.username),
        about=form.get("about", user.about),
        time_zone=form.get("time_zone", user.time_zone),
        time_zones=tuple((name, name.replace("_", " ")) for name in common_timezones),
        language=form.get("language", user.language),
        languages=tuple((code, language_name(code)) for code in languages) if len(languages) > 1 else (),
        errors=words(errors),
    )
    return render_template("accounts/settings_profile.html", page=page)


def language_name(code: str) -> str:
    """What a language calls itself."""
    from babel import Locale

    return str(Locale.parse(code, sep="-" if "-" in code else "_").get_display_name() or code).capitalize()


# Account


@bp.get("/settings/account")
def account() -> str:
    return _account_page({})


@bp.get("/account")
def old_account() -> Response:
    """Where the settings were."""
    return redirect(url_for("settings.account"))


@bp.post("/settings/password")
def change_password() -> Response | tuple[str, int]:
    try:
        actions.change_password(
            actor(), request.form.get("current_password", ""), request.form.get("new_password", "")
        )
    except Invalid as error:
        return _account_page({error.field or "new_password": str(error)}), 400
    flash(_("Your password is changed. Other browsers were signed out."), "success")
    return redirect(url_for("settings.account"), 303)


@bp.post("/settings/email")
def change_email() -> Response | tuple[str, int]:
    email = request.form.get("email", "")
    try:
        actions.change_email(actor(), request.form.get("password", ""), email, site_url=site_url())
    except Invalid as error:
        return _account_page({error.field or "email": str(error)}), 400
    flash(_("We sent a letter to %(email)s. Its link makes this your address.", email=email.strip()))
    return redirect(url_for("settings.account"), 303)


@bp.post("/settings/email/confirmation")
def send_confirmation() -> Response:
    actions.send_confirmation(actor(), site_url=site_url())
    flash(_("The letter is on its way again. Please look among the unwanted mail too."))
    return redirect(url_for("settings.account"), 303)


def _account_page(errors: dict[str, str]) -> str:
    user = _signed_in()
    facts = (
        (_("Username"), user.username),
        (_("Role"), user.role_label),
        (_("Reputation"), str(user.reputation)),
    )
    page = AccountSettings(
        sections=sections(),
        username=user.username,
        facts=facts,
        email=user.email or "",
        is_verified=user.is_email_verified,
        has_password=user.password_hash is not None,
        # What somebody types into the form for a password is never kept, so they are asked before who they are.
        may_set_password=user.password_hash is not None or is_proven(user),
        waiting_for=queries.address_to_confirm(user),
        new_email=request.form.get("email", "") if errors else "",
        errors=words(errors),
    )
    return render_template("accounts/settings_account.html", page=page)


# Sessions


@bp.get("/settings/sessions")
def sessions() -> str:
    user = _signed_in()
    found = queries.sessions_of(user)
    page = SessionSettings(sections(), found, has_others=len(found) > 1)
    return render_template("accounts/settings_sessions.html", page=page)


@bp.post("/settings/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    actions.end_session(actor(), session_id)
    flash(_("That browser is signed out."), "success")
    return redirect(url_for("settings.sessions"), 303)


@bp.post("/settings/sessions/end-others")
def end_other_sessions() -> Response:
    count = actions.end_other_sessions(actor())
    flash(
        ngettext("%(num)d other browser was signed out.", "%(num)d other browsers were signed out.", count),
        "success",
    )
    return redirect(url_for("settings.sessions"), 303)


# Data


@bp.get("/settings/data")
def data() -> str:
    return _data_page({})


@bp.post("/settings/data/copy")
def export_data() -> Response:
    user = actor()
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
        actions.export_data(user, file, _pictures(user))
        file.seek(0)
        unfinished.pop_all()  # From here on, the response closes it.
    name = f"{current_app.config['SITE_NAME']}-{user.username}-{now():%Y-%m-%d}.zip"
    return send_file(file, "application/zip", as_attachment=True, download_name=name, max_age=0)


def _pictures(user: Any) -> Any:
    if not user.is_authenticated:
        return
    for name in uploaded.names_of(user.id):
        path = files.path_of(name)
        if path is not None:
            yield name, path


@bp.post("/settings/data/delete")
def delete_account() -> Response | tuple[str, int]:
    try:
        actions.delete_account(actor(), request.form.get("password", ""))
    except Invalid as error:
        return _data_page({error.field or "password": str(error)}), 400
    logout_user()
    session.clear()
    flash(_("Your account is deleted. Thank you for the time you were with us."))
    return redirect(url_for("web.home"), 303)


def _data_page(errors: dict[str, str]) -> str:
    user = _signed_in()
    page = DataSettings(
        sections(), user.username, user.created_at, user.password_hash is not None, words(errors)
    )
    return render_template("accounts/settings_data.html", page=page)
