"""Run an import that kills its own process, as the power would, before it does something for the so-manieth time.

python killed_import.py HOME DATABASE (articles|questions|stackexchange) PATH (write|put|render) NUMBER
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import create_app
from app.articles import files, sync
from app.imports import posts
from app.imports.articles import import_articles
from app.imports.questions import QuestionImport
from app.imports.stackexchange import Dump, StackExchangeImport


def killed_at(number: int, do: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, deadly when called for that time."""
    calls = 0

    def deadly(*arguments: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments, **keywords)

    return deadly


def main() -> None:
    home, database, kind, path, where, number = sys.argv[1:]
    module: Any = {"write": files, "put": sync, "render": posts}[where]
    setattr(module, where, killed_at(int(number), getattr(module, where)))
    posts_at_once = 2
    sys.modules["app.imports.questions"].THREADS_AT_ONCE = posts_at_once  # type: ignore[attr-defined]
    sys.modules["app.imports.stackexchange"].ROWS_AT_ONCE = posts_at_once  # type: ignore[attr-defined]
    app = create_app(HOME=home, SECRET_KEY="test", SQLALCHEMY_DATABASE_URI=database)
    with app.app_context():
        if kind == "articles":
            import_articles(Path(path), app.config["ARTICLES"], "set")
        elif kind == "questions":
            QuestionImport("set").run(Path(path))
        else:
            with Dump(Path(path)) as dump:
                StackExchangeImport(dump, "set").run()


if __name__ == "__main__":
    main()
