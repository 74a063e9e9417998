"""The colours of code can be read, in the light and in the dark."""

import re
from pathlib import Path

import pytest
from pygments.token import Token

from app.core.highlight_css import BACKGROUNDS, COLOURS, contrast, stylesheet

FILE = Path(__file__).parents[2] / "app" / "web" / "static" / "css" / "code.css"


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1


def test_every_colour_stands_out_on_every_background() -> None:
    for _kinds, light, dark, _more in COLOURS:
        for theme, colour in (("light", light), ("dark", dark)):
            for background in BACKGROUNDS[theme] if colour else ():
                assert contrast(colour, background) >= 4.5, (theme, colour, background)


def test_the_file_is_what_the_command_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == stylesheet()


def test_the_file_is_small_and_in_its_layer() -> None:
    css = stylesheet()
    assert len(css.encode()) < 4_000
    assert css.count("{") == css.count("}")
    assert "@layer prose {" in css
    assert not re.search(r"!important|url\(|@import", css)


def test_the_common_kinds_of_words_have_colours() -> None:
    coloured = {kind for kinds, light, _dark, _more in COLOURS if light for kind in kinds}
    for kind in (
        Token.Comment,
        Token.Keyword,
        Token.Literal.String,
        Token.Literal.Number,
        Token.Name.Function,
    ):
        assert kind in coloured
