"""Among rows that are alike in what a list is ordered by, a page begins where it should without a look at those before.

SQLite counts its steps, so this is looked at there only.
"""

import contextvars
from collections.abc import Callable

import pytest
from sqlalchemy import insert
from steps import counted_steps

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
        db.session.remove()
        with counted_steps(db.engine) as steps:
            assert contextvars.Context().run(browser().get, path).status_code == 200
        return steps.taken

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
