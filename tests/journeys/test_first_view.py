"""What Chromium asks for when somebody opens a page for the first time, and what waits until they move."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

MOST_REQUESTS = 6
TITLE = "The shade hums at night"


@pytest.fixture
def scripts() -> bool:
    return True


@pytest.fixture
def addresses(visit, site) -> dict[str, str]:
    """The pages that people come to first, by name."""
    page = visit("sam")
    page.goto("/ask")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Details").fill("It hums.\n\n- at night\n- always")
    page.get_by_role("main").get_by_role("button", name="Post your question").click()
    if page.get_by_text("Before it is posted").is_visible():
        page.get_by_role("main").get_by_role("button", name="Post your question").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    site.sync()
    return {
        "home": "/",
        "guide": "/articles/lamp-does-not-pair",
        "question": page.url,
        "search": "/search?q=lamp",
        "ask": "/ask",
    }


def listened(page: Page) -> list[str]:
    """The addresses that the page asks for from now on, filled as it does."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url))
    return found


@pytest.mark.parametrize("name", ["home", "guide", "question", "search", "ask"])
def test_the_first_view_of_a_page_takes_six_requests(visit, addresses, name):
    page = visit()
    asked = listened(page)
    page.goto(addresses[name])
    page.wait_for_load_state("networkidle")  # Half a second without a request, and none under way.
    assert len(asked) <= MOST_REQUESTS, asked
    assert sum("/js/" in one for one in asked) == 2


def test_the_tools_for_writing_and_the_news_come_with_the_first_sign_of_somebody(visit, addresses):
    page = visit()
    asked = listened(page)
    page.goto("/ask")
    page.wait_for_load_state("networkidle")
    assert not any("editor" in one for one in asked)
    page.mouse.move(40, 40)
    expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    with page.expect_request("**/live?since=*"):
        page.goto(addresses["question"])
        page.keyboard.press("Shift")
