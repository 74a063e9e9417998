"""A visitor's page is drawn once, and anew as soon as anything public has changed."""

import gzip
import threading
import time
from collections.abc import Iterator

import brotli
import pytest
from build import a_question, a_user, an_article
from flask import Flask
from sqlalchemy import create_engine, text, update

from app.accounts.models import User
from app.core import public_version
from app.core.db import db, transaction
from app.forum import actions
from app.forum.models import Question
from app.web import keeping


@pytest.fixture(autouse=True)
def kept(app: Flask) -> Iterator[keeping.KeptPages]:
    """Pages are kept, as they are on a site that is not under test."""
    app.config["KEEP_PAGES"] = True
    shelf: keeping.KeptPages = app.extensions["kept_pages"]
    shelf.shelf.clear()
    public_version.forget()
    yield shelf
    shelf.shelf.clear()
    public_version.forget()


@pytest.fixture
def question(app: Flask) -> Question:
    return a_question(title="The lock beeps", by=a_user(username="sam"))


ADDRESS = "/questions/1/the-lock-beeps"


def test_a_page_asked_for_again_costs_no_sql(browser, question, statements):
    first = browser().get(ADDRESS)
    before = statements.count
    again = browser().get(ADDRESS)
    assert statements.count == before
    assert again.data == first.data
    first.headers.remove("X-Request-Id"), again.headers.remove("X-Request-Id")
    assert dict(again.headers) == dict(first.headers)


def test_an_unchanged_page_is_304_without_sql(browser, question, statements):
    tag = browser().get(ADDRESS).headers["ETag"]
    before = statements.count
    again = browser().get(ADDRESS, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.data) == (304, b"")
    assert statements.count == before


def test_a_page_asked_for_with_its_tag_first_is_drawn_and_kept_whole(browser, question):
    tag = browser().get(ADDRESS).headers["ETag"]
    a_user(username="somebody-new")
    assert browser().get(ADDRESS, headers={"If-None-Match": tag}).status_code == 304
    assert "The lock beeps" in browser().get(ADDRESS).text


DEEDS = {
    "an answer": lambda question, who: actions.answer_question(who, question, "Change the battery."),
    "a comment": lambda question, who: actions.comment(who, question, None, "Change the battery."),
    "a vote": lambda question, who: actions.vote(who, question, 1),
    "me too": lambda question, who: actions.mark_affected(who, question, is_affected=True),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_somebody_does_is_on_the_page_at_once(browser, question, deed):
    before = browser().get(ADDRESS)
    DEEDS[deed](question, a_user(reputation=5000))
    after = browser().get(ADDRESS)
    assert after.data != before.data
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_guide_that_changes_is_drawn_anew(browser, app):
    an_article(title="Open the lock")
    assert "ten seconds" in browser().get("/articles/open-the-lock").text
    with transaction() as session:
        session.execute(text("UPDATE articles SET body_html = '<p>Turn it twice.</p>'"))
        session.info["public_change"] = True
    assert "Turn it twice" in browser().get("/articles/open-the-lock").text


def test_an_update_of_many_rows_at_once_counts_as_a_change(browser, question):
    before = browser().get(ADDRESS).data
    with transaction() as session:
        session.execute(update(User).values(username="renamed"))
    assert browser().get(ADDRESS).data != before


def test_a_change_of_another_process_is_seen_within_a_second(browser, question, monkeypatch):
    before = browser().get(ADDRESS).data
    other = create_engine(db.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(text("UPDATE questions SET title = 'The lock sings'"))
        connection.execute(text("UPDATE public_version SET number = number + 1"))
    other.dispose()
    assert browser().get(ADDRESS).data == before, "it looks only twice a second"
    soon = time.monotonic() + public_version.LOOK_AGAIN
    monkeypatch.setattr(time, "monotonic", lambda: soon)
    assert "The lock sings" in browser().get(ADDRESS).text


def test_what_was_undone_changes_nothing(browser, question, statements):
    browser().get(ADDRESS)
    number = public_version.current()

    def fail_late() -> None:
        with transaction() as session:
            session.add(User(username="x", username_key="x"))
            session.flush()
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        fail_late()
    public_version.forget()
    assert public_version.current() == number


def test_private_changes_leave_pages_as_they_are(browser, question, statements):
    person = a_user()
    browser().get(ADDRESS)
    number = public_version.current()
    assert browser(person).get("/notifications").status_code == 200
    public_version.forget()
    assert public_version.current() == number


def test_every_table_that_is_called_private_is_there(app):
    assert set(db.metadata.tables) >= public_version.PRIVATE


def test_a_person_who_is_signed_in_never_gets_a_kept_page(browser, question):
    kept_page = browser().get(ADDRESS)
    own = browser(a_user(username="mira")).get(ADDRESS)
    assert "mira" in own.text
    assert own.headers["Cache-Control"] == "private, no-cache"
    assert "mira" not in browser().get(ADDRESS).text
    assert browser().get(ADDRESS).data == kept_page.data


@pytest.mark.parametrize(
    "address", ["/search?q=lock", "/questions/99", "/questions/1", "/sign-in", "/nowhere"]
)
def test_searches_errors_and_redirects_are_not_kept(browser, question, kept, address):
    browser().get(address)
    assert kept.shelf.count == 0


def test_a_page_is_kept_for_each_host_and_each_query(browser, question, kept):
    for host in ("one.example", "two.example"):
        page = browser().get(ADDRESS, base_url=f"http://{host}")
        assert f"http://{host}/" in page.text
    browser().get("/questions")
    browser().get("/questions?sort=active")
    assert kept.shelf.count == 4


UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(("takes", "gets"), [("gzip, br", "br"), ("gzip", "gzip")])
def test_a_browser_that_takes_it_gets_the_same_page_packed(browser, question, takes, gets):
    packed = browser().get(ADDRESS, headers={"Accept-Encoding": takes})
    plain = browser().get(ADDRESS)
    assert packed.headers["Content-Encoding"] == gets
    assert len(packed.data) < len(plain.data) / 2
    assert UNPACK[gets](packed.data) == plain.data
    assert sorted(packed.headers["Vary"].split(", ")) == ["Accept-Encoding", "Cookie"]
    assert packed.headers["ETag"] == plain.headers["ETag"]
    tag = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": takes}
    assert browser().get(ADDRESS, headers=tag).status_code == 304


def test_what_is_drawn_for_one_visitor_is_packed_too_but_nothing_that_holds_a_token(browser, question):
    takes = {"Accept-Encoding": "br"}
    search = "/search?q=lock"
    packed = browser().get(search, headers=takes)
    assert packed.headers["Content-Encoding"] == "br"
    assert b"<h1>" in brotli.decompress(packed.data)
    assert "Accept-Encoding" in browser().get(search).headers["Vary"]
    assert "Content-Encoding" not in browser(a_user()).get(search, headers=takes).headers


def test_head_says_what_get_would_without_the_body(browser, question):
    page = browser().get(ADDRESS)
    head = browser().head(ADDRESS)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(page.data))
    assert head.headers["ETag"] == page.headers["ETag"]


def test_after_a_minute_a_page_is_drawn_anew(browser, question, statements, monkeypatch):
    browser().get(ADDRESS)
    later = time.monotonic() + keeping.LONGEST + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    before = statements.count
    browser().get(ADDRESS)
    assert statements.count > before + 1


def page_of(size: int) -> keeping.Page:
    return keeping.Page(1, time.monotonic(), (), '"x"', b"x" * size, {})


def key_of(number: int) -> keeping.Key:
    return ("http", "host", f"/{number}", "", "")


def test_the_longest_unused_pages_make_room():
    shelf = keeping.Shelf(room=1000)
    for number in range(4):
        shelf.put(key_of(number), page_of(300))
        shelf.find(key_of(0), 1)
    assert shelf.find(key_of(0), 1)
    assert shelf.find(key_of(3), 1)
    assert not shelf.find(key_of(1), 1)
    assert shelf.count == 3


def test_many_threads_use_the_shelf_at_once():
    shelf = keeping.Shelf(room=10_000)

    def use(seed: int) -> None:
        for turn in range(300):
            number = (seed * 7 + turn * 13) % 60
            if not shelf.find(key_of(number), 1):
                shelf.put(key_of(number), page_of(300))

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.count <= 33
    assert shelf.taken == shelf.count * 300


def test_a_database_that_is_away_leaves_the_answer_to_the_application(browser, question, kept, monkeypatch):
    browser().get(ADDRESS)
    monkeypatch.setattr(public_version, "current", lambda _engine: None)
    assert browser().get(ADDRESS).status_code == 200
