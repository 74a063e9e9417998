"""What goes over the line is packed, with brotli or gzip, as the browser takes it.

What is kept is packed once: files as small as can be, pages nearly so. A page that is drawn for one request is packed
quickly, and only if it is public: where a page holds the token of somebody's session beside words from its address,
its packed size would tell of the token (https://www.breachattack.com).
"""

import gzip
from collections.abc import Mapping
from functools import lru_cache

import brotli
from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

WORTH_PACKING = 600
"""Bytes below which packing hardly saves anything."""

SMALLEST = {"br": 11, "gzip": 9}
"""How hard to try for what is packed once and sent for as long as the process lives."""

SMALL = {"br": 5, "gzip": 6}
"""For pages that are kept until something changes."""

QUICK = {"br": 4, "gzip": 3}
"""For what is sent once: some tenths of a millisecond."""


def packed(data: bytes, effort: Mapping[str, int]) -> dict[str, bytes]:
    """The data in each encoding that makes it smaller, by the encoding's name; the one to prefer first."""
    if len(data) <= WORTH_PACKING:
        return {}
    found = {encoding: _pack(data, encoding, level) for encoding, level in effort.items()}
    return {encoding: small for encoding, small in found.items() if len(small) < len(data)}


def _pack(data: bytes, encoding: str, level: int) -> bytes:
    return brotli.compress(data, quality=level) if encoding == "br" else gzip.compress(data, level, mtime=0)


@lru_cache(500)
def taken(accept_encoding: str) -> tuple[str, ...]:
    """The encodings that a browser takes, by its `Accept-Encoding` header, the one to prefer first."""
    accepted = parse_accept_header(accept_encoding, Accept)
    return tuple(encoding for encoding in SMALLEST if accepted.quality(encoding) > 0)


def chosen(found: Mapping[str, bytes], accept_encoding: str) -> str | None:
    """The encoding to send, of those there are; None to send it as it is."""
    return next((encoding for encoding in taken(accept_encoding) if encoding in found), None)


def init_app(app: Flask) -> None:
    """Pack what was drawn. What decides whether a response is public comes after this, and so runs before it."""
    app.after_request(pack)


def pack(response: Response) -> Response:
    """Pack a public page that is on its way to one browser."""
    encodings = taken(request.headers.get("Accept-Encoding", ""))
    may_be_packed = (
        response.status_code == 200
        and response.headers.get("Cache-Control") == "public, no-cache"
        and (response.mimetype or "").startswith("text/")
        and "Content-Encoding" not in response.headers
        and not response.is_streamed
    )
    if may_be_packed:
        response.vary.add("Accept-Encoding")
        data = response.get_data()
        if encodings and len(data) > WORTH_PACKING:
            response.set_data(_pack(data, encodings[0], QUICK[encodings[0]]))
            response.headers["Content-Encoding"] = encodings[0]
    return response
