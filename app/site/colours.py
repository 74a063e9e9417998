"""The accent colour: whether it can be read by everybody, and the shades that go with it."""

import re
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.i18n import gettext as _

LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3: normal text against what it stands on."""

HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True)
class Scheme:
    """The grounds of one of the two looks, and how much of the accent its tinted ground takes."""

    paper: str
    wash: str
    ink: str
    soft: str
    tint: float


LIGHT = Scheme(paper="#ffffff", wash="#f4f7f6", ink="#1a232e", soft="#505d69", tint=0.11)
DARK = Scheme(paper="#11171b", wash="#192126", ink="#e7ecef", soft="#a6b2bc", tint=0.18)


OWN_LIGHT, OWN_DARK = "#0b655c", "#62cdbc"
"""The accent that the site comes with, in both looks; its style sheet says the same."""


@dataclass(frozen=True)
class Accent:
    """An accent colour with its tinted ground, for one of the two looks."""

    colour: str
    wash: str
    on: str


def normal(text: str) -> str:
    """A colour as somebody typed it, as `#rrggbb`.

    Raises:
        Invalid: it is not a colour in hexadecimal digits.
    """
    found = HEX.fullmatch(text.strip())
    if not found:
        raise Invalid(_("A colour is written like #0b655c: six digits from 0 to 9 and a to f."))
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def luminance(colour: str) -> float:
    """How bright a colour is, from 0 (black) to 1 (white), by WCAG 2.2's definition of relative luminance."""
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21, by WCAG 2.2's definition."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def checked(text: str, scheme: Scheme) -> Accent:
    """The accent colour that somebody typed, with its shades.

    Raises:
        Invalid: it is no colour, or cannot be read well enough; the message says the ratio.
    """
    colour = normal(text)
    wash = _tint(colour, scheme)
    worst = min(contrast(colour, ground) for ground in (scheme.paper, scheme.wash, wash))
    if worst < LEAST_CONTRAST:
        raise Invalid(
            _(
                "%(colour)s has a contrast of %(ratio)s to 1 against the page; text needs %(least)s to 1. "
                "Please take a %(direction)s shade.",
                colour=colour,
                ratio=_ratio(worst),
                least=_ratio(LEAST_CONTRAST),
                direction=_("darker") if luminance(scheme.paper) > 0.5 else _("lighter"),
            )
        )
    return Accent(colour, wash, on=scheme.paper)


def _tint(colour: str, scheme: Scheme) -> str:
    """The strongest tint of the page on which all text can still be read; the plain page if there is none."""
    for percent in range(100, 0, -5):
        tint = mixed(colour, scheme.paper, scheme.tint * percent / 100)
        if min(contrast(text, tint) for text in (colour, scheme.ink, scheme.soft)) >= LEAST_CONTRAST:
            return tint
    return scheme.paper


def mixed(colour: str, ground: str, share: float) -> str:
    """So large a share of a colour on a ground."""
    parts = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(255 * (share * one + (1 - share) * other)):02x}" for one, other in parts)


def stylesheet(light: Accent, dark: Accent) -> str:
    """The few lines that give every page these colours."""
    pairs = {
        "accent": (light.colour, dark.colour),
        "accent-wash": (light.wash, dark.wash),
        "on-accent": (light.on, dark.on),
    }
    lines = "".join(f"--{name}: light-dark({one}, {two}); " for name, (one, two) in pairs.items())
    return f"@layer tokens {{ :root {{ {lines}}} }}\n"


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _ratio(value: float) -> str:
    # Rounded down, for 4.46 is not 4.5.
    return f"{int(value * 10) / 10:.1f}"


def lightened(text: str) -> str:
    """The same hue for the dark look: mixed with white until it can be read there.

    Raises:
        Invalid: it is no colour.
    """
    colour = normal(text)
    shades = (mixed("#ffffff", colour, percent / 100) for percent in range(0, 101, 5))
    grounds = (DARK.paper, DARK.wash)
    # A little more than enough, for the tint behind it takes some.
    return next(
        shade for shade in shades if min(contrast(shade, one) for one in grounds) > LEAST_CONTRAST + 1
    )
