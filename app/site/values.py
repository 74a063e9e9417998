"""The settings as values: what there is to decide, what holds until somebody decides, and how it is written down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.i18n import lazy_gettext as _l
from app.policy import PRESETS


class Audience(StrEnum):
    """Whom an announcement is for."""

    EVERYONE = "everyone"
    VISITORS = "visitors"
    MEMBERS = "members"
    STAFF = "staff"


AUDIENCE_WORDS: Mapping[Audience, Any] = {
    Audience.EVERYONE: _l("Everyone"),
    Audience.VISITORS: _l("People who are signed out"),
    Audience.MEMBERS: _l("People who are signed in"),
    Audience.STAFF: _l("Staff: writers, moderators, administrators"),
}


@dataclass(frozen=True)
class Announcement:
    """A banner: its words, for whom, and from when to when (None: until it is ended)."""

    id: int
    text: str
    audience: str
    starts_at: datetime
    ends_at: datetime | None

    def is_on(self, moment: datetime) -> bool:
        """Whether it is shown at that moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)

    def is_for(self, who: Any) -> bool:
        """Whether it is meant for this person or visitor."""
        return {
            Audience.EVERYONE: True,
            Audience.VISITORS: not who.is_authenticated,
            Audience.MEMBERS: bool(who.is_authenticated),
            Audience.STAFF: bool(who.is_authenticated and who.is_staff),
        }[Audience(self.audience)]


@dataclass(frozen=True)
class Limits:
    """How much of something is taken. Names that begin with `new_` hold for people without `more_per_day`."""

    questions_per_day: int = 30
    new_questions_per_day: int = 6
    answers_per_day: int = 100
    new_answers_per_day: int = 30
    comments_per_day: int = 200
    new_comments_per_day: int = 40
    votes_per_day: int = 100
    new_votes_per_day: int = 40
    reports_per_day: int = 50
    new_reports_per_day: int = 10
    uploads_per_day: int = 100
    new_uploads_per_day: int = 20
    comment_edit_minutes: int = 15
    fastest_seconds: int = 3

    def per_day(self, what: str, *, more: bool) -> int:
        """How many a person may make in 24 hours.

        Args:
            what: questions, answers, comments, votes, reports or uploads.
            more: whether this person has the ability `more_per_day`.
        """
        return int(getattr(self, f"{'' if more else 'new_'}{what}_per_day"))


@dataclass(frozen=True)
class LimitWords:
    """What a limit is called on the page, and between which numbers it may lie."""

    label: Any
    least: int
    most: int
    hint: Any = ""


LIMIT_WORDS: Mapping[str, LimitWords] = {
    "questions_per_day": LimitWords(_l("Questions a day"), 1, 10_000),
    "new_questions_per_day": LimitWords(_l("Questions a day, newcomers"), 1, 10_000),
    "answers_per_day": LimitWords(_l("Answers a day"), 1, 10_000),
    "new_answers_per_day": LimitWords(_l("Answers a day, newcomers"), 1, 10_000),
    "comments_per_day": LimitWords(_l("Comments a day"), 1, 10_000),
    "new_comments_per_day": LimitWords(_l("Comments a day, newcomers"), 1, 10_000),
    "votes_per_day": LimitWords(_l("Votes a day"), 1, 10_000),
    "new_votes_per_day": LimitWords(_l("Votes a day, newcomers"), 1, 10_000),
    "reports_per_day": LimitWords(_l("Reports a day"), 1, 10_000),
    "new_reports_per_day": LimitWords(_l("Reports a day, newcomers"), 1, 10_000),
    "uploads_per_day": LimitWords(_l("Pictures a day"), 1, 10_000),
    "new_uploads_per_day": LimitWords(_l("Pictures a day, newcomers"), 1, 10_000),
    "comment_edit_minutes": LimitWords(
        _l("Minutes in which a comment may be changed"), 0, 1440, _l("0: never after it was posted.")
    ),
    "fastest_seconds": LimitWords(
        _l("Seconds in which nobody types a post"),
        0,
        60,
        _l("A newcomer's post that took less is held for a moderator to look at. 0: none is."),
    ),
}


@dataclass(frozen=True)
class Settings:
    """All that administrators decided, or what holds until they do. An empty text means: as it comes."""

    site_name: str = ""
    logo: str = ""
    accent_light: str = ""
    accent_dark: str = ""
    preset: str = "new"
    staff_second_factor: bool | None = None
    limits: Limits = field(default_factory=Limits)
    announcements: tuple[Announcement, ...] = ()

    def announcements_for(self, who: Any, moment: datetime) -> tuple[Announcement, ...]:
        """The banners that this person or visitor sees at that moment, the newest first."""
        return tuple(one for one in self.announcements if one.is_on(moment) and one.is_for(who))


LIMIT = "limit."
"""Before the name of a limit in the key of its row."""

KEYS: Mapping[str, type] = {
    **dict.fromkeys(("site_name", "logo", "accent_light", "accent_dark", "preset"), str),
    "staff_second_factor": bool,
    **{f"{LIMIT}{one.name}": int for one in fields(Limits)},
}
"""The key of every setting that is a row, and the type of its value."""


def written(key: str, value: Any) -> str:
    """The text of a row for the setting `key`.

    Raises:
        KeyError: there is no such setting.
        TypeError: the value is of another type.
    """
    if type(value) is not KEYS[key]:
        raise TypeError(f"{key} is {KEYS[key].__name__}, not {value!r}")
    return json.dumps(value)


def read(rows: Mapping[str, str], announcements: tuple[Announcement, ...]) -> Settings:
    """The settings that these rows hold. What is not there, or cannot be read, is as it comes."""
    found = {key: value for key, text in rows.items() if (value := _value(key, text)) is not None}
    limits = {key.removeprefix(LIMIT): value for key, value in found.items() if key.startswith(LIMIT)}
    plain = {key: value for key, value in found.items() if not key.startswith(LIMIT)}
    return replace(Settings(), **plain, limits=replace(Limits(), **limits), announcements=announcements)


def _value(key: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    known = type(value) is KEYS.get(key) and (key != "preset" or value in PRESETS)
    return value if known else None
