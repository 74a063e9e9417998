"""Writers say what a tag means and which other words mean the same; whoever types those gets the tag."""

import pytest
from build import a_question, a_tag, an_article

from app.articles.tag_queries import article_counts
from app.catalog import actions, queries
from app.catalog.actions import edit_tag
from app.core.db import db, transaction
from app.core.errors import Invalid, NotAllowed
from app.forum import queries as forum
from app.forum.actions import QuestionText, ask_question, edit_question
from app.forum.models import PostRevision


def edited(who, tag, *words, description=""):
    edit_tag(who, tag, description=description, synonyms=words)
    return [one.slug for one in queries.synonyms_of(tag.id)]


def test_a_writer_describes_a_tag_and_gives_it_other_words(app, browser, writer):
    tag = a_tag("wi-fi")
    page = browser(writer)
    response = page.post(
        "/tags/wi-fi/edit",
        data={"description": " Routers and\npasswords. ", "synonyms": "WLAN, wireless wi-fi"},
    )
    assert response.headers["Location"] == "/tags/wi-fi"
    db.session.refresh(tag)
    assert tag.description == "Routers and passwords."
    assert [one.slug for one in queries.synonyms_of(tag.id)] == ["wireless", "wlan"]
    form = page.get("/tags/wi-fi/edit").text
    assert "Routers and passwords." in form
    assert 'value="wireless, wlan"' in form
    assert edited(writer, tag, "wlan") == ["wlan"]


def test_a_synonym_typed_while_asking_and_in_front_matter_becomes_the_tag(app, asker, writer):
    tag = a_tag("wi-fi")
    edited(writer, tag, "wlan")
    an_article(tags=("WLAN", "wi-fi", "new-one"))
    text = QuestionText(title="The lamp is not online", body="It was.", tags=["wlan", "Wi-Fi"])
    question = ask_question(asker, text)
    assert [one.slug for one in forum.tags_of(question.id)] == ["wi-fi"]
    new = queries.tag_of("new-one")
    assert article_counts(asker, [tag.id, new.id]) == {tag.id: 1, new.id: 1}
    assert queries.tag_of("wlan").slug == "wi-fi"
    edit_question(asker, question, text)
    assert db.session.query(PostRevision).count() == 0  # Another word for the same is no change.


def test_an_address_with_a_synonym_leads_to_the_tag(app, browser, writer):
    tag = a_tag("wi-fi")
    edited(writer, tag, "wlan")
    an_article(tags=("wi-fi",))
    page = browser()
    for old, new in (
        ("/tags/wlan", "/tags/wi-fi"),
        ("/tags/WLAN", "/tags/wi-fi"),
        ("/questions?tag=wlan", "/questions?tag=wi-fi"),
        ("/articles?tag=wlan&type=how-to", "/articles?type=how-to&tag=wi-fi"),
    ):
        response = page.get(old)
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (
            301,
            new.split("?")[0],
        ), old
        assert "wi-fi" in response.headers["Location"]
    assert page.get("/questions.atom?tag=wlan").status_code == 200


def test_a_word_can_mean_one_tag_only(app, browser, writer):
    wifi, radio = a_tag("wi-fi"), a_tag("radio")
    edited(writer, wifi, "wlan")
    with pytest.raises(Invalid, match="tag of its own") as error:
        edited(writer, wifi, "radio")
    assert error.value.field == "synonyms"
    with pytest.raises(Invalid, match="already means the tag “wi-fi”"):
        edited(writer, radio, "wlan")
    response = browser(writer).post(
        "/tags/radio/edit", data={"description": "Kept words", "synonyms": "wlan"}
    )
    assert response.status_code == 400
    assert "Kept words" in response.text


def test_limits_are_said(app, writer):
    tag = a_tag("wi-fi")
    with pytest.raises(Invalid, match="500"):
        edited(writer, tag, description="x" * 501)
    with pytest.raises(Invalid, match="20"):
        edited(writer, tag, *(f"word{number}" for number in range(actions.MOST_SYNONYMS + 1)))
    assert edited(writer, tag, "", "???", "wi-fi") == []


def test_members_may_not(app, asker, browser):
    tag = a_tag("wi-fi")
    with pytest.raises(NotAllowed, match="support writer"):
        edit_tag(asker, tag, description="", synonyms=[])
    assert browser(asker).get("/tags/wi-fi/edit").status_code == 403
    assert "Edit this tag" not in browser(asker).get("/tags/wi-fi").text


def test_a_tag_that_goes_takes_its_words_along(app, writer):
    tag = a_tag("wi-fi")
    edited(writer, tag, "wlan")
    with transaction() as session:
        session.delete(session.merge(tag))
    assert queries.tag_of("wlan") is None
    assert a_question() is not None
