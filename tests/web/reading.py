"""Plain functions that read what the site hands to other programs: XML documents, and the head of a page."""

import html
import json
import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"

HOSTILE = "</script><script>alert(1)</script> \"quoted\" & 'more' ]]> <!-- 🔧 灯 \u2028 end"
CONTROL = "bell\x07 vertical\x0b escape\x1b not\ufffe done"


def xml_of(response: Any) -> Element:
    """The root of an XML response; anything that is not well-formed fails here."""
    assert response.status_code == 200
    return ElementTree.fromstring(response.data)  # noqa: S314 - our own output


def things_of(response: Any) -> list[dict[str, Any]]:
    """What the page's JSON-LD describes."""
    assert response.status_code == 200
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.text, re.DOTALL)
    assert len(scripts) <= 1
    if not scripts:
        return []
    graph = json.loads(scripts[0])
    assert graph["@context"] == "https://schema.org"
    return list(graph["@graph"])


def thing_of(response: Any, kind: str) -> dict[str, Any]:
    """The one thing of this type that the page describes."""
    (found,) = [thing for thing in things_of(response) if thing["@type"] == kind]
    return found


def canonical_of(response: Any) -> str:
    """The page's one canonical address."""
    (found,) = re.findall(r'<link rel="canonical" href="([^"]+)">', response.text)
    return html.unescape(found)


def feeds_of(response: Any) -> list[str]:
    """The addresses of the feeds that the page offers."""
    links = re.findall(
        r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">', response.text
    )
    return [html.unescape(link) for link in links]


def is_indexable(response: Any) -> bool:
    """Whether search engines may list the page."""
    return '<meta name="robots" content="noindex">' not in response.text
