"""What holds after every deed of the community."""

from collections.abc import Iterator

import pytest

from app.core.db import db
from app.forum import tag_order_queries, tally_queries


@pytest.fixture(autouse=True)
def copies_stay_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was done: how many questions there are is kept, and what lists of a tag are ordered by."""
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    db.session.rollback()
    assert tally_queries.differences() == {}
    assert tag_order_queries.repair() == 0
    db.session.rollback()
