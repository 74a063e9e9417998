"""Scripts are written as modules that import each other, and go over the line together: a page asks for one file.

In that file each module is a function that has run once and left what it exports in a table, `parts`. A part that
comes later, because somebody types or scrolls near to it, is a file of its own with all it needs that no page has
already.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from rjsmin import jsmin

FOLDER = Path(__file__).parent / "static" / "js"

ALWAYS = ("main.js", "html.js", "times.js", "enhance.js")
BUNDLES = {
    "page.js": ALWAYS,
    "guide_page.js": (*ALWAYS, "reading.js", "anchors.js"),
    "question_page.js": (*ALWAYS, "reading.js", "anchors.js", "live.js", "drafts.js"),
    "search_page.js": (*ALWAYS, "searches.js"),
    "ask_page.js": (*ALWAYS, "ask.js", "drafts.js"),
}
"""What pages ask for at once; `page.js` is for all that have no bundle of their own."""

IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+\.js)";\n', re.MULTILINE)
IMPORT_LATER = re.compile(r"\bimport\((?=\S)")
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)

TABLE = """const parts = (self.parts ??= {});
const load = (path) => Promise.resolve().then(() => parts[path] ?? import(path).then(() => parts[path]));
"""


def is_script(name: str) -> bool:
    """Whether there is a script of this name, such as "page.js"."""
    return name in BUNDLES or (FOLDER / name).is_file()


def served(name: str) -> bytes:
    """What a browser gets for the name of a bundle or of a module, without what is for people only.

    Raises:
        ValueError: a module imports or exports in a way that is not understood here.
    """
    return str(jsmin(_whole(name))).encode()


def _whole(name: str) -> str:
    if name in BUNDLES:
        return _together(_with_needs(BUNDLES[name]))
    if not EXPORT.search(_source(name)) and not IMPORT.search(_source(name)):
        return _source(name)  # It runs by itself, before the page is there.
    return _together(part for part in _with_needs([name]) if part not in ALWAYS)


@cache
def _source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _with_needs(names: Iterable[str]) -> list[str]:
    """The modules with all they import, each after what it imports."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        for _names, needed in IMPORT.findall(_source(name)):
            add(needed)
        found.setdefault(name)

    for name in names:
        add(name)
    return list(found)


def _together(names: Iterable[str]) -> str:
    return TABLE + "".join(_parts(names))


def _parts(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        exported = ", ".join(EXPORT.findall(_source(name)))
        body = IMPORT.sub(r'const { \1 } = parts["./\2"];\n', _source(name))
        body = IMPORT_LATER.sub("load(", EXPORT.sub("", body))
        unknown = OTHER.search(body)
        if unknown:
            raise ValueError(f"{name}: {unknown[0]}")
        yield f'parts["./{name}"] ??= (() => {{\n{body}return {{ {exported} }};\n}})();\n'
