"""What holds after every deed of the community."""

from collections.abc import Iterator

import pytest

from app.core.db import db
from app.forum import tally_queries


@pytest.fixture(autouse=True)
def tallies_stay_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was done: what is kept of how many questions there are equals their count."""
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    db.session.rollback()
    assert tally_queries.differences() == {}
