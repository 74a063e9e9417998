"""What members want to know about the site, in their words; and how to give a text its form, with examples."""

from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, render_template

from app.core.i18n import gettext as _
from app.core.markup import RENDERER_VERSION, render_post
from app.core.rendering.outcome import Heading
from app.web.head import head

bp = Blueprint("help", __name__)


@dataclass(frozen=True)
class Example:
    """A way to write something: what it is for, what one types, and what becomes of it."""

    title: str
    source: str
    html: str


@bp.get("/help")
def overview() -> str:
    headings = (
        Heading(2, "find", _("Finding a fix")),
        Heading(2, "ask", _("Asking so that people can answer")),
        Heading(2, "answer", _("Answering")),
        Heading(2, "solved", _("When it is solved")),
        Heading(2, "points", _("Reputation and what it opens")),
        Heading(2, "better", _("Making things better together")),
        Heading(2, "hear", _("Hearing of news")),
        Heading(2, "order", _("When something is not right")),
        Heading(2, "account", _("Your account and your data")),
        Heading(2, "writers", _("For support writers")),
    )
    return render_template("web/help.html", headings=headings, head=head("/help"))


@bp.get("/help/formatting")
def formatting() -> str:
    return render_template("web/formatting.html", examples=_examples(), head=head("/help/formatting"))


def _examples() -> tuple[Example, ...]:
    written = (
        (_("Paragraphs and line breaks"), _("One line.\nThe next line.\n\nA new paragraph.")),
        (_("Emphasis"), _("**Important**, *stressed*, ~~no longer true~~")),
        (_("Steps in order"), _("1. Switch it off.\n2. Wait ten seconds.\n3. Switch it on.")),
        (_("A list"), _("- the lamp\n- the hub\n  - its cable")),
        (_("An error message or a setting, word for word"), _("It says `E-104` after a minute.")),
        (_("A longer log or code"), "```text\n12:04 pairing started\n12:05 E-104 timed out\n```"),
        (_("Somebody's words"), _("> Does it blink red?\n\nYes, twice.")),
        (_("A link"), _("See [the guide for pairing](/articles).")),
        (_("A table"), _("| Model | Works |\n| --- | --- |\n| Lamp 1 | no |\n| Lamp 2 | yes |")),
        (_("A heading in a long answer"), _("# If the light stays red\n\nReset the hub.")),
        (_("Keys and signs that mean something here"), _("Write \\*stars\\* with a backslash before them.")),
    )
    return tuple(Example(title, source, _rendered(source, RENDERER_VERSION)) for title, source in written)


@lru_cache(maxsize=256)
def _rendered(source: str, _version: int) -> str:
    return render_post(source).html
