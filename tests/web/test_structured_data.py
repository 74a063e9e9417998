"""What pages say of themselves to search engines: JSON-LD, canonical addresses, Open Graph, noindex."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from build import a_comment, a_product, a_question, a_user, an_answer, an_article, catch_up_search

from app.core.db import db, now, transaction
from app.forum import queries as forum
from app.forum.models import Question
from app.web import structured_data
from tests.web.reading import (
    CONTROL,
    HOSTILE,
    canonical_of,
    is_indexable,
    thing_of,
    things_of,
)

ROOT = "http://localhost"


def address_of(question):
    return f"/questions/{question.id}/{question.slug}"


def is_a_moment_with_zone(text):
    return datetime.fromisoformat(text).tzinfo is not None


def is_absolute(url):
    return urlsplit(url).scheme == "http" and urlsplit(url).netloc == "localhost"


# Questions


def test_a_question_names_all_that_a_qa_page_must(app, browser, asker, helper):
    question = a_question(by=asker, title="X200 shows E-17", body="It *blinks*.", up_count=5, down_count=1)
    accepted = an_answer(to=question, by=helper, body="Hold it.", accepted_at=now(), up_count=9)
    other = an_answer(to=question, body="Buy another.", down_count=3, edited_at=now())
    page = thing_of(browser().get(address_of(question)), "QAPage")
    asked = page["mainEntity"]
    assert asked["@type"] == "Question"
    assert asked["name"] == "X200 shows E-17"
    assert asked["text"] == "It blinks."
    assert asked["answerCount"] == 2
    assert asked["upvoteCount"] == 4
    assert asked["author"] == {"@type": "Person", "name": "asker", "url": f"{ROOT}/people/asker"}
    assert is_a_moment_with_zone(asked["datePublished"])
    first, (second,) = asked["acceptedAnswer"], asked["suggestedAnswer"]
    assert (first["@type"], second["@type"]) == ("Answer", "Answer")
    assert (first["text"], second["text"]) == ("Hold it.", "Buy another.")
    assert first["url"] == f"{ROOT}{address_of(question)}#answer-{accepted.id}"
    assert second["url"].endswith(f"#answer-{other.id}")
    assert (first["upvoteCount"], second["upvoteCount"]) == (9, -3)
    assert first["author"]["name"] == "helper"
    assert is_a_moment_with_zone(second["datePublished"])
    assert is_a_moment_with_zone(second["dateModified"])
    assert "dateModified" not in first


def test_of_several_accepted_answers_one_is_the_accepted_one(app, browser):
    question = a_question()
    for _ in range(3):
        an_answer(to=question, accepted_at=now())
    asked = thing_of(browser().get(address_of(question)), "QAPage")["mainEntity"]
    assert isinstance(asked["acceptedAnswer"], dict)
    assert len(asked["suggestedAnswer"]) == 2


def test_a_question_without_answers_says_so(app, browser):
    asked = thing_of(browser().get(address_of(a_question())), "QAPage")["mainEntity"]
    assert asked["answerCount"] == 0
    assert "acceptedAnswer" not in asked
    assert "suggestedAnswer" not in asked


def test_a_later_page_holds_its_own_answers_the_whole_count_and_its_own_address(app, browser):
    question = a_question()
    for number in range(forum.ANSWERS_SIZE + 2):
        an_answer(to=question, body=f"Way {number}", accepted_at=now() if number == 0 else None)
    last = browser().get("/answers/" + str(forum.ANSWERS_SIZE + 2)).location.partition("#")[0]
    response = browser().get(last)
    page = thing_of(response, "QAPage")
    asked = page["mainEntity"]
    assert asked["answerCount"] == forum.ANSWERS_SIZE + 2
    assert len(asked["suggestedAnswer"]) == 2
    assert "acceptedAnswer" not in asked
    assert canonical_of(response) == page["url"] == f"{ROOT}{last}"
    assert asked["url"] == f"{ROOT}{address_of(question)}"
    assert asked["suggestedAnswer"][0]["url"].startswith(f"{ROOT}{last}#answer-")


def test_what_is_hidden_or_deleted_is_described_to_nobody(app, browser, moderator):
    question = a_question()
    an_answer(to=question, body="Hidden words", hidden_at=now(), hidden_why="Spam")
    an_answer(to=question, body="Deleted words", deleted_at=now())
    an_answer(to=question, body="Shown words")
    for person in (None, moderator):
        asked = thing_of(browser(person).get(address_of(question)), "QAPage")["mainEntity"]
        assert [one["text"] for one in asked["suggestedAnswer"]] == ["Shown words"]
        assert asked["answerCount"] == 1


def test_a_deleted_question_that_its_author_still_sees_is_not_for_search_engines(app, browser, asker):
    question = a_question(by=asker, deleted_at=now(), deleted_by_id=asker.id)
    assert not is_indexable(browser(asker).get(address_of(question)))


def test_what_was_asked_before_is_found_where_it_was(app, browser):
    original = a_question(title="Asked first")
    again = a_question(title="Asked again", duplicate_of_id=original.id)
    response = browser().get(address_of(again))
    assert canonical_of(response) == f"{ROOT}{address_of(original)}"
    assert things_of(response) == []
    places = browser().get("/sitemaps/questions-1.xml").text
    assert address_of(original) in places
    assert address_of(again) not in places


# Guides


def test_a_guide_names_what_an_article_should(app, browser, helper):
    article = an_article(
        title="Reset the lamp",
        type="troubleshooting",
        summary="When it blinks.",
        tags=("wi-fi",),
        applies_to=("Lamp 2", "firmware 3"),
        credits=("helper", "Grandma"),
    )
    article.checked_at = now()
    db.session.commit()
    response = browser().get(f"/articles/{article.slug}")
    found = thing_of(response, "TechArticle")
    assert found["headline"] == "Reset the lamp"
    assert found["description"] == "When it blinks."
    assert found["author"] == [{"@type": "Organization", "name": "Aftercare", "url": f"{ROOT}/"}]
    assert found["about"] == {"@type": "Product", "name": "Lamp", "url": f"{ROOT}/products/lamp"}
    assert found["keywords"] == ["wi-fi"]
    assert found["dependencies"] == "Lamp 2, firmware 3"
    assert found["inLanguage"] == "en"
    assert found["contributor"] == [
        {"@type": "Person", "name": "helper", "url": f"{ROOT}/people/helper"},
        {"@type": "Person", "name": "Grandma"},
    ]
    assert is_a_moment_with_zone(found["datePublished"])
    assert is_a_moment_with_zone(found["dateModified"])
    assert is_a_moment_with_zone(found["mainEntityOfPage"]["lastReviewed"])
    assert canonical_of(response) == found["url"] == f"{ROOT}/articles/{article.slug}"


def test_a_guide_for_staff_is_not_described_and_not_for_search_engines(app, browser, writer):
    article = an_article(audience="staff")
    response = browser(writer).get(f"/articles/{article.slug}")
    assert things_of(response) == []
    assert not is_indexable(response)


# Trails, people, the site


@pytest.mark.parametrize("place", ["question", "guide", "product"])
def test_the_trail_is_the_one_that_the_page_shows(app, browser, place):
    an_article()
    product = a_product(name="Porter")
    question = a_question(product_id=product.id)
    addresses = {
        "question": address_of(question),
        "guide": "/articles/reset-the-lamp",
        "product": "/products/porter",
    }
    response = browser().get(addresses[place])
    items = thing_of(response, "BreadcrumbList")["itemListElement"]
    assert len(items) >= 2
    assert [item["position"] for item in items] == list(range(1, len(items) + 1))
    assert all(item["@type"] == "ListItem" and item["name"] in response.text for item in items)
    assert all(is_absolute(item["item"]) for item in items[:-1])
    assert "item" not in items[-1]


def test_a_person_has_a_profile_page(app, browser, helper):
    helper.about = "I mend lamps."
    db.session.commit()
    an_answer(by=helper)
    a_question(by=helper)
    a_question(by=helper, hidden_at=now())
    page = thing_of(browser().get("/people/helper"), "ProfilePage")
    person = page["mainEntity"]
    assert is_a_moment_with_zone(page["dateCreated"])
    assert (person["@type"], person["name"], person["identifier"]) == ("Person", "helper", "helper")
    assert person["url"] == f"{ROOT}/people/helper"
    assert person["description"] == "I mend lamps."
    assert [one["userInteractionCount"] for one in person["agentInteractionStatistic"]] == [1, 1]
    assert "helper@example.com" not in json.dumps(page)


def test_the_front_page_names_the_site_and_its_search(app, browser):
    response = browser().get("/")
    site = thing_of(response, "WebSite")
    assert (site["name"], site["url"]) == ("Aftercare", f"{ROOT}/")
    action = site["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{ROOT}/search?q={{search_term_string}}"
    assert action["query-input"] == "required name=search_term_string"
    assert things_of(browser().get("/questions")) == []


def test_each_thing_on_a_page_has_an_id_of_its_own(app, browser):
    an_article()
    for address in (address_of(a_question()), "/articles/reset-the-lamp", "/products/lamp", "/"):
        ids = [thing["@id"] for thing in things_of(browser().get(address))]
        assert ids
        assert len(ids) == len(set(ids))
        assert all(is_absolute(one) for one in ids)


REQUIRED = {
    "WebSite": {"@id", "url", "name", "potentialAction"},
    "QAPage": {"@id", "url", "mainEntity"},
    "Question": {"@id", "url", "name", "text", "answerCount", "upvoteCount", "datePublished", "author"},
    "Answer": {"url", "text", "upvoteCount", "datePublished", "author"},
    "TechArticle": {
        "@id",
        "url",
        "headline",
        "datePublished",
        "dateModified",
        "author",
        "publisher",
        "about",
        "inLanguage",
        "mainEntityOfPage",
    },
    "CollectionPage": {"@id", "url", "name", "description"},
    "BreadcrumbList": {"@id", "itemListElement"},
    "ListItem": {"position", "name"},
    "ProfilePage": {"@id", "url", "dateCreated", "mainEntity"},
    "Person": {"name"},
    "Organization": {"name", "url"},
    "Product": {"name", "url"},
}
"""What the engines ask of each type, and what we say besides wherever there is one."""


def within(thing):
    """A thing and all things in it that have a type."""
    if isinstance(thing, dict):
        if "@type" in thing:
            yield thing
        for value in thing.values():
            yield from within(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from within(value)


def test_every_kind_of_page_says_all_that_its_types_require(app, browser, asker, helper):
    an_article(tags=("wi-fi",), summary="When it blinks.")
    question = a_question(by=asker)
    an_answer(to=question, by=helper, accepted_at=now())
    an_answer(to=question)
    expected = {
        "/": {"WebSite"},
        address_of(question): {"QAPage", "BreadcrumbList"},
        "/articles/reset-the-lamp": {"TechArticle", "BreadcrumbList"},
        "/products/lamp": {"BreadcrumbList"},
        "/tags/wi-fi": {"CollectionPage", "BreadcrumbList"},
        "/people/asker": {"ProfilePage"},
    }
    client, seen = browser(), set()
    for address, types in expected.items():
        things = things_of(client.get(address))
        assert {thing["@type"] for thing in things} == types, address
        for thing in within(things):
            if set(thing) == {"@type", "@id"}:
                continue  # It only names a thing that is described elsewhere.
            missing = REQUIRED.get(thing["@type"], set()) - {
                key for key, value in thing.items() if value != ""
            }
            assert not missing, f"{address}: {thing['@type']} lacks {missing}"
            seen.add(thing["@type"])
    assert seen >= set(REQUIRED)


# Hostile text


def test_hostile_text_stays_text(app, browser):
    person = a_user(about=HOSTILE[:200])
    question = a_question(by=person, title=HOSTILE, body=f"`{HOSTILE}`")
    an_answer(to=question, by=person, body=f"`{HOSTILE}`")
    response = browser().get(address_of(question))
    asked = thing_of(response, "QAPage")["mainEntity"]
    assert asked["name"] == HOSTILE
    for text in (asked["text"], asked["suggestedAnswer"][0]["text"]):
        assert "</script><script>alert(1)</script>" in text
        assert "🔧 灯" in text
    assert "<script>alert" not in response.text
    profile = browser().get(f"/people/{person.username}")
    assert thing_of(profile, "ProfilePage")["mainEntity"]["description"] == HOSTILE[:200]
    assert "<script>alert" not in profile.text


def test_nothing_in_the_script_can_end_it_or_begin_a_comment(app):
    written = structured_data.script([{"name": f"{HOSTILE}{CONTROL}\u2029"}])
    assert not set("<>&\u2028\u2029\x07\x0b\x1b") & set(written)
    assert json.loads(written)["@graph"] == [{"name": f"{HOSTILE}{CONTROL}\u2029"}]


def test_titles_with_quotes_are_whole_in_open_graph(app, browser):
    question = a_question(title='The "blue" lamp & <b>its</b> switch')
    text = browser().get(address_of(question)).text
    assert (
        '<meta property="og:title" content="The &#34;blue&#34; lamp &amp; &lt;b&gt;its&lt;/b&gt; switch">'
        in text
    )


# Open Graph, canonical addresses, noindex


def test_pages_to_share_say_what_they_are(app, browser):
    article = an_article(summary="When it blinks.")
    text = browser().get(f"/articles/{article.slug}").text
    for name, content in (
        ("site_name", "Aftercare"),
        ("type", "article"),
        ("url", f"{ROOT}/articles/{article.slug}"),
        ("title", "Reset the lamp"),
        ("description", "When it blinks."),
    ):
        assert f'<meta property="og:{name}" content="{content}">' in text


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/", "/"),
        ("/?utm_source=mail", "/"),
        ("/questions", "/questions"),
        ("/questions?sort=newest&utm_source=x", "/questions"),
        ("/questions?sort=active", "/questions"),
        ("/questions?sort=unanswered", "/questions?sort=unanswered"),
        ("/questions?tag=wi-fi&sort=active", "/questions?tag=wi-fi"),
        ("/questions?product=lamp", "/questions?product=lamp"),
        ("/articles", "/articles"),
        ("/articles?sort=newest", "/articles"),
        ("/articles?type=how-to&sort=newest", "/articles?type=how-to"),
        ("/products", "/products"),
        ("/products/lamp?x=1", "/products/lamp"),
        ("/people/ASKER", "/people/asker"),
    ],
)
def test_each_page_has_one_right_address(app, browser, asker, asked, canonical):
    an_article()
    assert canonical_of(browser().get(asked)) == f"{ROOT}{canonical}"


def test_a_later_page_of_a_list_is_itself(app, browser, visitor):
    for _ in range(forum.LIST_SIZE + 1):
        a_question()
    next_url = forum.question_list(
        visitor, sort="active", product="", tag="", solved="", after=None
    ).pager.next_url
    assert canonical_of(browser().get(next_url)) == f"{ROOT}{next_url}"


def test_lists_for_search_engines_are_whole_or_have_one_filter_and_something_in_them(app, browser):
    an_article(tags=("battery",))
    lamp = a_product(name="Porter")
    a_question(product_id=lamp.id)
    client = browser()
    for address in ("/questions", "/questions?product=porter", "/articles", "/articles?type=how-to"):
        assert is_indexable(client.get(address)), address
    for address in (
        "/questions?product=porter&sort=unanswered",
        "/questions?tag=unheard-of",
        "/articles?type=how-to&tag=battery",
        "/articles?tag=unheard-of",
    ):
        assert not is_indexable(client.get(address)), address


def test_plain_searches_are_all_the_search_to_search_engines_and_the_form_for_questions_is_one(app, browser):
    a_question(title="The lock beeps")
    catch_up_search()
    client = browser()
    for address, canonical in (
        ("/ask", "/ask"),
        ("/search", "/search"),
        ("/search?q=beeps", "/search"),
    ):
        assert is_indexable(client.get(address)), address
        assert canonical_of(client.get(address)) == f"{ROOT}{canonical}"


def test_search_history_forms_and_sign_in_are_not_for_search_engines(app, browser):
    question = a_question()
    client = browser()
    for address in (
        "/search?q=unheard",
        "/ask?title=Lamp",
        "/sign-in",
        "/sign-up",
        f"/questions/{question.id}/history",
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert not is_indexable(response), address
    for address in ("/search?q=beeps&kind=guides", "/search?q=beeps&sort=newest"):
        assert not is_indexable(client.get(address)), address
    assert client.get("/search/suggest?q=lamp").headers["X-Robots-Tag"] == "noindex"
    robots = client.get("/robots.txt").text
    for path in ("/search\n", "/ask\n", "/sign-in", "/history"):
        assert f"Disallow: {path}" not in robots  # A page that robots may not read cannot tell them noindex.


def test_a_page_described_in_full_asks_the_database_no_more_for_it(app, browser, statements):
    question = a_question()
    for _ in range(20):
        a_comment(on=an_answer(to=question))
    client = browser()
    statements.count = 0
    assert thing_of(client.get(address_of(question)), "QAPage")["mainEntity"]["answerCount"] == 20
    assert statements.count <= 10


def test_a_title_that_changes_takes_its_address_along(app, browser):
    question = a_question()
    with transaction() as session:
        changed = session.get_one(Question, question.id)
        changed.title, changed.slug, changed.edited_at = "New words", "new-words", now() + timedelta(days=1)
    response = browser().get(f"/questions/{question.id}", follow_redirects=True)
    assert canonical_of(response) == f"{ROOT}/questions/{question.id}/new-words"
    assert "dateModified" in thing_of(response, "QAPage")["mainEntity"]
