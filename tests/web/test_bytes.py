"""What a visitor's first view of a page costs, added up from what its HTML links to; `tests/journeys` counts what Chromium asks for."""

import gzip
import re

import pytest
from build import a_question, a_user, an_answer, an_article, catch_up_search

MOST = 60 * 1024
MOST_REQUESTS = 6
MOST_OF_APP_CSS = 16 * 1024
MOST_OF_SCRIPTS = 6 * 1024
ANSWERS = 30

LINKED = re.compile(r'<(?:link rel="stylesheet" href|script (?:type="module" )?src)="([^"]+)"')


@pytest.fixture
def addresses(app):
    """The pages that people come to first, by name."""
    question = a_question(title="The lock beeps", body="It beeps **twice**.\n\n- at night\n- always")
    for number in range(ANSWERS):
        text = f"Attempt {number}: hold the button for {number + 3} seconds.\n\n1. Unplug it.\n2. `reset`\n"
        an_answer(to=question, by=a_user(), body=text * 3)
    guide = an_article(title="The lock beeps twice")
    catch_up_search()
    return {
        "home": "/",
        "guide": f"/articles/{guide.slug}",
        "question": f"/questions/{question.id}/{question.slug}",
        "search": "/search?q=lock+beeps",
        "ask": "/ask",
    }


def packed(browser, address):
    """How many bytes go over the line for a browser that takes gzip."""
    response = browser().get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    body = response.data
    return len(body if response.headers.get("Content-Encoding") == "gzip" else gzip.compress(body, 6))


@pytest.mark.parametrize("name", ["home", "guide", "question", "search", "ask"])
def test_the_first_view_of_a_page_is_small(app, browser, addresses, name):
    html = browser().get(addresses[name]).text
    linked = LINKED.findall(html)
    assert 1 + len(linked) <= MOST_REQUESTS, linked

    scripts = sum(packed(browser, address) for address in linked if address.endswith(".js"))
    assert scripts <= MOST_OF_SCRIPTS, scripts

    whole = packed(browser, addresses[name]) + sum(packed(browser, one) for one in linked)
    assert whole <= MOST, whole


def test_the_stylesheet_of_every_page_is_small(app, browser):
    address = next(one for one in LINKED.findall(browser().get("/").text) if one.endswith("app.css"))
    assert len(browser().get(address).data) <= MOST_OF_APP_CSS
