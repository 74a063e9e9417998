"""How often guides and questions are opened is counted without SQL, written in batches, and tells of nobody."""

import threading
import time
from datetime import timedelta

import pytest
from build import a_question, a_user, an_article
from sqlalchemy import select, text

from app.articles import view_queries
from app.articles.models import Article, ArticleViews
from app.core import public_version
from app.core.db import db, now, transaction
from app.core.text import about
from app.forum.models import Question
from app.search.changes import SearchChange
from app.web import view_counts
from app.web.cli import crawl
from app.web.view_counts import AT_ONCE, Gathered

GUIDE, ASKED = "/articles/open-the-lock", "/questions/1/the-lock-beeps"
BROWSER = {"User-Agent": "Mozilla/5.0 Firefox/140.0"}


@pytest.fixture(autouse=True)
def gathered(app):
    """What was gathered, nothing at first."""
    found: Gathered = app.extensions["view_counts"]
    found._counts.clear()
    yield found
    found._counts.clear()


@pytest.fixture
def things(app, asker):
    """A guide and a question."""
    return an_article(title="Open the lock"), a_question(title="The lock beeps", by=asker)


@pytest.fixture
def kept(app):
    """Pages are kept, as they are on a site that is not under test."""
    app.config["KEEP_PAGES"] = True
    app.extensions["kept_pages"].shelf.clear()
    public_version.forget()
    yield
    app.extensions["kept_pages"].shelf.clear()
    public_version.forget()


def counts():
    """The sums that stand in the database, of the guide and the question."""
    db.session.rollback()
    return db.session.scalar(select(Article.view_count)), db.session.scalar(select(Question.view_count))


def dates():
    """When the guide and the question changed, as they tell."""
    db.session.rollback()
    columns = Article.updated_at, Question.active_at, Question.edited_at
    return [db.session.scalar(select(column)) for column in columns]


def test_what_people_open_is_counted_when_the_batch_is_written(browser, things, gathered):
    browser().get(GUIDE, headers=BROWSER)
    for reader in (None, a_user()):
        assert browser(reader).get(ASKED, headers=BROWSER).status_code == 200
    assert counts() == (0, 0)
    assert gathered.write()
    assert counts() == (1, 2)
    assert gathered.write()
    assert counts() == (1, 2)


def test_a_kept_page_is_counted_without_any_sql(browser, things, gathered, kept, statements):
    for address in (GUIDE, ASKED):
        browser().get(address, headers=BROWSER)
    before = statements.count
    for address in (GUIDE, ASKED, ASKED):
        tag = browser().get(address, headers=BROWSER).headers["ETag"]
        assert browser().get(address, headers={**BROWSER, "If-None-Match": tag}).status_code == 304
    assert statements.count == before
    gathered.write()
    assert counts() == (3, 5)


def test_a_page_that_nobody_kept_is_counted_as_304_too(browser, things, gathered):
    tag = browser().get(GUIDE, headers=BROWSER).headers["ETag"]
    assert browser().get(GUIDE, headers={**BROWSER, "If-None-Match": tag}).status_code == 304
    gathered.write()
    assert counts() == (2, 0)


NOT_BY_A_PERSON = {
    "a crawler": {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    "another crawler": {"User-Agent": "Baiduspider"},
    "nobody who says what they are": {"User-Agent": ""},
    "a browser ahead of its reader": {**BROWSER, "Sec-Purpose": "prefetch;prerender"},
    "a script": {**BROWSER, "Sec-Fetch-Dest": "empty"},
}


@pytest.mark.parametrize("who", NOT_BY_A_PERSON)
@pytest.mark.parametrize("is_kept", [False, True], ids=["drawn", "kept"])
def test_what_no_person_opens_is_not_counted(browser, things, gathered, request, who, is_kept):
    if is_kept:
        request.getfixturevalue("kept")
    for _again in range(2):
        browser().get(ASKED, headers=NOT_BY_A_PERSON[who])
        browser().head(ASKED, headers=BROWSER)
    gathered.write()
    assert counts() == (0, 0)


def test_a_page_that_a_crawler_had_drawn_is_counted_for_the_person_who_gets_it(
    browser, things, gathered, kept
):
    browser().get(ASKED, headers={"User-Agent": "Googlebot"})
    browser().get(ASKED, headers={**BROWSER, "Sec-Fetch-Dest": "document"})
    gathered.write()
    assert counts() == (0, 1)


def test_askers_and_writers_do_not_count_what_is_theirs(browser, things, gathered, asker, writer):
    browser(asker).get(ASKED, headers=BROWSER)
    browser(writer).get(GUIDE, headers=BROWSER)
    browser(asker).get(GUIDE, headers=BROWSER)
    browser(writer).get(ASKED, headers=BROWSER)
    gathered.write()
    assert counts() == (1, 1)


def test_lists_feeds_parts_redirects_and_what_is_not_there_count_for_nothing(browser, things, gathered):
    for address in (
        *("/questions", "/articles", "/questions.atom", "/questions/1", "/questions/1/history"),
        *("/questions/1.atom", "/questions/1/live/posts", "/questions/99", "/articles/nothing"),
        f"{ASKED}?after=nothing",
    ):
        browser().get(address, headers=BROWSER)
    gathered.write()
    assert counts() == (0, 0)


def test_the_crawl_of_the_site_itself_counts_for_nothing(app, things, gathered):
    crawl(app, "/questions/")
    gathered.write()
    assert counts() == (0, 0)


def test_a_count_makes_no_page_old_and_is_news_for_nobody(app, browser, things, gathered, kept, statements):
    before = browser().get(ASKED, headers=BROWSER)
    changed = dates()
    number, notes = public_version.current(), db.session.query(SearchChange).count()
    gathered.write()
    public_version.forget()
    assert public_version.current() == number
    assert db.session.query(SearchChange).count() == notes
    assert dates() == changed
    asked = statements.count
    assert browser().get(ASKED, headers=BROWSER).headers["ETag"] == before.headers["ETag"]
    assert statements.count == asked


def test_guides_are_counted_by_day_as_well(browser, things, gathered):
    for _again in range(2):
        browser().get(GUIDE, headers=BROWSER)
        gathered.write()
    assert db.session.execute(select(ArticleViews.day, ArticleViews.count)).all() == [(now().date(), 2)]


def test_days_of_more_than_a_year_and_a_month_ago_are_forgotten_and_the_sum_stays(things):
    guide, _question = things
    today = now().date()
    with transaction() as session:
        guide.view_count = 7
        for days in (0, view_queries.DAYS_KEPT, view_queries.DAYS_KEPT + 1):
            session.add(ArticleViews(article_id=guide.id, day=today - timedelta(days=days), count=1))
    view_queries.forget_old_days()
    assert db.session.query(ArticleViews).count() == 2
    assert counts()[0] == 7


def test_what_is_gone_from_a_batch_takes_nothing_along(things, gathered):
    for thing in (("article", 99), ("article", 1), ("question", 98), ("question", 1), ("question", 99)):
        gathered.add(thing)
    assert gathered.write()
    assert counts() == (1, 1)


def test_while_another_writes_counts_wait_for_the_next_batch_and_none_is_lost(
    app, browser, things, gathered, monkeypatch
):
    gathered.add(("question", 1))
    with db.engine.connect() as other, other.begin():
        other.execute(text("UPDATE questions SET up_count = up_count"))
        if db.engine.dialect.name == "sqlite":
            monkeypatch.setattr(gathered, "_write", hurried(app, gathered._write))
        assert not gathered.write()
        gathered.add(("question", 1))
    monkeypatch.undo()
    assert gathered.write()
    assert counts() == (0, 2)


def hurried(app, write):
    """As `write`, with a database that gives up at once instead of after ten seconds."""

    def hurry(counts):
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        write(counts)

    return hurry


def test_a_batch_is_never_larger_than_one_transaction_should_be():
    sizes = []
    gathered = Gathered(lambda batch: sizes.append(len(batch)), 0)
    for number in range(AT_ONCE + 3):
        gathered.add(("question", number))
    gathered.write()
    assert sizes == [AT_ONCE, 3]


def test_the_thread_begins_with_the_first_view_writes_now_and_then_and_ends_with_the_process():
    written = []
    gathered = Gathered(lambda batch: written.append(dict(batch)), 0.02)
    assert gathered._thread is None
    gathered.add(("question", 1))
    until = time.monotonic() + 5
    while not written and time.monotonic() < until:
        time.sleep(0.005)
    assert written == [{("question", 1): 1}]
    gathered._pause = 60.0
    gathered.add(("question", 2))
    gathered.stop()
    assert written[1:] == [{("question", 2): 1}]
    assert not any(one.name == "view counts" for one in threading.enumerate())


def test_many_different_things_are_written_before_it_is_time():
    written = threading.Event()
    gathered = Gathered(lambda _batch: written.set(), 60.0)
    for number in range(AT_ONCE):
        gathered.add(("question", number))
    assert written.wait(5)
    gathered.stop()


def test_a_database_that_is_away_is_asked_again_only_after_the_pause():
    tries = []

    def fail(batch):
        tries.append(len(batch))
        raise OSError("away")

    gathered = Gathered(fail, 60.0)
    for number in range(3 * AT_ONCE):
        gathered.add(("question", number))
    time.sleep(0.1)
    assert tries == [AT_ONCE]
    gathered.stop()
    assert len(gathered._counts) == 3 * AT_ONCE


def test_views_of_many_threads_at_once_all_count():
    sums = []
    gathered = Gathered(lambda batch: sums.append(sum(batch.values())), 0.001)

    def read():
        for number in range(2000):
            gathered.add(("question", number % 7))

    readers = [threading.Thread(target=read) for _reader in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    gathered.stop()
    assert sum(sums) == 8000


def test_nothing_that_is_kept_tells_who_read(things):
    assert set(ArticleViews.__table__.columns.keys()) == {"article_id", "day", "count"}
    assert view_counts.is_by_a_person({"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": "Firefox"})


def test_a_page_and_a_list_tell_how_often_something_was_opened(browser, things):
    guide, asked = things
    assert "Viewed" not in browser().get(GUIDE).text + browser().get(ASKED).text
    for count, words in ((1, "Viewed 1 time"), (999, "Viewed 999 times"), (1299, "Viewed 1.2K times")):
        with transaction():
            guide.view_count = asked.view_count = count
        assert words in browser().get(GUIDE).text
        assert words in browser().get(ASKED).text
    assert "<b>1.2K</b> views" in browser().get("/questions").text


def test_beyond_a_thousand_a_count_is_told_in_two_digits():
    told = {999: 999, 1000: 1000, 1299: 1200, 12_999: 12_000, 1_290_000: 1_200_000}
    assert {count: about(count) for count in told} == told
