"""The site as real processes: a gunicorn, and a worker if one is wanted, over the database of the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from benchmarks.serving import Site

Serve = Callable[..., Site]


@pytest.fixture
def serve(app: Flask) -> Iterator[Serve]:
    """`serve("--workers", "4", AFTERCARE_DRAIN="1")` starts the site of this test; it ends with the test."""
    with ExitStack() as stack:

        def start(*web: str, worker: bool = False, log: Path | None = None, **environment: str) -> Site:
            settings: dict[str, Any] = {
                "AFTERCARE_SECRET_KEY": app.config["SECRET_KEY"],
                "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                "PYTEST_CURRENT_TEST": "",
            }
            return stack.enter_context(
                Site(app.config["HOME"], web=web, worker=worker, log=log, **settings, **environment)
            )

        yield start
