"""What is typed and not sent comes back: to the one who typed it, and only until it was taken."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD

pytestmark = pytest.mark.browser

TITLE = "My lamp does not pair with the hub any more"
DETAILS = "The app says that pairing timed out."
KEPT = "We kept what you typed here last time."


@pytest.fixture
def scripts() -> bool:
    return True


def type_question(page: Page, title: str = TITLE) -> None:
    page.goto("/ask")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Details").fill(DETAILS)
    wait_until_kept(page, title)


def wait_until_kept(page: Page, text: str) -> None:
    page.wait_for_function("text => JSON.stringify(localStorage).includes(text)", arg=text)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).first.click()


def sign_out(page: Page) -> None:
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    page.wait_for_url("**/")


def test_a_question_that_waits_for_a_second_look_is_still_there_after_a_walk(visit):
    page = visit("sam")
    type_question(page)
    press(page, "Post your question")
    expect(page.get_by_text("Before it is posted")).to_be_visible()
    page.goto("/")
    page.goto("/ask")
    expect(page.get_by_text(KEPT)).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value(TITLE)
    expect(page.get_by_label("Details")).to_have_value(DETAILS)


def test_a_posted_question_does_not_come_back(visit):
    page = visit("sam")
    type_question(page, "The shade hums at night")
    press(page, "Post your question")
    if page.get_by_text("Before it is posted").is_visible():
        press(page, "Post your question")
    expect(page.get_by_role("heading", level=1)).to_have_text("The shade hums at night")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")


def test_a_question_that_a_suggestion_answered_does_not_come_back(visit):
    page = visit("sam")
    type_question(page)
    press(page, "This answered it")
    expect(page.get_by_role("heading", level=1)).to_have_text("The lamp does not pair with the hub")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_text(KEPT)).to_have_count(0)


def test_a_preview_is_no_save_so_the_text_is_offered_again(visit):
    page = visit("wanda")
    page.goto("/drafts/new")
    page.get_by_label("Title").fill("How to clean the lamp")
    page.get_by_label("Body").fill("Wipe it with a dry cloth.")
    page.get_by_role("tab", name="Preview").click()
    expect(page.get_by_role("tabpanel")).to_have_text("Wipe it with a dry cloth.")
    page.get_by_role("tab", name="Write").click()
    expect(page.get_by_label("Body")).to_have_value("Wipe it with a dry cloth.")
    page.goto("/workshop")
    page.goto("/drafts/new")
    if page.get_by_role("button", name="Use that text").is_visible():
        press(page, "Use that text")
    expect(page.get_by_label("Body")).to_have_value("Wipe it with a dry cloth.")


def test_a_saved_draft_is_not_offered_again(visit):
    page = visit("wanda")
    page.goto("/drafts/new")
    page.get_by_label("Title").fill("How to clean the lamp")
    page.get_by_label("Body").fill("Wipe it with a dry cloth.")
    press(page, "Save draft")
    page.wait_for_url("**/drafts/*")
    page.goto("/drafts/new")
    expect(page.get_by_label("Body")).not_to_have_value("Wipe it with a dry cloth.")
    expect(page.get_by_role("button", name="Use that text")).to_have_count(0)


def test_what_was_saved_meanwhile_by_somebody_else_does_not_cost_the_text(visit):
    page, other = visit("wanda"), visit("rolf")
    page.goto("/drafts/new")
    page.get_by_label("Title").fill("How to clean the lamp")
    page.get_by_label("Body").fill("Wipe it with a dry cloth.")
    press(page, "Save draft")
    page.wait_for_url("**/drafts/*")
    other.goto(page.url)
    other.get_by_label("Body").fill("Wipe it with a damp cloth.")
    press(other, "Save draft")
    expect(other.get_by_text("Saved.")).to_be_visible()
    address = page.url
    page.get_by_label("Body").fill("Wipe it with a dry cloth, never with water.")
    press(page, "Save draft")
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto("/workshop")
    page.goto(address)
    press(page, "Use that text")
    expect(page.get_by_label("Body")).to_have_value("Wipe it with a dry cloth, never with water.")
    press(page, "Save draft")
    # It began before the other's change, so that is shown again.
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_change_that_lay_while_somebody_else_made_one_does_not_undo_theirs(visit, site):
    page = visit("sam")
    type_question(page)
    press(page, "Post your question")
    if page.get_by_text("Before it is posted").is_visible():
        press(page, "Post your question")
    page.get_by_role("link", name="Edit", exact=True).click()
    edit = page.url
    page.get_by_label("Details").fill("It blinks red.")
    wait_until_kept(page, "It blinks red.")

    other = visit("mona")
    other.goto(edit)
    other.get_by_label("Details").fill("It says E-104.")
    press(other, "Save changes")

    page.goto(edit)
    page.get_by_role("button", name="Use that text").click()
    press(page, "Save changes")
    expect(page.get_by_text("Somebody changed this while you were writing.").first).to_be_visible()
    expect(page.get_by_label("Details")).to_have_value("It blinks red.")
    press(page, "Save changes")
    expect(page.get_by_text("It blinks red.")).to_be_visible()


def test_nobody_sees_what_the_person_before_typed(visit):
    page = visit("sam")
    type_question(page)
    page.evaluate("localStorage.setItem('theme', 'dark')")
    sign_out(page)
    assert TITLE not in page.evaluate("JSON.stringify(localStorage)")
    assert page.evaluate("localStorage.getItem('theme')") == "dark"
    for name in (None, "mira"):
        if name:
            sign_in(page, name)
        page.goto("/ask")
        expect(page.get_by_label("Title")).to_have_value("")
        expect(page.get_by_text(KEPT)).to_have_count(0)


def test_a_session_that_ended_by_itself_shows_the_text_to_its_writer_only(visit, site):
    page = visit("sam")
    type_question(page)
    site.end_sessions()
    sign_in(page, "mira")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")
    sign_out(page)
    sign_in(page, "sam")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value(TITLE)


def test_a_visitor_takes_the_text_along_when_signing_in_and_leaves_none_behind(visit, site):
    page = visit()
    type_question(page)
    sign_in(page, "sam")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value(TITLE)
    site.end_sessions()
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")


def test_a_question_sent_once_more_after_signing_in_does_not_come_back(visit):
    page = visit()
    type_question(page, "The shade hums at night")
    press(page, "Post your question")
    if page.get_by_text("Before it is posted").is_visible():
        press(page, "Post your question")
    page.get_by_label("Username or email").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    press(page, "Send again")
    if page.get_by_text("Before it is posted").is_visible():
        press(page, "Post your question")
    expect(page.get_by_role("heading", level=1)).to_have_text("The shade hums at night")
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")


def test_a_deed_beside_an_unfinished_answer_does_not_cost_the_answer(visit):
    page = visit("sam")
    type_question(page, "The shade hums at night")
    press(page, "Post your question")
    if page.get_by_text("Before it is posted").is_visible():
        press(page, "Post your question")
    page.get_by_label("Your answer").fill("I found out something myself:")
    wait_until_kept(page, "I found out")
    press(page, "Delete")
    expect(page.get_by_text("You can bring it back")).to_be_visible()
    press(page, "Bring back")
    expect(page.get_by_label("Your answer")).to_have_value("I found out something myself:")


def test_what_was_typed_a_month_ago_is_deleted(visit):
    page = visit("sam")
    page.goto("/ask")
    page.evaluate(
        """() => {
        const old = { values: { title: "old words" }, at: Date.now() - 31 * 86400_000 };
        localStorage.setItem("draft:sam:ask", JSON.stringify(old));
        localStorage.setItem("draft:mira:answer-1", JSON.stringify(old));
        localStorage.setItem("draft:sam:answer-1", "not even an object");
        }"""
    )
    page.goto("/ask")
    expect(page.get_by_label("Title")).to_have_value("")
    page.wait_for_function("() => Object.keys(localStorage).every(key => !key.startsWith('draft'))")
