"""The site that all permissions are tried on."""

import pytest

from app.web import limiting
from tests.permissions.world import World, build, hide_more


@pytest.fixture
def world(app) -> World:
    found = build()
    hide_more(found)
    return found


@pytest.fixture(autouse=True)
def without_limits(monkeypatch):
    """Nobody tries as much as these tests; what is limited has tests of its own."""
    monkeypatch.setattr(limiting, "LIMIT_OF", {})
