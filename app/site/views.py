"""The administrators' pages: look, banners, limits, abilities, mail, and the log of what they did."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import site
from app.core.db import now
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum.queries import Chip, Pager
from app.mail import delivery
from app.policy import ABILITIES, PRESETS, allow
from app.site import actions, colours, queries
from app.site.values import AUDIENCE_WORDS, LIMIT_WORDS, Audience, Limits
from app.uploads import actions as uploads
from app.web.drawing import words
from app.web.session import actor
from app.web.views import deed_words

bp = Blueprint("admin", __name__, url_prefix="/admin")

LOG_SIZE = 50
LARGEST_LOGO = 8 * 1024 * 1024


@bp.before_request
def open_to_administrators() -> None:
    """All that is here is for administrators; each deed asks for its own rule besides."""
    allow(actor(), "rename_site")


def sections(current: str) -> tuple[Chip, ...]:
    """The way through the administrators' pages."""
    pages = (
        ("admin_state.state", _("State of things")),
        ("admin_catalog.products_page", _("Products")),
        ("admin_catalog.tags", _("Tags")),
        ("admin_people.people", _("People")),
        ("admin.look", _("Name and look")),
        ("admin.announcements", _("Banners")),
        ("admin.limits", _("Limits")),
        ("admin.abilities", _("Abilities")),
        ("admin.security", _("Security")),
        ("admin.mail", _("Mail")),
        ("admin.log", _("Log")),
    )
    return tuple(Chip(label, url_for(endpoint), endpoint == current) for endpoint, label in pages)


# Name and look


@dataclass(frozen=True)
class Sample:
    """A colour as it is now, with what it stands on and how well it can be read there."""

    name: str
    colour: str
    ratio: str


@dataclass(frozen=True)
class LookPage:
    """The forms for name, logo and colours."""

    sections: tuple[Chip, ...]
    name: str
    default_name: str
    logo: str
    light: str
    dark: str
    samples: tuple[Sample, ...]
    errors: Mapping[str, str]


def _look(errors: dict[str, str] | None = None, **typed: str) -> str:
    settings = site.settings()
    light, dark = settings.accent_light, settings.accent_dark
    samples = [
        Sample(name, colour, f"{colours.contrast(colour, scheme.paper):.1f}")
        for name, colour, scheme in (
            (_("Light look"), light or colours.OWN_LIGHT, colours.LIGHT),
            (_("Dark look"), dark or colours.OWN_DARK, colours.DARK),
        )
    ]
    page = LookPage(
        sections=sections("admin.look"),
        name=typed.get("site_name", settings.site_name),
        default_name=site.name(),
        logo=settings.logo,
        light=typed.get("accent_light", light),
        dark=typed.get("accent_dark", dark),
        samples=tuple(samples),
        errors=words(errors or {}),
    )
    return render_template("site/look.html", page=page)


@bp.get("/look")
def look() -> str:
    return _look()


@bp.post("/name")
def rename_site() -> str | tuple[str, int] | Response:
    name = request.form.get("site_name", "")
    try:
        actions.rename_site(actor(), name)
    except Invalid as error:
        return _look({"site_name": str(error)}, site_name=name), 400
    flash(_("Saved. Every page carries the name now."))
    return redirect(url_for("admin.look"), 303)


@bp.post("/logo")
def set_logo() -> str | tuple[str, int] | Response:
    allow(actor(), "set_logo")
    file = request.files.get("logo")
    data = file.read(LARGEST_LOGO + 1) if file else b""
    try:
        if "remove" in request.form:
            address = ""
        elif not data:
            raise Invalid(_("Please choose a picture first."), "logo")
        else:
            address = uploads.upload_image(actor(), data).url
        actions.set_logo(actor(), address)
    except Invalid as error:
        return _look({"logo": str(error)}), 400
    flash(_("Saved."))
    return redirect(url_for("admin.look"), 303)


@bp.post("/colours")
def set_colours() -> str | tuple[str, int] | Response:
    light, dark = request.form.get("accent_light", ""), request.form.get("accent_dark", "")
    try:
        actions.set_colours(actor(), light, dark)
    except Invalid as error:
        errors = {error.field or "accent_light": str(error)}
        return _look(errors, accent_light=light, accent_dark=dark), 400
    flash(_("Saved. These are the colours."))
    return redirect(url_for("admin.look"), 303)


# Banners


@dataclass(frozen=True)
class BannerRow:
    """A banner in the list: what it says, for whom and when."""

    id: int
    text: str
    audience: str
    state: tuple[str, str]
    starts_at: datetime
    ends_at: datetime | None
    is_over: bool


@dataclass(frozen=True)
class BannersPage:
    """The banners there are and were, and the form for a new one."""

    sections: tuple[Chip, ...]
    rows: tuple[BannerRow, ...]
    audiences: tuple[tuple[str, str], ...]
    typed: Mapping[str, str]
    errors: Mapping[str, str]


def _banners(errors: dict[str, str] | None = None) -> str:
    page = BannersPage(
        sections=sections("admin.announcements"),
        rows=tuple(_banner(one) for one in queries.announcements()),
        audiences=tuple((audience.value, str(label)) for audience, label in AUDIENCE_WORDS.items()),
        typed=words({**request.form}) if errors else words({}),
        errors=words(errors or {}),
    )
    return render_template("site/banners.html", page=page)


def _banner(one: Any) -> BannerRow:
    moment = now()
    if one.ends_at is not None and one.ends_at <= moment:
        state = ("", _("Over"))
    elif one.starts_at > moment:
        state = ("open", _("Planned"))
    else:
        state = ("solved", _("On"))
    return BannerRow(
        id=one.id,
        text=one.text,
        audience=str(AUDIENCE_WORDS[Audience(one.audience)]),
        state=state,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        is_over=not state[0],
    )


@bp.get("/banners")
def announcements() -> str:
    return _banners()


@bp.post("/banners")
def announce() -> str | tuple[str, int] | Response:
    form = request.form
    try:
        actions.announce(
            actor(),
            form.get("text", ""),
            form.get("audience", ""),
            _moment(form.get("starts_at", ""), "starts_at"),
            _moment(form.get("ends_at", ""), "ends_at"),
        )
    except Invalid as error:
        return _banners({error.field or "text": str(error)}), 400
    flash(_("It is up."))
    return redirect(url_for("admin.announcements"), 303)


def _moment(typed: str, field: str) -> datetime | None:
    """A moment in UTC as a form's field for day and time sends it; None if it was left empty."""
    if not typed.strip():
        return None
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(_("Please write day and time like 2027-05-01T08:30."), field) from None


@bp.post("/banners/<int:announcement_id>/end")
def end_announcement(announcement_id: int) -> Response:
    found = queries.announcement(announcement_id)
    if found is None:
        abort(404)
    actions.end_announcement(actor(), found)
    flash(_("It is taken down."))
    return redirect(url_for("admin.announcements"), 303)


# Limits


@dataclass(frozen=True)
class LimitField:
    """One number that may be set."""

    name: str
    label: str
    hint: str
    value: str


@dataclass(frozen=True)
class LimitsPage:
    """How much of what is taken; numbers for everybody and for newcomers stand side by side."""

    sections: tuple[Chip, ...]
    points: int
    rows: tuple[tuple[LimitField, ...], ...]
    errors: Mapping[str, str]


def _limits(errors: dict[str, str] | None = None) -> str:
    limits = site.settings().limits
    page = LimitsPage(
        sections=sections("admin.limits"),
        points=ABILITIES["more_per_day"].points(site.settings().preset),
        rows=tuple(
            tuple(_limit(limits, one.name) for one in alike)
            for _kind, alike in groupby(fields(Limits), lambda one: one.name.removeprefix("new_"))
        ),
        errors=words(errors or {}),
    )
    return render_template("site/limits.html", page=page)


def _limit(limits: Limits, name: str) -> LimitField:
    return LimitField(
        name=name,
        label=str(LIMIT_WORDS[name].label),
        hint=str(LIMIT_WORDS[name].hint),
        value=request.form.get(name, str(getattr(limits, name))),
    )


@bp.get("/limits")
def limits() -> str:
    return _limits()


@bp.post("/limits")
def change_limits() -> str | tuple[str, int] | Response:
    try:
        actions.change_limits(actor(), request.form)
    except Invalid as error:
        return _limits({error.field or "": str(error)}), 400
    flash(_("Saved. The limits hold from now on."))
    return redirect(url_for("admin.limits"), 303)


# Abilities


@dataclass(frozen=True)
class AbilityRow:
    """An ability: what it takes now, what it would take, and for how many people that changes something."""

    label: str
    now: int
    then: int
    effect: str


@dataclass(frozen=True)
class AbilitiesPage:
    """The three presets, and what the one that is looked at would change."""

    sections: tuple[Chip, ...]
    presets: tuple[Chip, ...]
    preset: str
    label: str
    current_label: str
    is_current: bool
    rows: tuple[AbilityRow, ...]


@bp.get("/abilities")
def abilities() -> str:
    current = site.settings().preset
    preset = request.args.get("preset", current)
    if preset not in PRESETS:
        abort(404)
    now_points = {name: ability.points(current) for name, ability in ABILITIES.items()}
    then_points = {name: ability.points(preset) for name, ability in ABILITIES.items()}
    changes = queries.gains_and_losses(now_points, then_points)
    page = AbilitiesPage(
        sections=sections("admin.abilities"),
        presets=tuple(
            Chip(str(label), url_for("admin.abilities", preset=name), name == preset)
            for name, label in PRESETS.items()
        ),
        preset=preset,
        label=str(PRESETS[preset]),
        current_label=str(PRESETS[current]),
        is_current=preset == current,
        rows=tuple(
            AbilityRow(str(ability.words), now_points[name], then_points[name], _effect(changes[name]))
            for name, ability in ABILITIES.items()
        ),
    )
    return render_template("site/abilities.html", page=page)


def _effect(change: int) -> str:
    if change > 0:
        return ngettext("%(num)d person gains it", "%(num)d people gain it", change)
    if change < 0:
        return ngettext("%(num)d person loses it", "%(num)d people lose it", -change)
    return _("nobody is affected")


@bp.post("/abilities")
def choose_preset() -> Response:
    actions.choose_preset(actor(), request.form.get("preset", ""))
    flash(_("Saved. Abilities follow it from now on."))
    return redirect(url_for("admin.abilities"), 303)


# Mail


@dataclass(frozen=True)
class MailPage:
    """Where mail goes, and a way to see whether it arrives."""

    sections: tuple[Chip, ...]
    place: str
    to: str
    errors: Mapping[str, str]


def _mail(to: str, errors: dict[str, str] | None = None) -> str:
    page = MailPage(sections("admin.mail"), delivery.place(), to, words(errors or {}))
    return render_template("site/mail.html", page=page)


@bp.get("/mail")
def mail() -> str:
    return _mail(actor().email or "")


@bp.post("/mail")
def send_test_mail() -> str | tuple[str, int] | Response:
    to = request.form.get("to", "")
    try:
        actions.send_test_mail(actor(), to, site.name())
    except Invalid as error:
        return _mail(to, {"to": str(error)}), 400
    flash(_("It is on its way. If the worker runs, it leaves within seconds."))
    return redirect(url_for("admin.mail"), 303)


# The log


@dataclass(frozen=True)
class ChangeRow:
    """What somebody did, and when."""

    deed: str
    what: str
    username: str
    at: datetime


@dataclass(frozen=True)
class LogPage:
    """What administrators did, the latest first."""

    sections: tuple[Chip, ...]
    changes: tuple[ChangeRow, ...]
    pager: Pager


@bp.get("/log")
def log() -> str:
    found = queries.changes(request.args.get("after"), LOG_SIZE)
    page = LogPage(
        sections=sections("admin.log"),
        changes=change_rows(found.rows),
        pager=Pager(next_url=url_for("admin.log", after=found.next_cursor) if found.next_cursor else ""),
    )
    return render_template("site/log.html", page=page)


def change_rows(changes: Any) -> tuple[ChangeRow, ...]:
    """Lines of the log as pages show them."""
    names = deed_words()
    return tuple(
        ChangeRow(names.get(one.deed, one.deed), one.what, one.by.username, one.created_at) for one in changes
    )


# Security


@dataclass(frozen=True)
class SecurityPage:
    """Whether staff need a second factor, and who of them has none."""

    sections: tuple[Chip, ...]
    is_required: bool
    without: tuple[tuple[str, str, str], ...]


@bp.get("/security")
def security() -> str:
    page = SecurityPage(
        sections=sections("admin.security"),
        is_required=site.staff_need_second_factor(current_app.config["STAFF_SECOND_FACTOR"]),
        without=tuple(
            (one.username, url_for("admin_people.person", username=one.username), one.role_label)
            for one in queries.staff_without_second_factor()
        ),
    )
    return render_template("site/security.html", page=page)


@bp.post("/security/second-factor")
def require_second_factor() -> Response:
    required = request.form.get("required") == "1"
    actions.require_second_factor(actor(), required)
    flash(_("Staff need a second factor now.") if required else _("Staff need no second factor now."))
    return redirect(url_for("admin.security"), 303)
