"""What administrators gave every page: a logo, colours as a small stylesheet of their own, and banners."""

import hashlib
from dataclasses import dataclass

from flask import Flask, Response, abort, has_request_context

from app import site
from app.core.db import now
from app.site import colours
from app.site.values import Settings
from app.web import session

YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Banner:
    """An announcement as a page shows it."""

    id: int
    text: str


@dataclass(frozen=True)
class Look:
    """What the frame of a page shows beside its name."""

    logo: str
    stylesheet: str
    banners: tuple[Banner, ...]


def look() -> Look:
    """The look of this request's page."""
    settings = site.settings()
    viewer = session.actor() if has_request_context() and settings.announcements else session.Visitor()
    return Look(
        logo=settings.logo,
        stylesheet=f"/look/{_version(css)}.css" if (css := _css(settings)) else "",
        banners=tuple(Banner(one.id, one.text) for one in settings.announcements_for(viewer, now())),
    )


def _css(settings: Settings) -> str:
    if not settings.accent_light or not settings.accent_dark:
        return ""
    light = colours.checked(settings.accent_light, colours.LIGHT)
    return colours.stylesheet(light, colours.checked(settings.accent_dark, colours.DARK))


def _version(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:12]


def stylesheet(version: str) -> Response:
    """The colours of this site; an outdated address still gets them, but is not kept for long."""
    css = _css(site.settings())
    if not css:
        abort(404)
    response = Response(css, content_type="text/css; charset=utf-8")
    is_current = version == _version(css)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if is_current else "no-cache"
    return response


def init_app(app: Flask) -> None:
    """Open `/look/<version>.css`, beside the content security policy that allows no style within a page."""
    app.add_url_rule("/look/<version>.css", "look", stylesheet)
