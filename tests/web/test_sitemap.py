"""The maps of the site, and what robots are told."""

import os
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from build import a_question, a_tag, a_user, an_answer, an_article
from sqlalchemy import event

from app.articles import actions, sync
from app.core.db import db, now
from app.forum import queries as forum
from app.web import sitemap
from tests.articles import guide_files
from tests.web.reading import SITEMAP, canonical_of, is_indexable, xml_of

ROOT = "http://localhost"
LIMIT = 50_000


def places_of(response):
    """Address and last change of each entry, in order."""
    root = xml_of(response)
    assert root.tag in (f"{SITEMAP}urlset", f"{SITEMAP}sitemapindex")
    return [(one.findtext(f"{SITEMAP}loc"), one.findtext(f"{SITEMAP}lastmod")) for one in root]


def whole_map(client):
    """Every address of every map that the index names, with its last change."""
    found = []
    for address, _changed in places_of(client.get("/sitemap.xml")):
        found += places_of(client.get(address))
    return dict(found)


def tagged(question, slug):
    tag = a_tag(slug)
    forum.load_tags(question)
    question.tags.append(tag)
    db.session.commit()


def test_every_public_page_is_in_the_maps_and_answers_with_its_own_address(app, browser):
    article = an_article()
    question = a_question(title="Лампа мигает & гудит")
    tagged(question, "wi-fi")
    client = browser()
    found = whole_map(client)
    for path in (
        "/",
        "/articles",
        "/questions",
        "/products/lamp",
        f"/articles/{article.slug}",
        "/tags/wi-fi",
    ):
        assert f"{ROOT}{path}" in found
    assert any(f"/questions/{question.id}/" in address for address in found)
    for address in found:
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("http", "localhost")
        assert len(address) < 2048
        assert address.isascii()
        response = client.get(address)
        assert response.status_code == 200
        assert canonical_of(response) == address
        if parts.path.count("/") > 1 or parts.query:
            assert is_indexable(response), address


def test_the_index_says_when_each_map_changed(app, browser):
    moment = now().replace(microsecond=0) - timedelta(days=3)
    a_question(created_at=moment - timedelta(days=9), active_at=moment)
    a_question(created_at=moment - timedelta(days=9), active_at=moment - timedelta(days=2))
    found = dict(places_of(browser().get("/sitemap.xml")))
    assert datetime.fromisoformat(found[f"{ROOT}/sitemaps/questions-1.xml"]) == moment
    assert f"{ROOT}/sitemaps/articles-1.xml" not in found


def test_maps_are_split_by_ranges_and_no_page_is_lost_or_twice(app, browser, monkeypatch):
    monkeypatch.setattr(sitemap, "ROWS_PER_MAP", 3)
    asked = [a_question() for _ in range(8)]
    for question in asked[3:6]:
        question.deleted_at = now()
    db.session.commit()
    for number in range(4):
        an_article(title=f"Guide {number}")
    client = browser()
    names = [urlsplit(address).path for address, _changed in places_of(client.get("/sitemap.xml"))]
    assert [name for name in names if "questions" in name] == [
        "/sitemaps/questions-1.xml",
        "/sitemaps/questions-3.xml",
    ]
    assert [name for name in names if "articles" in name] == [
        "/sitemaps/articles-1.xml",
        "/sitemaps/articles-2.xml",
    ]
    listed = [address for name in names for address, _changed in places_of(client.get(name))]
    assert len(listed) == len(set(listed))
    for question in (*asked[:3], *asked[6:]):
        assert any(f"/questions/{question.id}/" in address for address in listed)
    assert len([one for one in listed if "/articles/guide-" in one]) == 4


def test_no_map_can_hold_more_than_is_allowed():
    longest = len("<url><loc></loc><lastmod>2026-11-22T19:29:02+00:00</lastmod></url>") + 2047
    assert sitemap.ROWS_PER_MAP <= LIMIT
    assert sitemap.ROWS_PER_MAP * longest <= 52_428_800


@pytest.mark.parametrize(
    "name",
    ["questions-2", "articles-1", "tags-0", "questions-0", "people-2", "questions-x", f"questions-{2**31}"],
)
def test_a_map_without_pages_is_404(app, browser, name):
    a_question()
    assert browser().get(f"/sitemaps/{name}.xml").status_code == 404


def test_last_changes_are_true(app, browser):
    moment = now().replace(microsecond=0) - timedelta(days=30)
    still = a_question(title="Still", created_at=moment, active_at=moment)
    answered = a_question(title="Answered", created_at=moment, active_at=moment + timedelta(days=2))
    edited = a_question(
        title="Edited", created_at=moment, active_at=moment, edited_at=moment + timedelta(days=5)
    )
    changed = {
        urlsplit(address).path.rsplit("/", 1)[1]: datetime.fromisoformat(text)
        for address, text in places_of(browser().get("/sitemaps/questions-1.xml"))
    }
    assert changed == {
        still.slug: moment,
        answered.slug: moment + timedelta(days=2),
        edited.slug: moment + timedelta(days=5),
    }


def test_votes_and_a_check_are_no_changes_of_a_page_and_new_words_are(app, browser, writer):
    article, question = guide_files.an_article(), a_question()
    article.updated_at -= timedelta(days=1)
    db.session.commit()
    before = whole_map(browser())
    question.up_count += 3
    db.session.commit()
    actions.check_article(writer, article)
    assert whole_map(browser()) == before
    guide_files.a_file(body="Hold the button for twenty seconds.")
    sync.sync(guide_files.folder())
    after = whole_map(browser())
    assert [address for address in before if before[address] != after[address]] == [
        f"{ROOT}/articles/{article.slug}"
    ]


def test_nothing_that_is_not_public_is_in_any_map_whoever_asks(app, browser, asker, moderator):
    tagged(a_question(by=asker, title="Hidden one", hidden_at=now()), "secret")
    a_question(by=asker, title="Deleted one", deleted_at=now())
    an_article(title="For staff", audience="staff")
    an_article(title="For customers", audience="customers")
    gone = an_article(title="Gone")
    gone.withdrawn_at = now()
    an_answer(to=a_question(title="Shown one"), hidden_at=now())
    db.session.commit()
    for person in (None, asker, moderator):
        text = " ".join(whole_map(browser(person)))
        for word in (
            "hidden",
            "deleted",
            "staff",
            "customers",
            "gone",
            "secret",
            "sign-in",
            "search",
            "workshop",
        ):
            assert word not in text
        assert "shown-one" in text


def test_tags_and_people_are_as_new_as_what_they_show(app, browser):
    moment = now().replace(microsecond=0) - timedelta(days=30)
    question = a_question(by=a_user(username="mira"), created_at=moment, active_at=moment + timedelta(days=2))
    tagged(question, "wi-fi")
    an_answer(by=a_user(username="jonas"), to=question, created_at=moment + timedelta(days=1))
    a_user(username="reader")
    a_question(by=a_user(username="hidden-one"), hidden_at=now())
    article = an_article(title="Bring it online", tags=("wi-fi", "only-in-guides"))
    client = browser()
    maps = dict(
        places_of(client.get("/sitemaps/tags-1.xml")) + places_of(client.get("/sitemaps/people-1.xml"))
    )
    changed = {urlsplit(key).path: datetime.fromisoformat(text) for key, text in maps.items()}
    assert changed == {
        "/tags/wi-fi": article.updated_at.replace(microsecond=0),
        "/tags/only-in-guides": article.updated_at.replace(microsecond=0),
        "/people/mira": moment,
        "/people/jonas": moment + timedelta(days=1),
    }
    for path in changed:
        assert client.get(path).status_code == 200


@pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="Plans are those of SQLite.")
def test_the_last_change_of_each_map_is_read_off_an_index(app, browser):
    plans = []

    def explain(connection, _cursor, statement, values, *_rest):
        if "WITH RECURSIVE" in statement and not statement.startswith("EXPLAIN"):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append([row[3] for row in plan])

    event.listen(db.engine, "before_cursor_execute", explain)
    assert browser().get("/sitemap.xml").status_code == 200
    event.remove(db.engine, "before_cursor_execute", explain)
    used = re.findall(r"USING INDEX (\w+_map) \(<expr>=\?", str(plans))
    assert sorted(used) == [
        "ix_answers_authors_map",
        "ix_articles_map",
        "ix_question_tags_map",
        "ix_questions_authors_map",
        "ix_questions_edited_map",
        "ix_questions_map",
    ]
    assert "TEMP B-TREE" not in str(plans)


def test_who_wrote_what_is_hidden_or_left_changes_no_map(app, browser):
    moment = now().replace(microsecond=0) - timedelta(days=30)
    mira, gone = a_user(username="mira"), a_user(username="gone", deleted_at=now())
    question = a_question(by=mira, created_at=moment)
    a_question(by=gone, created_at=moment + timedelta(days=2))
    an_answer(by=mira, to=question, created_at=moment + timedelta(days=3), hidden_at=now())
    hidden = a_question(by=mira, created_at=moment + timedelta(days=4), hidden_at=now())
    an_answer(by=mira, to=hidden, created_at=moment + timedelta(days=5))
    client = browser()
    found = dict(places_of(client.get("/sitemap.xml")))
    assert datetime.fromisoformat(found[f"{ROOT}/sitemaps/people-1.xml"]) == moment
    people = dict(places_of(client.get("/sitemaps/people-1.xml")))
    assert people == {f"{ROOT}/people/mira": moment.isoformat(timespec="seconds")}


def test_maps_are_kept_by_whoever_has_them(app, browser):
    a_question()
    client = browser()
    for address in ("/sitemap.xml", "/sitemaps/questions-1.xml", "/sitemaps/pages-1.xml", "/robots.txt"):
        first = client.get(address)
        assert "Set-Cookie" not in first.headers
        assert first.headers["Cache-Control"].startswith("public")
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
    dated = client.get("/sitemaps/questions-1.xml")
    since = {"If-Modified-Since": dated.headers["Last-Modified"]}
    assert client.get("/sitemaps/questions-1.xml", headers=since).status_code == 304


def test_maps_take_one_statement_a_kind(app, browser, statements):
    for number in range(30):
        a_question()
        an_article(title=f"Guide {number}")
    client = browser()
    for address, limit in (
        ("/sitemap.xml", 5),
        ("/sitemaps/questions-1.xml", 1),
        ("/sitemaps/articles-1.xml", 1),
    ):
        statements.count = 0
        assert client.get(address).status_code == 200
        assert statements.count <= limit


def test_robots_are_told_where_the_map_is(app, browser):
    response = browser().get("/robots.txt")
    assert response.content_type == "text/plain; charset=utf-8"
    lines = response.text.splitlines()
    assert "User-agent: *" in lines
    assert f"Sitemap: {ROOT}/sitemap.xml" in lines
    assert "Disallow: /" not in lines
    assert len(response.data) < 500 * 1024
