"""Writing with the editor: tools, names and titles, pictures, preview, quotes; and a lost connection costs nothing."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.accounts.models import User
from app.core.db import transaction

pytestmark = pytest.mark.browser


@pytest.fixture
def trusted(site):
    """Members whose reputation opens pictures to them."""
    with site.app.app_context(), transaction() as session:
        for user in session.query(User):
            user.reputation = 500


def photo() -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 30, 30)).save(file, "PNG")
    return {"name": "lamp.png", "mimeType": "image/png", "buffer": file.getvalue()}


def ask(page: Page, title: str, body: str) -> None:
    page.goto("/ask")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Details").fill(body)
    main = page.get_by_role("main")
    main.get_by_role("button", name="Post your question").click()
    if page.get_by_text("Before it is posted").is_visible():
        main.get_by_role("button", name="Post your question").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def wait_until_on_server(page: Page, place: str, text: str) -> None:
    page.evaluate(
        """async ([place, text]) => {
        for (let tries = 0; tries < 120; tries++) {
            if ((await (await fetch(`/unsent/${place}`)).text()).includes(text)) return;
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
        throw new Error("it is not kept on the server");
        }""",
        [place, text],
    )


class TestWithScripts:
    @pytest.fixture
    def scripts(self) -> bool:
        return True

    def test_a_picture_that_still_waits_for_its_words_goes_along_with_the_text(self, visit, trusted):
        page = visit("jonas")
        page.goto("/ask")
        page.get_by_label("Title").fill("What is this red thing beside the lamp?")
        page.get_by_label("Details").fill("It came in the box.")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name=re.compile("Picture")).click()
        chooser.value.set_files([photo()])
        expect(page.get_by_text("lamp.png is ready")).to_be_visible()
        main = page.get_by_role("main")
        main.get_by_role("button", name="Post your question").click()
        if page.get_by_text("Before it is posted").is_visible():
            main.get_by_role("button", name="Post your question").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What is this red thing beside the lamp?")
        expect(main.locator("img[src*='/uploads/']")).to_be_visible()

    def test_an_answer_is_written_with_all_tools_and_goes_on_on_another_device(self, visit, trusted):
        ask(visit("sam"), "The shade hums at night", "It hums.\n\nSince the last update.")
        page = visit("mira")
        page.goto("/questions/1")

        page.get_by_role("button", name="Quote this post").click()
        field = page.get_by_label("Your answer")
        expect(field).to_have_value(
            "> [sam wrote:](/questions/1/the-shade-hums-at-night)\n>\n> It hums.\n>\n> Since the last update.\n\n"
        )

        # The tools are one stop of the tab key; the arrow keys walk within.
        tools = page.get_by_role("toolbar", name="Formatting")
        field.press("Shift+Tab")
        expect(tools.get_by_role("button", name="Bold")).to_be_focused()
        page.keyboard.press("End")
        expect(tools.get_by_role("button", name="Picture")).to_be_focused()
        page.keyboard.press("Tab")
        expect(field).to_be_focused()

        field.press("Control+End")
        field.press("Control+b")
        page.keyboard.type("Hold")
        field.press("End")
        page.keyboard.type(" it, @sa")
        expect(page.get_by_role("option", name="sam")).to_be_visible()
        page.keyboard.press("Enter")
        page.keyboard.type("see [[clean")
        page.get_by_role("option", name="Clean the lamp").click()
        expect(field).to_have_value(
            "> [sam wrote:](/questions/1/the-shade-hums-at-night)\n>\n> It hums.\n>\n> Since the last update.\n\n"
            "**Hold** it, @sam see [Clean the lamp](/articles/clean-the-lamp)"
        )
        field.press("Control+z")  # The browser's own undo takes it back.
        expect(field).to_have_value(re.compile(r"@sam see \[\[clean$"))
        field.press("Control+Shift+z")

        with page.expect_file_chooser() as chooser:
            tools.get_by_role("button", name="Picture").click()
        chooser.value.set_files(
            [{"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}, photo()]
        )
        expect(page.get_by_text("x.svg is no picture")).to_be_visible()
        page.get_by_role("button", name="Leave it out").click()
        expect(page.get_by_text("lamp.png is ready.")).to_be_visible()
        page.get_by_label("What does the picture show?").fill("A red lamp")
        page.keyboard.press("Enter")
        expect(page.get_by_role("group", name="Picture: lamp.png")).to_have_count(0)

        page.get_by_role("tab", name="Preview").click()
        preview = page.get_by_role("tabpanel", name="Preview")
        expect(preview.get_by_role("img", name="A red lamp")).to_be_visible()
        expect(preview.get_by_role("link", name="Clean the lamp")).to_be_visible()
        typed = field.input_value()
        wait_until_on_server(page, "answer-1", "A red lamp")

        other = visit("mira")
        other.goto("/questions/1")
        other.get_by_label("Your answer").scroll_into_view_if_needed()
        other.get_by_role("button", name="Use that text").click()
        expect(other.get_by_label("Your answer")).to_have_value(typed)

        other.context.set_offline(True)
        other.get_by_role("button", name="Post your answer").click()
        expect(other.get_by_text("your text stays here")).to_be_visible()
        expect(other.get_by_label("Your answer")).to_have_value(typed)
        other.get_by_role("button", name="I have this problem too").click()
        expect(other.locator("#flashes")).to_contain_text("Please try again in a moment")
        other.context.set_offline(False)
        other.get_by_role("button", name="Post your answer").click()
        expect(other.get_by_role("img", name="A red lamp")).to_be_visible()
        other.goto("/unsent")
        expect(other.get_by_text("Nothing is waiting here")).to_be_visible()


class TestWithoutScripts:
    @pytest.fixture
    def scripts(self) -> bool:
        return False

    def test_a_preview_and_a_picture_need_no_script(self, visit, trusted):
        page = visit("sam")
        page.goto("/ask")
        page.get_by_label("Title").fill("The shade hums at night")
        page.get_by_label("Details").fill("It *hums*.")
        page.get_by_text("Add a picture").click()
        page.get_by_label("Picture", exact=True).set_input_files([photo()])
        page.get_by_label("What does the picture show?").fill("A red lamp")
        page.get_by_role("button", name="Add it and show the preview").click()
        expect(page.get_by_text("Nothing is posted yet")).to_be_visible()
        expect(page.get_by_role("img", name="A red lamp")).to_be_visible()
        text = page.get_by_label("Your text")
        text.fill(f"{text.input_value()}\n\nEvery night.")
        page.get_by_role("main").get_by_role("button", name="Preview").click()
        expect(page.locator(".prose").get_by_text("Every night.")).to_be_visible()
        page.get_by_role("button", name="Post it").click()
        if page.get_by_text("Before it is posted").is_visible():
            page.get_by_role("main").get_by_role("button", name="Post your question").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The shade hums at night")
        expect(page.get_by_role("img", name="A red lamp")).to_be_visible()
