"""One form of each address: what the features write, what the routes answer to, and where it is safe to go next."""

from urllib.parse import parse_qs, unquote

import pytest
from build import a_product, a_question, a_user, an_answer, an_article
from flask import url_for

from app.articles.models import Draft
from app.core import addresses
from app.web import links


@pytest.mark.parametrize("slug", ["plain", "лампа", "灯", "a b", "a+b", "50%", "a?b", "a#b", "ä&ö"])
def test_the_addresses_are_those_of_the_routes(app, slug):
    name = slug.replace(" ", "-")  # The only names with a space are of former members, who have no page.
    with app.test_request_context():
        pairs = [
            (addresses.question(7, slug), url_for("forum.read", question_id=7, slug=slug)),
            (addresses.answer_anywhere(9), url_for("forum.answer", answer_id=9)),
            (addresses.article(slug), url_for("articles.read", slug=slug)),
            (addresses.product(slug), url_for("catalog.product", slug=slug)),
            (addresses.tag(slug), url_for("tags.tag", slug=slug)),
            (addresses.person(name), url_for("accounts.profile", username=name)),
            (addresses.tagged_questions(slug), url_for("forum.browse", tag=slug)),
            (addresses.tagged_articles(slug), url_for("articles.browse", tag=slug)),
        ]
        matcher = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for ours, theirs in pairs:
            path, _mark, query = ours.partition("?")
            theirs_path, _mark, theirs_query = theirs.partition("?")
            assert unquote(path) == unquote(theirs_path)
            assert parse_qs(query) == parse_qs(theirs_query)
            assert matcher.match(unquote(path))
        assert addresses.answer(7, "x", 9) == addresses.question(7, "x") + "#answer-9"


def test_every_thing_has_its_address(app, writer):
    question = a_question(title="It hums")
    answer = an_answer(to=question)
    draft = Draft(id=5, author_id=writer.id, title="x")
    with app.test_request_context():
        for thing, address in (
            (question, f"/questions/{question.id}/it-hums"),
            (answer, f"/questions/{question.id}/it-hums#answer-{answer.id}"),
            (an_article(title="Mend it"), "/articles/mend-it"),
            (draft, "/drafts/5"),
            (a_product(name="Porter"), "/products/porter"),
            (a_user(username="Zoë"), "/people/Zo%C3%AB"),
        ):
            assert links.to(thing) == address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", True),
        ("/ask?title=a%20b#x", True),
        ("/search?q=http://evil.example", True),
        ("/a//b", True),
        ("/:80", True),
        (None, False),
        ("", False),
        ("ask", False),
        ("?x", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\/evil.example", False),
        ("/a\\b", False),
        ("http://evil.example", False),
        ("http:/evil.example", False),
        ("javascript:alert(1)", False),
        ("/\t/evil.example", False),
        ("/\r\nLocation: //evil", False),
        ("/\x00", False),
        (" /ask", False),
    ],
)
def test_only_addresses_of_this_site_are_local(address, expected):
    assert links.is_local(address) is expected


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("http://localhost/questions?sort=active", "/questions?sort=active"),
        ("http://localhost//evil.example", "/home"),
        ("http://evil.example/questions", "/home"),
        ("http://[evil", "/home"),
        ("", "/home"),
    ],
)
def test_back_leads_only_to_where_one_came_from_on_this_site(app, referrer, expected):
    with app.test_request_context(headers={"Referer": referrer}):
        assert links.back("/home") == expected
