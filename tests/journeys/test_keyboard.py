"""Everything can be done with the keys alone, and the focus is always where a person expects it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.test_main_job import ask

pytestmark = pytest.mark.browser

MOST_STEPS = 80


@pytest.fixture
def scripts() -> bool:
    return True


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse has to."""
    for _step in range(MOST_STEPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached with Tab")


def test_from_the_front_page_to_the_first_suggestion(visit):
    page = visit()
    page.goto("/")
    box = page.get_by_role("searchbox", name="Search guides and answers")
    tab_to(page, box)
    page.keyboard.type("lamp pair")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    first = page.get_by_role("option", selected=True)
    title = first.locator("span").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_suggestions_close_with_escape_and_the_words_stay(visit):
    page = visit()
    page.goto("/")
    box = page.get_by_role("searchbox")
    tab_to(page, box)
    page.keyboard.type("lamp pair")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(box).to_have_value("lamp pair")
    expect(box).to_be_focused()


def test_the_first_stop_leads_past_the_top_of_the_page(visit):
    page = visit()
    page.goto("/questions")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_the_account_menu_opens_and_closes_and_gives_the_focus_back(visit):
    page = visit("sam")
    summary = page.locator(".menu summary")
    tab_to(page, summary)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    expect(summary).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()
    expect(summary).to_be_focused()


def test_vote_comment_and_answer(visit):
    ask(visit("sam"), "The shade hums at night", "A low hum, only when it is dimmed.")
    page = visit("mira")
    page.goto("/questions/1")
    vote = page.get_by_role("button", name="Vote up")
    tab_to(page, vote)
    page.keyboard.press("Enter")
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(vote).to_be_focused()

    opener = page.locator("summary", has_text="Comment")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Your comment"))
    page.keyboard.type("Which firmware is it?")
    tab_to(page, page.get_by_role("button", name="Post comment"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Which firmware is it?")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body")

    tab_to(page, page.get_by_label("Your answer"))
    page.keyboard.type("Update it, then the hum is gone.")
    tab_to(page, page.get_by_role("button", name="Post your answer"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Answer by mira")).to_contain_text("the hum is gone")


def test_a_comment_that_was_not_taken_leads_back_to_its_field(visit):
    ask(visit("sam"), "The shade hums at night", "A low hum, only when it is dimmed.")
    page = visit("mira")
    page.goto("/questions/1")
    page.locator("summary", has_text="Comment").click()
    box = page.get_by_label("Your comment")
    box.fill("   ")
    page.get_by_role("button", name="Post comment").click()
    expect(page.get_by_text("Please write something first.").first).to_be_visible()
    expect(box).to_be_focused()


def test_an_answer_that_was_not_taken_says_so_at_the_top_and_leads_to_its_field(visit):
    ask(visit("sam"), "The shade hums at night", "A low hum, only when it is dimmed.")
    page = visit("mira")
    page.goto("/questions/1")
    page.get_by_label("Your answer").fill("   ")
    page.get_by_role("button", name="Post your answer").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your answer")).to_be_focused()


def test_while_a_question_is_typed_a_line_by_the_title_leads_to_what_is_alike(visit):
    page = visit("sam", viewport={"width": 375, "height": 700})
    page.goto("/ask")
    page.get_by_label("Title").fill("My lamp does not pair with the hub any more")
    line = page.get_by_role("status").get_by_role("link")
    expect(line).to_be_visible()
    expect(line).to_be_in_viewport()
    line.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Similar")).to_be_in_viewport()
    expect(page.get_by_role("region", name="Similar")).to_be_focused()


def test_the_second_look_links_to_the_suggestions(visit):
    page = visit("sam", viewport={"width": 375, "height": 700})
    page.goto("/ask")
    page.get_by_label("Title").fill("My lamp does not pair with the hub any more")
    page.get_by_label("Details").fill("The app says that pairing timed out.")
    page.get_by_role("button", name="Post your question").click()
    notice = page.locator(".notice", has_text="Before it is posted")
    notice.get_by_role("link").click()
    expect(page.get_by_role("region", name="Similar")).to_be_in_viewport()


def test_long_words_of_any_script_are_looked_up_while_typing(visit):
    page = visit("sam")
    refused = []
    page.on("response", lambda response: response.status == 414 and refused.append(response.url))
    lengths = []
    page.on("request", lambda request: lengths.append(len(request.url.partition("?")[2])))
    page.goto("/ask")
    page.get_by_label("Title").fill("灯" * 200)
    with page.expect_response("**/ask/suggestions*") as answer:
        page.get_by_label("Details").fill("灯泡" * 5000)
    assert answer.value.ok
    with page.expect_response("**/search/suggest*") as answer:
        page.get_by_role("searchbox").fill("灯" * 500)
    assert answer.value.ok
    assert refused == []
    assert 1000 < max(lengths) <= 1500


def test_what_was_typed_before_a_slow_script_came_is_answered_all_the_same(visit):
    page = visit("sam")
    held = []
    page.route("**/ask.*.js", lambda route: held.append(route))
    page.route("**/ask.js", lambda route: held.append(route))
    with page.expect_request("**/ask*.js"):
        page.goto("/ask", wait_until="commit")
        page.get_by_label("Title").fill("My lamp does not pair with the hub any more")
    for route in held:
        route.continue_()
    similar = page.get_by_role("region", name="Similar")
    expect(similar.get_by_role("link", name="The lamp does not pair with the hub")).to_be_visible()
