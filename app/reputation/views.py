"""What reputation is worth, for everybody; and one's own ledger, for nobody else."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from app import site
from app.core.errors import SignInNeeded
from app.core.i18n import gettext as _
from app.policy import ABILITIES, PRESETS, has
from app.reputation import queries
from app.reputation.points import CAUSES, MOST_FROM_VOTES
from app.web.head import head
from app.web.session import actor

bp = Blueprint("reputation", __name__)


@dataclass(frozen=True)
class PointsPage:
    """What each cause is worth, the cap, and the points of whoever reads (None: nobody is signed in)."""

    causes: tuple[tuple[str, str, bool], ...]
    most: int
    own: int | None


@bp.get("/help/reputation")
def points() -> str:
    viewer = actor()
    page = PointsPage(
        causes=tuple(
            (str(cause.words), queries.signed(cause.points), cause.is_vote) for cause in CAUSES.values()
        ),
        most=MOST_FROM_VOTES,
        own=viewer.reputation if viewer.is_authenticated else None,
    )
    return render_template("reputation/points.html", page=page, head=head("/help/reputation"))


@bp.get("/reputation")
def ledger() -> str:
    """One's own ledger; nobody sees another's."""
    if not actor().is_authenticated:
        raise SignInNeeded(_("Please sign in to see your reputation."))
    page = queries.reputation_page(actor(), after=request.args.get("after"))
    return render_template("reputation/ledger.html", page=page, next_ability=next_ability(page.points))


def next_ability(points: int) -> str:
    """What the next points open, in words; "" for somebody who has everything."""
    preset = site.settings().preset
    ahead = sorted((ability.points(preset), str(ability.words)) for ability in ABILITIES.values())
    for needed, label in ahead:
        if needed > points:
            return _("At %(points)d points: %(ability)s.", points=needed, ability=label)
    return ""


@dataclass(frozen=True)
class AbilityLine:
    """An ability in the table of privileges; `has` is None where nobody is signed in."""

    words: str
    points: int
    has: bool | None


def ability_lines() -> tuple[AbilityLine, ...]:
    """What reputation opens on this site now, and what of it the person behind this request has."""
    viewer, preset = actor(), site.settings().preset
    return tuple(
        AbilityLine(
            str(ability.words), ability.points(preset), has(viewer, name) if viewer.is_authenticated else None
        )
        for name, ability in ABILITIES.items()
    )


def preset_label() -> str:
    """How far the site has come, in a word."""
    return str(PRESETS[site.settings().preset])
