"""Where a running site keeps its things, and how that place is made ready for the first start."""

import errno
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.config import ROOT, BadSetting

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8000


@dataclass(frozen=True)
class Start:
    """How a site is to be started.

    Attributes:
        home: the folder with its database, index, uploads and guides.
        port: where it listens.
        demo: whether an empty site gets the demo content.
    """

    home: Path
    port: int
    demo: bool

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    @property
    def articles(self) -> Path:
        return self.home / "content" / "articles"


def wanted(environment: Mapping[str, str]) -> Start:
    """Read AFTERCARE_HOME, PORT and DEMO. An empty value counts as none.

    Without a home of its own, a site that starts empty lives in `site/`: the demo guides in the
    repository are not part of it.

    Raises:
        BadSetting: a value cannot be used.
    """
    demo = _yes_or_no(environment.get("DEMO", ""))
    named = environment.get("AFTERCARE_HOME", "").strip()
    home = Path(named).expanduser() if named else ROOT if demo else ROOT / "site"
    return Start(home.resolve(), _port(environment.get("PORT", "")), demo)


def _yes_or_no(value: str) -> bool:
    value = value.strip().lower()
    if value in ("", "1", "yes", "true", "on"):
        return True
    if value in ("0", "no", "false", "off"):
        return False
    raise BadSetting(f"DEMO must be 1 or 0, not {value!r}.")


def _port(value: str) -> int:
    value = value.strip() or str(DEFAULT_PORT)
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise BadSetting(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def refuse_taken_port(start: Start) -> None:
    """Say it now, in a sentence, if somebody else listens where this site should.

    Raises:
        BadSetting: the port is taken, or may not be used.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, start.port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise BadSetting(f"Port {start.port} may only be used by root. Try PORT=8000.") from None
            raise BadSetting(
                f"Port {start.port} is in use: something else, perhaps another Aftercare, answers at {start.address}.\n"
                f"Stop it, or start this one elsewhere: make run PORT={start.port + 1 if start.port < 65535 else 8000}"
            ) from None


def bring_guides(start: Start) -> int:
    """Copy the demo guides to a home that has no guides yet. All of them arrive, or none.

    Returns:
        How many were copied.
    """
    source, target = ROOT / "content" / "articles", start.articles
    if not start.demo or target == source or has_guides(target) or not has_guides(source):
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(".articles-being-copied")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, ignore=shutil.ignore_patterns(".*"))
    if target.exists():
        # Only empty folders are in there; anything else, such as pictures, stops this with an error.
        for folder in sorted(target.rglob("*"), reverse=True):
            folder.rmdir()
    unfinished.rename(target)
    return sum(1 for _ in target.rglob("*.md"))


def has_guides(folder: Path) -> bool:
    """Whether any guide is in there."""
    return any(not path.name.startswith(".") for path in folder.glob("*/*.md"))
