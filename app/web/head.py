"""What a page says of itself to other programs: its one right address, its feeds, its facts as JSON-LD."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from flask import request
from markupsafe import Markup

from app.web import structured_data


@dataclass(frozen=True)
class FeedLink:
    """A feed that a page offers."""

    title: str
    url: str


@dataclass(frozen=True)
class Head:
    """What stands in the head of a public page. `kind` is what Open Graph calls the type of the page."""

    canonical_url: str
    kind: str
    feeds: tuple[FeedLink, ...]
    graph: Markup
    is_indexable: bool


def head(
    path: str,
    *,
    things: Iterable[Mapping[str, Any]] = (),
    feeds: Iterable[FeedLink] = (),
    kind: str = "website",
    is_indexable: bool = True,
) -> Head:
    """The head of the page at `path`, an address on this site that other addresses of the page lead to."""
    described = tuple(things)
    return Head(
        canonical_url=absolute(path),
        kind=kind,
        feeds=tuple(feeds),
        graph=structured_data.script(described) if described else Markup(""),
        is_indexable=is_indexable,
    )


def root() -> str:
    """The site's own address as this request sees it, with a slash at the end."""
    return request.url_root


def absolute(path: str) -> str:
    """The whole address of a place on this site."""
    return urljoin(root(), path)


def with_arguments(path: str, arguments: Mapping[str, str]) -> str:
    """The path with those arguments that say something."""
    kept = {name: value for name, value in arguments.items() if value}
    return path + (f"?{urlencode(kept)}" if kept else "")
