"""Among rows that are alike in what a list is ordered by, a page begins where it should without a look at those before.

SQLite counts its steps, so this is looked at there only.
"""

import contextvars
from collections.abc import Callable

import pytest
from sqlalchemy import event, insert

from app.accounts.models import User
from app.core import addresses, paging
from app.core.db import db, transaction
from app.policy import Role

ALIKE = 3_000


@pytest.fixture
def steps(app, browser) -> Callable[[str], int]:
    """How many steps the database takes for a page, to the nearest ten."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite counts its steps")
    app.config["KEEP_PAGES"] = False

    def counted(path: str) -> int:
        taken = 0

        def count() -> int:
            nonlocal taken
            taken += 10
            return 0

        def watch(connection, _record, _proxy) -> None:
            connection.set_progress_handler(count, 10)

        db.session.remove()
        event.listen(db.engine, "checkout", watch)
        try:
            assert contextvars.Context().run(browser().get, path).status_code == 200
        finally:
            event.remove(db.engine, "checkout", watch)
        return taken

    return counted


def test_a_page_far_down_among_people_with_the_same_reputation_costs_no_more_than_one_near_the_top(steps):
    with transaction() as session:
        rows = [
            {"username": f"person-{n}", "username_key": f"person-{n}", "role": Role.EXPERT, "reputation": 1}
            for n in range(ALIKE)
        ]
        session.execute(insert(User), rows)

    def page_after(number: int) -> str:
        return f"{addresses.PEOPLE}?after={paging.cursor_after([1, number])}"

    steps(page_after(ALIKE))
    assert steps(page_after(ALIKE // 10)) < steps(page_after(ALIKE)) * 1.2
