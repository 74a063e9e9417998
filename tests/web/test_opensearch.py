"""The site's search in the browser's own search box."""

import json

import pytest
from build import a_question, an_article, catch_up_search

from app.core.db import db, now
from tests.web.reading import OPENSEARCH, xml_of

ROOT = "http://localhost"


def test_the_description_has_all_that_opensearch_asks_for(app, browser):
    response = browser().get("/opensearch.xml")
    assert response.content_type.startswith("application/opensearchdescription+xml")
    root = xml_of(response)
    assert root.tag == f"{OPENSEARCH}OpenSearchDescription"
    for name, longest in (("ShortName", 16), ("LongName", 48), ("Description", 1024)):
        text = root.findtext(f"{OPENSEARCH}{name}")
        assert text
        assert len(text) <= longest
    assert root.findtext(f"{OPENSEARCH}InputEncoding") == "UTF-8"
    assert root.findtext(f"{OPENSEARCH}Image").startswith(f"{ROOT}/static/")
    urls = {one.get("type"): one.get("template") for one in root.findall(f"{OPENSEARCH}Url")}
    assert urls == {
        "text/html": f"{ROOT}/search?q={{searchTerms}}",
        "application/x-suggestions+json": f"{ROOT}/search/suggestions?q={{searchTerms}}",
        "application/opensearchdescription+xml": f"{ROOT}/opensearch.xml",
    }
    assert root.find(f"{OPENSEARCH}Query").get("role") == "example"


def test_its_addresses_work(app, browser):
    root = xml_of(browser().get("/opensearch.xml"))
    for one in root.findall(f"{OPENSEARCH}Url"):
        address = one.get("template").replace("{searchTerms}", "lamp")
        assert browser().get(address).content_type.partition(";")[0] == one.get("type")
    assert browser().get(root.findtext(f"{OPENSEARCH}Image")).status_code == 200


@pytest.mark.parametrize("name", ["Lampworks Customer Support & Repairs <International>" * 3, "灯" * 60])
def test_a_long_name_of_the_site_fits(app, browser, name):
    app.config["SITE_NAME"] = name
    root = xml_of(browser().get("/opensearch.xml"))
    assert name.startswith(root.findtext(f"{OPENSEARCH}ShortName"))
    assert len(root.findtext(f"{OPENSEARCH}LongName")) <= 48


@pytest.mark.parametrize("address", ["/", "/questions", "/search?q=lamp", "/sign-in"])
def test_every_page_leads_browsers_to_it(app, browser, address):
    assert (
        '<link rel="search" type="application/opensearchdescription+xml" title="Aftercare" href="/opensearch.xml">'
        in browser().get(address).text
    )


def test_titles_come_in_the_form_that_browsers_read(app, browser):
    article = an_article(title="Reset the lamp")
    a_question(title="Reset does nothing")
    catch_up_search()
    response = browser().get("/search/suggestions?q=reset")
    assert response.content_type == "application/x-suggestions+json"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in response.headers
    typed, titles, words, addresses = json.loads(response.data)
    assert typed == "reset"
    assert sorted(titles) == ["Reset does nothing", "Reset the lamp"]
    assert dict(zip(titles, words, strict=True))["Reset the lamp"] == "Guide"
    assert dict(zip(titles, addresses, strict=True))["Reset the lamp"] == f"{ROOT}/articles/{article.slug}"


@pytest.mark.parametrize("typed", ["", "zzzz", "</script>", "🔧", "x" * 5000])
def test_whatever_is_typed_gets_an_answer(app, browser, typed):
    answer = json.loads(browser().get("/search/suggestions", query_string={"q": typed}).data)
    assert answer == [typed[:200], [], [], []]


def test_what_is_not_public_is_never_suggested_not_even_to_staff(app, browser, writer):
    an_article(title="Reset for staff", audience="staff")
    question = a_question(title="Reset hidden")
    catch_up_search()
    question.hidden_at = now()
    db.session.commit()
    assert json.loads(browser(writer).get("/search/suggestions?q=reset").data)[1] == []
