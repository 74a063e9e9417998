"""What pages may ask the database: so many statements, however much is on them."""

import pytest
from build import a_question, a_user, an_answer, an_article, catch_up_search

BUDGETS = {
    # A page: for a visitor, for somebody signed in.
    "/": (10, 11),
    "/articles": (6, 8),
    "/articles/guide-3": (6, 10),
    "/questions": (5, 7),
    "/questions/1/question-0": (9, 13),
    "/search?q=question": (9, 12),
    "/ask": (3, 7),
}


@pytest.fixture
def much(app):
    """More of everything than one, so that whatever is asked once for each would show."""
    for number in range(12):
        an_article(title=f"Guide {number}")
        question = a_question(title=f"Question {number}")
        for _each in range(5 if number == 0 else 1):
            an_answer(to=question, by=a_user())
    catch_up_search()


@pytest.mark.parametrize("is_signed_in", [False, True], ids=["visitor", "member"])
def test_each_kind_of_page_has_a_budget_of_statements(app, browser, much, statements, is_signed_in):
    reader = browser(a_user() if is_signed_in else None)
    asked = {}
    for address, budget in BUDGETS.items():
        response = reader.get(address, follow_redirects=True)
        assert response.status_code == 200, address
        statements.count, statements.seen = 0, []
        reader.get(response.request.path + (f"?{response.request.query_string.decode()}").rstrip("?"))
        asked[address] = (statements.count, budget[is_signed_in])
    assert all(count <= most for count, most in asked.values()), asked
