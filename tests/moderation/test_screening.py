"""Which new posts wait for a moderator, and who posts too fast: the rules alone."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import TooMany
from app.forum.screening import Record, Sending, check_pace, leaves, reason_to_hold, why_held_label
from app.limits.table import QUESTIONS

NEWCOMER, KNOWN, STAFF = Record(), Record(shown_posts=3), Record(is_staff=True)
LINK = "https://pills.example/now"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def why(record=NEWCOMER, taken=30.0, trap="", **facts):
    span = None if taken is None else timedelta(seconds=taken)
    sending = Sending(taken=span, trap=trap, host="help.example")
    return reason_to_hold(record, sending, fastest=timedelta(seconds=3), **facts)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, ""),
        ({"links": [LINK]}, "links"),
        ({"links": ["/articles/reset", "https://help.example/questions/1"]}, ""),
        ({"links": [LINK], "thread": f"Look at {LINK}, please"}, ""),
        ({"taken": 2.9}, "fast"),
        ({"taken": 3.0}, ""),
        ({"taken": None}, ""),
        ({"is_repeated": True}, "repeated"),
        ({"trap": "https://bot.example"}, "trap"),
        ({"record": KNOWN, "links": [LINK]}, ""),
        ({"record": Record(may_link=True), "links": [LINK]}, ""),
        ({"record": Record(shown_posts=2), "links": [LINK]}, "links"),
        ({"record": KNOWN, "taken": 1}, "fast"),
        ({"record": KNOWN, "is_repeated": True}, "repeated"),
        ({"record": STAFF, "taken": 1, "is_repeated": True, "links": [LINK]}, ""),
        ({"record": STAFF, "trap": "x"}, "trap"),
    ],
)
def test_who_is_held_for_what(facts, reason):
    assert why(**facts) == reason
    assert bool(why_held_label(reason)) is bool(reason)


@pytest.mark.parametrize(
    ("link", "away"),
    [
        ("/x", False),
        ("#y", False),
        ("//other.example", True),
        ("http://[broken", True),
        ("mailto:a@b.c", False),
    ],
)
def test_which_addresses_lead_away(link, away):
    assert leaves(link, "help.example") is away


@pytest.mark.parametrize(
    ("record", "ages", "words"),
    [
        (NEWCOMER, [50, 40], ""),
        (NEWCOMER, [50, 40, 10], "3 posts a minute .* in 10 seconds"),
        (NEWCOMER, [90, 40, 10], ""),
        (Record(may_more=True), [50, 40, 30, 20, 10], ""),
        (Record(may_more=True), [50, 40, 30, 20, 10, 5], "6 posts a minute"),
        (STAFF, [1] * 20, ""),
    ],
)
def test_a_minute_has_room_for_a_few_posts_and_the_limit_says_when_it_ends(record, ages, words):
    lately = tuple(NOON - timedelta(seconds=age) for age in ages)
    record = Record(is_staff=record.is_staff, may_more=record.may_more, lately=lately)
    if not words:
        return check_pace(record, NOON, [], 30, QUESTIONS)
    with pytest.raises(TooMany, match=words) as caught:
        check_pace(record, NOON, [], 30, QUESTIONS)
    assert 0 < caught.value.seconds <= 60


@pytest.mark.parametrize(("hours", "rest"), [(23.5, "30 minutes"), (2, "22 hours")])
def test_so_has_a_day(hours, rest):
    today = [NOON - timedelta(hours=hours), NOON - timedelta(hours=1)]
    check_pace(NEWCOMER, NOON, today, 3, QUESTIONS)
    with pytest.raises(TooMany, match=f"2 of these a day are the most for now.* in {rest}"):
        check_pace(NEWCOMER, NOON, today, 2, QUESTIONS)
