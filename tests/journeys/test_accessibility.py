"""The rules that a machine can check: nothing found on any page, light and dark, from 320 to 1440 pixels."""

import importlib.resources
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOR_VISITORS = [
    "/",
    "/articles",
    "/articles/lamp-does-not-pair",
    "/products/lamp",
    "/questions",
    "/questions/unanswered",
    "/tags",
    "/tags/pairing",
    "/people",
    "/search?q=lamp",
    "/search?q=zebrafish",
    "/ask",
    "/sign-in",
    "/sign-up",
    "/forgot-password",
    "/help",
    "/help/formatting",
    "/help/privileges",
    "/help/reputation",
    "/people/mira",
    "/moderation/log",
    "/privacy",
    "/report/article/1",
    "/nowhere",
]
FOR_WRITERS = [
    "/settings",
    "/settings/account",
    "/settings/sessions",
    "/settings/data",
    "/notifications",
    "/following",
    "/settings/notifications",
    "/workshop",
    "/workshop/feedback",
    "/workshop/guides?order=unhelped",
    "/workshop/synonyms",
    "/workshop/synonyms/one?words=lamp",
    "/suggested-edits",
    "/drafts/new",
    "/unsent",
    "/articles/lamp-does-not-pair",
]


@pytest.fixture
def scripts() -> bool:
    return True


def violations(page: Page) -> list[str]:
    """What axe has to say about the page, a line each."""
    source = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
    page.evaluate(source)  # Through the debugger, so the page's own policy does not stand in the way.
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(r => r.violations)", RULES
    )
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def overflow(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{page.url} is {wide} px too wide"] if wide > 0 else []


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1440), ("dark", 320), ("light", 375), ("dark", 1280)]
)
def test_nothing_is_found_on_any_page(visit, scheme, width):
    found = []
    for name, paths in ((None, FOR_VISITORS), ("wanda", FOR_WRITERS)):
        page = visit(name, color_scheme=scheme, viewport={"width": width, "height": 900})
        for path in paths:
            page.goto(path)
            found += violations(page) + overflow(page)
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_nothing_is_found_in_feedback_at_any_step(visit, scheme, width):
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    found = []
    reader, plain, writer = visit(**look), visit(**look), visit("wanda", **look)
    reader.goto("/articles/lamp-does-not-pair")
    for name, then in (("No", "What went wrong?"), ("A step is missing", "In your words")):
        reader.get_by_role("button", name=name, exact=True).click()
        reader.get_by_text(then).first.wait_for()
        found += violations(reader) + overflow(reader)
    # The page that answers where no script renews the box.
    plain.goto("/articles/lamp-does-not-pair")
    plain.evaluate(
        "document.querySelectorAll('#feedback form').forEach(form => form.removeAttribute('data-enhance'))"
    )
    plain.get_by_role("button", name="No", exact=True).click()
    plain.wait_for_url("**/feedback*")
    found += violations(plain) + overflow(plain)
    writer.goto("/workshop/feedback")
    writer.get_by_text("Decline with a reason").click()
    found += violations(writer) + overflow(writer)
    assert found == []


def test_a_bad_page_would_be_found(visit):
    page = visit()
    page.goto("/questions")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any("label" in line for line in violations(page))
