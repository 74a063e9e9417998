"""Code blocks: coloured by class, so that the page's own stylesheet gives the colours."""

import re
from html import escape

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from app.core.rendering.limits import ColoursTimeUp, cpu_limit_of_colours

# Beyond this a block is a log or a dump, and colouring it costs much and helps nobody.
HIGHLIGHT_LIMIT = 20_000

# CPU time for one block. A block of the greatest length in its own language needs about a tenth of it.
COLOURING_SECONDS = 0.3

_NAME = re.compile(r"[\w.+#-]{1,30}")
_FORMATTER = HtmlFormatter[str](nowrap=True)
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "none", "output", "console-output", "log"})


def code_block(code: str, language: str = "") -> str:
    """A code block as HTML; its language, if Pygments knows it, gives the colours."""
    name = language.strip().lower().split(" ", 1)[0].lstrip("{.").rstrip("}")
    attribute = f' data-language="{escape(name)}"' if _NAME.fullmatch(name) else ""
    return f'<div class="highlight"{attribute}><pre tabindex="0"><code>{_coloured(code, name)}</code></pre></div>\n'


def _coloured(code: str, name: str) -> str:
    if name in _PLAIN or len(code) > HIGHLIGHT_LIMIT or not _NAME.fullmatch(name):
        return escape(code, quote=False)
    try:
        lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    try:
        with cpu_limit_of_colours(COLOURING_SECONDS):
            return highlight(code, lexer, _FORMATTER)
    except ColoursTimeUp:
        # Some lexers are quadratic on text that is not of their language.
        return escape(code, quote=False)
