"""The list of people: who writes here, by standing, by help given lately, by name."""

from datetime import timedelta

from build import a_question, a_user, an_answer

from app.core.db import now
from app.forum.actions import accept_answer
from app.policy import Role
from app.reputation import ledger, people_queries
from tests.web.reading import ATOM, feeds_of, is_indexable, xml_of


def names(response):
    return [
        part.partition("</a>")[0].rpartition(">")[2] for part in response.text.split('<a class="cover"')[1:]
    ]


def test_people_who_write_stand_there_by_reputation_and_readers_do_not(app, browser, statements):
    for name, points in (("ana", 5), ("bo", 50), ("cy", 500)):
        a_question(by=a_user(username=name, reputation=points))
    a_user(username="reader", reputation=900)
    a_user(username="silent-expert", role=Role.EXPERT)
    a_question(by=a_user(username="spammer"), hidden_at=now())
    a_question(by=a_user(username="held-one"), held_at=now())
    an_answer(
        by=a_user(username="under-a-hidden-question"),
        to=a_question(by=a_user(username="gone", deleted_at=now()), hidden_at=now()),
    )
    client = browser()
    statements.count = 0
    first = client.get("/people")
    assert statements.count <= 12, statements.seen
    assert names(first) == ["cy", "bo", "ana", "silent-expert"]
    assert "500 points" in first.text
    assert names(client.get("/people?sort=newest")) == ["silent-expert", "cy", "bo", "ana"]
    found = client.get("/people?q=AN")
    assert names(found) == ["ana"]
    assert not is_indexable(found)
    assert names(client.get("/people?q=%25")) == []
    assert is_indexable(first)


def test_who_helped_this_month_comes_from_the_ledger(app, browser, monkeypatch):
    asker = a_user()
    for name in ("helper-one", "helper-two"):
        accept_answer(asker, an_answer(by=a_user(username=name), to=a_question(by=asker)))
    again = a_question(by=asker)
    accept_answer(asker, an_answer(by=_person("helper-two"), to=again))
    client = browser()
    lately = client.get("/people?sort=helpful")
    assert names(lately)[:2] == ["helper-two", "helper-one"]
    assert "30 points this month" in lately.text
    monkeypatch.setattr(ledger, "LATELY", timedelta(days=-2))
    ledger.move_month_on()
    assert names(client.get("/people?sort=helpful&x=1")) == []


def _person(name):
    from app.accounts.queries import person_named

    return person_named(name)


def test_each_order_goes_on_and_back(app, browser, monkeypatch):
    monkeypatch.setattr(people_queries, "PEOPLE_SIZE", 2)
    asker = a_user(username="asker")
    for number in range(4):
        accept_answer(asker, an_answer(by=a_user(username=f"helper{number}"), to=a_question(by=asker)))
    client = browser()

    def link(response, relation):
        return response.text.partition(f'rel="{relation}" href="')[2].partition('"')[0].replace("&amp;", "&")

    for sort in people_queries.SORTS:
        page, seen = client.get(f"/people?sort={sort}"), []
        first = names(page)
        while True:
            seen += names(page)
            if not link(page, "next"):
                break
            page = client.get(link(page, "next"))
        assert len(seen) == len(set(seen)) >= 4, sort
        while link(page, "prev"):
            page = client.get(link(page, "prev"))
        assert names(page) == first, sort
    for address in ("?sort=best", "?after=x", "?after=~x"):
        assert client.get(f"/people{address}").status_code == 400


def test_a_person_can_be_followed_in_a_feed_reader(app, browser):
    person = a_user(username="mira")
    question = a_question(by=person, title="Asked by her")
    an_answer(by=person, body="Answered by her", to=a_question(title="Of somebody else"))
    an_answer(by=person, body="Hidden words", hidden_at=now())
    a_question(by=person, title="Held one", held_at=now())
    client = browser()
    (address,) = feeds_of(client.get("/people/mira"))
    feed = xml_of(client.get(address))
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert sorted(titles) == ["Answer to: Of somebody else", "Asked by her"]
    assert "Hidden words" not in client.get(address).text
    an_answer(to=question, body="The newest words")
    (address,) = feeds_of(client.get(f"/questions/{question.id}/{question.slug}"))
    assert "The newest words" in client.get(address).text
    assert client.get("/people/nobody/posts.atom").status_code == 404
    assert client.get("/questions/99/answers.atom").status_code == 404
