"""XML documents for other programs: elements that hold any text, written so that every parser takes them."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# What XML 1.0 forbids even when it is escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """The text without the characters that no XML document may hold."""
    return _FORBIDDEN.sub("", text)


def element(
    parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None
) -> Element:
    """Add an element with a text and attributes to another one, and give it back."""
    cleaned = {key: plain(value) for key, value in (attributes or {}).items()}
    added = ElementTree.SubElement(parent, name, cleaned)
    if text:
        added.text = plain(text)
    return added


def document(root: Element) -> bytes:
    """The whole document in UTF-8, with its declaration."""
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
