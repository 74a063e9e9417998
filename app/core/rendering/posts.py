"""Posts, written by strangers: CommonMark with tables, strikethrough, bare links and kept line breaks."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.core.rendering.alerts import ALERT, TITLES
from app.core.rendering.canonical import TooDeep, refuse_the_too_deep
from app.core.rendering.code import code_block
from app.core.rendering.outcome import Rendered
from app.core.rendering.reading import read
from app.core.rendering.sanitiser import clean, is_external

# Deeper than anybody writes; every level makes every rule slower.
DEEPEST_NESTING = 60


def render(source: str) -> Rendered:
    """Post in, safe HTML out. Raw HTML is shown as text."""
    try:
        html = _MARKDOWN.render(source)
    except (TooDeep, RecursionError):
        return as_plain_text(source)
    return read(clean(html, ids=False))


def as_plain_text(source: str) -> Rendered:
    """What a post looks like that cannot be rendered in its time: its own words, nothing else."""
    paragraphs = re.split(r"\n\s*\n", source.replace("\r\n", "\n"))
    html = "\n".join(
        f"<p>{'<br>'.join(map(escape, part.strip().splitlines()))}</p>" for part in paragraphs if part.strip()
    )
    return read(clean(html, ids=False))


class _PostRenderer(RendererHTML):
    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return code_block(tokens[idx].content, tokens[idx].info)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return code_block(tokens[idx].content)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table-wrap" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Pictures of this site are shown. Others become links: showing them would tell a stranger who reads."""
        token = tokens[idx]
        src = str(token.attrs.get("src", ""))
        alt = self.renderInlineAsText(token.children, options, env)
        if not is_external(src):
            return f'<img src="{escape(src)}" alt="{escape(alt)}" loading="lazy">'
        if token.meta.get("within_link"):
            return escape(alt or src)
        return f'<a href="{escape(src)}" rel="{_REL}">{escape(alt or src)}</a>'


_REL = "nofollow ugc noopener"


def _tidy(state: StateCore) -> None:
    """Headings below those of the page, alignment as a class, `rel` on links that leave the site."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrs["class"] = style.removeprefix("text-align:")
        within_link = False
        for part in token.children or ():
            if part.type == "link_open" and is_external(str(part.attrs.get("href", ""))):
                part.attrs["rel"] = _REL
            if part.type in ("link_open", "link_close"):
                within_link = part.type == "link_open"
            elif part.type == "image":
                part.meta["within_link"] = within_link


def _make_alerts(state: StateCore) -> None:
    """`> [!NOTE]` and the quote it opens become what `!!! note` gives in a guide."""
    tokens: list[Token] = []
    open_quotes: list[str] = []
    waiting = iter(range(len(state.tokens)))
    for index in waiting:
        token = state.tokens[index]
        tokens.append(token)
        if token.type == "blockquote_close":
            token.tag = open_quotes.pop()
        if token.type != "blockquote_open":
            continue
        open_quotes.append("blockquote")
        words = state.tokens[index + 2] if state.tokens[index + 1].type == "paragraph_open" else None
        alert = ALERT.match(words.content) if words else None
        if not words or not alert:
            continue
        kind = alert["kind"].lower()
        open_quotes[-1] = token.tag = "div"
        token.attrs = {"class": f"admonition {kind}"}
        tokens.append(Token("html_block", "", 0, content=_ALERT_TITLE.format(TITLES[kind])))
        words.content = words.content[alert.end() :]
        if not words.content:
            for _paragraph in range(3):
                next(waiting)
    state.tokens = tokens


_ALERT_TITLE = '<p class="admonition-title">{}</p>\n'


_WWW = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d{1,5})?(?:[/?#][^\s<>\"|]*)?")


def _www(linkify: LinkifyIt, text: str, position: int) -> int:
    match = _WWW.match(text, position)
    if not match:
        return 0
    end = match.group().rstrip(".,;:!?'*_~")
    while end.endswith(")") and end.count("(") < end.count(")"):
        end = end[:-1].rstrip(".,;:!?'*_~")
    return len(end)


def _with_scheme(linkify: LinkifyIt, match: Any) -> None:
    match.url = f"http://{match.url}"


def _build() -> MarkdownIt:
    markdown = MarkdownIt(
        "commonmark",
        {"html": False, "linkify": True, "breaks": True, "maxNesting": DEEPEST_NESTING},
        renderer_cls=_PostRenderer,
    )
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.core.ruler.after("block", "refuse_the_too_deep", refuse_the_too_deep)
    markdown.core.ruler.before("inline", "make_alerts", _make_alerts)
    markdown.core.ruler.push("tidy", _tidy)
    assert markdown.linkify is not None
    # Without its scheme only what begins with "www." is a link: "setup.py" and "ASP.NET" are none.
    markdown.linkify.set({"fuzzy_link": False})
    markdown.linkify.add("www.", {"validate": _www, "normalize": _with_scheme})
    return markdown


_MARKDOWN = _build()
