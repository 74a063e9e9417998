"""Open pages follow their thread: a stream that says when something changed, and what the thread looks like then."""

from functools import partial

from flask import Blueprint, Flask, Response, current_app, render_template, request

from app.core.db import db
from app.forum import live_hub, live_queries, queries
from app.forum.live_hub import Hub
from app.forum.views import question_or_404
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("live", __name__)

LARGEST = 2**63 - 1


def init_app(app: Flask) -> None:
    """Give the site its hub; it does nothing until somebody listens."""
    with app.app_context():
        app.extensions["live"] = Hub(partial(live_queries.changes_after, db.engine))


@bp.get("/questions/<int:question_id>/live")
def changes(question_id: int) -> Response:
    """Server-sent events with the numbers of changes to a thread.

    Where the server gives its connection away the stream stays open without a thread of the server's. Where it does
    not, or too many are listening, it says what is new and ends, and the browser asks again after a while.
    """
    asked = question_or_404(question_id)
    known = _known()
    newest = live_queries.last_change(asked.id)
    hub: Hub = current_app.extensions["live"]
    connection = live_hub.connection_of(request.environ) if request.method == "GET" else None
    is_full = not hub.has_room
    body = live_hub.opening(live_hub.RETRY_WHEN_FULL if is_full else live_hub.RETRY)
    if newest > known:
        body += live_hub.event(newest, asked.id)
    response = Response(body, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back until it has a page of them.
    response.headers["X-Robots-Tag"] = "noindex"
    if connection is not None and not is_full:
        response.content_length = live_hub.LENGTH
        after = max(known, newest)

        def hand_over() -> None:
            hub.listen(live_hub.take_over(connection), asked_id, after=after, sent=len(body))

        asked_id = asked.id
        response.call_on_close(hand_over)
    return response


def _known() -> int:
    """The last change that the reader knows of: as the browser says when it comes back, else as the page said."""
    said = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    return min(int(said), LARGEST) if said.isascii() and said.isdecimal() and len(said) < 20 else 0


@bp.get("/questions/<int:question_id>/live/posts")
def posts(question_id: int) -> str:
    """The posts on one page of a thread as this reader may see them now, without what stands around them."""
    asked = question_or_404(question_id)
    page = queries.question_page(actor(), asked, after=request.args.get("after"), similar=())
    return render_template("forum/live_posts.html", page=page, errors=words({}))
