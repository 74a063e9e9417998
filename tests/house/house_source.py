"""The house's own files, read as text and as trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "app"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of `app/` by its path below it, as a tree."""
    return {
        path.relative_to(APP).as_posix(): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(APP.rglob("*.py"))
    }


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


@cache
def templates() -> dict[str, str]:
    """Every template by the name under which pages ask for it."""
    return {
        f"{path.relative_to(APP).parts[0]}/{path.relative_to(APP / path.relative_to(APP).parts[0] / 'templates').as_posix()}": path.read_text(
            encoding="utf-8"
        )
        for path in sorted(APP.glob("*/templates/**/*.html"))
    }


def is_roof(path: str) -> bool:
    """Whether a module may look at every feature."""
    name = path.rpartition("/")[2]
    return (
        path in ("__init__.py", "reactions.py")
        or path.split("/")[0] in ("web", "imports", "demo", "worker", "backup", "api")
        or name in ("views.py", "cli.py")
        or name.endswith("_views.py")
    )
