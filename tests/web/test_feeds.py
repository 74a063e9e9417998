"""Lists as Atom feeds."""

from datetime import datetime, timedelta

import pytest
from build import a_product, a_question, a_user, an_answer, an_article

from app.catalog.models import Tag
from app.core.db import db, now, transaction
from app.forum.models import Question
from app.forum.queries import load_tags
from app.moderation import actions as moderate
from app.web.cli import crawl
from tests.web.reading import ATOM, CONTROL, HOSTILE, feeds_of, xml_of

ROOT = "http://localhost"


def entries_of(response):
    return xml_of(response).findall(f"{ATOM}entry")


def titles_of(response):
    return [entry.findtext(f"{ATOM}title") for entry in entries_of(response)]


def link_of(element, relation):
    found = [link.get("href") for link in element.findall(f"{ATOM}link") if link.get("rel") == relation]
    assert len(found) <= 1
    return found[0] if found else None


def tagged(question, slug):
    tag = db.session.query(Tag).filter_by(slug=slug).one_or_none() or Tag(slug=slug)
    db.session.add(tag)
    db.session.flush()
    load_tags(question)
    question.tags.append(tag)
    db.session.commit()
    return question


def is_moment(text):
    return datetime.fromisoformat(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("address", ["/questions.atom", "/articles.atom"])
def test_a_feed_has_all_that_atom_asks_for(app, browser, address):
    tagged(a_question(by=a_user(username="mira"), title="It blinks"), "wi-fi")
    an_article(summary="When it blinks.")
    response = browser().get(address)
    assert response.content_type == "application/atom+xml; charset=utf-8"
    feed = xml_of(response)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
        assert feed.findtext(f"{ATOM}{name}")
    assert feed.findtext(f"{ATOM}id").startswith("tag:localhost,")
    assert is_moment(feed.findtext(f"{ATOM}updated"))
    assert link_of(feed, "self") == f"{ROOT}{address}"
    assert link_of(feed, "alternate") == f"{ROOT}{address.removesuffix('.atom')}"
    assert link_of(feed, "next") is None
    (entry,) = feed.findall(f"{ATOM}entry")
    for name in ("id", "title", "updated", "published", "author", "summary"):
        assert len(entry.findall(f"{ATOM}{name}")) == 1
    assert is_moment(entry.findtext(f"{ATOM}updated"))
    assert is_moment(entry.findtext(f"{ATOM}published"))
    assert entry.findtext(f"{ATOM}id").startswith("tag:localhost,")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") in ("mira", "Aftercare")
    assert all(term.get("term") for term in entry.findall(f"{ATOM}category"))
    assert entry.find(f"{ATOM}category") is not None
    assert browser().get(link_of(entry, "alternate")).status_code == 200


def test_each_list_of_questions_has_its_feed(app, browser):
    moment = now()
    porter = a_product(name="Porter")
    lively = a_question(title="Lively", created_at=moment - timedelta(days=9), active_at=moment)
    an_answer(to=lively)
    open_one = tagged(
        a_question(
            title="Open",
            product_id=porter.id,
            created_at=moment - timedelta(days=1),
            active_at=moment - timedelta(days=1),
        ),
        "battery",
    )
    client = browser()
    assert titles_of(client.get("/questions.atom")) == ["Open", "Lively"]
    assert titles_of(client.get("/questions.atom?sort=active")) == ["Lively", "Open"]
    assert titles_of(client.get("/questions.atom?sort=unanswered")) == ["Open"]
    assert titles_of(client.get("/questions.atom?tag=battery")) == ["Open"]
    assert titles_of(client.get("/questions.atom?product=porter")) == ["Open"]
    assert titles_of(client.get("/questions.atom?product=porter&tag=unheard-of")) == []
    assert open_one.id != lively.id


def test_each_shelf_of_guides_has_its_feed(app, browser):
    an_article(title="Reset the lamp")
    an_article(title="It hums", type="known-issue")
    an_article(title="Firmware 3", type="release", product="porter")
    client = browser()
    assert titles_of(client.get("/articles.atom")) == ["Firmware 3", "It hums", "Reset the lamp"]
    assert titles_of(client.get("/articles.atom?product=lamp")) == ["It hums", "Reset the lamp"]
    assert titles_of(client.get("/articles.atom?type=known-issue")) == ["It hums"]
    assert titles_of(client.get("/articles.atom?type=release")) == ["Firmware 3"]
    assert titles_of(client.get("/articles.atom?type=release&product=lamp")) == []


def test_an_answer_is_news_only_to_those_who_follow_what_happens(app, browser):
    day = now().replace(microsecond=0) - timedelta(days=5)
    a_question(created_at=day, active_at=day + timedelta(days=3))
    updated = {
        sort: entries_of(browser().get(f"/questions.atom?sort={sort}"))[0].findtext(f"{ATOM}updated")
        for sort in ("newest", "active")
    }
    assert datetime.fromisoformat(updated["newest"]) == day
    assert datetime.fromisoformat(updated["active"]) == day + timedelta(days=3)


def test_the_names_of_entries_survive_a_new_title_and_differ_between_things(app, browser):
    question = a_question(title="Old words")
    an_article()

    def names():
        return [
            entry.findtext(f"{ATOM}id")
            for address in ("/questions.atom", "/articles.atom")
            for entry in entries_of(browser().get(address))
        ]

    before = names()
    with transaction() as session:
        changed = session.get_one(Question, question.id)
        changed.title, changed.slug, changed.edited_at = "New words", "new-words", now()
    assert names() == before
    assert len(set(before)) == 2


def test_feeds_of_different_lists_have_different_names(app, browser):
    names = {
        xml_of(browser().get(address)).findtext(f"{ATOM}id")
        for address in (
            "/questions.atom",
            "/questions.atom?sort=active",
            "/questions.atom?tag=a",
            "/articles.atom",
        )
    }
    assert len(names) == 4


def test_a_feed_without_entries_is_still_a_feed_and_stays_the_same(app, browser):
    first = browser().get("/questions.atom")
    assert titles_of(first) == []
    assert is_moment(xml_of(first).findtext(f"{ATOM}updated"))
    assert first.data == browser().get("/questions.atom").data


@pytest.mark.parametrize("address", ["/questions.atom", "/articles.atom"])
def test_a_feed_goes_on_to_its_end(app, browser, address):
    for number in range(26):
        a_question(title=f"Question {number}")
        an_article(title=f"Guide {number}")
    seen, pages = [], 0
    while address and pages < 9:
        response, pages = browser().get(address), pages + 1
        seen += titles_of(response)
        address = link_of(xml_of(response), "next")
    assert pages == 2
    assert len(seen) == len(set(seen)) == 26


def test_hostile_text_arrives_whole_and_forbidden_characters_are_left_out(app, browser):
    person = a_user()
    question = a_question(by=person, title=f"{HOSTILE}{CONTROL}", body="x")
    with transaction() as session:
        session.get_one(Question, question.id).body_text = f"{HOSTILE} {CONTROL}"
    (entry,) = entries_of(browser().get("/questions.atom"))
    title = entry.findtext(f"{ATOM}title")
    assert "</script><script>alert(1)</script> \"quoted\" & 'more' ]]> <!-- 🔧 灯" in title
    assert "bell vertical" in title
    assert not set("\x07\x0b\x1b\ufffe") & set(title + entry.findtext(f"{ATOM}summary"))
    hostile = browser().get("/questions.atom", query_string={"tag": "\x1b<&\"'灯\u202e\ufffe"})
    assert "<&\"'灯" in xml_of(hostile).findtext(f"{ATOM}title")


def test_only_public_things_are_in_feeds_whoever_asks(app, browser, asker, moderator):
    a_question(by=asker, title="Hidden", hidden_at=now())
    a_question(by=asker, title="Deleted", deleted_at=now())
    a_question(title="Shown")
    an_article(title="For staff", audience="staff")
    an_article(title="For customers", audience="customers")
    gone = an_article(title="Gone")
    gone.withdrawn_at = now()
    db.session.commit()
    an_article(title="For all")
    for person in (None, asker, moderator):
        assert titles_of(browser(person).get("/questions.atom")) == ["Shown"]
        assert titles_of(browser(person).get("/articles.atom")) == ["For all"]


@pytest.mark.parametrize("address", ["/questions.atom", "/articles.atom"])
def test_a_reader_that_has_the_newest_form_gets_no_copy(app, browser, address):
    question = a_question()
    an_article()
    client = browser()
    first = client.get(address)
    assert "Set-Cookie" not in first.headers
    assert first.headers["Cache-Control"].startswith("public")
    by_tag = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    by_time = client.get(address, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (by_tag.status_code, by_time.status_code) == (304, 304)
    assert by_tag.data == b""
    a_question(created_at=question.created_at + timedelta(seconds=5))
    an_article(title="Another")
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize(
    "address", ["/questions.atom?sort=loudest", "/questions.atom?after=x", "/articles.atom?type=poem"]
)
def test_a_feed_that_cannot_be_is_refused_kindly(app, browser, address):
    assert browser().get(address).status_code == 400


@pytest.mark.parametrize(("address", "limit"), [("/questions.atom", 4), ("/articles.atom", 6)])
def test_a_feed_takes_few_statements_however_long_it_is(app, browser, statements, address, limit):
    for number in range(20):
        tagged(a_question(), f"tag-{number}")
        an_article(title=f"Guide {number}")
    client = browser()
    statements.count, statements.seen = 0, []
    assert len(entries_of(client.get(address))) == 20
    assert statements.count <= limit, "\n".join(statements.seen)


def test_pages_offer_the_feeds_of_what_they_list(app, browser):
    an_article()
    client = browser()
    offered = {
        "/": {"/questions.atom", "/questions.atom?sort=unanswered", "/articles.atom"},
        "/questions": {"/questions.atom", "/questions.atom?sort=unanswered", "/questions.atom?sort=active"},
        "/questions?tag=wi-fi": {"/questions.atom?tag=wi-fi", "/questions.atom"},
        "/questions?product=lamp&solved=no": {"/questions.atom?product=lamp&solved=no"},
        "/articles?product=lamp&sort=newest": {"/articles.atom?product=lamp", "/articles.atom?type=release"},
        "/tags": {"/tags.atom", "/articles.atom"},
        "/people": {"/people.atom", "/questions.atom"},
        "/moderation/log": {"/moderation/log.atom"},
        "/products/lamp": {
            "/articles.atom?product=lamp",
            "/articles.atom?product=lamp&type=known-issue",
            "/articles.atom?product=lamp&type=release",
            "/questions.atom?product=lamp",
        },
    }
    for address, expected in offered.items():
        found = feeds_of(client.get(address))
        assert expected <= set(found), address
        assert len(found) == len(set(found))
        for feed in found:
            assert xml_of(client.get(feed)) is not None


def test_new_tags_come_the_newest_first_and_unused_ones_not_at_all(app, browser):
    tagged(a_question(), "wi-fi")
    tagged(a_question(), "battery")
    tagged(a_question(hidden_at=now(), hidden_why="Spam"), "casino")
    response = browser().get("/tags.atom")
    assert titles_of(response) == ["battery", "wi-fi"]
    assert link_of(entries_of(response)[0], "alternate") == f"{ROOT}/tags/battery"


def test_new_people_are_those_who_wrote_something(app, browser):
    a_user(username="only-reads")
    a_question(by=a_user(username="asks"))
    an_answer(by=a_user(username="helps"), to=a_question(by=a_user(username="asks-too")))
    assert titles_of(browser().get("/people.atom")) == ["asks-too", "helps", "asks"]


def test_what_moderators_did_is_the_same_feed_for_everybody_and_names_nobody_concerned(
    app, browser, asker, moderator
):
    question = a_question(by=asker, title="Words that are hidden")
    moderate.hide_post(moderator, question, "An advertisement")
    moderate.suspend(moderator, asker, 7, "It went on")
    texts = {browser(person).get("/moderation/log.atom").text for person in (None, asker, moderator)}
    assert len(texts) == 1
    text = texts.pop()
    assert "An advertisement" in text
    assert "It went on" in text
    assert "Words that are hidden" not in text
    assert asker.username not in text


def test_the_crawl_opens_the_feeds_too(app):
    tagged(a_question(), "wi-fi")
    an_article()
    result = crawl(app)
    assert set(result.statuses) == {200}
    assert {"/questions.atom", "/questions.atom?tag=wi-fi", "/articles.atom?product=lamp"} <= set(
        result.seconds
    )
