"""What the site keeps about people, why and for how long, in their words and from the settings that hold here."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, render_template

from app.accounts.models import LINK_LIFE, SESSION_IDLE, SESSION_LIFE, Purpose
from app.articles.view_queries import DAYS_KEPT
from app.backup import rotation
from app.core.db import now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.jobs import queue
from app.limits.counting import KEPT_FOR as TRIES_KEPT
from app.web.head import head
from app.writing.queries import KEPT_FOR as UNSENT_KEPT

bp = Blueprint("privacy", __name__)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TRUE_FOR = timedelta(days=180)
"""For how long whoever reads whom to tell of a hole may rely on it."""


@dataclass(frozen=True)
class Kept:
    """Something that is kept: what, what for, and for how long."""

    what: str
    why: str
    how_long: str


@dataclass(frozen=True)
class PrivacyPage:
    """All that is kept, and whom to ask."""

    with_account: tuple[Kept, ...]
    without: tuple[Kept, ...]
    contact: str
    contact_name: str


@bp.get("/privacy")
def privacy() -> str:
    contact = str(current_app.config["PRIVACY_CONTACT"])
    page = PrivacyPage(_with_account(), _without(), contact, contact.removeprefix("mailto:"))
    return render_template("web/privacy.html", page=page, head=head("/privacy"))


def _span(span: timedelta) -> str:
    if span < DAY:
        return ngettext("%(num)d hour", "%(num)d hours", round(span / HOUR))
    return ngettext("%(num)d day", "%(num)d days", round(span / DAY))


def _days(name: str) -> str:
    return _span(timedelta(days=current_app.config[name]))


def _with_account() -> tuple[Kept, ...]:
    until_you_leave = _("Until you delete your account")
    return (
        Kept(
            _("Your name, your mail address, a hash of your password, what you write about yourself"),
            _("So that you can sign in and hear of answers; only your name and what you write are public"),
            until_you_leave,
        ),
        Kept(
            _("What guards your account besides the password: an app, passkeys, recovery codes as hashes"),
            _("So that nobody else signs in as you"),
            _("Until you take it away"),
        ),
        Kept(
            _("What you post, and its earlier forms"),
            _("It is what this site is for; everybody can read it"),
            _("Until you delete it; when you leave, it stays under “former member”"),
        ),
        Kept(
            _("Your votes, what you follow, your notifications, your reputation with its causes"),
            _("So that they work; who voted is told to nobody"),
            until_you_leave,
        ),
        Kept(
            _("In which browsers you are signed in, and when they were here last"),
            _("So that you can end each of them"),
            _(
                "%(idle)s after the last visit, at most %(life)s",
                idle=_span(SESSION_IDLE),
                life=_span(SESSION_LIFE),
            ),
        ),
        Kept(
            _("Texts that you began and did not send"),
            _("So that you can go on with them on another device"),
            _span(UNSENT_KEPT),
        ),
        Kept(
            _("Links that we send you"),
            _("To confirm your address, or for a new password"),
            _span(max(LINK_LIFE[Purpose.CONFIRM_EMAIL], LINK_LIFE[Purpose.RESET_PASSWORD])),
        ),
        Kept(
            _("That a letter was sent to you, not what it said"),
            _("So that none comes twice"),
            _span(queue.KEPT_FOR),
        ),
        Kept(
            _("Notes of moderators about you, and what they did"),
            _("So that they decide alike"),
            _("Notes until you delete your account; the public log names nobody who was moderated"),
        ),
    )


def _without() -> tuple[Kept, ...]:
    log = _("Nothing is written unless something breaks")
    if current_app.config["LOG_FOLDER"]:
        log = _days("LOGS_KEPT")
    elif current_app.config["LOG"]:
        log = _("As long as the log of the machine")
    return (
        Kept(
            _("What is searched for, without who, and which result was opened"),
            _("Writers see what people look for and do not find"),
            _days("SEARCHES_KEPT"),
        ),
        Kept(
            _(
                "How often each guide and question is opened, as a sum; not by whom, and no time but the day of a guide"
            ),
            _("Writers see which guides are read"),
            _("The days for %(span)s; the sums stay", span=_span(timedelta(days=DAYS_KEPT))),
        ),
        Kept(
            _("Your answer to “Did this help?”, with a sign of your browser that changes each month"),
            _("So that nobody is counted twice"),
            _("The sign until the month ends; what you said stays with the guide"),
        ),
        Kept(
            _("A mail address, if you leave one with your answer"),
            _("So that a writer can ask back"),
            _days("FEEDBACK_ADDRESSES_KEPT"),
        ),
        Kept(
            _("How often something was tried from where, as a hash"),
            _("So that nobody tries passwords without end"),
            _span(TRIES_KEPT),
        ),
        Kept(
            _("Who tried something too often: the account, or the beginning of the address"),
            _("So that moderators see attacks"),
            _days("LIMIT_HITS_KEPT"),
        ),
        Kept(
            _("A log of requests: when, which kind of page, the number of the account; no address, no query"),
            _("So that we find what breaks"),
            log,
        ),
        Kept(
            _("Backups of all of this"),
            _("So that nothing is lost when a disk breaks"),
            _("What is deleted is gone from the last of them after %(num)d months", num=rotation.MONTHS)
            if current_app.config["NIGHTLY_BACKUP"]
            else _("As whoever runs this site keeps them"),
        ),
    )


@bp.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Whom to tell of a hole (RFC 9116), if the settings say it."""
    contact = current_app.config["SECURITY_CONTACT"]
    if not contact:
        abort(404)
    site = current_app.config["URL"]
    lines = (
        f"Contact: {contact}",
        f"Expires: {now() + TRUE_FOR:%Y-%m-%dT00:00:00Z}",
        f"Canonical: {site}/.well-known/security.txt",
        f"Preferred-Languages: {', '.join(current_app.config['LANGUAGES'])}",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
