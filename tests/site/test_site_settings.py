"""The settings: what holds until somebody decides, what is written down, and who hears of a change when."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app import site
from app.core import public_version
from app.core.db import db, now
from app.site import values
from app.site.models import SiteAnnouncement, SiteSetting
from app.site.values import LIMIT_WORDS, Announcement, Limits, Settings


def elsewhere(rows):
    """What another process saves: past this process's session, and so without this process being told."""
    with db.engine.begin() as connection:
        for key, value in {**rows, "stamp": f"stamp of {rows}"}.items():
            connection.execute(text("DELETE FROM site_settings WHERE key = :key"), {"key": key})
            connection.execute(
                text("INSERT INTO site_settings (key, value) VALUES (:key, :value)"),
                {"key": key, "value": value},
            )
        connection.execute(text("DELETE FROM public_version"))
        connection.execute(text("INSERT INTO public_version (id, number) VALUES (1, 1000)"))


def half_a_second_later(monkeypatch):
    later = public_version.time.monotonic() + public_version.LOOK_AGAIN
    monkeypatch.setattr(public_version.time, "monotonic", lambda: later)


def test_until_somebody_decides_all_is_as_it_comes(app):
    assert site.settings() == Settings()
    assert site.name() == "Aftercare"
    assert site.settings().preset == "new"


def test_a_change_of_another_process_is_known_within_a_second(app, monkeypatch):
    site.settings()
    elsewhere({"site_name": '"Lamp help"', "limit.questions_per_day": "7"})
    assert site.name() == "Aftercare"
    half_a_second_later(monkeypatch)
    assert site.name() == "Lamp help"
    assert site.settings().limits.questions_per_day == 7
    assert public_version.LOOK_AGAIN <= 1


def test_settings_cost_two_rows_now_and_then_and_nothing_in_between(app, statements):
    site.settings()
    first = statements.count
    for _ in range(100):
        site.settings()
    assert statements.count == first <= 2


def test_settings_that_cannot_be_read_leave_what_was_known(app, monkeypatch):
    elsewhere({"site_name": '"Lamp help"'})
    assert site.name() == "Lamp help"
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE site_settings RENAME TO gone"))
    half_a_second_later(monkeypatch)
    try:
        assert site.name() == "Lamp help"
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO site_settings"))


def test_what_this_process_changes_counts_at_once(app):
    assert site.name() == "Aftercare"
    db.session.add_all(
        [SiteSetting(key="site_name", value='"Lamp help"'), SiteSetting(key="stamp", value="x")]
    )
    db.session.commit()
    assert site.name() == "Lamp help"


def test_what_is_saved_but_makes_no_sense_is_left_aside(app):
    for key, value in {
        "site_name": "7",
        "limit.votes_per_day": '"many"',
        "colour": "1",
        "preset": "{",
    }.items():
        db.session.add(SiteSetting(key=key, value=value))
    db.session.commit()
    site.forget()
    assert site.settings() == Settings()


def test_announcements_come_along_until_they_are_over(app):
    db.session.add(SiteSetting(key="stamp", value="x"))
    for starts, ends in ((-2, -1), (-1, None), (-1, 1), (1, None)):
        db.session.add(
            SiteAnnouncement(
                text=f"{starts} {ends}",
                audience="everyone",
                starts_at=now() + timedelta(hours=starts),
                ends_at=None if ends is None else now() + timedelta(hours=ends),
            )
        )
    db.session.commit()
    site.forget()
    assert {one.text for one in site.settings().announcements} == {"-1 None", "-1 1", "1 None"}


@pytest.mark.parametrize(
    ("audience", "seen_by"),
    [
        ("everyone", {"visitor", "asker", "writer"}),
        ("visitors", {"visitor"}),
        ("members", {"asker", "writer"}),
        ("staff", {"writer"}),
    ],
)
def test_an_announcement_is_seen_by_its_audience(visitor, asker, writer, audience, seen_by):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    settings = Settings(announcements=(Announcement(1, "Hello", audience, moment, None),))
    people = {"visitor": visitor, "asker": asker, "writer": writer}
    assert {name for name, who in people.items() if settings.announcements_for(who, moment)} == seen_by


def test_an_announcement_is_on_from_its_start_to_its_end():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    one = Announcement(1, "Hello", "everyone", start, start + timedelta(hours=1))
    shown = [one.is_on(start + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)]
    assert shown == [False, True, True, False]


def test_every_limit_has_words_and_lies_between_its_bounds():
    assert [one.name for one in fields(Limits)] == list(LIMIT_WORDS)
    for name, words in LIMIT_WORDS.items():
        assert words.least <= getattr(Limits(), name) <= words.most


def test_newcomers_get_their_own_number_a_day():
    limits = Limits(votes_per_day=9, new_votes_per_day=4)
    assert (limits.per_day("votes", more=True), limits.per_day("votes", more=False)) == (9, 4)


def test_a_setting_is_written_only_with_its_own_type():
    assert values.written("site_name", "Lamp") == '"Lamp"'
    with pytest.raises(TypeError):
        values.written("site_name", 7)
    with pytest.raises(KeyError):
        values.written("colour", "red")
