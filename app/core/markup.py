"""Markdown in, safe HTML out: the one door to the renderers and the sanitisers.

Guides are written by writers: Python-Markdown, bleach, nh3. Posts are written by strangers: markdown-it-py,
nh3. Both are rendered in a child process that can be ended, because Markdown can cost more than it is worth.

What the HTML holds, for whoever styles it:

- Code: `div.highlight[data-language] > pre[tabindex=0] > code`, coloured by Pygments' classes (`code.css`).
- Tables: `div.table-wrap[tabindex=0] > table`, so that a wide one scrolls by itself; cells have the class
  `left`, `center` or `right` where the writer said so.
- Admonitions: `div.admonition.KIND > p.admonition-title`, then blocks. KIND is note, tip, important, warning,
  caution or another name from `ADMONITIONS`; `> [!NOTE]` gives the same. `??? tip` gives `details.KIND > summary`.
- Tabs: `div.tabs > section.tab > p.tab-title`, then blocks: readable one below the other, no form controls; a
  script may turn them into tabs.
- Tasks: `li.task` or `li.task.done`, with `span.task-box` holding ☐ or ☑.
- Footnotes: `sup > a.footnote-ref`, and at the end `div.footnote > hr + ol`, with `a.footnote-backref`.
- Definitions: `dl > dt + dd`. Collapsible parts: `details > summary`. Keys: `kbd`.
- Headings: h2 to h6 with ids in guides; h3 to h6 without ids in posts. Pictures: `img[loading=lazy]`.
"""

from collections.abc import Callable

from app.core.errors import Declined, Invalid
from app.core.i18n import gettext as _
from app.core.rendering import pool
from app.core.rendering.allowed import ALLOWED_HTML, AllowedHtml
from app.core.rendering.child import Message
from app.core.rendering.outcome import Heading, Rendered

__all__ = [
    "GUIDE_LIMIT",
    "POST_LIMIT",
    "RENDERER_VERSION",
    "Heading",
    "RenderFailed",
    "Rendered",
    "allowed_html",
    "canonical_guide",
    "render_guide",
    "render_post",
]

RENDERER_VERSION = 2
"""Stored beside each rendered text. Raise it whenever the same source gives other HTML."""

GUIDE_LIMIT = 1_000_000
"""How large a guide may be, in bytes of UTF-8."""

POST_LIMIT = 30_000
"""How long a post may be, in characters."""

GUIDE_SECONDS = 20.0
"""CPU time that the largest guide may cost; smaller guides get less, but never less than a quarter."""

POST_SECONDS = 0.8
"""CPU time after which a post is shown as plain text. With starting over as plain text it stays below 1 s."""

_guides = pool.Pool(2)
# Apart from the guides, so that no preview waits behind a slow guide.
_posts = pool.Pool(1)


def rest() -> None:
    """End the processes that render and have nothing to do; new ones start when there is something."""
    _guides.close()
    _posts.close()


class RenderFailed(Declined):
    """A guide took too long or broke the renderer; the message tells its writer what to do."""


def canonical_guide(source: str, *, seconds: float = GUIDE_SECONDS) -> str:
    """Brings a guide's source to its one canonical form; what is canonical already stays as it is.

    Raises:
        Invalid: it is larger than `GUIDE_LIMIT`.
        RenderFailed: it took too long or broke the renderer.
    """
    text: str = _have_guide_done({"do": "canonical", "source": source}, seconds)["text"]
    return text


def render_guide(
    source: str, *, link: Callable[[str], str | None] | None = None, seconds: float = GUIDE_SECONDS
) -> Rendered:
    """Renders a guide; source that is not canonical is made so first.

    Args:
        source: the Markdown of the body.
        link: asked once for each address in the text (of links and of pictures); gives the address to use
            instead, or None to leave it.

    Raises:
        Invalid: it is larger than `GUIDE_LIMIT`.
        RenderFailed: it took too long or broke the renderer.
    """

    def answer(question: Message) -> Message:
        assert link is not None
        changed = {address: link(address) for address in question["addresses"]}
        return {"addresses": {address: new for address, new in changed.items() if new is not None}}

    task = {"do": "guide", "source": source, "ask": link is not None}
    return _rendered(_have_guide_done(task, seconds, answer))


def render_post(source: str) -> Rendered:
    """Renders a post. One that would cost too much is shown as the plain text it is.

    Raises:
        Invalid: it is longer than `POST_LIMIT`.
    """
    length = len(source)
    if length > POST_LIMIT:
        raise Invalid(
            _(
                "This is %(length)s characters long; a post may have %(limit)s. Please shorten it by %(over)s.",
                length=f"{length:,}",
                limit=f"{POST_LIMIT:,}",
                over=f"{length - POST_LIMIT:,}",
            )
        )
    try:
        return _rendered(_posts.run({"do": "post", "source": _whole(source)}, POST_SECONDS))
    except pool.Failed:
        from app.core.rendering.posts import as_plain_text

        return as_plain_text(_whole(source))


def allowed_html() -> AllowedHtml:
    """The allow-list that feeds bleach and nh3."""
    return ALLOWED_HTML


def _have_guide_done(
    task: Message, seconds: float, answer: Callable[[Message], Message] | None = None
) -> Message:
    task["source"] = _whole(task["source"])
    size = len(task["source"].encode())
    if size > GUIDE_LIMIT:
        raise Invalid(
            _(
                "This guide has %(size)s kB; a guide may have %(limit)s kB. Please split it into several.",
                size=f"{size / 1000:,.0f}",
                limit=f"{GUIDE_LIMIT / 1000:,.0f}",
            )
        )
    budget = seconds * max(0.25, size / GUIDE_LIMIT)
    try:
        return _guides.run(task, budget, answer)
    except pool.Failed as failure:
        if failure.slow:
            message = _(
                "This guide could not be rendered in %(seconds)s seconds. Please look for very wide tables, deeply "
                "nested lists or long runs of brackets, or split it into several guides.",
                seconds=f"{budget:.3g}",
            )
        else:
            message = _(
                "This guide could not be rendered. Please look for very deeply nested lists or quotes. (%(why)s)",
                why=str(failure),
            )
        raise RenderFailed(message) from failure


def _whole(source: str) -> str:
    """Lone halves of surrogate pairs are no text; they cannot be stored or sent."""
    return source.encode("utf-8", "replace").decode("utf-8")


def _rendered(result: Message) -> Rendered:
    return Rendered(
        html=result["html"],
        text=result["text"],
        headings=tuple(Heading(**heading) for heading in result["headings"]),
        links=tuple(result["links"]),
    )
