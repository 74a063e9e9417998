"""The site learns what is looked for and what came of it, and not who."""

import re
from datetime import timedelta

import pytest
from build import a_question, a_user, an_article, catch_up_search
from sqlalchemy import select

from app.articles.models import Draft
from app.core.db import db, now, transaction
from app.core.errors import Invalid, NotAllowed, Refused
from app.insights import actions, queries
from app.insights.actions import Noted
from app.insights.models import GoldenQuery, Outcome, PinnedResult, Search, SearchClick

KEY, OTHER = "a" * 20, "b" * 20


def noted(key: str = KEY, query: str = "lamp blinks", total: int = 3, **more: object) -> Noted:
    return Noted(key=key, query=query, total=total, **more)


def searches() -> list[Search]:
    db.session.rollback()
    return list(db.session.scalars(select(Search).order_by(Search.id)))


# What pages tell


def test_a_search_is_written_down_without_who_made_it(browser, asker):
    form = {"key": KEY, "q": "Lamp  blinks?", "total": "3", "shown": "article:1 question:7 nonsense"}
    assert browser(asker).post("/search/noted", data=form).status_code == 204
    (search,) = searches()
    assert (search.query, search.normal, search.total) == ("Lamp blinks?", "lamp blinks", 3)
    assert search.shown == ["article:1", "question:7"]
    assert not {"user_id", "address", "person_id"} & set(Search.__table__.columns.keys())


def test_the_same_search_told_twice_is_one(app, visitor):
    for _time in range(2):
        actions.note_search(visitor, noted())
    assert len(searches()) == 1


def test_another_try_of_the_same_tab_follows_the_one_before(app, visitor):
    actions.note_search(visitor, noted())
    actions.note_search(visitor, noted(OTHER, "lamp blinks red", after=KEY))
    first, second = searches()
    assert second.after_id == first.id
    assert [each.query for each in queries.refined("Lamp blinks", 30)] == ["lamp blinks red"]


def test_a_try_of_another_evening_follows_nothing(app, visitor):
    actions.note_search(visitor, noted())
    with transaction():
        searches()[0].created_at = now() - timedelta(hours=2)
    actions.note_search(visitor, noted(OTHER, "lamp blinks red", after=KEY))
    assert searches()[1].after_id is None


def test_an_address_in_a_query_is_not_kept(app, visitor):
    actions.note_search(visitor, noted(query="order of mira@example.com lost"))
    assert searches()[0].query == "order of … lost"


@pytest.mark.parametrize(
    "bad", [noted(key="short"), noted(query="  "), noted(key="x" * 19 + "\n"), noted(total=-1)]
)
def test_what_no_page_of_ours_would_say_is_refused(app, visitor, bad):
    with pytest.raises(Invalid):
        actions.note_search(visitor, bad)
    assert searches() == []


def test_a_search_from_another_site_is_refused(browser):
    form = {"key": KEY, "q": "lamp"}
    answer = browser().post("/search/noted", data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert searches() == []


def test_an_opened_result_is_counted_once_with_its_rank(app, browser, visitor):
    actions.note_search(visitor, noted())
    for _time in range(2):
        browser().post("/search/opened", data={"key": KEY, "target": "article:1", "rank": "2"})
    (click,) = db.session.scalars(select(SearchClick))
    assert (click.target, click.rank) == ("article:1", 2)
    assert searches()[0].outcome == Outcome.CLICKED


def test_what_was_opened_hours_later_belongs_to_no_search(app, visitor):
    actions.note_search(visitor, noted())
    with transaction():
        searches()[0].created_at = now() - timedelta(hours=2)
    actions.note_result_opened(visitor, KEY, "article:1", 1)
    assert db.session.scalar(select(SearchClick)) is None


@pytest.mark.parametrize(("target", "rank"), [("person:1", 1), ("article:x", 1), ("article:1", 0)])
def test_an_opened_result_that_cannot_be_is_refused(app, visitor, target, rank):
    with pytest.raises(Invalid):
        actions.note_result_opened(visitor, KEY, target, rank)


def test_the_last_word_on_what_came_of_a_search_counts(app, browser, visitor):
    actions.note_search(visitor, noted())
    for outcome in ("asked", "solved"):
        assert browser().post("/search/outcome", data={"key": KEY, "outcome": outcome}).status_code == 204
    assert searches()[0].outcome == Outcome.SOLVED
    with pytest.raises(Invalid):
        actions.note_outcome(visitor, KEY, "won")


def test_old_searches_are_forgotten_with_what_was_opened(app, visitor):
    actions.note_search(visitor, noted())
    actions.note_result_opened(visitor, KEY, "article:1", 1)
    actions.note_search(visitor, noted(OTHER, "lamp hums"))
    with transaction():
        searches()[0].created_at = now() - timedelta(days=91)
    assert queries.forget_old_searches(90) == 1
    assert [search.query for search in searches()] == ["lamp hums"]
    assert db.session.scalar(select(SearchClick)) is None


# The lists


@pytest.fixture
def evening(app, visitor):
    """Six searches: three for one thing that is opened, two that find nothing, one that ends in a question."""
    for number in range(3):
        actions.note_search(visitor, noted(f"{'k' * 18}{number}", "Lamp blinks"))
    actions.note_result_opened(visitor, "k" * 18 + "0", "article:1", 1)
    for number in range(2):
        actions.note_search(visitor, noted(f"{'e' * 18}{number}", "zebra lamp", total=0))
    actions.note_search(visitor, noted("q" * 20, "why does it hum"))
    actions.note_outcome(visitor, "q" * 20, "asked")
    actions.note_search(visitor, noted("t" * 20, "lam", is_typed=True))


def test_the_lists_say_what_is_looked_for_and_what_comes_of_it(evening):
    assert [(row.query, row.count, row.opened) for row in queries.top(30)] == [
        ("Lamp blinks", 3, 1),
        ("zebra lamp", 2, 0),
        ("why does it hum", 1, 0),
    ]
    assert [row.query for row in queries.without_results(30)] == ["zebra lamp"]
    assert [row.query for row in queries.ending_in_a_question(30)] == ["why does it hum"]
    assert queries.without_clicks(30) == ()


def test_what_is_found_but_never_opened_is_listed_when_it_is_no_chance(app, visitor):
    for number in range(3):
        assert queries.without_clicks(30) == ()
        actions.note_search(visitor, noted(f"{'k' * 18}{number}", "lamp hums"))
    assert [row.query for row in queries.without_clicks(30)] == ["lamp hums"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Lamp blinks"),
        ("empty", "zebra lamp"),
        ("asked", "why does it hum"),
        ("golden", "No golden"),
        ("pinned", "Nothing is"),
    ],
)
def test_writers_see_each_list(browser, writer, evening, name, words):
    page = browser(writer).get(f"/workshop/searches?list={name}").text
    assert words in page


def test_only_writers_see_what_people_look_for(browser, asker, evening):
    for address in ("/workshop/searches", "/workshop/searches/words?q=lamp"):
        assert browser(asker).get(address).status_code == 403
        assert browser().get(address).status_code in (302, 303, 401)


# Pins, golden queries, aliases


@pytest.fixture
def guides(app):
    """Two guides; the words "lamp dark" find the first one first."""
    an_article(title="The lamp stays dark", body="The lamp stays dark when the lamp has no power.")
    an_article(title="Change the shade", body="Take the shade off. A dark shade eats light of the lamp.")
    catch_up_search()


def order(page) -> list[str]:
    return re.findall(r'data-target="([^"]+)"', page.get("/search?q=lamp+dark").text)


def pin(page, target: str, until: str) -> object:
    return page.post("/workshop/searches/pin", data={"q": "Lamp dark", "target": target, "until": until})


def test_a_pinned_result_stands_on_top_once_and_says_so(browser, writer, guides):
    first, second = order(browser())
    until = f"{now() + timedelta(days=3):%Y-%m-%d}"
    assert pin(browser(writer), second, until).status_code == 303
    assert order(browser()) == [second, first]
    assert "Recommended" in browser().get("/search?q=lamp+dark").text
    assert order(browser()) != []
    assert "Recommended" not in browser().get("/search?q=dark+lamp").text


def test_a_pinned_result_does_not_come_again_on_a_later_page(browser, writer, guides):
    for number in range(10):
        an_article(title=f"Lamp dark {number}", body="Lamp dark, lamp dark.")
    catch_up_search()
    pin(browser(writer), "article:2", f"{now() + timedelta(days=3):%Y-%m-%d}")
    later = set(re.findall(r'data-target="([^"]+)"', browser().get("/search?q=lamp+dark&page=2").text))
    assert order(browser())[0] == "article:2"
    assert later == {f"article:{number}" for number in range(1, 13)} - set(order(browser()))


def test_a_pin_ends_by_itself_and_by_hand(browser, writer, guides):
    first, second = order(browser())
    pin(browser(writer), second, f"{now() + timedelta(days=3):%Y-%m-%d}")
    with transaction() as session:
        session.scalar(select(PinnedResult)).expires_at = now() - timedelta(minutes=1)
    assert order(browser()) == [first, second]
    assert "has ended" in browser(writer).get("/workshop/searches?list=pinned").text
    assert browser(writer).post("/workshop/searches/pins/1/remove").status_code == 303
    assert db.session.scalar(select(PinnedResult)) is None


def test_pinning_again_moves_the_end(app, writer, second_writer, guides):
    thing = queries.thing(writer, "article", 1)
    actions.pin_result(writer, "lamp", thing, now() + timedelta(days=3))
    pin = actions.pin_result(
        second_writer, "LAMP ", queries.thing(writer, "article", 1), now() + timedelta(days=9)
    )
    assert pin.owner_id == second_writer.id
    assert len(queries.pins()) == 1


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01", "2999-01-01"])
def test_a_pin_without_a_sensible_end_is_refused_in_place(browser, writer, guides, until):
    answer = pin(browser(writer), "article:1", until)
    assert answer.status_code == 400
    assert "day" in answer.text
    assert db.session.scalar(select(PinnedResult)) is None


def test_a_pin_shows_nobody_what_they_may_not_see(browser, writer, guides):
    an_article(title="For staff: the lamp's secret", audience="staff", body="Dark lamp.")
    catch_up_search()
    pin(browser(writer), "article:3", f"{now() + timedelta(days=3):%Y-%m-%d}")
    assert "article:3" in order(browser(writer))
    assert "article:3" not in order(browser())
    assert "secret" not in browser().get("/search?q=lamp+dark").text


def test_a_question_that_is_hidden_cannot_be_pinned_by_its_number(browser, writer, guides):
    a_question(deleted_at=now())
    answer = pin(browser(writer), "question:1", f"{now() + timedelta(days=3):%Y-%m-%d}")
    assert answer.status_code == 404


def test_a_golden_query_holds_or_is_red(app, browser, writer, guides):
    page = browser(writer)
    page.post("/workshop/searches/golden", data={"q": "lamp dark", "target": "article:2"})
    page.post("/workshop/searches/golden", data={"q": "something else entirely", "target": "article:1"})
    result = app.test_cli_runner().invoke(args=["search", "golden"])
    assert result.exit_code == 1
    assert "RED  'something else entirely': article 1 is not among the first twenty" in result.output
    assert "ok   'lamp dark': article 2 is number 2" in result.output
    assert "2 golden queries, 1 red." in result.output
    text = page.get("/workshop/searches?list=golden").text
    assert text.index("does not hold") < text.index("lamp dark")
    page.post("/workshop/searches/golden/2/drop")
    assert app.test_cli_runner().invoke(args=["search", "golden"]).exit_code == 0


def test_the_same_golden_query_is_not_kept_twice(app, writer, guides):
    thing = queries.thing(writer, "article", 1)
    actions.keep_golden_query(writer, "lamp", thing)
    with pytest.raises(Refused):
        actions.keep_golden_query(writer, " Lamp? ", queries.thing(writer, "article", 1))
    with pytest.raises(Invalid):
        actions.keep_golden_query(writer, "?!", queries.thing(writer, "article", 1))
    assert len(list(db.session.scalars(select(GoldenQuery)))) == 1


def test_members_neither_pin_nor_keep(app, asker, writer, guides):
    thing = queries.thing(writer, "article", 1)
    kept = actions.keep_golden_query(writer, "lamp", thing)
    thing = queries.thing(writer, "article", 1)
    pinned = actions.pin_result(writer, "lamp", thing, now() + timedelta(days=1))
    for refused in (
        lambda: actions.pin_result(asker, "lamp", thing, now() + timedelta(days=1)),
        lambda: actions.unpin_result(asker, pinned),
        lambda: actions.keep_golden_query(asker, "lamp", thing),
        lambda: actions.drop_golden_query(asker, kept),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_the_words_of_a_search_become_an_alias_in_a_draft_of_the_guide(browser, writer, guides):
    answer = browser(writer).post(
        "/workshop/searches/alias", data={"q": "no light at all", "target": "article:1"}
    )
    assert answer.status_code == 303
    (draft,) = db.session.scalars(select(Draft))
    assert draft.fields["aliases"] == ["no light at all"]
    assert answer.headers["Location"].endswith(f"/drafts/{draft.id}")


def test_a_page_of_a_query_shows_what_is_found_and_begins_a_guide_with_its_words(browser, writer, guides):
    page = browser(writer)
    text = page.get("/workshop/searches/words?q=lamp+dark").text
    assert "The lamp stays dark" in text
    assert "/drafts/new?title=lamp+dark" in text or "/drafts/new?title=lamp%20dark" in text
    assert 'value="lamp dark"' in page.get("/drafts/new?title=lamp+dark").text


def test_the_lists_cost_few_statements(browser, writer, evening, statements):
    page = browser(writer)
    page.get("/workshop/searches")
    before = statements.count
    page.get("/workshop/searches")
    assert statements.count - before <= 12


def test_a_page_of_a_query_costs_as_few_statements_with_many_results(browser, writer, app, statements):
    for number in range(10):
        an_article(title=f"The lamp number {number} stays dark")
        a_question(title=f"My lamp number {number} is dark")
    catch_up_search()
    page = browser(writer)
    page.get("/workshop/searches/words?q=lamp+dark")
    before = statements.count
    assert page.get("/workshop/searches/words?q=lamp+dark").text.count("Must be in the first three") == 10
    assert statements.count - before <= 12


def test_a_person_who_deletes_their_account_leaves_pins_standing(app, writer, guides):
    actions.pin_result(writer, "lamp", queries.thing(writer, "article", 1), now() + timedelta(days=1))
    assert a_user().id
    assert queries.pins()[0].owner.username == writer.username


def test_on_a_busy_site_the_last_searches_are_counted_and_the_page_says_so(
    app, browser, visitor, writer, monkeypatch
):
    for number in range(4):
        actions.note_search(visitor, noted(f"{number}" * 20, f"lamp {number}"))
    assert "of these searches are counted" not in browser(writer).get("/workshop/searches").text
    monkeypatch.setattr(queries, "LOOKED_AT", 3)
    assert [row.query for row in queries.top(30)] == ["lamp 1", "lamp 2", "lamp 3"]
    assert "The last 3 of these searches are counted." in browser(writer).get("/workshop/searches").text
