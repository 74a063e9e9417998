"""Pages for everyone are the same for everyone: no cookie, no token, an ETag; pages for people are private."""

import pytest
from build import a_product, a_question, a_user, an_answer, an_article

from app.core.db import db


@pytest.fixture
def filled(app):
    product = a_product(name="Porter")
    an_article(title="Open the lock", product="porter")
    an_answer(to=a_question(title="The lock beeps", product_id=product.id), by=a_user(username="nora"))


PAGES = [
    "/",
    "/questions",
    "/questions/1/the-lock-beeps",
    "/questions/1/history",
    "/ask",
    "/ask/suggestions?title=lock",
    "/articles",
    "/articles/open-the-lock",
    "/products",
    "/products/porter",
    "/people/nora",
    "/search?q=lock",
    "/search/suggest?q=lock",
    "/sign-in",
    "/sign-up",
    "/help",
    "/help/formatting",
    "/help/privileges",
]


def test_a_visitors_page_sets_no_cookie_holds_no_token_and_has_an_etag(app, browser, filled):
    for address in PAGES:
        response = browser().get(address)
        assert response.status_code == 200, address
        assert "Set-Cookie" not in response.headers, address
        assert "csrf_token" not in response.text, address
        assert response.headers["ETag"], address
        assert response.headers["Cache-Control"] == "public, no-cache", address
        assert "Cookie" in response.headers["Vary"], address


def test_the_same_page_asked_for_again_is_304_without_a_body(app, browser, filled):
    for address in PAGES:
        page = browser()
        tag = page.get(address).headers["ETag"]
        again = page.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag), address


def test_two_visitors_get_the_very_same_bytes(app, browser, filled):
    for address in PAGES:
        assert browser().get(address).data == browser().get(address).data


def test_a_changed_page_has_another_etag(app, browser, filled):
    page = browser()
    tag = page.get("/questions").headers["ETag"]
    a_question(title="A new question")
    again = page.get("/questions", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert "A new question" in again.text


def test_a_signed_in_persons_page_is_private(app, browser, filled):
    page = browser(a_user())
    for address in PAGES:
        response = page.get(address)
        assert response.status_code in (200, 302), address
        assert response.headers["Cache-Control"] == "private, no-cache", address
        assert "ETag" not in response.headers, address


def test_a_signed_in_page_is_not_answered_from_what_a_visitor_kept(app, browser, asker, filled):
    tag = browser().get("/questions").headers["ETag"]
    assert browser(asker).get("/questions", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"), [("/questions/99", 404), ("/no-such-page", 404), ("/questions/1", 301)]
)
def test_errors_and_redirects_are_asked_for_anew(app, browser, filled, address, status):
    response = browser().get(address)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in response.headers


def test_a_page_that_sets_a_cookie_is_never_public(app, browser, filled):
    page = browser()
    with page.session_transaction() as session:
        session["_flashes"] = [("message", "A word for one person only")]
    response = page.get("/questions")
    assert "A word for one person only" in response.text
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_a_head_request_has_the_same_headers_and_no_body(app, browser, filled):
    full, head = browser().get("/questions"), browser().head("/questions")
    assert head.data == b""
    assert head.headers["ETag"] == full.headers["ETag"]


def test_nothing_is_written_when_pages_are_read(app, browser, filled, statements):
    page = browser(a_user())
    db.session.commit()
    statements.count, statements.seen = 0, []
    for address in PAGES:
        page.get(address)
    writing = [one for one in statements.seen if not one.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert writing == []
