"""The page for those who help: what waits for an answer, product by product."""

from flask import Blueprint, Response, render_template, request

from app.core import addresses
from app.core.i18n import gettext as _
from app.forum import desk_queries
from app.forum.desk_queries import Desk
from app.notifications import follow_queries
from app.web import feeds
from app.web.head import FeedLink, head
from app.web.session import Visitor, actor

bp = Blueprint("desk", __name__)

FEED = f"{addresses.DESK}.atom"


def _asked_for(viewer: object, **usual: str) -> Desk:
    args = request.args
    return desk_queries.desk(
        viewer,
        product=args.get("product", ""),
        state=args.get("state") or "unanswered",
        sort=args.get("sort") or usual.get("sort", "longest"),
        after=args.get("after"),
        followed=follow_queries.followed_ids(viewer, "product"),
    )


@bp.get(addresses.DESK)
def desk() -> str:
    page = _asked_for(actor())
    filters = {"product": "" if page.product == desk_queries.MINE else page.product, "state": page.state}
    about = head(
        page.canonical_path,
        feeds=(_feed_link(page, filters), *feeds.of_everything()[3:]),
        is_indexable=page.is_indexable,
    )
    return render_template("forum/desk.html", page=page, head=about)


def _feed_link(page: Desk, filters: dict[str, str]) -> FeedLink:
    shown = {name: value for name, value in filters.items() if value != "unanswered"}
    return feeds.link(_title(page), FEED, shown)


def _title(page: Desk) -> str:
    product = next((chip.label for chip in page.products if chip.is_current and page.product), "")
    words = _("Waiting for an answer") if page.state == "unanswered" else _("Waiting for a solution")
    return " · ".join(part for part in (words, product) if part)


@bp.get(FEED)
def desk_feed() -> Response:
    """The questions that wait, the newest first, for programs that read feeds."""
    page = _asked_for(Visitor(), sort="newest")
    args = request.args
    here = {name: args.get(name, "") for name in ("product", "state", "sort")}
    return feeds.of_question_rows(
        _title(page),
        path=FEED,
        page_path=addresses.DESK,
        arguments=here,
        after=args.get("after", ""),
        next_url=page.pager.next_url,
        rows=page.rows,
    )
