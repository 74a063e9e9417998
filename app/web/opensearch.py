"""The site's search in the browser's own search box: OpenSearch 1.1, and titles while somebody types there."""

import json
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, request

from app import site
from app.core.i18n import gettext as _
from app.search.views import suggested
from app.web import xml
from app.web.head import absolute
from app.web.session import Visitor
from app.web.static import asset

bp = Blueprint("opensearch", __name__)

NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
MEDIA_TYPE = "application/opensearchdescription+xml"
SUGGESTIONS_TYPE = "application/x-suggestions+json"
SHORT, LONG = 16, 48


@bp.get("/opensearch.xml")
def description() -> Response:
    """How a browser asks our search."""
    name = site.name()
    root = Element("OpenSearchDescription", {"xmlns": NAMESPACE})
    xml.element(root, "ShortName", name[:SHORT].strip())
    xml.element(root, "LongName", _("%(site)s: guides and questions", site=name)[:LONG].strip())
    xml.element(root, "Description", _("Guides, and answers from people who had the same problem.")[:1024])
    xml.element(root, "InputEncoding", "UTF-8")
    xml.element(
        root,
        "Image",
        absolute(asset("img/favicon.svg")),
        {"width": "16", "height": "16", "type": "image/svg+xml"},
    )
    _url(root, "text/html", "results", absolute("/search") + "?q={searchTerms}")
    _url(root, SUGGESTIONS_TYPE, "suggestions", absolute("/search/suggestions") + "?q={searchTerms}")
    _url(root, MEDIA_TYPE, "self", absolute("/opensearch.xml"))
    xml.element(root, "Query", attributes={"role": "example", "searchTerms": _("does not switch on")})
    return Response(xml.document(root), content_type=f"{MEDIA_TYPE}; charset=utf-8")


def _url(root: Element, kind: str, relation: str, template: str) -> None:
    xml.element(root, "Url", attributes={"type": kind, "rel": relation, "template": template})


@bp.get("/search/suggestions")
def suggestions() -> Response:
    """What was typed, then titles, what each is, and addresses, in the form that browsers read."""
    typed = request.args.get("q", "")[:200]
    found = suggested(Visitor(), typed)
    answer = [
        typed,
        [one["title"] for one in found],
        [one["label"] for one in found],
        [absolute(one["url"]) for one in found],
    ]
    response = Response(json.dumps(answer), content_type=SUGGESTIONS_TYPE)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
