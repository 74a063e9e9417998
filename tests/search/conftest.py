"""What the tests of search may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import search
from app.core.db import db
from tests.search.notes import Notes, make_site, make_tables


@pytest.fixture(params=["whoosh", "tantivy"])
def each_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a test finds must hold for every engine: it runs once with each."""
    engine: str = request.param
    if engine == "tantivy":
        pytest.importorskip("tantivy", reason="tantivy is not installed")
    monkeypatch.setattr(search, "DEFAULT_ENGINE", engine)
    return engine


@pytest.fixture
def search_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An empty site whose notes can be found."""
    monkeypatch.setattr(search, "_sources", {})
    site = make_site(tmp_path)
    with site.app_context():
        make_tables()
        search.register("article", Notes())
        yield site
        db.session.remove()
        db.engine.dispose()
