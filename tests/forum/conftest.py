"""What holds after every deed of the community."""

from collections.abc import Iterator

import pytest
from tallying import differing

from app.core.db import db
from app.forum import tag_order_queries


@pytest.fixture(autouse=True)
def copies_stay_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was done: what is counted along equals what there is, and what lists of a tag are ordered by too."""
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    assert differing() == {}
    assert tag_order_queries.repair() == 0
    db.session.rollback()
