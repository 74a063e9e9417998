"""One written form for every guide, which CommonMark and Python-Markdown read alike.

markdown-it reads the source as CommonMark with the blocks that MkDocs adds; mdformat's machinery writes it
again. The rules of writing are our own where MkDocs' plugin writes what Python-Markdown reads otherwise.
"""

import re
from collections.abc import Mapping

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.html_block import HTML_SEQUENCES
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from mdformat.renderer import MDRenderer, RenderContext, RenderTreeNode
from mdformat.renderer.typing import Render
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from app.core.rendering.alerts import ALERT
from app.core.rendering.bare_links import bare_link
from app.core.rendering.dialects import translate

INDENT = 4
# Deeper than anybody writes, shallower than Python's stack.
DEEPEST_NESTING = 120


class TooDeep(Exception):
    """Lists and quotes stand in each other so deep that the parser would leave out what is inside."""


def refuse_the_too_deep(state: StateCore) -> None:
    """A rule for markdown-it, which silently drops what is deeper than its `maxNesting`."""
    deepest = state.md.options["maxNesting"]
    if any(token.level >= deepest - 1 for token in state.tokens):
        raise TooDeep(f"lists and quotes may stand in each other {deepest // 2} deep")


def canonical(source: str) -> str:
    """The canonical form; canonical source comes out as it went in.

    Raises:
        TooDeep: it is nested deeper than anybody can read.
    """
    return str(_MARKDOWN.render(translate(source)))


# --- reading ---------------------------------------------------------------------------------------------------

INDENTED_BLOCK = re.compile(
    r'(?P<admonition>(?:!!!|\?\?\?\+?) ?[\w-]+(?: +[\w-]+)*(?: +"[^\n]*?")?)[ \t]*\Z'
    r'|(?P<tab>===(?:\+|\+!|!\+|!)? +"[^\n]*?")[ \t]*\Z'
)
"""The first line of an admonition, a collapsible one or a tab, as Python-Markdown's extensions know them."""


def _indented_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`!!! note`, `??? note` and `=== "Tab"`: a line, and everything below it that is indented by four."""
    if state.is_code_block(start):
        return False
    first = state.bMarks[start] + state.tShift[start]
    if state.src[first : first + 3] not in ("!!!", "???", "==="):
        return False
    head = INDENTED_BLOCK.match(state.src[first : state.eMarks[start]])
    if not head:
        return False
    if silent:
        return True
    inner = state.blkIndent + INDENT
    last = start + 1
    while last < end and (state.isEmpty(last) or state.sCount[last] >= inner):
        last += 1
    while last > start + 1 and state.isEmpty(last - 1):
        last -= 1
    token = state.push("indented_block_open", "div", 1)
    token.info = head.group().strip()
    token.map = [start, last]
    token.block = True
    old_max, old_indent, old_parent = state.lineMax, state.blkIndent, state.parentType
    state.lineMax, state.blkIndent, state.parentType = last, inner, "indented_block"
    state.md.block.tokenize(state, start + 1, last)
    state.lineMax, state.blkIndent, state.parentType = old_max, old_indent, old_parent
    state.push("indented_block_close", "div", -1)
    state.line = last
    return True


ATTRIBUTES = re.compile(
    r"""\{:?[ ]*(?:[.#][\w:.-]+|[\w-]+=(?:"[^"\n}]*"|'[^'\n}]*'|[^\s}"']+))"""
    r"""(?:[ ]+(?:[.#][\w:.-]+|[\w-]+=(?:"[^"\n}]*"|'[^'\n}]*'|[^\s}"']+)))*[ ]*\}"""
)
"""An attribute list as writers mean it: braces around other words, as in `Error {0}`, are words."""


def _attribute_list(state: StateInline, silent: bool) -> bool:
    """`{#anchor}`, `{.class}`, `{: width="300" }`: kept letter by letter."""
    if state.src[state.pos] != "{":
        return False
    match = ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        token = state.push("attribute_list", "", 0)
        token.content = match.group()
    state.pos = match.end()
    return True


# --- writing ---------------------------------------------------------------------------------------------------


def _text(node: RenderTreeNode, context: RenderContext) -> str:
    text = re.sub(r"[ \t]+", " ", node.content)
    kept = ""
    if _opens_a_block(node, "list_item") and (task := re.match(r"\[[ xX]\] ", text)):
        kept, text = task.group(), text[task.end() :]
    elif _opens_a_block(node, "blockquote") and (alert := ALERT.match(text)):
        kept, text = alert.group(), text[alert.end() :]
    return kept + _escaped(text, node)


_SPECIAL = re.compile(r"[\\*_\[\]<`&~{!]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[0-9a-zA-Z]+);")


def _escaped(text: str, node: RenderTreeNode) -> str:
    """Words that mean themselves, with a backslash before each letter that could mean something else."""

    # A bracket that is escaped alone would leave its partner to find another.
    # At the edge of a paragraph stands nothing, at the edge of emphasis its marks.
    edge = " " if node.parent is not None and node.parent.type == "inline" else "*"
    all_brackets = _within(node, "link") or bool(_LINK_LIKE.search(text))

    goes_on = node.next_sibling is not None and node.next_sibling.type not in ("softbreak", "hardbreak")

    def escape(match: re.Match[str]) -> str:
        letter, at = match.group(), match.start()
        before = text[at - 1] if at else (edge if node.previous_sibling is None else "x")
        after = text[at + 1] if at + 1 < len(text) else (edge if node.next_sibling is None else "*")
        plain = letter
        match letter:
            case "\\":
                special = after in _PUNCTUATION or at + 1 == len(text)
            case "*":
                special = not (before.isspace() and after.isspace())
            case "_":
                inside_a_word = before.isalnum() and after.isalnum() and 0 < at < len(text) - 1
                special = not inside_a_word and not (before.isspace() and after.isspace())
            case "[":
                special = all_brackets or after == "^" or (at + 1 == len(text) and goes_on)
            case "]":
                special = all_brackets or (at + 1 == len(text) and goes_on)
            case "<":
                special = after in "/!?" or after.isalpha() or at + 1 == len(text)
            case "&":
                special, letter = bool(_REFERENCE.match(text, at)), "&amp;"
                return letter if special else plain
            case "~":
                special = before == "~" or after == "~"
            case "{":
                special = bool(ATTRIBUTES.match(text, at))
            case "!":
                special = at + 1 == len(text) and goes_on
            case _:
                special = True
        return f"\\{letter}" if special else letter

    escaped = _SPECIAL.sub(escape, text)
    # What was escaped so as not to be a link stays so.
    return escaped if _within(node, "link") else _ADDRESS.sub(r"\g<0>\\", escaped)


_ADDRESS = re.compile(r"\bhttps?(?=://)", re.IGNORECASE)
_LINK_LIKE = re.compile(r"\][(\[:{]")


def _within(node: RenderTreeNode, kind: str) -> bool:
    while node.parent is not None:
        node = node.parent
        if node.type == kind:
            return True
    return False


def _opens_a_block(node: RenderTreeNode, kind: str) -> bool:
    inline = node.parent
    if node.previous_sibling is not None or inline is None or inline.type != "inline":
        return False
    paragraph = inline.parent
    return (
        paragraph is not None
        and paragraph.type == "paragraph"
        and paragraph.previous_sibling is None
        and paragraph.parent is not None
        and paragraph.parent.type == kind
    )


_LINE_STARTS = re.compile(
    r"#{1,6}(?=[ \t]|$)|>|[-*+](?=[ \t]|$)|[:~](?=[ \t])|={1,}(?=[ \t]*$)|-+(?=[ \t]*$)|!!!|\?\?\?|==="
)
_NUMBER_START = re.compile(r"(\d{1,9})([.)])(?=[ \t]|$)")
_RULE = re.compile(r"(?:(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|(?:\*[ \t]*){3,})\Z")
_DELIMITER_ROW = re.compile(r"[ \t]*[|:-][ \t|:-]*\Z")


def _paragraph(node: RenderTreeNode, context: RenderContext) -> str:
    lines = [line.strip(" \t") for line in node.children[0].render(context).split("\n")]
    for number, line in enumerate(lines):
        if _LINE_STARTS.match(line) or _RULE.match(line) or _DELIMITER_ROW.match(line):
            lines[number] = f"\\{line}"
        elif ordered := _NUMBER_START.match(line):
            lines[number] = f"{ordered[1]}\\{line[ordered.end(1) :]}"
        elif number and any(opening.search(line) for opening, _, interrupts in HTML_SEQUENCES if interrupts):
            # Indented like this it goes on with the paragraph instead of beginning a block of HTML.
            lines[number] = f"    {line}"
    return _edge_spaces_kept("\n".join(lines))


def _edge_spaces_kept(text: str) -> str:
    """Unusual spaces, such as no-break spaces, at either end of a paragraph survive only as references."""
    if text[:1].isspace():
        text = f"&#{ord(text[0])};{text[1:]}"
    if text[-1:].isspace():
        text = f"{text[:-1]}&#{ord(text[-1])};"
    return text


def _heading(node: RenderTreeNode, context: RenderContext) -> str:
    text = (
        "".join(child.render(context) for child in node.children).replace("\\\n", "<br> ").replace("\n", " ")
    )
    if text.endswith("#"):
        text = f"{text[:-1]}\\#"
    return f"{'#' * int(node.tag[1])} {text}".rstrip()


def _blocks(node: RenderTreeNode, context: RenderContext) -> str:
    return "\n\n".join(text for child in node.children if (text := child.render(context)))


def _blockquote(node: RenderTreeNode, context: RenderContext) -> str:
    lines = _blocks(node, context).split("\n")
    return "\n".join(f"> {line}" if line else ">" for line in lines)


def _indented(text: str, width: int = INDENT) -> str:
    return "\n".join(f"{' ' * width}{line}" if line else "" for line in text.split("\n"))


def _indented_block_text(node: RenderTreeNode, context: RenderContext) -> str:
    body = _blocks(node, context)
    return f"{node.info}\n\n{_indented(body)}" if body else node.info


def _list(node: RenderTreeNode, context: RenderContext) -> str:
    simple = all(_is_simple(item) for item in node.children)
    tight = simple and not any(
        part.type == "paragraph" and not part.hidden for child in node.children for part in child.children
    )
    first = int(node.attrs.get("start", 1))
    second_style = _lists_before(node) % 2
    items = []
    for number, item in enumerate(node.children, first):
        if node.type == "bullet_list":
            marker = "*" if second_style else "-"
        else:
            marker = f"{min(number, 999_999_999)}{')' if second_style else '.'}"
        items.append(_item(item, marker, tight, context))
    return ("\n" if tight else "\n\n").join(items)


def _is_simple(item: RenderTreeNode) -> bool:
    """Words and lists only, so that no blank line is needed between them.

    A list that begins with a bare marker needs one: below words its hyphen would make them a heading.
    """
    return all(
        (place == 0 and part.type == "paragraph")
        or (part.type in _LISTS and (place == 0 or _begins_with_words(part)))
        for place, part in enumerate(item.children)
    )


def _begins_with_words(node: RenderTreeNode) -> bool:
    first = node.children[0]
    return bool(first.children) and first.children[0].type == "paragraph"


_LISTS = frozenset({"bullet_list", "ordered_list"})


def _lists_before(node: RenderTreeNode) -> int:
    """How many lists of the same kind stand right before this one; a change of markers keeps them apart."""
    count = 0
    before = node.previous_sibling
    while before is not None and before.type == node.type:
        count += 1
        before = before.previous_sibling
    return count


def _item(node: RenderTreeNode, marker: str, tight: bool, context: RenderContext) -> str:
    texts = [text for child in node.children if (text := child.render(context))]
    if not texts:
        return marker
    body = _indented(("\n" if tight else "\n\n").join(texts), max(INDENT, len(marker) + 1))
    if node.children[0].type == "paragraph":
        return f"{marker} {body.lstrip(' ')}"
    # Anything else begins on a line of its own, where Python-Markdown sees what it is.
    return f"{marker}\n{body}"


_LANGUAGE = re.compile(r"[\w#.+-]+")
_FENCE_OPTIONS = re.compile(r"(?:[ ]*[a-z_]+=\"[^\"`]*\")+[ ]*")


def _code(node: RenderTreeNode, context: RenderContext) -> str:
    language = _LANGUAGE.match(node.info.strip())
    head = language.group() if language else ""
    if language and _FENCE_OPTIONS.fullmatch(rest := node.info.strip()[language.end() :]):
        head = f"{head} {rest.strip()}"
    longest = max((len(run) for run in re.findall(r"`+", node.content)), default=0)
    mark = "`" * max(3, longest + 1)
    code = node.content if not node.content or node.content.endswith("\n") else f"{node.content}\n"
    return f"{mark}{head}\n{code}{mark}"


def _html_block(node: RenderTreeNode, context: RenderContext) -> str:
    content = node.content.strip("\n")
    margin = len(content) - len(content.lstrip(" "))
    return "\n".join(re.sub(rf"\A {{0,{margin}}}", "", line) for line in content.split("\n"))


def _html_inline(node: RenderTreeNode, context: RenderContext) -> str:
    return re.sub(r"[ \t]*\n[ \t]*", " ", node.content)


def _autolink(node: RenderTreeNode, address: str) -> str:
    if address.startswith("mailto:") and not node.children[0].content.startswith("mailto:"):
        return f"<{address.removeprefix('mailto:')}>"
    if address.lower().startswith(("http://", "https://")) and " " not in address:
        return f"<{address}>"
    # Python-Markdown knows no other schemes, and no page may link to them either.
    return _escaped(node.children[0].content, node)


def _link(node: RenderTreeNode, context: RenderContext) -> str:
    address = str(node.attrs["href"])
    if node.info == "auto":
        return _autolink(node, address)
    text = "".join(child.render(context) for child in node.children)
    return f"[{text}]({_destination(address, node)})"


def _image(node: RenderTreeNode, context: RenderContext) -> str:
    alt = re.sub(r"([\\`*_\[\]<{])", r"\\\1", _words(node)).replace("\n", " ")
    return f"![{alt}]({_destination(str(node.attrs['src']), node)})"


def _words(node: RenderTreeNode) -> str:
    if node.type in ("text", "code_inline"):
        return node.content
    if node.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(map(_words, node.children))


def _destination(address: str, node: RenderTreeNode) -> str:
    address = re.sub(r"\\(?=[!-/:-@\[-`{-~])", r"\\\\", address)
    if not address or any(letter in address for letter in " ()<>*_\\`"):
        address = f"<{re.sub('([<>])', _ESCAPED, address)}>"
    title = str(node.attrs.get("title", ""))
    if not title:
        return address
    title = re.sub(r"\s+", " ", title).replace("&", "&amp;").replace('"', "&quot;").replace("\\", "&#92;")
    return f'{address} "{title}"'


_ESCAPED = r"\\\1"


def _bare_link_text(node: RenderTreeNode, context: RenderContext) -> str:
    # Left alone where it can be, so that the source stays as it was typed.
    return f"<{node.content}>" if _READ_AS_MARKUP.search(node.content) else node.content


_READ_AS_MARKUP = re.compile(r"[*_~`\\\[\]{}]|&\w+;")


def _code_inline(node: RenderTreeNode, context: RenderContext) -> str:
    code = node.content
    mark = "`" * (max((len(run) for run in re.findall(r"`+", code)), default=0) + 1)
    # A single backtick at an edge, or spaces at both, need a space of their own that is taken away in reading.
    spaced = code[:1] == "`" or code[-1:] == "`" or (code[:1] == code[-1:] == " " and bool(code.strip()))
    return f"{mark} {code} {mark}" if spaced else f"{mark}{code}{mark}"


def _marked(mark: str) -> Render:
    def render(node: RenderTreeNode, context: RenderContext) -> str:
        return f"{mark}{''.join(child.render(context) for child in node.children)}{mark}"

    return render


def _emphasised(node: RenderTreeNode, context: RenderContext) -> str:
    return _marked(node.markup)(node, context)


def _table(node: RenderTreeNode, context: RenderContext) -> str:
    rows = [part for part in node.walk() if part.type == "tr"]
    lines = [f"| {' | '.join(cell.render(context) for cell in row.children)} |" for row in rows]
    lines.insert(
        1, f"| {' | '.join(_DASHES[str(cell.attrs.get('style', ''))] for cell in rows[0].children)} |"
    )
    return "\n".join(lines)


_DASHES = {"": "---", "text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}


def _cell(node: RenderTreeNode, context: RenderContext) -> str:
    return node.children[0].render(context).replace("|", "\\|").replace("\n", " ")


def _definitions(node: RenderTreeNode, context: RenderContext) -> str:
    """Each term on a line, each definition below it behind `:   `."""
    written = ""
    for part in node.children:
        text = part.render(context)
        if part.type == "dt":
            before = part.previous_sibling
            written += ("" if before is None else "\n" if before.type == "dt" else "\n\n") + text
        else:
            loose = any(child.type == "paragraph" and not child.hidden for child in part.children)
            written += ("\n\n" if loose else "\n") + f":   {_indented(text).lstrip(' ')}"
    return written


def _footnote(node: RenderTreeNode, context: RenderContext) -> str:
    body = _blocks(node, context)
    label = node.meta["label"]
    if node.children and node.children[0].type == "paragraph":
        return f"[^{label}]: {_indented(body).lstrip(' ')}"
    return f"[^{label}]:\n{_indented(body)}"


class _Writer:
    """How each kind of node is written."""

    RENDERERS: Mapping[str, Render] = {
        "root": _blocks,
        "inline": lambda node, context: "".join(child.render(context) for child in node.children),
        "text": _text,
        "text_special": _text,
        "paragraph": _paragraph,
        "heading": _heading,
        "blockquote": _blockquote,
        "indented_block": _indented_block_text,
        "bullet_list": _list,
        "ordered_list": _list,
        "fence": _code,
        "code_block": _code,
        "html_block": _html_block,
        "html_inline": _html_inline,
        "hr": lambda node, context: "---",
        "link": _link,
        "image": _image,
        "bare_link": _bare_link_text,
        "code_inline": _code_inline,
        "em": _emphasised,
        "strong": _emphasised,
        "s": _marked("~~"),
        "hardbreak": lambda node, context: "\\\n",
        "softbreak": lambda node, context: "\n",
        "attribute_list": lambda node, context: node.content,
        "table": _table,
        "th": _cell,
        "td": _cell,
        "dl": _definitions,
        "dt": lambda node, context: node.children[0].render(context),
        "dd": _blocks,
        "footnote_ref": lambda node, context: f"[^{node.meta['label']}]",
        "footnote_reference": _footnote,
    }


def _as_typed(link: str) -> str:
    return link


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": DEEPEST_NESTING}, renderer_cls=MDRenderer)  # type: ignore[arg-type]
    markdown.core.ruler.after("block", "refuse_the_too_deep", refuse_the_too_deep)
    markdown.enable(["table", "strikethrough"])
    markdown.use(deflist_plugin)
    markdown.use(footnote_plugin, inline=False, move_to_end=False)
    markdown.block.ruler.before(
        "fence", "indented_block", _indented_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    markdown.inline.ruler.before("link", "attribute_list", _attribute_list)
    markdown.inline.ruler.push("bare_link", bare_link)
    # Addresses stay as they were typed; the renderer encodes them.
    markdown.normalizeLink = _as_typed  # type: ignore[method-assign, assignment]
    markdown.normalizeLinkText = _as_typed  # type: ignore[method-assign]
    markdown.options["mdformat"] = {}
    markdown.options["parser_extension"] = [_Writer]
    return markdown


_MARKDOWN = _build()
