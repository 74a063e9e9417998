"""Colours are taken only if everybody can read them, in both looks."""

import re
from pathlib import Path

import pytest

from app.core.errors import Invalid
from app.site import colours
from app.site.colours import DARK, LEAST_CONTRAST, LIGHT, checked, contrast, lightened, normal, stylesheet

CSS = Path(colours.__file__).parent.parent / "web/static/css/app.css"


def test_contrast_is_what_the_recommendation_says():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize(
    ("typed", "colour"), [("#ABC", "#aabbcc"), (" 0b655c ", "#0b655c"), ("#0B655C", "#0b655c")]
)
def test_a_colour_is_read_as_people_write_it(typed, colour):
    assert normal(typed) == colour


@pytest.mark.parametrize("typed", ["red", "#12345", "#ggg", "", "#fff;}body{", "rgb(0,0,0)"])
def test_anything_else_is_no_colour(typed):
    with pytest.raises(Invalid, match="six digits"):
        normal(typed)


def test_the_grounds_are_those_of_the_style_sheet():
    css = CSS.read_text(encoding="utf-8")
    own = {"accent": (colours.OWN_LIGHT, colours.OWN_DARK)}
    grounds = {name: (getattr(LIGHT, name), getattr(DARK, name)) for name in ("paper", "wash", "ink", "soft")}
    for name, (light, dark) in {**grounds, **own}.items():
        found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", css)
        assert found, name
        assert (normal(found[1]), normal(found[2])) == (light, dark), name


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_whatever_is_taken_can_be_read_everywhere(scheme):
    taken = 0
    for red in range(0, 256, 51):
        for green in range(0, 256, 51):
            for blue in range(0, 256, 51):
                try:
                    accent = checked(f"#{red:02x}{green:02x}{blue:02x}", scheme)
                except Invalid:
                    continue
                taken += 1
                for ground in (scheme.paper, scheme.wash, accent.wash):
                    assert contrast(accent.colour, ground) >= LEAST_CONTRAST
                for text in (scheme.ink, scheme.soft):
                    assert contrast(text, accent.wash) >= LEAST_CONTRAST
                assert contrast(accent.on, accent.colour) >= LEAST_CONTRAST
    assert taken > 20


def test_a_refusal_says_the_ratio_and_the_way_out():
    with pytest.raises(Invalid, match=r"contrast of 1\.4 to 1 .* a darker shade"):
        checked("#ffcc00", LIGHT)
    with pytest.raises(Invalid, match=r"a lighter shade"):
        checked("#0b655c", DARK)


@pytest.mark.parametrize("colour", ["#0b655c", "#1f5fbf", "#b00020", "#000000", "#5b2a86"])
def test_a_lighter_shade_of_any_colour_can_be_read_on_dark_ground(colour):
    assert checked(lightened(colour), DARK).colour


def test_the_style_sheet_holds_nothing_but_colours():
    css = stylesheet(checked("#1f5fbf", LIGHT), checked(lightened("#1f5fbf"), DARK))
    assert re.fullmatch(
        r"@layer tokens \{ :root \{ (--[a-z-]+: light-dark\(#\w{6}, #\w{6}\); ){3}\} \}\n", css
    )
