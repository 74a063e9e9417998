"""The file that a backup is: a compressed tar whose last member lists all others with their checksums."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.core.durable import sync

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255))  # RFC 1952: deflate, no name, no moment, fastest.
FASTEST = 1  # Of the levels of compression; a backup should not keep the site from its work.

Report = Callable[[str], None]


class Damaged(Exception):
    """A backup is not what was written: cut, changed, or no backup at all. The message says which."""


@dataclass(frozen=True)
class Entry:
    """One file in a backup."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        made_at: when, ISO 8601 in UTC.
        database: the kind of database in it: `sqlite` or `postgresql`.
        revision: the migration its tables stand at.
        settings: what was set in the environment, without secrets.
        entries: every file.
    """

    made_at: str
    database: str
    revision: str
    settings: dict[str, str]
    entries: tuple[Entry, ...] = field(default=())


def write(target: Path, things: Iterable[tuple[str, Path]], about: Manifest, report: Report) -> Manifest:
    """Write the files into a backup that appears under its name only when it is whole and on the disk.

    Args:
        things: (path in the backup, file) pairs; a file that is gone meanwhile is left out.

    Raises:
        OSError: it cannot be written, for example because the disk is full; nothing is left behind.
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with open(unfinished, "wb", opener=_only_for_the_owner) as file:
            with _packed(file, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
                entries = tuple(_add_all(tar, things, report))
                whole = Manifest(**{**about.__dict__, "entries": entries})
                _add_bytes(tar, MANIFEST, json.dumps({"format": FORMAT, **asdict(whole)}, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return whole


def _packed(file: BinaryIO, mode: str) -> gzip.GzipFile:
    """Compressed, without the name and the moment that a header can hold: it is the same for every backup."""
    return gzip.GzipFile(filename="", fileobj=file, mode=mode, compresslevel=FASTEST, mtime=0)


def _only_for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _add_all(tar: tarfile.TarFile, things: Iterable[tuple[str, Path]], report: Report) -> Iterator[Entry]:
    for path, file in things:
        with contextlib.suppress(FileNotFoundError), file.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            hashing = _Hashing(source)
            member = tarfile.TarInfo(path)
            member.size, member.mode, member.mtime = size, 0o600, int(file.stat().st_mtime)
            tar.addfile(member, hashing)
            report(path)
            yield Entry(path, size, hashing.hexdigest())


def _add_bytes(tar: tarfile.TarFile, path: str, data: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


class _Hashing:
    """Reads a file and hashes what was read, so that what is listed is what was copied."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def verify(archive: Path, report: Report) -> Manifest:
    """Read a backup from end to end and compare each file with what the backup lists.

    Raises:
        Damaged: it is not whole.
    """
    return _read(archive, report, None)


def unpack(archive: Path, folder: Path, report: Report) -> Manifest:
    """Unpack a backup into an empty folder, checking it as `verify` does.

    Raises:
        Damaged: it is not whole; what is in the folder then must not be used.
    """
    return _read(archive, report, folder)


def _read(archive: Path, report: Report, folder: Path | None) -> Manifest:
    found: dict[str, Entry] = {}
    listing: dict[str, Any] | None = None
    with _damage_is_said(archive), archive.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            raise Damaged(f"{archive} is not a backup of Aftercare, or its first bytes were changed.")
        file.seek(0)
        with _packed(file, "rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for member in tar:
                source = tar.extractfile(member)
                if source is None or not member.isfile() or not _is_inside(member.name):
                    raise Damaged(f"{archive} holds {member.name!r}, which no backup has in it.")
                if member.name == MANIFEST:
                    listing = json.loads(source.read())
                    continue
                target = None if folder is None else folder / member.name
                found[member.name] = _copied(member.name, source, target)
                report(member.name)
            while packed.read(CHUNK):  # To the end, where the checksum of the whole stands.
                pass
    if listing is None:
        raise Damaged(f"{archive} has no list of what is in it: it was cut off, or it is no backup.")
    manifest = _manifest(archive, listing)
    for entry in manifest.entries:
        if found.pop(entry.path, None) != entry:
            raise Damaged(f"{archive}: {entry.path} is not what was written into it.")
    if found:
        raise Damaged(f"{archive} holds {next(iter(found))!r}, which its list does not name.")
    return manifest


@contextmanager
def _damage_is_said(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise Damaged(f"{archive} cannot be read as a backup: {error}.") from None
    except OSError as error:
        if error.errno is None:  # gzip's own: a checksum or a header that is wrong.
            raise Damaged(f"{archive} cannot be read as a backup: {error}.") from None
        raise


def _is_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _copied(path: str, source: Any, target: Path | None) -> Entry:
    digest, size = hashlib.sha256(), 0
    with contextlib.ExitStack() as stack:
        file = None
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(target.open("wb"))
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if file:
                file.write(chunk)
        if file:
            file.flush()
            os.fsync(file.fileno())
    return Entry(path, size, digest.hexdigest())


def _manifest(archive: Path, listing: dict[str, Any]) -> Manifest:
    if listing.pop("format", None) != FORMAT:
        raise Damaged(f"{archive} was made by another version of this command, which this one cannot read.")
    try:
        entries = tuple(Entry(**entry) for entry in listing.pop("entries"))
        return Manifest(**listing, entries=entries)
    except (KeyError, TypeError) as error:
        raise Damaged(f"{archive} has a list that cannot be understood: {error}.") from None
