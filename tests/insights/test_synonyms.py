"""Writers say which words mean the same, see first what that changes, and cannot break a golden query with it."""

import pytest
from build import a_product, an_article, catch_up_search

from app import search
from app.core.db import db
from app.core.errors import Invalid, NotAllowed, Refused
from app.insights import actions, queries
from app.insights.actions import Noted
from app.insights.models import Synonym
from app.insights.synonyms import SynonymText

PSU = SynonymText("psu, brick", "power supply")


def noted(visitor, *tried, opened=True):
    """A tab that tries these queries one after the other, and opens a result of the last."""
    before = ""
    for query in tried:
        key = f"{queries.db.session.query(queries.Search).count():020}"
        actions.note_search(visitor, Noted(key=key, query=query, total=1, after=before))
        before = key
    if opened:
        actions.note_result_opened(visitor, before, "article:1", 1)


@pytest.fixture
def guides(app):
    power = an_article(title="Replace the power supply", body="Pull the plug.")
    lamp = an_article(title="Reset the lamp", body="No brick is needed.")
    catch_up_search()
    return power, lamp


def titles(browser, query):
    return browser().get("/search", query_string={"q": query}).text


def test_a_synonym_that_is_kept_finds_and_says_so(guides, browser, writer):
    assert "Replace the" not in titles(browser, "psu")
    form = {"words": "psu, brick", "others": "power supply"}
    answer = browser(writer).post("/workshop/synonyms/keep", data=form)
    assert (answer.status_code, answer.location) == (303, "/workshop/synonyms")
    page = titles(browser, "psu")
    assert "Replace the power supply" in page
    assert "Also looked for: power supply" in page
    listed = browser(writer).get("/workshop/synonyms").text
    assert "psu, brick" in listed
    assert "by writer on" in listed


def test_changing_and_dropping_it_counts_at_once(guides, browser, writer):
    kept = actions.keep_synonym(writer, PSU, "en")
    changed = SynonymText("psu", "lamp", is_mutual=True)
    assert actions.keep_synonym(writer, changed, "en", kept).id == kept.id
    assert "Reset the lamp" in titles(browser, "psu")
    assert browser(writer).post(f"/workshop/synonyms/{kept.id}/drop").status_code == 303
    assert "Reset the lamp" not in titles(browser, "psu")


def test_it_can_hold_for_readers_of_one_language(guides, writer):
    actions.keep_synonym(writer, SynonymText("netzteil", "power supply", language="de"), "en")
    from app.insights import synonyms

    found = [
        search.find("netzteil", audiences=frozenset({"public"}), synonyms=synonyms.current(code)).total
        for code in ("en", "de")
    ]
    assert found == [0, 1]


def test_only_writers_may(guides, browser, asker, writer):
    with pytest.raises(NotAllowed):
        actions.keep_synonym(asker, PSU, "en")
    kept = actions.keep_synonym(writer, PSU, "en")
    with pytest.raises(NotAllowed):
        actions.drop_synonym(asker, kept, "en")
    for address in ("/workshop/synonyms", "/workshop/synonyms/one"):
        assert browser(asker).get(address).status_code == 403


@pytest.mark.parametrize("words", ["", " , ", "the", "x" * 201, "one two three four five six seven"])
def test_words_that_cannot_be_are_refused_with_what_was_typed(app, browser, writer, words):
    with pytest.raises(Invalid):
        actions.keep_synonym(writer, SynonymText("lamp", words), "en")
    answer = browser(writer).post("/workshop/synonyms/keep", data={"words": "lamp", "others": words})
    assert answer.status_code == 400
    assert 'value="lamp"' in answer.text
    assert db.session.query(Synonym).count() == 0


def test_the_preview_tells_what_would_change_and_saves_nothing(guides, browser, writer, visitor):
    noted(visitor, "brick")
    noted(visitor, "Brick ")
    noted(visitor, "lamp")
    form = {"words": "psu, brick", "others": "power supply", "preview": "1"}
    page = browser(writer).post("/workshop/synonyms/keep", data=form).text
    assert "The last 2 searches with these words were made again: 2 would find" in page
    assert page.count("Comes in:") == 1
    assert "Replace the power supply" in page
    assert "Save" in page
    assert db.session.query(Synonym).count() == 0


def test_what_breaks_a_golden_query_cannot_be_saved(guides, browser, writer):
    power, _lamp = guides
    kept = actions.keep_synonym(writer, PSU, "en")
    actions.keep_golden_query(writer, "psu", power)
    form = {"id": kept.id, "words": "psu", "others": "brick"}
    answer = browser(writer).post("/workshop/synonyms/keep", data=form)
    assert answer.status_code == 409
    assert "no longer be found there for: “psu”" in answer.text
    assert "Save" not in browser(writer).post("/workshop/synonyms/keep", data={**form, "preview": "1"}).text
    with pytest.raises(Refused):
        actions.drop_synonym(writer, kept, "en")
    assert browser(writer).post(f"/workshop/synonyms/{kept.id}/drop").status_code == 409


def test_a_golden_query_that_is_red_already_blocks_nothing(guides, writer):
    _power, lamp = guides
    actions.keep_golden_query(writer, "psu", lamp)
    assert actions.keep_synonym(writer, PSU, "en").id


def test_words_tried_one_after_the_other_are_proposed_when_the_second_helped(
    guides, browser, writer, visitor
):
    for _time in range(2):
        noted(visitor, "hub brick hums", "hub charger hums")
    noted(visitor, "hub lihgt", "hub light")
    noted(visitor, "router", "switch", opened=False)
    assert [(each.words, each.others, each.count) for each in queries.proposals(90)] == [
        ("brick", "charger", 2)
    ]
    page = browser(writer).get("/workshop/synonyms").text
    assert "/workshop/synonyms/one?words=brick&amp;others=charger" in page


def test_a_query_leads_to_its_synonyms(guides, browser, writer):
    page = browser(writer).get("/workshop/searches/words?q=psu").text
    assert "/workshop/synonyms/one?words=psu" in page
    assert 'value="psu"' in browser(writer).get("/workshop/synonyms/one?words=psu").text
    assert browser(writer).get("/workshop/synonyms/one?id=77").status_code == 404


def test_the_pages_ask_the_database_little(guides, browser, writer, statements):
    product = a_product(name="Hub")
    for number in range(5):
        actions.keep_synonym(writer, SynonymText(f"word{number}", "lamp", product=product), "en")
    client = browser(writer)
    for address in ("/workshop/synonyms", "/workshop/synonyms/one?id=1"):
        statements.count = 0
        assert client.get(address).status_code == 200
        assert statements.count <= 12
