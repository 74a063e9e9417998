"""The page for those who help: what waits, longest or for most people, product by product."""

from datetime import timedelta

from build import a_product, a_question, an_answer

from app.core.db import db, now
from app.forum import desk_queries
from app.forum.actions import delete_question
from app.notifications.models import Follow
from tests.web.reading import canonical_of, feeds_of, is_indexable, xml_of

DAY = timedelta(days=1)


def titles(response):
    return [
        part.partition("</a>")[0].rpartition(">")[2]
        for part in response.text.split('<h2><a href="/questions/')[1:]
    ]


def waiting(title, days, **fields):
    return a_question(title=title, created_at=now() - days * DAY, **fields)


def test_what_waits_longest_stands_first_and_what_needs_nothing_is_not_there(app, browser, asker, statements):
    waiting("Waits for two days", 2)
    waiting("Waits for nine days", 9, affected_count=1)
    waiting("Waits for five days", 5, affected_count=7)
    an_answer(to=waiting("Has an answer", 20))
    an_answer(to=waiting("Is solved", 21), accepted_at=now())
    original = waiting("Asked first", 1)
    waiting("Asked again", 30, duplicate_of_id=original.id)
    waiting("Hidden", 31, hidden_at=now())
    waiting("Held", 32, held_at=now())
    delete_question(asker, waiting("Deleted", 33, by=asker))
    client = browser()
    statements.count = 0
    first = client.get("/questions/unanswered")
    assert statements.count <= 12, statements.seen
    assert titles(first) == [
        "Waits for nine days",
        "Waits for five days",
        "Waits for two days",
        "Asked first",
    ]
    assert titles(client.get("/questions/unanswered?sort=affected"))[:2] == [
        "Waits for five days",
        "Waits for nine days",
    ]
    assert titles(client.get("/questions/unanswered?sort=newest"))[0] == "Asked first"
    assert titles(client.get("/questions/unanswered?state=unsolved"))[0] == "Has an answer"
    assert is_indexable(first)
    for feed in feeds_of(first):
        assert client.get(feed).status_code == 200
    entries = xml_of(client.get("/questions/unanswered.atom?state=unsolved"))
    assert len(entries.findall("{http://www.w3.org/2005/Atom}entry")) == 5


def test_products_are_counted_and_chosen_by_following_them(app, browser, expert, asker):
    lamp, desk = a_product(name="Lamp"), a_product(name="Desk")
    a_product(name="Chair")
    for title, product in (("Lamp one", lamp), ("Lamp two", lamp), ("Desk one", desk), ("Neither", None)):
        a_question(title=title, product_id=product.id if product else None)
    text = browser().get("/questions/unanswered").text
    for label, count in (("All products", 4), ("Lamp", 2), ("Desk", 1), ("Chair", 0)):
        assert f'{label} <span class="count">{count}</span>' in text
    assert "Products you follow" not in text
    assert titles(browser().get("/questions/unanswered?product=lamp")) == ["Lamp one", "Lamp two"]
    assert (
        "Other products have questions that wait" in browser().get("/questions/unanswered?product=chair").text
    )
    assert "Choose products" in browser(expert).get("/questions/unanswered").text
    db.session.add(Follow(user_id=expert.id, kind="product", thing_id=desk.id, created_at=now()))
    db.session.commit()
    page = browser(expert).get("/questions/unanswered?product=mine")
    assert titles(page) == ["Desk one"]
    assert 'Products you follow <span class="count">1</span>' in page.text
    assert "Choose products" not in page.text
    assert not is_indexable(page)
    assert titles(browser(asker).get("/questions/unanswered?product=mine")) == []


def test_the_list_goes_on_and_back(app, browser, monkeypatch):
    monkeypatch.setattr(desk_queries, "DESK_SIZE", 2)
    for number in range(5):
        waiting(f"Question {number}", 9 - number)
    client = browser()

    def link(response, relation):
        return response.text.partition(f'rel="{relation}" href="')[2].partition('"')[0].replace("&amp;", "&")

    first = client.get("/questions/unanswered")
    second = client.get(link(first, "next"))
    assert titles(second) == ["Question 2", "Question 3"]
    assert canonical_of(second).endswith(link(first, "next"))
    assert titles(client.get(link(second, "prev"))) == titles(first) == ["Question 0", "Question 1"]


def test_when_nothing_waits_it_says_thank_you(app, browser):
    assert "Every question has been answered" in browser().get("/questions/unanswered").text


def test_unknown_ways_to_see_it_are_explained(app, browser):
    for address in ("?sort=best", "?state=hidden", "?after=x"):
        assert browser().get(f"/questions/unanswered{address}").status_code == 400
    assert titles(browser().get("/questions/unanswered?product=unheard-of")) == []
