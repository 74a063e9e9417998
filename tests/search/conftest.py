"""What the tests of search may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import search
from app.core.db import db
from tests.search.notes import Notes, make_site, make_tables


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
