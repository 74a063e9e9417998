"""What administrators do. Each deed opens with its rule, is one transaction, and is written into the log."""

import secrets
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.accounts.proof import need_proof
from app.core.db import db, now, transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.jobs import queries as jobs
from app.mail import outbox
from app.policy import PRESETS, Role, allow
from app.site import colours, kept, log, queries
from app.site.models import STAMP, SiteAnnouncement, SiteSetting
from app.site.values import AUDIENCE_WORDS, LIMIT, LIMIT_WORDS, Audience, Limits, written

NAME_LONGEST = 60
TEXT_LONGEST = 500


def rename_site(actor: User, name: str) -> None:
    """Give the site another name; an empty one brings back the one it was set up with.

    Raises:
        Invalid: it is too long.
    """
    allow(actor, "rename_site")
    name = plain_line(name)
    if len(name) > NAME_LONGEST:
        raise Invalid(_("A name has at most %(n)d characters.", n=NAME_LONGEST), "site_name")
    _decide(
        actor, "rename_site", {"site_name": name}, _("Name: %(name)s", name=name or _("as it was set up"))
    )


def set_logo(actor: User, address: str) -> None:
    """Show another picture beside the name, or none with an empty address.

    Args:
        address: where a picture that was added to this site is served.

    Raises:
        Invalid: the picture is not served by this site.
    """
    allow(actor, "set_logo")
    if address and not address.startswith("/uploads/"):
        raise Invalid(_("A logo is a picture that was added here."), "logo")
    _decide(actor, "set_logo", {"logo": address}, _("Logo: %(logo)s", logo=address or _("none")))


def set_colours(actor: User, light: str, dark: str) -> None:
    """Give the site another accent colour, for the light look and for the dark one. Two empty texts take it back.

    Raises:
        Invalid: one of them is no colour, or text in it could not be read well; the message says the ratio.
    """
    allow(actor, "set_colours")
    if not light.strip() and not dark.strip():
        values = {"accent_light": "", "accent_dark": ""}
        _decide(actor, "set_colours", values, _("Colours: as they come"))
        return
    values = {
        "accent_light": _accent(light, colours.LIGHT, "accent_light"),
        "accent_dark": _accent(dark or colours.lightened(light), colours.DARK, "accent_dark"),
    }
    what = _("Colours: %(light)s and %(dark)s", light=values["accent_light"], dark=values["accent_dark"])
    _decide(actor, "set_colours", values, what)


def _accent(text: str, scheme: colours.Scheme, field: str) -> str:
    try:
        return colours.checked(text, scheme).colour
    except Invalid as error:
        raise Invalid(str(error), field) from None


def change_limits(actor: User, typed: Mapping[str, str]) -> None:
    """Set how much of something is taken.

    Args:
        typed: the numbers as typed, by the names of `Limits`; what is missing stays.

    Raises:
        Invalid: one is no number, or too small or too large.
    """
    allow(actor, "change_limits")
    before = kept.settings().limits
    wanted = {one.name: _number(one.name, typed[one.name]) for one in fields(Limits) if one.name in typed}
    changed = {name: number for name, number in wanted.items() if number != getattr(before, name)}
    if changed:
        what = "; ".join(
            f"{LIMIT_WORDS[name].label}: {getattr(before, name)} → {number}"
            for name, number in changed.items()
        )
        _decide(actor, "change_limits", {LIMIT + name: number for name, number in changed.items()}, what)


def _number(name: str, text: str) -> int:
    words = LIMIT_WORDS[name]
    text = text.strip()
    if text.isdecimal() and len(text) < 9 and words.least <= int(text) <= words.most:
        return int(text)
    raise Invalid(
        _(
            "%(what)s: a whole number from %(least)d to %(most)d, please.",
            what=str(words.label),
            least=words.least,
            most=words.most,
        ),
        name,
    )


def choose_preset(actor: User, preset: str) -> None:
    """Say how far the site has come, and with that how much reputation each ability takes.

    Raises:
        Invalid: there is no such preset.
    """
    allow(actor, "choose_preset")
    if preset not in PRESETS:
        raise Invalid(_("Please choose one of the three."), "preset")
    what = _("Abilities: %(preset)s", preset=str(PRESETS[preset]))
    _decide(actor, "choose_preset", {"preset": preset}, what)


def announce(
    actor: User, text: str, audience: str, starts_at: datetime | None, ends_at: datetime | None
) -> SiteAnnouncement:
    """Show a banner on every page.

    Args:
        text: one plain sentence or two.
        audience: a value of `Audience`.
        starts_at: None for now.
        ends_at: None for until somebody ends it.

    Raises:
        Invalid: a field cannot be taken as it is.
    """
    allow(actor, "announce")
    text = plain_line(text)
    if not text:
        raise Invalid(_("Please write something first."), "text")
    if len(text) > TEXT_LONGEST:
        raise Invalid(_("A banner has at most %(n)d characters.", n=TEXT_LONGEST), "text")
    if audience not in list(Audience):
        raise Invalid(_("Please choose for whom it is."), "audience")
    starts_at = starts_at or now()
    if ends_at is not None and ends_at <= max(starts_at, now()):
        raise Invalid(_("The end has to be in the future, and after the start."), "ends_at")
    with transaction() as session:
        banner = SiteAnnouncement(text=text, audience=audience, starts_at=starts_at, ends_at=ends_at)
        session.add(banner)
        log.note(actor, "announce", f"{AUDIENCE_WORDS[Audience(audience)]}: {text}")
        _stamp()
    return banner


def end_announcement(actor: User, banner: SiteAnnouncement) -> None:
    """Take a banner away, or call off one that has not begun.

    Raises:
        Refused: it is over already.
    """
    allow(actor, "end_announcement", banner)
    with transaction() as session:
        session.refresh(banner, with_for_update={"key_share": True})
        if banner.ends_at is not None and banner.ends_at <= now():
            raise Refused(_("This banner is over already."))
        banner.ends_at = now()
        log.note(actor, "end_announcement", banner.text)
        _stamp()


def give_role(actor: User, person: User, role: int) -> None:
    """Give somebody another role.

    Raises:
        Invalid: there is no such role.
        ProofNeeded: it is long since the administrator showed that it is them.
        Refused: the site would have no administrator any more, or the account was deleted.
    """
    allow(actor, "give_role", person)
    need_proof(actor)
    if role not in list(Role):
        raise Invalid(_("Please choose one of the roles."), "role")
    with transaction() as session:
        # All administrators are locked, so that two of them cannot take the role from each other at once.
        others = [admin for admin in queries.locked_admins() if admin.id != person.id]
        session.refresh(person, with_for_update={"key_share": True})
        if person.deleted_at is not None:
            raise Refused(_("This account was deleted."))
        if person.role == Role.ADMIN and role != Role.ADMIN and not others:
            raise Refused(_("This is the last administrator. Make somebody else one first."))
        if person.role != role:
            before, person.role = person.role_label, role
            log.note(actor, "give_role", f"{person.username}: {before} → {Role(role).label}")


def require_second_factor(actor: User, required: bool) -> None:
    """Say whether staff need a second factor. Those who lack one may do nothing of staff until they have it.

    Raises:
        ProofNeeded: it is long since the administrator showed that it is them.
        Refused: the administrator lacks one.
    """
    allow(actor, "require_second_factor")
    need_proof(actor)
    if required and actor.second_factor_at is None:
        raise Refused(
            _("Please set up a second factor of your own first, under “Security” in your settings.")
        )
    words = _("Staff need a second factor") if required else _("Staff need no second factor")
    _decide(actor, "require_second_factor", {"staff_second_factor": required}, words)


def send_test_mail(actor: User, to: str, site_name: str) -> None:
    """Send a letter that says nothing but that letters arrive.

    Raises:
        Invalid: this is no address.
    """
    allow(actor, "send_test_mail")
    to = to.strip()
    if "@" not in to.strip("@") or len(to) > 254 or any(sign.isspace() for sign in to):
        raise Invalid(
            _("This does not look like an e-mail address. It should be like name@example.com."), "to"
        )
    with transaction():
        outbox.send_later(
            to=to,
            subject=_("A test of mail from %(site)s", site=site_name),
            text=_("If you can read this, mail from %(site)s arrives.", site=site_name),
            key=f"test {secrets.token_hex(8)}",
        )
        log.note(actor, "send_test_mail", to)


def retry_job(actor: User, job_id: int) -> None:
    """Have the worker try again what it gave up.

    Raises:
        Refused: it was not given up, or somebody had it tried again already.
    """
    allow(actor, "retry_job")
    with transaction():
        job = jobs.dead_job(job_id)
        if job is None:
            raise Refused(_("This waits for nobody any more."))
        jobs.reopen(job)
        log.note(actor, "retry_job", f"{job.kind} {job.id}")


def _decide(actor: User, deed: str, values: Mapping[str, Any], what: str) -> None:
    """Save decisions, and who took them."""
    try:
        with transaction():
            for key, value in values.items():
                _put(key, written(key, value))
            log.note(actor, deed, what)
            _stamp()
    except IntegrityError:
        raise Refused(_("Somebody else changed this at the same moment. Please look again.")) from None


def _stamp() -> None:
    _put(STAMP, secrets.token_hex(8))


def _put(key: str, value: str) -> None:
    row = queries.setting(key)
    if row is None:
        db.session.add(SiteSetting(key=key, value=value))
    else:
        row.value = value
