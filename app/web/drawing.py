"""What every template may use: words, moments, and who is looking."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import dates as babel_dates
from babel.numbers import format_compact_decimal
from flask import Flask, has_request_context, request
from flask_babel import format_timedelta, get_locale, get_timezone
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from app import site
from app.core.db import now
from app.core.i18n import marked_gettext, marked_ngettext
from app.web import links, look, session

SECTIONS = {
    **dict.fromkeys(("articles", "feedback", "catalog"), "guides"),
    **dict.fromkeys(("forum", "desk", "tags", "people"), "community"),
}
NO_PLACE_TO_RETURN = {
    *("web.home", "accounts.sign_in", "accounts.sign_up", "second_step.show"),
    *("identities.back", "identities.newcomer"),  # The address of the first holds a code.
}
LONGEST_NEXT = 1000
WORKSHOP = {"articles.workshop", "articles.draft", "articles.new_draft"}


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates as Python's bytecode, so that the next process need not compile them. A full disk costs time only."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def init_app(app: Flask) -> None:
    """Give templates their filters, globals and context."""
    environment = app.jinja_env
    compiled = app.config["VAR"] / "templates"
    compiled.mkdir(mode=0o700, exist_ok=True)
    environment.bytecode_cache = CompiledTemplates(str(compiled))
    environment.add_extension("jinja2.ext.i18n")
    # The names that `{% trans %}` and `{{ _() }}` stand for; newstyle leaves filling in to them.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_=marked_gettext, gettext=marked_gettext, ngettext=marked_ngettext)
    environment.filters.update(date=day, datetime=moment, ago=ago, iso=iso, compact=compact)
    environment.globals.update(links=links)
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    locale = get_locale()
    return {
        "viewer": session.viewer(),
        "head": None,
        "site_name": site.name(),
        "look": look.look(),
        "lang": str(locale or "en").replace("_", "-"),
        "text_direction": locale.text_direction if locale else "ltr",
        "current_section": _section(),
        "sign_in_next": _sign_in_next(),
        "search_query": request.args.get("q", "") if has_request_context() and _is_search() else "",
        "near_product": _near_product(),
    }


def _near_product() -> str:
    """The product that a list is about, or that somebody came from to search: its hits come first among equals."""
    return request.args.get("near" if _is_search() else "product", "") if has_request_context() else ""


def _is_search() -> bool:
    return request.endpoint == "search.find"


def _section() -> str:
    if not has_request_context() or not request.endpoint:
        return ""
    if request.endpoint == "forum.ask_question":
        return "ask"
    if request.path.startswith(("/workshop", "/drafts")):
        return "workshop"
    return SECTIONS.get(request.endpoint.partition(".")[0], "")


def _sign_in_next() -> str:
    """Where "Sign in" leads back to: this page, or where a sign-in page would lead; "" for the front page."""
    if not has_request_context() or not request.endpoint or request.method not in ("GET", "HEAD"):
        return ""
    if request.endpoint in NO_PLACE_TO_RETURN:
        here = request.args.get("next", "")
    else:
        here = request.full_path.rstrip("?")
    # Addresses have a length that servers take, and this one stands within another.
    return here if links.is_local(here) and len(here) <= LONGEST_NEXT else ""


def words(errors: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with a form, by field; an empty text for every field that is right."""
    return defaultdict(str, errors)


def day(value: date | datetime) -> str:
    """A day in words, such as "22 November 2026"."""
    return _day(value, get_timezone(), get_locale())


@lru_cache(4096)
def _day(value: date | datetime, zone: Any, locale: Any) -> str:
    # Babel writes a datetime in the reader's zone, a date as it is.
    here = value.astimezone(zone).date() if isinstance(value, datetime) else value
    return _day_in_words(here, str(locale))


@lru_cache(4096)
def _day_in_words(here: date, locale: str) -> str:
    """Days stand on pages many times over, and putting one into words takes longer than remembering it."""
    return babel_dates.format_date(here, "long", locale)


def moment(value: datetime) -> str:
    """A moment in words, in the zone that the reader chose, or UTC."""
    return _moment(value, get_timezone(), get_locale())


@lru_cache(4096)
def _moment(value: datetime, zone: Any, locale: Any) -> str:
    here = value.astimezone(zone)
    return f"{_day_and_time(here.replace(second=0, microsecond=0, tzinfo=None), str(locale))} {here:%Z}"


@lru_cache(4096)
def _day_and_time(here: datetime, locale: str) -> str:
    return babel_dates.format_datetime(here, "d MMMM y, HH:mm", locale=locale)


def compact(count: int) -> str:
    """A number in few characters, such as "1.2K"."""
    return str(count) if count < 1000 else _compact(count, str(get_locale() or "en"))


@lru_cache(4096)
def _compact(count: int, locale: str) -> str:
    return str(format_compact_decimal(count, locale=locale, fraction_digits=1))


def ago(value: datetime) -> str:
    """How long ago, such as "3 days ago"."""
    return str(format_timedelta(value - now(), add_direction=True, threshold=1.2))


def iso(value: datetime) -> str:
    """The machine's form of a moment."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")
