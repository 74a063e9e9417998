"""Posts, written by strangers: CommonMark with tables, strikethrough, bare links and kept line breaks."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.core.rendering.alerts import ALERT, TITLES
from app.core.rendering.code import code_block
from app.core.rendering.outcome import Rendered
from app.core.rendering.reading import read
from app.core.rendering.sanitiser import clean, is_external

# Deeper than anybody writes; every level makes every rule slower.
DEEPEST_NESTING = 60


def render(source: str) -> Rendered:
    """Post in, safe HTML out. Raw HTML is shown as text."""
    return read(clean(_MARKDOWN.render(source), ids=False))


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
        if env.get("within_link"):
            return escape(alt or src)
        return f'<a href="{escape(src)}" rel="{_REL}">{escape(alt or src)}</a>'


_REL = "nofollow ugc noopener"


def _tidy_blocks(state: StateCore) -> None:
    """Headings below those of the page, alignment as a class, GitHub's alerts as admonitions."""
    for index, token in enumerate(state.tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrs["class"] = style.removeprefix("text-align:")
        elif token.type == "blockquote_open":
            _make_alert(state.tokens, index)
        if token.children:
            _tidy_words(token.children)


def _tidy_words(tokens: list[Token]) -> None:
    for token in tokens:
        if token.type == "link_open" and is_external(str(token.attrs.get("href", ""))):
            token.attrs["rel"] = _REL


def _make_alert(tokens: list[Token], start: int) -> None:
    """`> [!NOTE]` and the quote it opens become what `!!! note` gives in a guide."""
    if start + 2 >= len(tokens) or tokens[start + 1].type != "paragraph_open":
        return
    words = tokens[start + 2]
    alert = ALERT.match(words.content)
    if not alert:
        return
    kind = alert["kind"].lower()
    tokens[start].tag, tokens[start].attrs = "div", {"class": f"admonition {kind}"}
    for token in tokens[start:]:
        if token.type == "blockquote_close" and token.level == tokens[start].level:
            token.tag = "div"
            break
    title = Token("html_block", "", 0, content=f'<p class="admonition-title">{TITLES[kind]}</p>\n')
    children = words.children or []
    after = next((i for i, child in enumerate(children) if child.type in ("softbreak", "hardbreak")), None)
    if after is None:
        words.children = []
        tokens[start + 1].hidden = tokens[start + 3].hidden = True
        tokens[start + 1].type = tokens[start + 3].type = "nothing"
    else:
        words.children = children[after + 1 :]
    tokens[start + 1].meta["before"] = title


def _build() -> MarkdownIt:
    markdown = MarkdownIt(
        "commonmark",
        {"html": False, "linkify": True, "breaks": True, "maxNesting": DEEPEST_NESTING},
        renderer_cls=_PostRenderer,
    )
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.core.ruler.push("tidy_blocks", _tidy_blocks)
    return markdown


_MARKDOWN = _build()
