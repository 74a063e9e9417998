"""The search page, and titles while somebody types."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from app import search
from app.articles import queries as articles
from app.catalog import queries as catalog
from app.catalog.models import Product
from app.core import addresses
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import excerpt
from app.forum import queries as forum
from app.forum.queries import Chip, Pager
from app.insights import pinning
from app.notifications import follow_queries
from app.policy import may
from app.search import Hit, Piece, Results
from app.web import feeds
from app.web.head import FeedLink, head
from app.web.session import actor

bp = Blueprint("search", __name__)

PER_PAGE = 10
BEGINNING_OF_ANSWER = 240
LAST_PAGE = 100
QUESTIONS_OF_A_GUIDE = 3
MOST_TAGS = 8
FEW_RESULTS = 5


@dataclass(frozen=True)
class Found:
    """A guide or a question that was found, with the passage that shows why.

    Attributes:
        place: what the passage stands in, a heading or an answer, and its address; "" where that is the beginning.
        answer: how the best answer of a solved question begins.
        grew_from: the questions whose answer became this guide, titles and addresses, where they were found too.
    """

    title: str
    url: str
    badges: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    note: str
    target: str = ""
    place: str = ""
    place_url: str = ""
    answer: str = ""
    answer_url: str = ""
    grew_from: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SearchPage:
    """What was found, and ways to go on from there."""

    query: str
    heading: str
    found: tuple[Found, ...]
    total: int
    first_rank: int
    kinds: tuple[Chip, ...]
    products: tuple[tuple[str, str], ...]
    product: str
    kind: str
    tag: str
    tags: tuple[Chip, ...]
    without_tag_url: str
    dropped: str
    ignored: str
    meant: str
    meant_url: str
    as_typed_url: str
    also: str
    only_typed_url: str
    sorts: tuple[Chip, ...]
    sort: str
    close: tuple[tuple[str, str], ...]
    ask_url: str
    is_catching_up: bool
    is_empty_query: bool
    unfiltered_url: str
    syntax: tuple[tuple[str, str], ...]
    pager: Pager
    feeds: tuple[FeedLink, ...]
    can_await: bool
    sign_in_to_await_url: str


@bp.get("/search")
def find() -> str:
    args = request.args
    query, kind = args.get("q", "").strip(), args.get("kind", "")
    product, tag = args.get("product", ""), catalog.main_slug(args.get("tag", ""))
    sort = args.get("sort", "") if args.get("sort") in ("newest", "votes") else ""
    as_typed = args.get("as_typed") == "1"
    number = max(1, min(args.get("page", 1, type=int), LAST_PAGE))
    products = catalog.products()
    near = next((each.slug for each in products if each.slug == args.get("near")), "")
    results = search.find(
        query,
        audiences=articles.audiences(actor()),
        kind={"guides": "article", "questions": "question", "solved": "question"}.get(kind),
        solved=True if kind == "solved" else None,
        product=product or None,
        tag=tag or None,
        sort=sort,
        as_typed=as_typed,
        counted=tuple(f"product:{found.slug}" for found in products) if not product else (),
        tags_counted=0 if tag else MOST_TAGS,
        near=_near(actor(), near, products),
        page=number,
        per_page=PER_PAGE,
    )
    hits = results.hits
    if query and not (kind or product or tag or sort):
        hits = pinning.with_pinned(query, hits) if number == 1 else pinning.without_pinned(query, hits)
    pinned = frozenset(f"{hit.kind}:{hit.id}" for hit in hits if hit not in results.hits)
    here = {"q": query, "kind": kind, "product": product, "tag": tag, "sort": sort, "near": near}
    here["as_typed"] = "1" if as_typed else ""
    is_worth_awaiting = bool(results.words) and not results.total
    page = SearchPage(
        query=query,
        heading=_heading(results.meant if results.is_mended else query, results),
        found=_marked(drawn(actor(), hits, results.terms), pinned),
        total=results.total,
        first_rank=(number - 1) * PER_PAGE + 1,
        kinds=_kinds(here, results),
        products=_products(products, results, product),
        product=product,
        kind=kind,
        tag=tag,
        tags=_tags(here, results),
        without_tag_url=_url(here, tag=""),
        dropped=", ".join(results.dropped) if results.hits else "",
        ignored=", ".join(results.ignored),
        meant="" if results.is_mended else results.meant,
        meant_url=_url(here, q=results.meant, as_typed="") if results.meant else "",
        as_typed_url=_url(here, as_typed="1") if results.is_mended else "",
        also=", ".join(results.also),
        only_typed_url=_url(here, as_typed="1") if results.also else "",
        sort=sort,
        sorts=_sorts(here) if results.total > 1 else (),
        close=_close(actor(), results),
        ask_url=f"/ask?{urlencode({'title': query[:200], 'product': product})}" if query else "/ask",
        is_catching_up=results.catching_up,
        is_empty_query=not query,
        unfiltered_url=f"/search?{urlencode({'q': query})}" if kind or product or tag else "",
        syntax=() if query else _syntax(),
        pager=_pager(here, results),
        feeds=feeds.of_search(query[: feeds.LONGEST_SEARCH], kind=kind, product=product, tag=tag),
        can_await=is_worth_awaiting and may(actor(), "await_answer"),
        sign_in_to_await_url=_sign_in_url(here) if is_worth_awaiting and not actor().is_authenticated else "",
    )
    # Results can be asked for in endless ways: to search engines those of plain words are the search, others nothing.
    is_plain = number == 1 and not (kind or product or tag or sort or as_typed)
    about = head("/search") if is_plain and (results.total or not query) else None
    return render_template("search/results.html", page=page, head=about)


def _near(viewer: Any, came_from: str, products: Sequence[Product]) -> tuple[str, ...]:
    """The products that this reader probably asks about: the one they come from, else those they follow."""
    if came_from:
        return (came_from,)
    followed = frozenset(follow_queries.followed_ids(viewer, "product"))
    return tuple(each.slug for each in products if each.id in followed)


def _marked(found: Sequence[Found], pinned: frozenset[str]) -> tuple[Found, ...]:
    """What is found, with a badge on what writers put on top."""
    badge = ("guide", _("Recommended"))
    return tuple(replace(one, badges=(badge, *one.badges)) if one.target in pinned else one for one in found)


def _heading(query: str, results: Results) -> str:
    if not query:
        return _("Search")
    if not results.total:
        return _("Nothing found for “%(query)s”", query=query)
    return ngettext(
        "%(num)d result for “%(query)s”", "%(num)d results for “%(query)s”", results.total, query=query
    )


def drawn(viewer: Any, hits: Sequence[Hit], terms: Sequence[str]) -> tuple[Found, ...]:
    """Hits as a page shows them, read again through the doors of both features."""
    article_ids = [hit.id for hit in hits if hit.kind == "article"]
    question_ids = [number for hit in hits for kind, number in (hit.key, *hit.folded) if kind == "question"]
    cards, rows = articles.cards_by_id(viewer, article_ids), forum.rows_by_id(viewer, question_ids)
    guides, threads = (
        articles.parts_of_articles(viewer, list(cards)),
        forum.parts_of_threads(viewer, [hit.id for hit in hits if hit.kind == "question" and hit.id in rows]),
    )
    found = []
    for hit in hits:
        if hit.kind == "article" and hit.id in cards:
            card, sections = cards[hit.id], guides.get(hit.id, ())
            pieces, at = _passage([part.text for part in sections], terms)
            section = sections[at] if at is not None else None
            found.append(
                Found(
                    title=card.title,
                    url=card.url,
                    badges=card.badges,
                    tags=(),
                    pieces=pieces,
                    note=card.product_name,
                    target=f"article:{hit.id}",
                    place=section.heading if section else "",
                    place_url=f"{card.url}#{section.heading_id}" if section and section.heading_id else "",
                    grew_from=tuple(
                        (rows[number].title, rows[number].url)
                        for _kind, number in hit.folded
                        if number in rows
                    )[:QUESTIONS_OF_A_GUIDE],
                )
            )
        elif hit.kind == "question" and hit.id in rows:
            row, parts = rows[hit.id], threads.get(hit.id, ())
            pieces, at = _passage([part.text for part in parts], terms)
            answer_id = parts[at].answer_id if at is not None else None
            best = next((part for part in parts if part.is_solution), None) if row.is_solved else None
            found.append(
                Found(
                    title=row.title,
                    url=row.url,
                    badges=row.badges or (("", _("Question")),),
                    tags=row.tags,
                    pieces=pieces,
                    note=ngettext("%(num)d answer", "%(num)d answers", row.answer_count),
                    target=f"question:{hit.id}",
                    place=_("This answer") if answer_id else "",
                    place_url=addresses.answer_anywhere(answer_id) if answer_id else "",
                    answer=excerpt(best.text, BEGINNING_OF_ANSWER) if best else "",
                    answer_url=addresses.answer_anywhere(best.answer_id or 0) if best else "",
                )
            )
    return tuple(found)


def _passage(parts: Sequence[str], terms: Sequence[str]) -> tuple[tuple[Piece, ...], int | None]:
    """The best passage of a text in parts, and the number of the part that it stands in; None if no word stands in it."""
    pieces, place = search.passage("\n".join(parts), terms)
    if place is None:
        return search.snippet(parts[0], terms) if parts else (), None
    ends = accumulate(len(part) + 1 for part in parts)
    return pieces, next(number for number, end in enumerate(ends) if place < end)


def _products(known: Sequence[Product], results: Results, chosen: str) -> tuple[tuple[str, str], ...]:
    """The products to choose from; until one is chosen, those with something to show, and how much."""
    if chosen:
        return tuple((found.slug, found.name) for found in known)
    counted = ((found, results.counts.get(f"product:{found.slug}", 0)) for found in known)
    return tuple((found.slug, f"{found.name} ({count})") for found, count in counted if count)


def _kinds(here: dict[str, str], results: Results) -> tuple[Chip, ...]:
    counts = results.counts
    choices = (
        ("", _("Everything"), counts.get("everything", 0)),
        ("guides", _("Guides"), counts.get("article", 0)),
        ("questions", _("Questions"), counts.get("question", 0)),
        ("solved", _("Solved"), counts.get("solved", 0)),
    )
    return tuple(
        Chip(label, _url(here, kind=kind), kind == here["kind"], count) for kind, label, count in choices
    )


def _tags(here: dict[str, str], results: Results) -> tuple[Chip, ...]:
    """The tags that the most of what was found carries, where it is much and they tell it apart."""
    if results.total <= FEW_RESULTS:
        return ()
    counted = {
        name.removeprefix("tag:"): count
        for name, count in results.counts.items()
        if name.startswith("tag:") and count < results.total
    }
    return tuple(Chip(tag, _url(here, tag=tag), False, count) for tag, count in counted.items())


def _syntax() -> tuple[tuple[str, str], ...]:
    """What can be typed to say it more exactly, by examples."""
    return (
        ('"blinks three times"', _("these words together")),
        ("hub -light", _("without this word")),
        ("code:E-104", _("with exactly this code")),
        ("is:guide · is:question · is:solved · is:open", _("only these")),
        ("product:hub · tag:pairing · user:mira", _("of this product, with this tag, by this person")),
        ("after:7d · after:2026-05 · before:2025", _("changed since then, there before then")),
    )


def _sorts(here: dict[str, str]) -> tuple[Chip, ...]:
    choices = (("", _("Best first")), ("newest", _("Newest first")), ("votes", _("Most votes")))
    return tuple(Chip(label, _url(here, sort=sort), sort == here["sort"], None) for sort, label in choices)


def _close(viewer: Any, results: Results) -> tuple[tuple[str, str], ...]:
    cards = articles.cards_by_id(viewer, [one.id for one in results.close if one.kind == "article"])
    rows = forum.rows_by_id(viewer, [one.id for one in results.close if one.kind == "question"])
    found = []
    for one in results.close:
        shown = (cards if one.kind == "article" else rows).get(one.id)
        if shown is not None:
            found.append((shown.title, shown.url))
    return tuple(found)


def _pager(here: dict[str, str], results: Results) -> Pager:
    last = min(LAST_PAGE, -(-results.total // PER_PAGE))
    return Pager(
        previous_url=_url(here, page=str(results.page - 1)) if results.page > 1 else "",
        next_url=_url(here, page=str(results.page + 1)) if results.page < last else "",
        label=_("Page %(page)d of %(last)d", page=results.page, last=last) if last > 1 else "",
    )


def _sign_in_url(here: dict[str, str]) -> str:
    return url_for("accounts.sign_in", next=_url(here))


def _url(here: dict[str, str], **changed: str) -> str:
    args = {name: value for name, value in {**here, **changed}.items() if value}
    return f"/search?{urlencode(args)}"


@bp.get("/search/suggest")
def suggest() -> Response:
    """Up to eight titles of both kinds that fit what is being typed."""
    response = jsonify(suggestions=suggested(actor(), request.args.get("q", "")[:200]))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def suggested(viewer: Any, typed: str) -> list[dict[str, str]]:
    """Titles that fit what is being typed: `title`, `url`, `kind`, the word for the kind, and `target`."""
    found = search.suggest(typed, audiences=articles.audiences(viewer), limit=8)
    cards = articles.cards_by_id(viewer, [one.id for one in found if one.kind == "article"])
    rows = forum.rows_by_id(viewer, [one.id for one in found if one.kind == "question"])
    suggestions = []
    for one in found:
        if one.kind == "article" and one.id in cards:
            card = cards[one.id]
            shown = {"title": card.title, "url": card.url, "label": _("Guide")}
        elif one.kind == "question" and one.id in rows:
            row = rows[one.id]
            label = _("Solved") if row.is_solved else _("Question")
            shown = {"title": row.title, "url": row.url, "label": label}
        else:
            continue
        suggestions.append({**shown, "kind": one.kind, "target": f"{one.kind}:{one.id}"})
    return suggestions
