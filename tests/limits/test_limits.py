"""The table of limits: each row fires at exactly its count, ends when it says, and moderators see who was turned down."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from build import a_question, a_user
from sqlalchemy.exc import OperationalError

from app import limits
from app.core import db as core_db
from app.core.db import db, now
from app.core.errors import TooMany
from app.limits import TABLE, Counted, counting, hits, pieces, queries, stores, table
from app.limits.models import Attempt, LimitHit
from app.web.limiting import LIMIT_OF
from app.worker import nightly

ABROAD = {"REMOTE_ADDR": "203.0.113.77"}
EACH = [limit for limit in TABLE if limit.counted is Counted.EACH]
PIECES = [limit for limit in TABLE if limit.counted is Counted.PIECES]


@pytest.fixture
def clock(app, monkeypatch) -> SimpleNamespace:
    """`clock.pass_(by)`: time goes by for all that counts."""
    passed = SimpleNamespace(by=timedelta())

    def later():
        return core_db.now() + passed.by

    for module in (counting, hits, pieces, stores, table):
        monkeypatch.setattr(module, "now", later)

    def pass_(by: timedelta) -> None:
        passed.by += by

    pieces.forget_all()
    hits.forget_pending()
    yield SimpleNamespace(pass_=pass_)
    pieces.forget_all()
    hits.forget_pending()


def count(limit, key="mira"):
    """One try against a limit, counted as the table says."""
    if limit.counted is Counted.EACH:
        limits.spend((limit, key))
    else:
        limits.touch(limit, key)


# The table


def test_each_limit_has_a_name_of_its_own_and_words_that_fit():
    assert len({limit.name for limit in TABLE}) == len(TABLE)
    assert {limit.setting for limit in TABLE if limit.setting} == {
        *("questions", "answers", "comments", "votes", "reports", "uploads")
    }
    for limit in TABLE:
        assert bool(limit.count) != bool(limit.setting)
        assert len(limit.name) <= Attempt.kind.type.length
        assert limit.window <= counting.KEPT_FOR, "tries would be forgotten before they stop to count"


@pytest.mark.parametrize("limit", EACH + PIECES, ids=lambda limit: limit.name)
def test_a_limit_fires_at_its_count_and_ends_when_it_says(clock, limit):
    for _ in range(limit.count):
        count(limit)
    with pytest.raises(TooMany) as refused:
        count(limit)
    count(limit, key="somebody else")
    assert refused.value.limit == limit.name
    assert str(limit.count) in str(refused.value)
    assert timedelta(seconds=refused.value.seconds) <= limit.window
    clock.pass_(timedelta(seconds=refused.value.seconds - 2))
    with pytest.raises(TooMany):
        count(limit)
    clock.pass_(timedelta(seconds=2))
    count(limit)


def test_tries_that_were_given_back_or_forgotten_do_not_count(clock):
    for _ in range(table.EXPORT_OF.count + 1):
        limits.give_back(limits.spend((table.EXPORT_OF, "mira")))
    for _ in range(table.EXPORT_OF.count):
        limits.spend((table.EXPORT_OF, "mira"))
    limits.forget(table.EXPORT_OF, "mira")
    limits.spend((table.EXPORT_OF, "mira"))


def test_where_one_of_two_limits_is_full_neither_counts(clock):
    for _ in range(table.LETTER_TO.count):
        limits.spend((table.LETTER_TO, "mira"))
    with pytest.raises(TooMany):
        limits.spend((table.LETTER_FROM, "home"), (table.LETTER_TO, "mira"))
    assert db.session.query(Attempt).filter_by(kind="letter-from").count() == 0


# Counting in pieces


def test_who_asks_now_and_then_costs_no_sql_and_neither_does_who_is_turned_down(clock, statements):
    limit = table.SEARCH
    for number in range(200):
        limits.touch(limit, f"visitor {number}")
    assert statements.count == 0
    for _ in range(limit.count):
        limits.touch(limit, "a crawler")
    statements.count = 0
    for _ in range(50):
        with pytest.raises(TooMany):
            limits.touch(limit, "a crawler")
    assert statements.count == 0


def test_two_processes_let_through_at_most_a_piece_more_than_one(clock, monkeypatch):
    limit, done = table.SEARCH, 0
    processes = [type(pieces._own)(), type(pieces._own)()]

    def ask_both() -> None:
        nonlocal done
        for number in range(4 * limit.count):
            monkeypatch.setattr(pieces, "_own", processes[number % 2])
            limits.touch(limit, "a crawler")
            done += 1

    with pytest.raises(TooMany):
        ask_both()
    assert limit.count <= done <= limit.count + limit.piece


def test_a_database_that_does_not_answer_makes_nobody_wait(clock, monkeypatch, caplog):
    def fail(*_args):
        raise OperationalError("locked", {}, Exception())

    monkeypatch.setattr(counting.store(), "add", fail, raising=False)
    for _ in range(table.SEARCH.count):
        limits.touch(table.SEARCH, "mira")
    with pytest.raises(TooMany):
        limits.touch(table.SEARCH, "mira")
    assert "counts in this process only" in caplog.text


def test_only_so_many_keys_are_kept_in_mind(clock, monkeypatch):
    monkeypatch.setattr(pieces, "ROOM", 10)
    for number in range(50):
        limits.touch(table.SEARCH, str(number))
    assert len(pieces._own) == 10


# Redis


@pytest.fixture
def redis_server(tmp_path) -> Iterator[SimpleNamespace]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    pytest.importorskip("redis")
    path = tmp_path / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.connect(str(path))
            break
        except OSError:
            assert server.poll() is None
    yield SimpleNamespace(url=f"redis+unix://{path}", stop=lambda: (server.kill(), server.wait()))
    server.kill()
    server.wait()


def test_redis_counts_as_the_database_does_and_the_database_steps_in_when_it_is_gone(
    clock, redis_server, caplog
):
    limits.configure(redis_server.url)
    try:
        limit = table.EXPORT_OF
        limits.give_back(limits.spend((limit, "mira")))
        for _ in range(limit.count):
            limits.spend((limit, "mira"))
        with pytest.raises(TooMany) as refused:
            limits.spend((limit, "mira"))
        assert 3590 <= refused.value.seconds <= 3601
        limits.forget(limit, "mira")
        limits.spend((limit, "mira"))
        for _ in range(table.SEARCH.count):
            limits.touch(table.SEARCH, "mira")
        with pytest.raises(TooMany):
            limits.touch(table.SEARCH, "mira")
        assert db.session.query(Attempt).count() == 0

        redis_server.stop()
        for _ in range(limit.count):
            limits.spend((limit, "mira"))
        with pytest.raises(TooMany):
            limits.spend((limit, "mira"))
        assert db.session.query(Attempt).count() == limit.count
        assert caplog.text.count("Redis does not answer") == 1
    finally:
        limits.configure("")


# Requests


def test_every_endpoint_of_the_table_is_there(app):
    assert set(LIMIT_OF) <= set(app.view_functions)


def test_a_search_too_many_is_told_when_to_come_back(clock, browser, monkeypatch):
    monkeypatch.setitem(LIMIT_OF, "search.find", table.EXPORT_OF)
    page = browser()
    for _ in range(table.EXPORT_OF.count):
        assert page.get("/search?q=lamp", environ_base=ABROAD).status_code == 200
    answer = page.get("/search?q=lamp", environ_base=ABROAD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3500
    assert "Please try again in 60 minutes" in answer.text
    # Of an IPv6 address the network of one customer counts; the machine itself is not counted.
    assert page.get("/search?q=lamp", environ_base={"REMOTE_ADDR": "2001:db8::1"}).status_code == 200
    assert page.get("/search?q=lamp").status_code == 200


def test_a_script_reads_the_refusal_as_json(clock, browser, monkeypatch):
    monkeypatch.setitem(LIMIT_OF, "search.suggest", table.LETTER_TO)
    for _ in range(table.LETTER_TO.count):
        browser().get("/search/suggest?q=la", environ_base=ABROAD)
    answer = browser().get("/search/suggest?q=la", environ_base=ABROAD)
    assert answer.status_code == 429
    assert "4 times in 60 minutes" in answer.json["error"]


def test_what_was_typed_is_shown_again_when_a_preview_is_one_too_many(clock, browser, asker, monkeypatch):
    monkeypatch.setitem(LIMIT_OF, "writing.preview_text", table.LETTER_TO)
    page, form = browser(asker), {"preview": "body /ask", "body": "My long description"}
    for _ in range(table.LETTER_TO.count):
        assert page.post("/preview", data=form).status_code == 200
    answer = page.post("/preview", data=form)
    assert answer.status_code == 429
    assert "My long description" in answer.text


# Hits


def test_moderators_see_who_was_turned_down(clock, browser, moderator, asker, monkeypatch):
    monkeypatch.setitem(LIMIT_OF, "search.find", table.LETTER_TO)
    for page in (browser(), browser(asker)):
        for _ in range(table.LETTER_TO.count + 7):
            page.get("/search?q=lamp", environ_base=ABROAD)
    # Written when their number has doubled, so that a storm is not a storm of writes.
    assert [hit.count for hit in db.session.query(LimitHit)] == [4, 4]
    clock.pass_(hits.AT_MOST_EVERY)
    browser(asker).get("/search?q=lamp", environ_base=ABROAD)
    assert sorted(hit.count for hit in db.session.query(LimitHit)) == [4, 8]
    shown = browser(moderator).get("/moderation/limits").text
    assert "Letters with links to one mailbox" in shown
    assert "/moderation/people/asker" in shown
    assert "203.0.113.0/24" in shown
    assert "203.0.113.77" not in shown
    assert browser(asker).get("/moderation/limits").status_code == 403


def test_neither_the_typed_name_nor_the_whole_address_is_kept_with_a_hit(clock, browser, monkeypatch):
    monkeypatch.setattr("app.accounts.passwords.fits", lambda *_: False)
    for _ in range(11):
        browser().post("/sign-in", data={"username": "hush hush", "password": "wrong"}, environ_base=ABROAD)
    hit = db.session.query(LimitHit).one()
    assert (hit.kind, hit.place, hit.user_id) == ("sign-in-as", "203.0.113.0/24", None)
    assert "hush" not in str(vars(hit))
    assert "113.77" not in str(vars(hit))


def test_posting_too_fast_is_seen_too(clock, browser, asker):
    question = a_question(by=a_user())
    page = browser(asker)
    for number in range(4):
        answer = page.post(
            f"/questions/{question.id}/answers", data={"body": f"Answer {number}", "opened": "1"}
        )
    assert answer.status_code == 429
    assert "Answer 3" in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert db.session.query(LimitHit).one().kind == "new-post"


def test_hits_are_forgotten_after_as_many_days_as_the_settings_say(clock, app):
    app.config["LIMIT_HITS_KEPT"] = 7
    hits.note("search", "old")
    db.session.query(LimitHit).one().last_at = now() - timedelta(days=8)
    db.session.commit()
    hits.note("search", "new")
    nightly.DUTIES["forget who reached a limit"]()
    assert db.session.query(LimitHit).count() == 1


def test_who_is_turned_down_is_told_so_even_if_it_cannot_be_noted(clock, browser, monkeypatch, caplog):
    def fail(_row):
        raise OperationalError("disk full", {}, Exception())

    monkeypatch.setattr(queries, "add_hits", fail)
    monkeypatch.setitem(LIMIT_OF, "search.find", table.LETTER_TO)
    for _ in range(table.LETTER_TO.count):
        browser().get("/search?q=lamp", environ_base=ABROAD)
    assert browser().get("/search?q=lamp", environ_base=ABROAD).status_code == 429
    assert "could not be noted" in caplog.text
