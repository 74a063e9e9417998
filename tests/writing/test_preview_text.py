"""A text as it will look: by the renderer that will draw it, on a page of its own where no script runs."""

from io import BytesIO

import pytest
from build import a_user
from uploads.pictures import a_picture

from app.core.errors import Invalid, SignInNeeded
from app.core.markup import POST_LIMIT, render_post
from app.uploads import actions as uploads
from app.uploads.apart import check_here
from app.writing.actions import preview_text

ANSWER = "body /questions/7/answers"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(uploads, "check_apart", check_here)


def test_the_preview_is_what_the_post_will_be(app, asker):
    text = "**Hold** the button\n\n<script>alert(1)</script>"
    assert preview_text(asker, text) == render_post(text)
    with pytest.raises(Invalid, match="30,000"):
        preview_text(asker, "x" * (POST_LIMIT + 1))


def test_visitors_are_asked_to_sign_in_and_keep_their_text(app, browser, visitor):
    with pytest.raises(SignInNeeded):
        preview_text(visitor, "x")
    page = browser().post("/preview", data={"preview": ANSWER, "body": "My long answer"})
    assert page.status_code == 401
    assert "My long answer" in page.text


def test_without_scripts_a_page_shows_it_and_holds_the_whole_form(app, browser, asker):
    typed = {
        "preview": "body /ask",
        "title": "The lamp hums",
        "body": "It *hums*.",
        "tags": "a&b",
        "unsent": "ask",
    }
    page = browser(asker).post("/preview", data=typed)
    assert page.status_code == 200
    assert "<em>hums</em>" in page.text
    assert '<form method="post" action="/ask"' in page.text
    assert "The lamp hums</h1>" in page.text
    for name, value in (("title", "The lamp hums"), ("tags", "a&amp;b"), ("unsent", "ask")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page.text
    assert "\nIt *hums*.</textarea>" in page.text
    assert page.text.partition("<h1>")[2].count('name="csrf_token"') == 1


def test_a_text_that_is_too_long_is_not_lost(app, browser, asker):
    page = browser(asker).post("/preview", data={"preview": ANSWER, "body": "word " * 7000})
    assert page.status_code == 400
    assert "35,000 characters" in page.text
    assert "word word" in page.text


@pytest.mark.parametrize(
    "to", ["", "body", "body https://e.org/", "body //e.org", "other /ask", "body javascript:1"]
)
def test_it_leads_only_to_forms_of_ours(app, browser, asker, to):
    assert browser(asker).post("/preview", data={"preview": to, "body": "x"}).status_code == 400


def with_picture(page, data, words="The [red] light"):
    fields = {
        "csrf_token": page.csrf_token,
        "preview": ANSWER,
        "body": "It looks so:",
        "image": (BytesIO(data), "../../x.png"),
        "image_text": words,
    }
    return page.post("/preview", data=fields, content_type="multipart/form-data")


def test_without_scripts_a_picture_comes_along_to_the_end_of_the_text(app, browser):
    page = with_picture(browser(a_user(reputation=500)), a_picture())
    assert 'alt="The (red) light" width="40" height="20"' in page.text
    assert "It looks so:\n\n![The (red) light](/uploads/" in page.text


def test_a_picture_that_is_refused_costs_no_text(app, browser):
    page = with_picture(browser(a_user(reputation=500)), b"<svg/>")
    assert page.status_code == 400
    assert "PNG, JPEG, WebP or GIF" in page.text
    assert "It looks so:" in page.text


def test_names_are_completed_for_members_the_best_known_first(app, browser, asker):
    for name, points in (("Mira", 5), ("mikko", 50), ("m_x", 9), ("nils", 99)):
        a_user(username=name, reputation=points)
    page = browser(asker)
    assert page.get("/editor/people?q=mI").json["names"] == ["mikko", "Mira"]
    assert page.get("/editor/people?q=m_").json["names"] == ["m_x"]
    assert page.get("/editor/people?q=").json["names"] == []
    assert browser().get("/editor/people?q=mi").json["names"] == []
    assert page.get("/editor/words").json["bold"] == "Bold"
