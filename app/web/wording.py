"""Templates with their words put in: what a page always says is looked up when a template is compiled, not each time it is drawn.

A page says some hundred words that never change, many of them once for each post. So each template is compiled
once for each language that is spoken, and in it `{{ _("Edit") }}` is plain text already. What depends on a name or
a number is still filled in when the page is drawn.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import BytecodeCache, Template, nodes
from jinja2.bccache import Bucket
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.core.i18n import language, marked_gettext

WORDS = ("_", "gettext")
"""The names by which templates ask for words."""


class WordedEnvironment(Environment):
    """Flask's environment, with one of its own for each language."""

    language: str | None = None

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """The template of that name in the language that is spoken just now."""
        return Environment.get_template(self._speaking(), name, parent, globals)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What every template may use, as a plain dict, which each import and include copies: Jinja's chain is slow there."""
        return super().make_globals(d) if d else self.globals

    def _speaking(self) -> "WordedEnvironment":
        if self.language is not None:
            return self
        spoken: dict[str, WordedEnvironment] = self.__dict__.setdefault("spoken", {})
        code = language()
        if code not in spoken:
            worded = self.overlay()
            assert isinstance(worded, WordedEnvironment)
            worded.language = code
            if self.bytecode_cache is not None:
                worded.bytecode_cache = _OfLanguage(self.bytecode_cache, code)
            spoken[code] = worded
        return spoken[code]

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        if self.language is not None:
            source = _PutWordsIn(marked_gettext).visit(source)
        return super()._generate(source, name, filename, defer_init)


class _PutWordsIn(NodeTransformer):
    """Puts the text itself where a template asks for it by nothing but its words."""

    def __init__(self, say: Callable[[str], Markup]) -> None:
        self._say = say

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name that Jinja looks for.
        self.generic_visit(node)
        asks = isinstance(node.node, nodes.Name) and node.node.name in WORDS
        if not asks or len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        words = node.args[0]
        if not isinstance(words, nodes.Const):
            return node
        return nodes.MarkSafe(nodes.Const(str(self._say(words.value))), lineno=node.lineno)


class _OfLanguage(BytecodeCache):
    """The part of a cache of compiled templates that holds those of one language."""

    def __init__(self, whole: BytecodeCache, code: str) -> None:
        self._whole = whole
        self._code = code

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return super().get_cache_key(f"{self._code}:{name}", filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        self._whole.load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._whole.dump_bytecode(bucket)
