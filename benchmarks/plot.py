"""Lines over axes that count by factors of ten, as one SVG that reads well on light and on dark paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 44, 52
LEADING = 15
"""Least distance between the names at the ends of two lines."""

# Okabe and Ito's colours, which people tell apart who do not see all of them; the second of each for dark paper.
COLOURS = (
    ("#0072b2", "#56b4e9"),
    ("#b84a00", "#f08c3c"),
    ("#007a5a", "#2fc79b"),
    ("#a03c78", "#e39ac6"),
    ("#8a6d00", "#e6c229"),
    ("#555555", "#b5b5b5"),
)
DASHES = ("none", "7 4", "2 4")


@dataclass(frozen=True)
class Line:
    """One line of a plot.

    Attributes:
        name: stands at its end.
        points: pairs of x and y, all above zero, by rising x.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Axis:
    """Powers of ten from `low` to `high`, drawn from `start` to `end` in pixels."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def plot(title: str, x_label: str, y_label: str, lines: Sequence[Line]) -> str:
    """Draw `lines` over two logarithmic axes.

    Raises:
        ValueError: there is no point, or one that is not above zero, which such axes cannot show.
    """
    points = [point for line in lines for point in line.points]
    if not points or min(min(point) for point in points) <= 0:
        raise ValueError("A plot needs points, and logarithmic axes show only what is above zero.")
    across = _axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    lines = [line for line in lines if line.points]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<text class="title" x="{LEFT}" y="26">{escape(title)}</text>',
        *_grid(across, up, x_label, y_label),
        *(_line(number, line, across, up) for number, line in enumerate(lines)),
        *_names(lines, across, up),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    light = "".join(f".c{number}{{--c:{pair[0]}}}" for number, pair in enumerate(COLOURS))
    dark = "".join(f".c{number}{{--c:{pair[1]}}}" for number, pair in enumerate(COLOURS))
    return (
        "svg{--paper:#fff;--ink:#24292f;--faint:#d8dee4;font:13px system-ui,sans-serif}"
        f"{light}@media(prefers-color-scheme:dark){{svg{{--paper:#16191d;--ink:#e6e9ec;--faint:#3a4048}}{dark}}}"
        ".paper{fill:var(--paper)}text{fill:var(--ink)}.title{font-size:15px;font-weight:600}"
        ".grid{stroke:var(--faint)}.line{fill:none;stroke:var(--c);stroke-width:2}"
        "circle{fill:var(--c)}.name{fill:var(--c);font-weight:600}.link{stroke:var(--c);stroke-width:.7}"
    )


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return _Axis(low, max(high, low + 1), start, end)


def _grid(across: _Axis, up: _Axis, x_label: str, y_label: str) -> list[str]:
    parts = []
    for value in across.ticks():
        x = across.at(value)
        parts.append(f'<path class="grid" d="M{x:.1f} {up.start}V{up.end}"/>')
        parts.append(f'<text x="{x:.1f}" y="{up.start + 18}" text-anchor="middle">{_number(value)}</text>')
    for value in up.ticks():
        y = up.at(value)
        parts.append(f'<path class="grid" d="M{across.start} {y:.1f}H{across.end}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>')
    middle = (up.start + up.end) / 2
    parts.append(
        f'<text x="{(across.start + across.end) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_label)}</text>'
    )
    parts.append(
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>'
    )
    return parts


def _line(number: int, line: Line, across: _Axis, up: _Axis) -> str:
    places = [(across.at(x), up.at(y)) for x, y in line.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dash = DASHES[number // len(COLOURS) % len(DASHES)]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    return f'<g class="c{number % len(COLOURS)}"><path class="line" stroke-dasharray="{dash}" d="{path}"/>{dots}</g>'


def _names(lines: Sequence[Line], across: _Axis, up: _Axis) -> list[str]:
    """The name of each line beside its end, moved down where two would overlap."""
    ends = sorted((up.at(line.points[-1][1]), number) for number, line in enumerate(lines))
    lowest = up.start + LEADING
    room = [lowest - LEADING * (len(ends) - 1 - place) for place in range(len(ends))]
    parts, last = [], float("-inf")
    for (wanted, number), at_most in zip(ends, room, strict=True):
        last = min(max(wanted, last + LEADING), at_most)
        line = lines[number]
        begin, x = across.at(line.points[-1][0]) + 5, across.end + 14
        parts.append(
            f'<g class="c{number % len(COLOURS)}"><path class="link" d="M{begin:.1f} {wanted:.1f}L{x - 3} {last:.1f}"/>'
            f'<text class="name" x="{x}" y="{last + 4:.1f}">{escape(line.name)}</text></g>'
        )
    return parts


def _number(value: float) -> str:
    for least, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= least:
            return f"{value / least:g}{sign}"
    return f"{value:g}"
