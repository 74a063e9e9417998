"""What holds after every deed of moderators."""

from collections.abc import Iterator

import pytest
from tallying import differing


@pytest.fixture(autouse=True)
def tallies_stay_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was done: what is counted along equals what there is."""
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    assert differing() == {}
