"""Figures become a picture: lines over logarithmic axes."""

import itertools
import re
from xml.etree import ElementTree

import pytest

from benchmarks.plot import Line, plot

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*lines: Line) -> ElementTree.Element:
    return ElementTree.fromstring(plot("Pages & search", "posts", "ms", lines))  # noqa: S314 - our own


def test_each_factor_of_ten_is_equally_far():
    picture = drawn(Line("a page", [(1_000, 1), (10_000, 1), (100_000, 10)]))
    places = [float(dot.get("cx", "")) for dot in picture.iter(f"{SVG}circle")]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.2)


def test_names_of_lines_that_end_together_do_not_overlap_and_stay_within():
    picture = drawn(*(Line(f"line {number}", [(1, 1), (10, 1)]) for number in range(8)))
    names = [each for each in picture.iter(f"{SVG}text") if each.get("class") == "name"]
    heights = sorted(float(each.get("y", "")) for each in names)
    assert len(heights) == 8
    assert all(below - above >= 14 for above, below in itertools.pairwise(heights))
    assert heights[-1] < float(re.split(" ", picture.get("viewBox", ""))[3])


def test_what_such_axes_cannot_show_is_said():
    with pytest.raises(ValueError, match="above zero"):
        drawn(Line("nothing", [(1, 0)]))
