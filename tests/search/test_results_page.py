"""The page of results says what it made of the words, and offers the other ways to see them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from build import a_product, a_question, a_tag, an_answer, an_article, catch_up_search

from app.forum import actions as forum
from app.forum.promotion import link_to_article
from app.notifications.following import follow
from tests.web.reading import ATOM, xml_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def page(browser: Callable[..., Any]) -> Callable[[str], str]:
    an_article(title="Replace the battery of the lock", body="Use two cells.")
    a_question(title="The lock eats its battery")
    catch_up_search()
    return lambda address: browser().get(address).get_data(as_text=True)


def test_a_mended_word_is_said_and_the_typed_one_stays_a_press_away(page: Callable[[str], str]) -> None:
    shown = page("/search?q=battry")
    assert "2 results for “battery”" in shown
    assert "Search instead for" in shown
    assert 'href="/search?q=battry&amp;as_typed=1"' in shown
    as_typed = page("/search?q=battry&as_typed=1")
    assert "Nothing found for “battry”" in as_typed


def test_syntax_that_says_nothing_is_named(page: Callable[[str], str]) -> None:
    assert "Not understood or left out: is:purple" in page("/search?q=battery+is:purple")


def test_the_order_can_be_chosen_and_an_unknown_one_is_the_best_first(page: Callable[[str], str]) -> None:
    assert 'href="/search?q=battery&amp;sort=newest"' in page("/search?q=battery")
    assert '<a href="/search?q=battery" aria-current="true">Best first' in page("/search?q=battery&sort=x")


def test_an_empty_search_tells_what_can_be_typed(page: Callable[[str], str]) -> None:
    assert "code:E-104" in page("/search")


# Where the passage stands


def test_the_passage_of_a_guide_leads_to_its_heading(app, browser):
    an_article(
        title="Care of the lamp",
        body="Wipe it.\n\n## In winter\n\nThe zebra cable freezes.\n\n## Rest\n\nMore.",
    )
    catch_up_search()
    page = browser().get("/search?q=zebra").text
    assert '<a href="/articles/care-of-the-lamp#in-winter" data-target="article:1">In winter</a>' in page
    assert "#in-winter" not in browser().get("/search?q=wipe").text


def test_the_passage_of_a_thread_leads_to_its_answer(app, browser):
    asked = a_question(title="The lamp hums", body="At night.")
    answer = an_answer(to=asked, body="Replace the zebra coil.")
    catch_up_search()
    assert f'<a href="/answers/{answer.id}"' in browser().get("/search?q=zebra").text
    assert f"/answers/{answer.id}" not in browser().get("/search?q=hums+night").text


def test_the_best_answer_of_a_solved_question_begins_in_place(app, browser, asker, helper):
    asked = a_question(title="The lamp hums", body="At night.", by=asker)
    an_answer(to=asked, body="No idea.")
    answer = an_answer(by=helper, to=asked, body="Replace the coil. " + "It takes a while. " * 40)
    catch_up_search()
    assert "Answer:" not in browser().get("/search?q=hums").text
    forum.accept_answer(asker, answer)
    catch_up_search()
    page = browser().get("/search?q=hums").text
    assert "Answer:</a> Replace the coil. It takes" in page
    assert page.count("It takes a while") < 15
    forum.delete_answer(helper, answer)
    assert "Replace the coil" not in browser().get("/search?q=hums").text


def test_a_thread_whose_answer_became_a_guide_stands_under_it(app, browser, writer):
    asked = a_question(title="Lamp hums", body="At night, like a zebra.")
    guide = an_article(title="When the lamp hums", body="Replace the coil.")
    link_to_article(writer, an_answer(to=asked, body="Replace the coil."), guide)
    catch_up_search()
    page = browser().get("/search?q=lamp+hums+zebra").text
    assert "1 result for" in page
    assert page.index("When the lamp hums</a></h2>") < page.index("From this question:")
    assert f'<a href="/questions/{asked.id}/lamp-hums" data-target="article:1">Lamp hums</a>' in page
    alone = browser().get("/search?q=lamp+hums+zebra&kind=questions").text
    assert "From this question" not in alone
    assert "Lamp hums</a></h2>" in alone


def test_who_comes_from_a_product_or_follows_it_finds_its_things_first_among_equals(app, browser, asker):
    hub, lamp = a_product(name="Hub"), a_product(name="Lamp")
    for product in (hub, lamp):
        an_article(title=f"Care of the {product.name}", product=product.slug, body="Wipe it with a cloth.")
    catch_up_search()

    def first(address, person=None):
        return re.findall(r'class="h3"><a href="[^"]+"[^>]*>([^<]+)<', browser(person).get(address).text)[0]

    other = "Care of the Lamp" if first("/search?q=cloth") == "Care of the Hub" else "Care of the Hub"
    slug = other.rsplit(maxsplit=1)[-1].lower()
    assert f'<input type="hidden" name="near" value="{slug}">' in browser().get(f"/products/{slug}").text
    assert first(f"/search?q=cloth&near={slug}") == other
    assert first("/search?q=cloth&near=unknown") != other
    follow(asker, {"hub": hub, "lamp": lamp}[slug])
    assert first("/search?q=cloth", asker) == other


def test_products_are_offered_with_how_much_there_is(app, browser):
    hub, lamp = a_product(name="Hub"), a_product(name="Lamp")
    a_product(name="Lock")
    for product in (hub, hub, lamp):
        a_question(title="It hums at night", product_id=product.id)
    catch_up_search()
    page = browser().get("/search?q=hums").text
    assert '<option value="hub">Hub (2)</option>' in page
    assert '<option value="lamp">Lamp (1)</option>' in page
    assert 'value="lock"' not in page
    assert 'value="hub" selected>Hub</option>' in browser().get("/search?q=hums&product=hub").text


def test_tags_are_offered_with_how_much_there_is_where_there_is_much(app, browser):
    known = {name: a_tag(name) for name in ("night", "coil")}
    tags = [("night",), ("night", "coil"), (), ("coil",), ("night",)]
    for some in tags:
        a_question(title="It hums loudly", tags=[known[name] for name in some])
    catch_up_search()
    assert "tag=night" not in browser().get("/search?q=hums").text
    a_question(title="It hums loudly")
    catch_up_search()
    page = browser().get("/search?q=hums").text
    assert '<a href="/search?q=hums&amp;tag=night">night <span class="count">3</span></a>' in page
    chosen = browser().get("/search?q=hums&tag=night").text
    assert "3 results for" in chosen
    assert '<a href="/search?q=hums">All tags</a>' in chosen


def test_who_finds_nothing_may_wait_for_an_answer_and_a_visitor_is_asked_to_sign_in(app, browser, asker):
    empty = browser().get("/search?q=zebra").text
    assert 'href="/sign-in?next=/search?q%3Dzebra">Sign in to be told when there is an answer</a>' in empty
    assert "Tell me when there is an answer" not in empty
    of_member = browser(asker).get("/search?q=zebra").text
    assert "Tell me when there is an answer" in of_member
    assert "Sign in to be told" not in of_member


def test_a_search_is_a_feed_of_what_everybody_may_read(app, browser, writer):
    an_article(title="The lamp hums", body="Wait.")
    an_article(title="The secret hums", body="Hush.", audience="staff")
    a_question(title="Why it hums")
    catch_up_search()
    page = browser().get("/search?q=hums").text
    assert (
        '<link rel="alternate" type="application/atom+xml" title="Search: hums" href="/search.atom?q=hums">'
        in page
    )
    feed = browser(writer).get("/search.atom?q=hums")
    assert feed.mimetype == "application/atom+xml"
    titles = [entry.findtext(f"{ATOM}title") for entry in xml_of(feed).iter(f"{ATOM}entry")]
    assert sorted(titles) == ["The lamp hums", "Why it hums"]
    guides = xml_of(browser().get("/search.atom?q=hums&kind=guides"))
    assert len(list(guides.iter(f"{ATOM}entry"))) == 1
    assert list(xml_of(browser().get("/search.atom")).iter(f"{ATOM}entry")) == []
