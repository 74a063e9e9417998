"""Posts, written by strangers: CommonMark with tables, strikethrough, bare links and kept line breaks."""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.core.rendering.alerts import ALERT, TITLES
from app.core.rendering.bare_links import WITHOUT_SCHEME, bare_link, trimmed
from app.core.rendering.canonical import TooDeep, refuse_the_too_deep
from app.core.rendering.code import code_block
from app.core.rendering.dialects import without_pictures_in_the_text
from app.core.rendering.outcome import Rendered
from app.core.rendering.reading import read
from app.core.rendering.sanitiser import clean, is_external, picture_size

# Deeper than anybody writes; every level makes every rule slower.
DEEPEST_NESTING = 60
DEEPEST_BRACKETS = 12
MOST_CELLS = 10_000


def render(source: str) -> Rendered:
    """Post in, safe HTML out. Raw HTML is shown as text."""
    try:
        html = _MARKDOWN.render(without_pictures_in_the_text(source))
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
        """Pictures that people added here are shown. Others become links: showing them would tell a stranger who reads."""
        token = tokens[idx]
        src = str(token.attrs.get("src", ""))
        alt = self.renderInlineAsText(token.children, options, env)
        size = picture_size(src)
        if size is not None:
            width, height = size
            return f'<img src="{src}" alt="{escape(alt)}" width="{width}" height="{height}" loading="lazy">'
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


def _link_addresses(state: StateCore) -> None:
    """Addresses without markup become links, except inside links."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        parts: list[Token] = []
        within_link = False
        for part in token.children or ():
            if part.type in ("link_open", "link_close"):
                within_link = part.type == "link_open"
            if part.type == "bare_link":
                parts += _link(part.content, state.md.normalizeLink(part.content))
            elif part.type == "text" and not within_link:
                parts += _linked(part, state.md.normalizeLink)
            else:
                parts.append(part)
        token.children = parts


def _linked(text: Token, normalized: Callable[[str], str]) -> Iterator[Token]:
    read = 0
    for match in WITHOUT_SCHEME.finditer(text.content):
        written = trimmed(match["web"]) if match["web"] else match["mail"]
        if match["web"] and written.count(".") < 2:
            continue
        yield Token("text", "", 0, content=text.content[read : match.start()])
        yield from _link(written, normalized(f"{'http://' if match['web'] else 'mailto:'}{written}"))
        read = match.start() + len(written)
    text.content = text.content[read:]
    yield text


def _link(text: str, address: str) -> Iterator[Token]:
    yield Token("link_open", "a", 1, attrs={"href": address})
    yield Token("text", "", 0, content=text)
    yield Token("link_close", "a", -1)


_DELIMITER_ROW = re.compile(r"[ \t]*[|:-][|: \t-]*")


def _table_of_a_size(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table whose cells, with those that short rows leave out, stay below `MOST_CELLS` in the whole post."""
    if start + 1 >= end or start < state.env.get("no_table_before", 0):
        return False
    columns = _DELIMITER_ROW.match(state.src, state.bMarks[start + 1], state.eMarks[start + 1])
    if not columns or columns.end() != state.eMarks[start + 1]:
        return False
    last = start
    while last < end and not state.isEmpty(last):
        last += 1
    cells = (columns.group().count("|") + 1) * (last - start)
    if state.env.get("cells", 0) + cells > MOST_CELLS:
        state.env["no_table_before"] = last
        return False
    if not table(state, start, end, silent):
        return False
    if not silent:
        state.env["cells"] = state.env.get("cells", 0) + cells
    return True


def _fewer_brackets(state: StateCore) -> None:
    # Each bracket may begin a link, and reading what is in it means reading all brackets in it.
    state.md.options["maxNesting"] = DEEPEST_BRACKETS


def _more_blocks(state: StateCore) -> None:
    state.md.options["maxNesting"] = DEEPEST_NESTING


def _build() -> MarkdownIt:
    markdown = MarkdownIt(
        "commonmark",
        {"html": False, "breaks": True, "maxNesting": DEEPEST_NESTING},
        renderer_cls=_PostRenderer,
    )
    markdown.enable(["table", "strikethrough"])
    markdown.core.ruler.after("block", "refuse_the_too_deep", refuse_the_too_deep)
    markdown.block.ruler.at("table", _table_of_a_size, {"alt": ["paragraph", "reference"]})
    markdown.inline.ruler.push("bare_link", bare_link)
    markdown.core.ruler.before("normalize", "more_blocks", _more_blocks)
    markdown.core.ruler.before("inline", "fewer_brackets", _fewer_brackets)
    markdown.core.ruler.before("inline", "make_alerts", _make_alerts)
    markdown.core.ruler.push("link_addresses", _link_addresses)
    markdown.core.ruler.push("tidy", _tidy)
    return markdown


_MARKDOWN = _build()
