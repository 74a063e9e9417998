"""What pages tell of searches, and the room of the Workshop in which writers learn from them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import search
from app.articles import actions as articles
from app.articles import queries as article_queries
from app.articles.drafts import DraftText
from app.articles.models import Article
from app.articles.views import rooms
from app.core import addresses
from app.core.db import now
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import plain_line
from app.forum.models import Question
from app.forum.queries import Chip
from app.insights import actions, queries
from app.insights.actions import Noted
from app.insights.models import GoldenQuery, PinnedResult
from app.insights.queries import QueryRow
from app.policy import allow
from app.search.views import Found, drawn
from app.web import links
from app.web.session import actor

bp = Blueprint("searches", __name__)

DAYS = (7, 30, 90)
SHOWN = 10
PIN_FOR = timedelta(days=30)


# What pages tell


@bp.post("/search/noted")
def note_search() -> Response:
    form = request.form
    total = form.get("total", "")
    noted = Noted(
        key=form.get("key", ""),
        query=form.get("q", ""),
        total=int(total) if total.isascii() and total.isdigit() and len(total) < 10 else 0,
        shown=form.get("shown", "").split(),
        after=form.get("after", ""),
        is_typed=form.get("typed") == "1",
    )
    actions.note_search(actor(), noted)
    return Response(status=204)


@bp.post("/search/opened")
def note_result_opened() -> Response:
    rank = request.form.get("rank", 0, type=int)
    actions.note_result_opened(actor(), request.form.get("key", ""), request.form.get("target", ""), rank)
    return Response(status=204)


@bp.post("/search/outcome")
def note_outcome() -> Response:
    actions.note_outcome(actor(), request.form.get("key", ""), request.form.get("outcome", ""))
    return Response(status=204)


# The room of the Workshop


@dataclass(frozen=True)
class Row:
    """A query in a list: what it is, what became of it, and where to look closer."""

    query: str
    url: str
    note: str


@dataclass(frozen=True)
class KeptRow:
    """A pin or a golden query: the words, the thing, and how it stands."""

    id: int
    query: str
    url: str
    title: str
    thing_url: str
    note: str
    badge: tuple[str, str] | None
    remove_url: str


@dataclass(frozen=True)
class SearchesPage:
    """One list of the room."""

    rooms: tuple[Chip, ...]
    lists: tuple[Chip, ...]
    periods: tuple[Chip, ...]
    counted: str
    rows: tuple[Row, ...]
    kept: tuple[KeptRow, ...]
    remove_label: str
    empty_title: str
    empty_text: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to list."""
        return not self.rows and not self.kept


@bp.get("/workshop/searches")
def searches() -> str:
    allow(actor(), "pin_result")
    name = request.args.get("list", "")
    days = request.args.get("days", 30, type=int)
    days = days if days in DAYS else 30
    found = _LISTS.get(name, queries.top)(days) if name not in ("golden", "pinned") else ()
    kept = _golden_rows() if name == "golden" else _pin_rows() if name == "pinned" else ()
    title, text = _words_for_nothing(name)
    page = SearchesPage(
        rooms=rooms("searches"),
        lists=lists(name, days),
        periods=()
        if name in ("golden", "pinned")
        else tuple(
            Chip(ngettext("%(num)d day", "%(num)d days", each), _list_url(name, each), each == days, None)
            for each in DAYS
        ),
        counted=_counted(days) if found else "",
        rows=tuple(Row(row.query, _words_url(row.query), _became(row)) for row in found),
        kept=kept,
        remove_label=_("Unpin") if name == "pinned" else _("Drop"),
        empty_title=title,
        empty_text=text,
    )
    return render_template("insights/searches.html", page=page)


def _counted(days: int) -> str:
    """Which searches are counted, where it is not all of them."""
    if not queries.are_more_than_looked_at(days):
        return ""
    return _("The last %(num)s of these searches are counted.", num=f"{queries.LOOKED_AT:,}")


_LISTS = {
    "": queries.top,
    "empty": queries.without_results,
    "unopened": queries.without_clicks,
    "asked": queries.ending_in_a_question,
}


def lists(current: str, days: int = 30) -> tuple[Chip, ...]:
    """The lists of this room; `synonyms` has a page of its own."""
    labels = {
        "": _("Most searched"),
        "empty": _("Nothing found"),
        "unopened": _("Nothing opened"),
        "asked": _("Asked instead"),
        "golden": _("Golden queries"),
        "pinned": _("Pinned"),
    }
    chips = [Chip(label, _list_url(name, days), name == current, None) for name, label in labels.items()]
    synonyms_url = url_for("synonyms.list_synonyms")
    return (*chips, Chip(_("Synonyms"), synonyms_url, current == "synonyms", None))


def _list_url(name: str, days: int) -> str:
    args = {"list": name, "days": str(days) if days != 30 else ""}
    query = urlencode({key: value for key, value in args.items() if value})
    return f"/workshop/searches?{query}" if query else "/workshop/searches"


def _words_url(query: str) -> str:
    return f"/workshop/searches/words?{urlencode({'q': query})}"


def _became(row: QueryRow) -> str:
    parts = [ngettext("%(num)d search", "%(num)d searches", row.count)]
    if row.empty:
        parts.append(ngettext("%(num)d found nothing", "%(num)d found nothing", row.empty))
    parts.append(ngettext("%(num)d opened a result", "%(num)d opened a result", row.opened))
    if row.asked:
        parts.append(ngettext("%(num)d asked", "%(num)d asked", row.asked))
    return " · ".join(parts)


def _words_for_nothing(name: str) -> tuple[str, str]:
    return {
        "empty": (_("Everything was found"), _("No search of this time found nothing.")),
        "unopened": (
            _("Something was always opened"),
            _("Searches that nobody opens a result of appear here."),
        ),
        "asked": (_("Nobody had to ask"), _("Searches that end in a question appear here.")),
        "golden": (
            _("No golden query yet"),
            _(
                "Look at a query and say which guide must be among its first three. `flask search golden` checks them all."
            ),
        ),
        "pinned": (_("Nothing is pinned"), _("Look at a query and put a guide on top of it for a while.")),
    }.get(name, (_("Nobody has searched yet"), _("What people look for appears here, without who they are.")))


def _golden_rows() -> tuple[KeptRow, ...]:
    rows = []
    for checked in queries.check_golden():
        title, url = _thing(checked.golden)
        place = (
            _("is number %(rank)d", rank=checked.rank) if checked.rank else _("is not among the first twenty")
        )
        rows.append(
            KeptRow(
                id=checked.golden.id,
                query=checked.golden.query,
                url=_words_url(checked.golden.query),
                title=title,
                thing_url=url,
                note=place,
                badge=("solved", _("holds")) if checked.holds else ("known-issue", _("does not hold")),
                remove_url=url_for("searches.drop_golden_query", golden_id=checked.golden.id),
            )
        )
    return tuple(rows)


def _pin_rows() -> tuple[KeptRow, ...]:
    rows = []
    for pin in queries.pins():
        title, url = _thing(pin)
        is_over = pin.expires_at <= now()
        rows.append(
            KeptRow(
                id=pin.id,
                query=pin.query,
                url=_words_url(pin.query),
                title=title,
                thing_url=url,
                note=_(
                    "by %(name)s until %(day)s", name=pin.owner.username, day=f"{pin.expires_at:%Y-%m-%d}"
                ),
                badge=("", _("has ended")) if is_over else None,
                remove_url=url_for("searches.unpin_result", pin_id=pin.id),
            )
        )
    return tuple(rows)


def _thing(kept: PinnedResult | GoldenQuery) -> tuple[str, str]:
    if kept.article is not None:
        return kept.article.title, addresses.article(kept.article.slug)
    if kept.question is not None and kept.question.is_here:
        return kept.question.title, addresses.question(kept.question.id, kept.question.slug)
    return _("something that is gone"), ""


@dataclass(frozen=True)
class Result:
    """A result as it stands now, and what may be done with it."""

    found: Found
    target: str
    is_pinned: bool
    is_golden: bool
    alias_url: str


@dataclass(frozen=True)
class WordsPage:
    """Everything about one query."""

    query: str
    search_url: str
    results: tuple[Result, ...]
    refined: tuple[Row, ...]
    draft_url: str
    synonym_url: str
    until: str
    error: str


@bp.get("/workshop/searches/words")
def words() -> str:
    allow(actor(), "pin_result")
    query = plain_line(request.args.get("q", ""))[: queries.LONGEST]
    if not query:
        abort(404)
    return _draw_words(query)


def _draw_words(query: str, *, error: str = "") -> str:
    found = search.find(query, audiences=article_queries.audiences(actor()), per_page=SHOWN)
    pinned = {f"{kind}:{number}" for kind, number in queries.pinned_keys(query)}
    golden = {f"{kind}:{number}" for kind, number in queries.golden_keys(query)}
    results = tuple(
        Result(
            found=shown,
            target=shown.target,
            is_pinned=shown.target in pinned,
            is_golden=shown.target in golden,
            alias_url=url_for("searches.add_alias") if shown.target.startswith("article:") else "",
        )
        for shown in drawn(actor(), found.hits, found.terms)
    )
    page = WordsPage(
        query=query,
        search_url=f"/search?{urlencode({'q': query})}",
        results=results,
        refined=tuple(
            Row(each.query, _words_url(each.query), ngettext("%(num)d time", "%(num)d times", each.count))
            for each in queries.refined(query, 90)
        ),
        draft_url=url_for("articles.new_draft", title=query),
        synonym_url=url_for("synonyms.synonym", words=query),
        until=f"{now() + PIN_FOR:%Y-%m-%d}",
        error=error,
    )
    return render_template("insights/words.html", page=page)


def _thing_or_404() -> Article | Question:
    kind, _sep, number = request.form.get("target", "").partition(":")
    found = queries.thing(actor(), kind, int(number)) if number.isascii() and number.isdigit() else None
    return found or abort(404)


def _query_or_404() -> str:
    return plain_line(request.form.get("q", ""))[: queries.LONGEST] or abort(404)


@bp.post("/workshop/searches/pin")
def pin_result() -> tuple[str, int] | BaseResponse:
    allow(actor(), "pin_result")
    query, thing = _query_or_404(), _thing_or_404()
    try:
        day = datetime.strptime(request.form.get("until", ""), "%Y-%m-%d").date()
        actions.pin_result(actor(), query, thing, datetime.combine(day, time.max, UTC))
    except (ValueError, Invalid) as error:
        message = str(error) if isinstance(error, Invalid) else _("Please write a day, such as 2027-01-31.")
        return _draw_words(query, error=message), 400
    flash(_("Pinned. It stands on top of these words for everybody who may read it."))
    return redirect(_words_url(query), 303)


@bp.post("/workshop/searches/pins/<int:pin_id>/remove")
def unpin_result(pin_id: int) -> BaseResponse:
    allow(actor(), "unpin_result")
    actions.unpin_result(actor(), queries.pin(pin_id) or abort(404))
    return redirect(_list_url("pinned", 30), 303)


@bp.post("/workshop/searches/golden")
def keep_golden_query() -> BaseResponse:
    allow(actor(), "keep_golden_query")
    query = _query_or_404()
    actions.keep_golden_query(actor(), query, _thing_or_404())
    flash(_("From now on it must be among the first three for these words."))
    return redirect(_words_url(query), 303)


@bp.post("/workshop/searches/golden/<int:golden_id>/drop")
def drop_golden_query(golden_id: int) -> BaseResponse:
    allow(actor(), "drop_golden_query")
    actions.drop_golden_query(actor(), queries.golden(golden_id) or abort(404))
    return redirect(_list_url("golden", 30), 303)


@bp.post("/workshop/searches/alias")
def add_alias() -> BaseResponse:
    """Open a draft of a guide that has these words among its other wordings."""
    allow(actor(), "start_draft")
    query, guide = _query_or_404(), _thing_or_404()
    if not isinstance(guide, Article):
        abort(404)
    draft = articles.start_draft(actor(), article=guide)
    text = DraftText.of(draft)
    if query not in text.aliases.split("\n"):
        more = DraftText(**{**text.__dict__, "aliases": f"{text.aliases}\n{query}".strip()})
        articles.save_draft(actor(), draft, more, draft.version)
    flash(_("The words are among the other wordings of this draft. Send it for review when all is right."))
    return redirect(links.to(draft), 303)
