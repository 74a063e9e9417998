"""Writes `code.css`, the colours of code: `python -m app.core.highlight_css > app/web/static/css/code.css`."""

import sys
from collections.abc import Iterator

from pygments.token import STANDARD_TYPES, Token, _TokenType

BACKGROUNDS = {"light": ("#f4f6f8", "#f4f7f6", "#ffffff"), "dark": ("#1a2229", "#192126", "#11171b")}
"""What code may stand on; every colour has a contrast of at least 4.5 to 1 on each of these."""

COLOURS: tuple[tuple[tuple[_TokenType, ...], str, str, str], ...] = (
    ((Token.Comment, Token.Generic.Output), "#56636f", "#97a5b0", "font-style: italic"),
    ((Token.Keyword, Token.Operator.Word, Token.Name.Tag), "#7a2f9e", "#cfa3ee", ""),
    ((Token.Literal.String, Token.Literal.Date), "#1b6638", "#8ccf9b", ""),
    ((Token.Literal.Number, Token.Keyword.Constant, Token.Literal.String.Escape), "#8f4a00", "#e8b06b", ""),
    ((Token.Name.Function, Token.Name.Class, Token.Name.Namespace, Token.Name.Decorator), "#0a56a8", "#86bdf2", ""),
    ((Token.Name.Builtin, Token.Name.Exception, Token.Keyword.Type), "#0a6260", "#6fcbc6", ""),
    ((Token.Name.Attribute, Token.Name.Variable, Token.Name.Constant, Token.Name.Label), "#8a3457", "#eda2bf", ""),
    ((Token.Comment.Preproc, Token.Generic.Prompt, Token.Generic.Subheading), "#66540f", "#d3bf72", "font-style: normal"),
    ((Token.Generic.Inserted,), "#1b6638", "#8ccf9b", ""),
    ((Token.Generic.Deleted, Token.Generic.Error, Token.Generic.Traceback, Token.Error), "#a3291f", "#ff9f95", ""),
    ((Token.Generic.Heading, Token.Generic.Strong), "", "", "font-weight: 650"),
    ((Token.Generic.Emph,), "", "", "font-style: italic"),
)  # fmt: skip
"""Kinds of words in code, their colour in the light and in the dark, and what else marks them. Later rows win."""


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart, from 1 to 21: the contrast ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def stylesheet() -> str:
    """The whole of `code.css`."""
    return "\n".join(
        ("/* Written by app/core/highlight_css.py; change it there. */", "@layer prose {", *_rules(), "}\n")
    )


def _rules() -> Iterator[str]:
    for kinds, light, dark, more in COLOURS:
        classes = ", ".join(
            f".{name}"
            for kind, name in STANDARD_TYPES.items()
            if name and any(_is_a(kind, group) for group in kinds)
        )
        colour = f"color: light-dark({light}, {dark})" if light else ""
        yield f"  .highlight :is({classes}) {{ {'; '.join(filter(None, (colour, more)))}; }}"


def _is_a(kind: _TokenType, group: _TokenType) -> bool:
    # Token types are tuples of names, from the general to the special.
    return tuple(kind)[: len(group)] == tuple(group)


if __name__ == "__main__":
    sys.stdout.write(stylesheet())
