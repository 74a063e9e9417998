"""The list of tags, and the page of each."""

import pytest
from build import a_question, a_tag, an_answer, an_article

from app.catalog import tag_views
from app.catalog.models import TagSynonym
from app.core.db import db, now
from tests.web.reading import canonical_of, feeds_of, is_indexable, thing_of


def test_a_tag_gathers_its_guides_and_its_questions(app, browser, statements):
    tag = a_tag("wi-fi", description="Routers and passwords.")
    an_article(title="Bring the lamp online", tags=("wi-fi",))
    an_article(title="Nothing of it", tags=("battery",))
    a_question(title="Waiting about it", tags=[tag])
    solved = a_question(title="Solved about it", tags=[tag])
    an_answer(to=solved, accepted_at=now())
    db.session.add(TagSynonym(slug="wlan", tag_id=tag.id))
    db.session.commit()
    client = browser()
    statements.count = 0
    response = client.get("/tags/wi-fi")
    assert statements.count <= 12, statements.seen
    for words in (
        "Routers and passwords.",
        "wlan",
        "Bring the lamp online",
        "1 guide",
        "Waiting about it",
        "Solved about it",
    ):
        assert words in response.text, words
    assert "Nothing of it" not in response.text
    assert canonical_of(response) == "http://localhost/tags/wi-fi"
    assert is_indexable(response)
    page = thing_of(response, "CollectionPage")
    assert (page["name"], page["description"]) == ("wi-fi", "Routers and passwords.")
    assert thing_of(response, "BreadcrumbList")["itemListElement"][0]["item"] == "http://localhost/tags"
    for feed in feeds_of(response):
        assert client.get(feed).status_code == 200


def test_what_is_not_here_shows_on_no_page_of_tags(app, browser, asker, writer):
    tag = a_tag("secret")
    a_question(title="Hidden words", tags=[tag], hidden_at=now())
    a_question(title="Held words", tags=[tag], held_at=now())
    an_article(title="Staff words", tags=("secret",), audience="staff")
    for person in (None, asker):
        assert browser(person).get("/tags/secret").status_code == 404
        assert "secret" not in browser(person).get("/tags").text
    text = browser(writer).get("/tags/secret").text
    assert "Staff words" in text
    assert "Hidden words" not in text
    assert "Held words" not in text


def test_the_list_counts_finds_and_goes_both_ways(app, browser, monkeypatch, statements):
    monkeypatch.setattr(tag_views, "LIST_SIZE", 2)
    tags = [a_tag(slug) for slug in ("battery", "hub", "lamp", "motor", "wi-fi")]
    for tag in tags:
        a_question(tags=[tag])
    a_question(tags=[tags[4]])
    an_article(tags=("wi-fi",))
    db.session.add(TagSynonym(slug="wlan", tag_id=tags[4].id))
    db.session.commit()
    client = browser()
    statements.count = 0
    first = client.get("/tags")
    assert statements.count <= 12, statements.seen
    assert "Used most" in first.text

    def names(response):
        return [tag.slug for tag in tags if f'<h2><a href="/tags/{tag.slug}">' in response.text]

    def link(response, relation):
        return response.text.partition(f'rel="{relation}" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert names(first) == ["battery", "hub"]
    second = client.get(link(first, "next"))
    third = client.get(link(second, "next"))
    assert (names(second), names(third)) == (["lamp", "motor"], ["wi-fi"])
    assert "1 guide · 2 questions · also called wlan" in third.text
    assert link(third, "next") == ""
    back = client.get(link(third, "prev"))
    assert names(back) == ["lamp", "motor"]
    assert not is_indexable(back)
    assert names(client.get(link(back, "prev"))) == ["battery", "hub"]
    for typed, found in (("WLAN", ["wi-fi"]), ("t", ["battery", "motor"]), ("zebra", [])):
        response = client.get(f"/tags?q={typed}")
        assert names(response) == found
        assert not is_indexable(response)


@pytest.mark.parametrize(
    "address", ["/tags?after=x", "/tags?after=~x", "/questions?after=~", "/articles?after=~W10"]
)
def test_a_page_that_there_is_not_says_so(app, browser, address):
    response = browser().get(address)
    assert response.status_code == 400
    assert "start from its first page" in response.text


def test_an_unknown_tag_is_not_found(app, browser):
    assert browser().get("/tags/unheard-of").status_code == 404


def test_rows_lead_to_the_page_of_their_tag(app, browser):
    question = a_question(tags=[a_tag("wi-fi")])
    an_article(tags=("battery",))
    assert 'href="/tags/wi-fi"' in browser().get(f"/questions/{question.id}/{question.slug}").text
    assert 'href="/tags/battery"' in browser().get("/articles/reset-the-lamp").text
