""" "Sign in" leads back to where one was."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest


def way_back(browser, path):
    page = browser().get(path).text
    href = re.search(r'<a class="button quiet" href="([^"]*)">Sign in</a>', page)[1].replace("&amp;", "&")
    return parse_qs(urlsplit(href).query).get("next", [""])[0]


@pytest.mark.parametrize(
    "path", ["/questions?sort=active", "/search?q=50%25+%26+more", "/ask", "/people/nobody"]
)
def test_it_names_the_page_with_its_query(browser, path):
    assert way_back(browser, path) == path


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-up", "/no/such/page", f"/search?q={'x' * 1100}"])
def test_it_names_none_where_there_is_no_place_to_return_to(browser, path):
    assert way_back(browser, path) == ""


def test_a_sign_in_page_hands_on_where_it_would_lead(browser):
    assert way_back(browser, "/sign-in?next=/ask") == "/ask"
    assert way_back(browser, "/sign-in?next=https://example.com/") == ""
