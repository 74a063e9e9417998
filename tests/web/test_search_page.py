"""The search page: one ranked list, filters and counts that fit, and never a dead end."""

import html
import re
from urllib.parse import quote

import pytest
from build import a_product, a_question, an_answer, an_article, catch_up_search

from app.articles.queries import article
from app.core.db import db, now
from app.web.session import Visitor


@pytest.fixture
def shelf(app):
    """Guides and questions about a lock that beeps."""
    porter = a_product(name="Porter")
    an_article(
        title="The lock beeps three times",
        product="porter",
        symptoms=("E-104",),
        tags=("battery",),
        body="The battery of the lock is nearly empty. Change it.",
    )
    an_article(title="The lock beeps, for the hotline", product="porter", audience="staff")
    solved = a_question(title="My lock beeps at night", product_id=porter.id)
    an_answer(
        to=solved, body="Change the battery, says avrdude: stk500_getsync() attempt 1.", accepted_at=now()
    )
    a_question(title="The kettle beeps", body="Loudly <b>and</b> often: 0x80070005")
    catch_up_search()


def find(browser, query="", person=None):
    response = browser(person).get(f"/search{query}")
    assert response.status_code == 200
    return html.unescape(response.text)


def titles(text):
    return re.findall(r'<h2 class="h3"><a href="[^"]+"[^>]*>([^<]+)</a>', text)


def chips(text):
    return dict(re.findall(r">(\w+) <span class=\"count\">(\d+)</span>", text))


def test_guides_and_questions_stand_in_one_list_with_their_counts(app, browser, shelf):
    text = find(browser, "?q=beeps")
    assert set(titles(text)) == {"The lock beeps three times", "My lock beeps at night", "The kettle beeps"}
    assert chips(text) == {"Everything": "3", "Guides": "1", "Questions": "2", "Solved": "1"}
    assert "3 results for “beeps”" in text


def test_filters_leave_what_fits(app, browser, shelf):
    for filters, expected in [
        ("kind=guides", {"The lock beeps three times"}),
        ("kind=questions", {"My lock beeps at night", "The kettle beeps"}),
        ("kind=solved", {"My lock beeps at night"}),
        ("product=porter", {"The lock beeps three times", "My lock beeps at night"}),
        ("tag=battery", {"The lock beeps three times"}),
        ("kind=questions&product=porter", {"My lock beeps at night"}),
    ]:
        assert set(titles(find(browser, f"?q=beeps&{filters}"))) == expected, filters


def test_codes_are_found_whole_and_in_part(app, browser, shelf):
    for typed, title in [
        ("E-104", "The lock beeps three times"),
        ("e104", "The lock beeps three times"),
        ("0x80070005", "The kettle beeps"),
        ("80070005", "The kettle beeps"),
        ("avrdude: stk500_getsync()", "My lock beeps at night"),
        ("getsync", "My lock beeps at night"),
    ]:
        assert titles(find(browser, f"?q={quote(typed)}"))[0] == title, typed


def test_what_was_found_is_marked_in_its_passage(app, browser, shelf):
    text = find(browser, "?q=battery")
    assert re.search(r"<mark>battery</mark>", text)


def test_markup_in_a_passage_is_text(app, browser, shelf):
    text = browser().get("/search?q=kettle+loudly").text
    assert "&lt;b&gt;" in text
    assert "<b>and</b>" not in text


def test_a_word_that_nothing_holds_is_dropped_and_said(app, browser, shelf):
    text = find(browser, "?q=kettle+beeps+zzzzqqq")
    assert titles(text)[0] == "The kettle beeps"
    assert "zzzzqqq" in text.partition("Without these words")[2][:80]


def test_an_empty_result_offers_to_ask_with_this_text(app, browser, shelf):
    text = find(browser, "?q=zzzzqqq+wwwwxxx")
    assert titles(text) == []
    assert "Nothing found for “zzzzqqq wwwwxxx”" in text
    assert "Ask the community with this text" in text
    assert "/ask?title=zzzzqqq+wwwwxxx" in text


def test_a_slip_of_the_finger_shows_what_is_close(app, browser, shelf):
    assert "The kettle beeps" in find(browser, "?q=kettel")


def test_without_a_query_the_page_says_what_to_do(app, browser, shelf):
    assert "Describe the problem in your own words" in find(browser)


def test_guides_for_staff_are_found_by_staff_only_and_counted_for_them_only(
    app, asker, writer, browser, shelf
):
    assert "for the hotline" not in find(browser, "?q=beeps")
    assert "for the hotline" not in find(browser, "?q=beeps", asker)
    text = find(browser, "?q=beeps", writer)
    assert "for the hotline" in text
    assert chips(text)["Guides"] == "2"


def test_what_was_withdrawn_since_is_not_shown(app, browser, shelf):
    article(Visitor(), "the-lock-beeps-three-times").withdraw("Wrong.")
    db.session.commit()
    assert "The lock beeps three times" not in titles(find(browser, "?q=beeps"))


def test_a_page_number_that_is_none_is_answered_kindly(app, browser, shelf):
    for page in ["0", "-1", "x", "99", "9" * 40]:
        find(browser, f"?q=beeps&page={page}")


def test_any_text_is_a_query(app, browser, shelf):
    for query in [
        "%22",
        "((((",
        "*",
        "?",
        "AND",
        "NOT",
        "-beeps",
        "title:x",
        "a" * 400,
        "%E2%80%AE",
        "🔑",
        "' OR 1=1 --",
        "~~~",
        "\\",
    ]:
        find(browser, f"?q={query}")


def test_pages_hold_ten_each_and_every_result_once(app, browser):
    for number in range(23):
        a_question(title=f"Whistle number {number}")
    catch_up_search()
    seen = [titles(find(browser, f"?q=whistle&page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in seen] == [10, 10, 3]
    assert len({title for page in seen for title in page}) == 23
    assert "Page 2 of 3" in find(browser, "?q=whistle&page=2")


def test_up_to_eight_titles_of_both_kinds_while_typing(app, browser, shelf):
    found = browser().get("/search/suggest?q=lock+be").json["suggestions"]
    assert {one["kind"] for one in found} == {"article", "question"}
    for number in range(12):
        a_question(title=f"Lock beeps in room {number}")
    catch_up_search()
    found = browser().get("/search/suggest?q=lock+be").json["suggestions"]
    assert len(found) == 8
    assert all(one["url"].startswith(("/articles/", "/questions/")) for one in found)
    assert browser().get("/search/suggest?q=").json == {"suggestions": []}
    assert browser().get("/search/suggest").json == {"suggestions": []}


def test_the_search_asks_the_database_a_handful_of_times(app, asker, browser, statements):
    for number in range(12):
        an_answer(to=a_question(title=f"Whistle number {number}"))
    catch_up_search()
    page = browser(asker)
    statements.count, statements.seen = 0, []
    assert page.get("/search?q=whistle").status_code == 200
    assert statements.count <= 10, "\n".join(statements.seen)
