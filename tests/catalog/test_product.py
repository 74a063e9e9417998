"""A product's own page, and the list of all products."""

import re
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from flask import Flask

from app.accounts.models import User
from app.articles import sync
from app.catalog import views
from app.catalog.queries import product_by_slug
from tests.articles.guide_files import a_file, an_article, folder
from tests.build import a_product, a_question

Browse = Callable[..., Any]


def test_a_product_gathers_its_guides_by_type_and_its_questions(app: Flask, browser: Browse) -> None:
    a_product(name="Lamp", description="It shines.", versions=["2.0", "1.0"])
    an_article()
    an_article("lamp/flicker.md", title="It flickers", type="known-issue", body="We know.")
    an_article("lamp/two.md", title="What is new in 2.0", type="release", body="More light.")
    product = product_by_slug("lamp")
    assert product is not None
    a_question(title="Solved about the lamp", product_id=product.id, accepted_count=1)
    a_question(title="Open about the lamp", product_id=product.id)
    a_question(title="About something else")
    page = browser(None).get("/products/lamp").text
    for words in (
        "It shines.",
        "2.0, 1.0",
        "How-to",
        "Reset the lamp",
        "Known issue",
        "It flickers",
        "Release notes",
        "What is new in 2.0",
        "Solved about the lamp",
        "Open about the lamp",
        'href="/ask?product=lamp"',
    ):
        assert words in page, words
    assert "About something else" not in page


def test_a_long_shelf_shows_its_newest_and_leads_to_the_rest(
    app: Flask, browser: Browse, statements: SimpleNamespace
) -> None:
    total = views.GUIDES_OF_A_TYPE + 2
    for number in range(total):
        a_file(f"lamp/guide-{number}.md", title=f"Guide {number}", body=f"Text {number}.")
    sync.sync(folder())
    client = browser(None)
    statements.count, statements.seen = 0, []
    page = client.get("/products/lamp").text
    assert page.count('class="card"') == views.GUIDES_OF_A_TYPE
    assert f"Show all {total}" in page
    assert 'href="/articles?product=lamp&amp;type=how-to"' in page
    assert statements.count <= 10, statements.seen


def test_a_product_without_guides_leads_to_the_community(app: Flask, browser: Browse) -> None:
    product = a_product(name="Lamp")
    a_question(title="Open about the lamp", product_id=product.id)
    page = browser(None).get("/products/lamp").text
    assert "No guide yet" in page
    assert "Open about the lamp" in page


def test_a_product_that_nobody_wrote_about_invites_the_first_question(
    app: Flask, browser: Browse, writer: User
) -> None:
    a_product(name="Lamp")
    page = browser(None).get("/products/lamp").text
    assert "Nothing here yet" in page
    assert 'class="button primary" href="/ask?product=lamp"' in page
    assert "Solved by the community" not in page
    assert "Write a guide" not in page
    assert 'href="/drafts/new?product=lamp"' in browser(writer).get("/products/lamp").text


def test_headings_of_products_leave_out_no_level(app: Flask, browser: Browse) -> None:
    product = a_product(name="Lamp")
    a_product(name="Desk")
    an_article()
    an_article("lamp/flicker.md", title="It flickers", type="known-issue", body="We know.")
    a_question(title="Solved about the lamp", product_id=product.id, accepted_count=1)
    a_question(title="Open about the lamp", product_id=product.id)
    for address in ("/products", "/products/lamp", "/products/desk"):
        page = browser(None).get(address).text.partition("<main")[2].partition("</main")[0]
        levels = [int(level) for level in re.findall(r"<h(\d)", page)]
        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(after <= before + 1 for before, after in pairwise(levels)), (address, levels)


def test_an_unknown_product_is_not_found(app: Flask, browser: Browse) -> None:
    assert browser(None).get("/products/nothing").status_code == 404


def test_all_products_are_listed_with_what_they_have(app: Flask, browser: Browse) -> None:
    an_article()
    a_product(name="Desk")
    page = browser(None).get("/products").text
    assert "Lamp" in page
    assert "1 guide · 0 questions" in page
    assert "Desk" in page
