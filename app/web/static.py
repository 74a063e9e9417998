"""Styles, scripts and pictures: served under an address that changes with their content, so browsers keep them."""

import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.web import packing, scripts

FOLDER = Path(__file__).parent / "static"
COMPRESSIBLE = {".css", ".js", ".svg", ".txt", ".json"}
TOGETHER = {"css/reading.css": ("css/reading.css", "css/code.css")}
"""What is always needed together goes over the line together."""

YEAR = 365 * 24 * 3600


@cache
def tree_hash() -> str:
    """Twelve hex digits that change when any static file does."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def asset(path: str) -> str:
    """The address of a static file. The whole tree shares one hash, so modules may import each other."""
    return f"/static/{tree_hash()}/{path}"


def _for_browsers(css: bytes) -> bytes:
    """A stylesheet without its comments, its indentation and its ends of lines, which are for people."""
    css = re.sub(rb"/\*.*?\*/|^\s+", b"", css, flags=re.DOTALL | re.MULTILINE)
    return re.sub(rb"(?<=[{};,])\s*\n", b"", css)


@cache
def _content(path: str) -> tuple[bytes, dict[str, bytes], str]:
    file = (FOLDER / path).resolve()
    script = path.removeprefix("js/")
    if file.parent == FOLDER / "js" and scripts.is_script(script):
        raw = scripts.served(script)
    elif file.is_relative_to(FOLDER.resolve()) and file.is_file():
        raw = b"".join((FOLDER / part).read_bytes() for part in TOGETHER.get(path, (path,)))
    else:
        raise FileNotFoundError(path)
    if file.suffix == ".css":
        raw = _for_browsers(raw)
    packed = packing.packed(raw, packing.SMALLEST) if file.suffix in COMPRESSIBLE else {}
    return raw, packed, mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def serve(version: str, path: str) -> Response:
    """One static file; an outdated address still gets it, but is not kept for long."""
    try:
        raw, packed, kind = _content(path)
    except (OSError, ValueError):
        abort(404)
    encoding = packing.chosen(packed, request.headers.get("Accept-Encoding", ""))
    response = Response(packed[encoding] if encoding else raw, content_type=_with_charset(kind))
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    is_current = version == tree_hash()
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if is_current else "no-cache"
    return response


def _with_charset(kind: str) -> str:
    return (
        f"{kind}; charset=utf-8"
        if kind.startswith("text/") or kind.endswith(("javascript", "svg+xml"))
        else kind
    )


def favicon() -> BaseResponse:
    """Where browsers look for a picture of the site when no page has told them."""
    return redirect(asset("img/favicon.svg"))


def init_app(app: Flask) -> None:
    """Open `/static/<hash>/<path>` and let templates call `asset(path)`."""
    app.add_url_rule("/favicon.ico", "favicon", favicon)
    app.add_url_rule("/static/<version>/<path:path>", "static", serve)
    app.jinja_env.globals["asset"] = asset
