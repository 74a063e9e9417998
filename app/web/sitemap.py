"""The maps for search engines: which pages there are for everyone, and when each was changed last.

Files are cut by the numbers of the rows, so a page stays in the same file, and only files that changed are
read again. The format: https://www.sitemaps.org/protocol.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, abort

from app.articles import queries as articles
from app.articles import tag_queries as tags_of_guides
from app.catalog import queries as catalog
from app.core import addresses
from app.core.map_queries import ROWS_PER_MAP, newest_of
from app.forum import queries as forum
from app.reputation import people_queries
from app.web import xml
from app.web.head import absolute
from app.web.head import root as root_address
from app.web.session import Visitor

bp = Blueprint("sitemap", __name__)

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
FIXED = ("/", "/articles", "/questions", addresses.DESK, "/products", "/tags", addresses.PEOPLE)
HELP = ("/help", "/help/formatting", "/help/privileges")


@dataclass(frozen=True)
class Place:
    """A page or a map; `changed_at` is when what it says was changed last, None where nobody keeps that."""

    path: str
    changed_at: datetime | None = None


@bp.get("/sitemap.xml")
def index() -> Response:
    """The list of all maps."""
    visitor, size = Visitor(), ROWS_PER_MAP
    maps = [Place("/sitemaps/pages-1.xml")]
    for kind, ranges in (
        ("articles", articles.changes_by_range(visitor, size)),
        ("questions", forum.changes_by_range(visitor, size)),
        (
            "tags",
            newest_of(
                forum.tag_changes_by_range(visitor, size), tags_of_guides.changes_by_range(visitor, size)
            ),
        ),
        ("people", people_queries.changes_by_range(visitor, size)),
    ):
        maps += (Place(f"/sitemaps/{kind}-{number}.xml", changed_at) for number, changed_at in ranges)
    return _response("sitemapindex", "sitemap", maps)


@bp.get("/sitemaps/articles-<int:number>.xml")
def guides(number: int) -> Response:
    """The guides with numbers in one range."""
    found = articles.changes_in_range(Visitor(), number, ROWS_PER_MAP)
    return _urls(Place(addresses.article(slug), changed_at) for slug, changed_at in found)


@bp.get("/sitemaps/questions-<int:number>.xml")
def questions(number: int) -> Response:
    """The questions with numbers in one range."""
    found = forum.changes_in_range(Visitor(), number, ROWS_PER_MAP)
    return _urls(Place(addresses.question(key, slug), changed_at) for key, slug, changed_at in found)


@bp.get("/sitemaps/tags-<int:number>.xml")
def tags(number: int) -> Response:
    """The pages of the tags with numbers in one range that guides or questions have."""
    found = newest_of(
        forum.tag_changes_in_range(Visitor(), number, ROWS_PER_MAP),
        tags_of_guides.changes_in_range(Visitor(), number, ROWS_PER_MAP),
    )
    return _urls(Place(addresses.tag(slug), changed_at) for slug, changed_at in found)


@bp.get("/sitemaps/people-<int:number>.xml")
def people(number: int) -> Response:
    """The people with numbers in one range who stand in the list of people."""
    found = people_queries.changes_in_range(Visitor(), number, ROWS_PER_MAP)
    return _urls(Place(addresses.person(name), changed_at) for name, changed_at in found)


@bp.get("/sitemaps/pages-1.xml")
def pages() -> Response:
    """The front page, the lists, and the products."""
    products = (addresses.product(found.slug) for found in catalog.products())
    return _urls(Place(path) for path in (*FIXED, *HELP, *products))


def _urls(places: Iterable[Place]) -> Response:
    found = list(places)
    return _response("urlset", "url", found) if found else abort(404)


def _response(kind: str, each: str, places: Iterable[Place]) -> Response:
    root = Element(kind, {"xmlns": NAMESPACE})
    site, moments = root_address().rstrip("/"), []
    for place in places:
        added = xml.element(root, each)
        xml.element(added, "loc", site + place.path)
        if place.changed_at is not None:
            moments.append(place.changed_at)
            xml.element(added, "lastmod", place.changed_at.isoformat(timespec="seconds"))
    response = Response(xml.document(root), content_type="application/xml; charset=utf-8")
    if moments:
        response.last_modified = max(moments)
    return response


# For robots


@bp.get("/robots.txt")
def robots() -> Response:
    """What robots may read: all that everyone may. What should not be found says so on its page (noindex)."""
    lines = [
        "User-agent: *",
        "Disallow: /ask/suggestions",
        "Disallow: /search/suggest",
        "",
        f"Sitemap: {absolute('/sitemap.xml')}",
        "",
    ]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")
