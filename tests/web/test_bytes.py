"""What a visitor's first view of a page costs, added up from what its HTML leads to."""

import gzip
import re

import pytest
from build import a_question, a_user, an_answer, an_article, catch_up_search

from app.web.static import FOLDER

MOST = 60 * 1024
MOST_REQUESTS = 6
MOST_OF_APP_CSS = 16 * 1024
MOST_OF_SCRIPTS = 6 * 1024
ANSWERS = 30

PARTS = re.findall(r'\["([^"]+)", "\./(\w+\.js)"\]', (FOLDER / "js/main.js").read_text())
"""Which script comes for which elements; what comes when somebody nears a field or types is not in this table."""

LINKED = re.compile(r'<(?:link rel="stylesheet" href|script (?:type="module" )?src)="([^"]+)"')
IMPORTED = re.compile(r'^import .*"\./(\w+\.js)"', re.MULTILINE)


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


def scripts_for(html):
    """The modules that a page loads by itself, with what they import."""
    wanted = {"main.js"}
    for selector, name in PARTS:
        marks = re.findall(r"\[([\w-]+)\]|\.([\w-]+)", selector)
        if any(
            f" {data}" in html if data else re.search(rf'class="[^"]*\b{name_}\b', html)
            for data, name_ in marks
        ):
            wanted.add(name)
    for _round in range(3):
        wanted |= {other for one in wanted for other in IMPORTED.findall((FOLDER / "js" / one).read_text())}
    return wanted


@pytest.mark.parametrize("name", ["home", "guide", "question", "search", "ask"])
def test_the_first_view_of_a_page_is_small(app, browser, addresses, name):
    html = browser().get(addresses[name]).text
    linked = LINKED.findall(html)
    assert 1 + len(linked) <= MOST_REQUESTS, linked

    modules = scripts_for(html)
    base = linked[0].partition("/css/")[0]
    later = [f"{base}/js/{module}" for module in modules if f"{base}/js/{module}" not in linked]
    scripts = sum(packed(browser, address) for address in [*linked, *later] if address.endswith(".js"))
    assert scripts <= MOST_OF_SCRIPTS, (scripts, sorted(modules))

    whole = packed(browser, addresses[name]) + sum(packed(browser, one) for one in [*linked, *later])
    assert whole <= MOST, whole


def test_the_stylesheet_of_every_page_is_small(app, browser):
    address = next(one for one in LINKED.findall(browser().get("/").text) if one.endswith("app.css"))
    assert len(browser().get(address).data) <= MOST_OF_APP_CSS


def test_the_scripts_of_a_page_were_found():
    assert ("[data-live]", "live.js") in PARTS
    assert {"main.js", "live.js", "times.js"} <= scripts_for('<div data-live="/x"><time data-relative>')
