"""The front page, and the frame that every page shares."""

import re

import pytest
from build import a_product, a_question, an_answer, an_article

from app.core.db import now


def test_it_shows_products_solved_questions_waiting_ones_and_fresh_guides(app, browser):
    product = a_product(name="Porter")
    an_article(title="Open the lock", product="porter")
    an_answer(to=a_question(title="Solved one", product_id=product.id), accepted_at=now())
    a_question(title="Waiting one")
    text = browser().get("/").text
    for words in ("Porter", "1 guide · 1 question", "Open the lock", "Solved one", "Waiting one"):
        assert words in text
    assert text.index("Lately solved") < text.index("Solved one") < text.index("Waiting one")


def test_an_empty_site_is_inviting(app, browser):
    text = browser().get("/").text
    assert "Ask the first question" in text
    assert "No guide is published yet." in text


def test_it_asks_the_database_a_handful_of_times(app, asker, browser, statements):
    for number in range(12):
        an_article(title=f"Guide {number}", product=f"product-{number}")
        an_answer(to=a_question(), accepted_at=now())
        a_question()
    page = browser(asker)
    statements.count, statements.seen = 0, []
    assert page.get("/").status_code == 200
    assert statements.count <= 14, "\n".join(statements.seen)


@pytest.mark.parametrize(
    "address", ["/", "/questions", "/articles", "/ask", "/sign-in", "/search", "/no-such-page"]
)
def test_every_page_has_what_browser_tests_and_screen_readers_rely_on(app, browser, address):
    text = browser().get(address).text
    assert len(re.findall(r'<input type="search"[^>]+aria-label="Search guides and answers"', text)) == 1
    assert re.search(r"<button[^>]*>Search</button>", text)
    for name in ("Guides", "Community", "Ask a question", "Sign in"):
        assert re.search(rf"<a [^>]+>{name}</a>", text), name
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert re.search(r'<html lang="en" dir="ltr">', text)
    assert re.search(r"<title>[^<]+ · Aftercare</title>", text)


def test_writers_find_the_workshop_and_others_do_not(app, asker, writer, browser):
    assert "/workshop" in browser(writer).get("/").text
    assert "/workshop" not in browser(asker).get("/").text
    assert "/workshop" not in browser().get("/").text


@pytest.mark.parametrize("address", ["/", "/questions", "/ask", "/sign-in", "/articles"])
def test_an_id_stands_once_on_a_page_and_every_label_has_its_field(app, asker, browser, address):
    text = browser(asker).get(address).text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'\s(?:for|aria-labelledby|aria-describedby)="([^"]+)"', text):
        for one in reference.split():
            assert one in ids, one
