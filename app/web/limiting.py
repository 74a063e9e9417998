"""Limits on requests: which endpoint counts against which, who somebody is to them, and what a refusal looks like."""

import hmac
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Flask, Response, current_app, jsonify, make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.core.db import db
from app.core.errors import TooMany
from app.limits import Limit, hits, table, touch

LIMIT_OF: Mapping[str, Limit] = {
    "search.find": table.SEARCH,
    "feeds.found": table.SEARCH,
    "search.suggest": table.SUGGEST,
    "opensearch.suggestions": table.SUGGEST,
    "forum.suggest_while_asking": table.SUGGEST,
    "writing.complete_people": table.SUGGEST,
    "searches.note_search": table.NOTE,
    "searches.note_result_opened": table.NOTE,
    "searches.note_outcome": table.NOTE,
    "forum.solved_while_asking": table.FEEDBACK,
    "feedback.give_feedback": table.FEEDBACK,
    "writing.preview_text": table.PREVIEW,
    "articles.preview_draft": table.PREVIEW,
    "articles.preview_new_draft": table.PREVIEW,
    "writing.keep_unsent": table.KEEP,
    "forum.vote_on_question": table.VOTE,
    "forum.vote_on_answer": table.VOTE,
    "uploads.upload_image": table.UPLOAD,
}
"""What costs work at each request. Deeds that are limited where they are done do not stand here."""

FOR_SCRIPTS = frozenset({"search.suggest", "uploads.upload_image", "writing.keep_unsent"})
"""Endpoints whose refusals are read by a script of ours, as JSON."""

listeners: list[Callable[[str], None]] = []
"""What hears the name of each limit that was reached."""


def init_app(app: Flask) -> None:
    """Count before a request is done."""
    app.before_request(count_request)


def count_request() -> None:
    """Count this request against the limit of its endpoint.

    A request from this machine itself is not counted by its address: it is the operator's, or comes through a proxy
    that the settings do not know, and then stands for everybody.

    Raises:
        TooMany: there were too many.
    """
    limit = LIMIT_OF.get(request.endpoint or "")
    if limit is None:
        return
    if current_user.is_authenticated:
        touch(limit, f"person {current_user.id}")
    elif not _is_here(request.remote_addr or ""):
        touch(limit, origin())


def origin() -> str:
    """Stands for where this request comes from, so that no address of a reader is kept.

    Providers give each customer a whole network of IPv6 addresses, so its first half counts.
    """
    return hmac.new(str(current_app.secret_key).encode(), network(64, 32).encode(), "sha256").hexdigest()


def network(bits_of_6: int, bits_of_4: int) -> str:
    """The network that this request comes from, as so many bits of its address tell it."""
    place = request.remote_addr or ""
    address = _address(place)
    if address is None:  # A socket without an address.
        return place
    return str(ip_network((address, bits_of_6 if address.version == 6 else bits_of_4), strict=False))


def place() -> str:
    """Where this request comes from, as short as is kept: a region of a provider, not a household."""
    return network(48, 24)[:50]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_here(text: str) -> bool:
    address = _address(text)
    return address is not None and address.is_loopback


def turned_down(error: TooMany, drawn: str | BaseResponse) -> Response:
    """A page that tells of a limit: programs read in a header when it ends, and moderators see that it was reached."""
    response = make_response(drawn, 429)
    response.headers["Retry-After"] = str(error.seconds)
    if error.limit:
        db.session.rollback()
        somebody = current_user.id if current_user.is_authenticated else None
        who = error.key or (f"person {somebody}" if somebody else origin())
        for listener in listeners:
            listener(error.limit)
        hits.note(error.limit, who, user_id=somebody, place=place())
    return response


def told_to_script(error: TooMany) -> Response | None:
    """The refusal for a script of ours; None if people read this endpoint's answers."""
    return jsonify(error=str(error)) if request.endpoint in FOR_SCRIPTS else None
