"""Links between guides of one set: they lead to each other here as they did where they come from."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from app.imports.reading import clean

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_ADDRESS = re.compile(
    r"""(?P<before>\]\(\s*<?|^\s{0,3}\[[^\]]+\]:\s*<?|\bhref=["'])(?P<address>[^\s<>()"']+)""", re.MULTILINE
)
_LOCALE = re.compile(r"^[a-z]{2}-[a-z]{2}/", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?P<stem>.*/\d{6,})-[^/]*$")


class Places:
    """Where each guide of a set was, and where it is now."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def add(self, record: Mapping[str, Any], path: str) -> None:
        """Note that the guide of this record is now the file at `path`."""
        for field in ("url_or_path", "url", "id"):
            address = clean(record.get(field)).strip()
            if address:
                self._paths.setdefault(_key(address), path)

    def of(self, address: str, source: str) -> str | None:
        """The file that an address in a guide leads to, if that is a guide of this set.

        Args:
            address: as written: relative to the guide, from the root of its site, or in full.
            source: where the guide that holds it was, in its set.
        """
        try:
            parts = urlsplit(address)
        except ValueError:
            return None
        if not parts.path or (parts.scheme and parts.scheme not in ("http", "https")):
            return None
        if parts.netloc:
            key = _key(address)
            numbered = _NUMBERED.match(key)
            return self._paths.get(key) or (self._paths.get(numbered["stem"]) if numbered else None)
        if parts.path.startswith("/"):
            return self._paths.get(_key(parts.path))
        folder = PurePosixPath(_key(source)).parent.as_posix()
        return self._paths.get(_key(normpath(f"/{folder}/{unquote(parts.path)}")))


def _key(address: str) -> str:
    """What is the same for all ways to write one address: no host, no language, no ending."""
    try:
        path = urlsplit(address).path if "://" in address else address
    except ValueError:
        path = address
    path = unquote(path.partition("#")[0].partition("?")[0]).strip("/")
    return _LOCALE.sub("", path).removesuffix(".md").removesuffix(".html").casefold()


def rewrite(body: str, change: Callable[[str], str | None]) -> str:
    """Give every address in a guide's Markdown to `change` and put in what comes back; None leaves it. Code stays."""

    def changed(match: re.Match[str]) -> str:
        address = change(match["address"])
        return match[0] if address is None else match["before"] + address

    lines: list[str] = []
    fence = ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            line = _ADDRESS.sub(changed, line)
        lines.append(line)
    return "\n".join(lines)


def relative(target: str, path: str) -> str:
    """How the guide at `path` names the file `target`: both are product/name.md."""
    there, here = PurePosixPath(target), PurePosixPath(path)
    return there.name if there.parent == here.parent else f"../{target}"
