"""The administrators' list of people, and the way to give somebody another role."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.models import User
from app.core import addresses
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import voiding
from app.forum.queries import Chip, Pager
from app.policy import Role, allow
from app.site import actions, queries
from app.site.views import sections
from app.web.session import actor

bp = Blueprint("admin_people", __name__, url_prefix="/admin/people")

LIST_SIZE = 50


@bp.before_request
def open_to_administrators() -> None:
    """All that is here is for administrators; each deed asks for its own rule besides."""
    allow(actor(), "give_role")


@dataclass(frozen=True)
class PersonRow:
    """Somebody in the list."""

    username: str
    url: str
    email: str
    role: str
    reputation: int
    joined_at: datetime
    badges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PeoplePage:
    """People by name, or those of one role."""

    sections: tuple[Chip, ...]
    roles: tuple[Chip, ...]
    words: str
    role: str
    rows: tuple[PersonRow, ...]
    pager: Pager


@bp.get("/")
def people() -> str:
    typed, role_name = request.args.get("q", "")[:100], request.args.get("role", "")
    role = next((role for role in Role if role.name.lower() == role_name), None)
    found = queries.people(typed, role, after=request.args.get("after"), size=LIST_SIZE)
    counts = queries.role_counts()
    chips = [Chip(_("Everybody"), _url(typed, ""), role is None, sum(counts.values()))]
    chips += (Chip(one.label, _url(typed, one.name.lower()), one is role, counts.get(one, 0)) for one in Role)
    page = PeoplePage(
        sections=sections("admin_people.people"),
        roles=tuple(chips),
        words=typed,
        role=role_name,
        rows=tuple(_row(person) for person in found.rows),
        pager=Pager(next_url=_url(typed, role_name, found.next_cursor) if found.next_cursor else ""),
    )
    return render_template("site/people.html", page=page)


def _url(typed: str, role: str, after: str | None = None) -> str:
    return url_for("admin_people.people", q=typed or None, role=role or None, after=after)


def _row(person: User) -> PersonRow:
    return PersonRow(
        username=person.username,
        url=url_for("admin_people.person", username=person.username),
        email=person.email or "",
        role=person.role_label,
        reputation=person.reputation,
        joined_at=person.created_at,
        badges=(("withdrawn", _("Suspended")),) if person.is_suspended else (),
    )


@dataclass(frozen=True)
class RoleChoice:
    """A role that somebody may be given."""

    value: str
    label: str
    gives: str
    is_current: bool


@dataclass(frozen=True)
class PersonPage:
    """One person, and the roles; with a chosen one, the question whether it is meant."""

    sections: tuple[Chip, ...]
    crumbs: tuple[tuple[str, str], ...]
    row: PersonRow
    profile_url: str
    choices: tuple[RoleChoice, ...]
    chosen: RoleChoice | None
    is_oneself: bool


@bp.get("/<username>")
def person(username: str) -> str:
    found = _person_or_404(username)
    choices = tuple(RoleChoice(str(int(role)), role.label, _opens(role), role == found.role) for role in Role)
    wanted = request.args.get("role", "")
    page = PersonPage(
        sections=sections("admin_people.people"),
        crumbs=((_("People"), url_for("admin_people.people")), (found.username, "")),
        row=_row(found),
        profile_url=addresses.person(found.username),
        choices=choices,
        chosen=next((one for one in choices if one.value == wanted and not one.is_current), None),
        is_oneself=found.id == actor().id,
    )
    return render_template("site/person.html", page=page)


def _opens(role: Role) -> str:
    """What a role opens beyond the one before it, in a line; the whole table is at /help/privileges."""
    return {
        Role.MEMBER: _("asks, answers, comments and votes"),
        Role.EXPERT: _("verifies answers, and needs no reputation for abilities"),
        Role.WRITER: _("writes, approves and publishes guides, and reads feedback on them"),
        Role.MODERATOR: _("looks after reports, hides, restores, edits and suspends"),
        Role.ADMIN: _("decides about the site itself, its people and products"),
    }[role]


@bp.post("/<username>/role")
def give_role(username: str) -> Response:
    allow(actor(), "give_role")
    found, typed = _person_or_404(username), request.form.get("role", "")
    actions.give_role(actor(), found, int(typed) if typed.isdecimal() and len(typed) < 3 else 0)
    flash(_("%(name)s is %(role)s now.", name=found.username, role=found.role_label))
    return redirect(url_for("admin_people.person", username=found.username), 303)


@bp.post("/<username>/votes/void")
def void_votes(username: str) -> Response:
    allow(actor(), "void_votes")
    found = _person_or_404(username)
    count = voiding.void_votes(actor(), found)
    flash(ngettext("%(num)d vote is taken back.", "%(num)d votes are taken back.", count))
    return redirect(url_for("admin_people.person", username=found.username), 303)


def _person_or_404(username: str) -> User:
    found = accounts.person_named(username)
    if found is None or found.deleted_at is not None:
        abort(404)
    return found
