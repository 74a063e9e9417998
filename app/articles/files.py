"""Guides as files: Markdown with front matter, read with care for the writer and written so that nothing is lost."""

import difflib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

from app.articles.models import ArticleType, Audience
from app.core.durable import sync, write_whole
from app.core.errors import Declined
from app.core.i18n import gettext as _
from app.core.text import plain_line, slugify
from app.core.trouble import Trouble, trouble_of

KEYS = (
    "title",
    "type",
    "product",
    "applies_to",
    "tags",
    "symptoms",
    "aliases",
    "owner",
    "review_by",
    "audience",
    "credits",
    "origin",
    "summary",
)
LONGEST = {"title": 300, "owner": 40, "origin": 200, "summary": 500}
LONGEST_ENTRY = 300
LONGEST_FRONT_MATTER = 64 * 1024
LONGEST_FILE = 1024 * 1024 + LONGEST_FRONT_MATTER
LONGEST_NAME = 150
LONGEST_PATH = 300

_yaml = YAMLHandler()
_EMPTY_LINES = re.compile(r"\A\s*\n")


@dataclass(frozen=True)
class ArticleSource:
    """What the file of a guide says. Two sources are equal when readers would see the same guide."""

    title: str
    type: ArticleType
    product: str
    applies_to: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    owner: str = ""
    review_by: date | None = None
    audience: Audience = Audience.PUBLIC
    credits: tuple[str, ...] = ()
    origin: str = ""
    summary: str = ""
    body: str = ""


class BadFrontMatter(Declined):
    """A guide's file cannot be taken as it is; the message says what was expected.

    Args:
        path: the file, below the folder of guides.
        line: the line that a writer should look at, counted from 1.
        message: what was expected there.
    """

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


@dataclass(frozen=True)
class FileFound:
    """A file that may be a guide: its path below the folder (`product/slug.md`) and its text."""

    path: str
    text: str

    @cached_property
    def content_hash(self) -> str:
        return content_hash(self.text)

    @cached_property
    def source(self) -> ArticleSource:
        """What it says. Raises BadFrontMatter when that cannot be told."""
        return parse(self.text, self.path)

    @property
    def slug(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def product(self) -> str:
        return PurePosixPath(self.path).parts[0]


@dataclass(frozen=True)
class Broken:
    """A file that cannot become a guide, the line to look at, and what was expected."""

    path: str
    line: int
    message: str


def content_hash(text: str) -> str:
    """SHA-256 of a file's text, as 64 hexadecimal digits. Line ends do not count."""
    return hashlib.sha256(_with_plain_line_ends(text).encode("utf-8", "surrogatepass")).hexdigest()


def parse(text: str, path: str) -> ArticleSource:
    """Read the text of a guide's file.

    Lists may be written as lists or as one text; dates as YYYY-MM-DD; a missing product is the folder's.

    Args:
        text: the whole file.
        path: where it stands below the folder of guides; its first part is the product.

    Raises:
        BadFrontMatter: something in it cannot be understood.
    """
    text = _with_plain_line_ends(text.removeprefix("\ufeff"))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadFrontMatter(path, line, _("There is a NUL character here, so this is no text. Delete it."))
    front, body, first_line = _split(text, path)
    return _Reader(path, first_line).read(front, body)


def dump(source: ArticleSource) -> str:
    """Write a guide as the text of its file. The same source always gives the same text, and `parse` gives it back."""
    front: dict[str, Any] = {}
    for key in KEYS:
        value = getattr(source, key)
        if not value or (key == "audience" and value == Audience.PUBLIC):
            continue
        if isinstance(value, tuple):
            front[key] = list(value)
        elif isinstance(value, date):
            front[key] = value
        else:
            front[key] = str(value)
    written = yaml.dump(
        front,
        Dumper=_IndentedDumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
        default_flow_style=False,
    )
    return f"---\n{written}---\n\n{_trimmed(source.body)}\n"


def read_all(folder: Path) -> Iterator[FileFound | Broken]:
    """Every guide below `folder`, in the order of their paths; one that cannot be read comes as Broken.

    Hidden files and a README at the top are nobody's guide and left out.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(_("There is no folder %(folder)s.", folder=str(folder)))
    inside = folder.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not name.endswith(".md"):
                continue
            file = Path(parent) / name
            path = file.relative_to(folder).as_posix()
            if path == "README.md":
                continue
            if not file.resolve().is_relative_to(inside):
                yield Broken(
                    path, 1, _("This is a link to a file outside the folder of guides. Put the file here.")
                )
                continue
            yield read(folder, path)


def read(folder: Path, path: str) -> FileFound | Broken:
    """One file below `folder`."""
    misplaced = _misplaced(path)
    if misplaced:
        return Broken(path, 1, misplaced)
    try:
        content = (folder / path).read_bytes()
    except OSError as error:
        return Broken(path, 1, _("This file cannot be opened: %(why)s.", why=error.strerror or str(error)))
    if len(content) > LONGEST_FILE:
        return Broken(path, 1, _("This file is larger than 1 MB. Split the guide in parts."))
    try:
        return FileFound(path, decode(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return Broken(path, 1, _("This file is UTF-16. Save it as UTF-8."))
        return Broken(
            path,
            line,
            _(
                "This is not UTF-8: there is a byte 0x%(byte)s. Save the file as UTF-8.",
                byte=f"{content[error.start]:02X}",
            ),
        )


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, a byte order mark is dropped, line ends become plain.

    Raises:
        UnicodeDecodeError: it is in another encoding.
    """
    return _with_plain_line_ends(content.decode("utf-8-sig"))


def write(folder: Path, path: str, text: str) -> None:
    """Put a guide's file in its place, whole or not at all, also when the power goes in the middle.

    Raises:
        ValueError: the path leads out of the folder, or is no place for a guide.
    """
    target = _inside(folder, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text.encode("utf-8"), mode=0o644)


def remove(folder: Path, path: str) -> None:
    """Take a guide's file away; it is fine if it has gone already.

    Raises:
        ValueError: the path leads out of the folder, or is no place for a guide.
    """
    target = _inside(folder, path)
    target.unlink(missing_ok=True)
    if target.parent.is_dir():
        sync(target.parent)


@contextmanager
def as_before_if_full(folder: Path, *paths: str) -> Iterator[None]:
    """These files are as before if the block around the database's change ends because the disk is full.

    Then the database surely kept nothing, and the next sync must not take what its author was told is not saved. Of
    other troubles nobody knows on which side of the commit they came; there the sync finishes what was begun.
    """
    before = {path: _content(_inside(folder, path)) for path in paths}
    try:
        yield
    except Exception as error:
        if trouble_of(error) is Trouble.FULL:
            for path, data in before.items():
                with suppress(OSError):
                    _put_back(_inside(folder, path), data)
        raise


def _content(target: Path) -> bytes | None:
    return target.read_bytes() if target.is_file() else None


def _put_back(target: Path, data: bytes | None) -> None:
    if data is None:
        target.unlink(missing_ok=True)
    elif _content(target) != data:
        write_whole(target, data, mode=0o644)


def _inside(folder: Path, path: str) -> Path:
    wrong = _misplaced(path)
    if wrong:
        raise ValueError(f"{path}: {wrong}")
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder.resolve()) or target.is_symlink():
        raise ValueError(f"{path} leads out of {folder}")
    return target


def is_slug(name: str) -> bool:
    """Whether a name can stand in an address as it is. Longer than `slugify` makes them is fine."""
    return len(name) <= LONGEST_NAME and all(slugify(word) == word for word in name.split("-"))


def _misplaced(path: str) -> str:
    """What is wrong with the place or the name of a guide's file; nothing if it is fine."""
    parts = PurePosixPath(path).parts
    if len(parts) != 2 or any(part.startswith(".") for part in parts):
        return _("A guide belongs in its product's folder, as product/name.md.")
    if not path.endswith(".md"):
        return _("A guide's file ends in .md.")
    if len(path) > LONGEST_PATH:
        return _("The name of this file is too long; %(most)d characters are the most.", most=LONGEST_PATH)
    product, stem = parts[0], PurePosixPath(path).stem
    for name in (product, stem):
        if not is_slug(name):
            return _(
                "“%(name)s” cannot stand in an address. Name it “%(better)s”.",
                name=name,
                better=slugify(name),
            )
    return ""


def _with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _trimmed(body: str) -> str:
    """A body without empty lines around it; its first line may be indented, as code is."""
    return _EMPTY_LINES.sub("", body).rstrip()


def _split(text: str, path: str) -> tuple[str, str, int]:
    """The front matter, the body, and the line on which the front matter's own first line stands."""
    if not _yaml.detect(text):
        raise BadFrontMatter(
            path, 1, _("A guide begins with front matter: a line of three hyphens, “title: …” and so on.")
        )
    try:
        front, body = _yaml.split(text)
    except ValueError:
        raise BadFrontMatter(
            path, 1, _("The front matter has no end. Close it with a line of three hyphens.")
        ) from None
    if len(front) > LONGEST_FRONT_MATTER:
        raise BadFrontMatter(path, 1, _("The front matter is longer than 64 KB."))
    front = front.lstrip("\n")
    start = text.index(front, 3) if front.strip() else len("---\n")
    return front, body, text.count("\n", 0, start) + 1


class _IndentedDumper(yaml.SafeDumper):
    """Lists stand two spaces in, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _Reader:
    """Reads one front matter. It looks at YAML's nodes, so each complaint knows its line."""

    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.lines: dict[str, int] = {}
        self.nodes: dict[str, yaml.Node] = {}

    def read(self, front: str, body: str) -> ArticleSource:
        self._find_nodes(front)
        folder = PurePosixPath(self.path).parts[0]
        product = self._text("product") or folder
        if product != folder:
            raise self._bad(
                "product",
                _(
                    "The product is “%(product)s”, but the file is in the folder “%(folder)s”. They must be the same.",
                    product=product,
                    folder=folder,
                ),
            )
        title = self._text("title")
        if not title:
            raise self._bad("title", _("A title is missing. Write “title: …”."))
        return ArticleSource(
            title=title,
            type=self._choice("type", ArticleType, None),
            product=product,
            applies_to=self._list("applies_to"),
            tags=self._list("tags", split=True),
            symptoms=self._list("symptoms"),
            aliases=self._list("aliases"),
            owner=self._text("owner"),
            review_by=self._date("review_by"),
            audience=self._choice("audience", Audience, Audience.PUBLIC),
            credits=self._list("credits", split=True),
            origin=self._text("origin"),
            summary=self._text("summary"),
            body=_trimmed(body),
        )

    def _find_nodes(self, front: str) -> None:
        try:
            # The loader written in C ends the whole process on deeply nested lists; this one raises.
            root = yaml.compose(front, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self.first_line + (mark.line if mark else 0)
            raise BadFrontMatter(self.path, line, _yaml_words(error)) from None
        except yaml.reader.ReaderError as error:
            line = self.first_line + front.count("\n", 0, int(error.position))
            raise BadFrontMatter(
                self.path, line, _("There is a character here that YAML does not know. Delete it.")
            ) from None
        except RecursionError:
            raise BadFrontMatter(
                self.path,
                self.first_line,
                _("The front matter is nested too deep. Plain texts and lists will do."),
            ) from None
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            raise BadFrontMatter(
                self.path,
                self.first_line,
                _("The front matter must be lines such as “title: Reset the thermostat”."),
            )
        for key_node, node in root.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            line = self.first_line + key_node.start_mark.line
            if key in self.nodes:
                raise BadFrontMatter(
                    self.path, line, _("“%(key)s” is here twice. Keep one of them.", key=key)
                )
            if key not in KEYS:
                raise BadFrontMatter(self.path, line, _unknown_key_words(key))
            self.nodes[key] = node
            self.lines[key] = line

    def _bad(self, key: str, message: str, node: yaml.Node | None = None) -> BadFrontMatter:
        line = self.first_line + node.start_mark.line if node is not None else self.lines.get(key, 1)
        return BadFrontMatter(self.path, line, message)

    def _text(self, key: str) -> str:
        node = self.nodes.get(key)
        if node is None:
            return ""
        if isinstance(node, yaml.SequenceNode) and len(node.value) == 1:
            node = node.value[0]
        text = _scalar(node)
        if text is None:
            raise self._bad(
                key,
                _("“%(key)s” must be one text. Put quotes around it if it holds a colon.", key=key),
            )
        text = plain_line(text)
        longest = LONGEST.get(key, LONGEST_ENTRY)
        if len(text) > longest:
            raise self._bad(
                key,
                _(
                    "“%(key)s” has %(count)d characters; %(most)d are the most.",
                    key=key,
                    count=len(text),
                    most=longest,
                ),
            )
        return text

    def _list(self, key: str, *, split: bool = False) -> tuple[str, ...]:
        node = self.nodes.get(key)
        if node is None:
            return ()
        entries: list[tuple[str, yaml.Node]] = []
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                text = _scalar(item)
                if text is None:
                    raise self._bad(
                        key,
                        _("Each entry of “%(key)s” must be one text. Put quotes around it.", key=key),
                        item,
                    )
                entries.append((text, item))
        else:
            text = _scalar(node)
            if text is None:
                raise self._bad(
                    key, _("“%(key)s” must be a list: one entry a line, after a hyphen.", key=key)
                )
            entries = [(part, node) for part in (text.split(",") if split else [text])]
        kept: dict[str, None] = {}
        for text, item in entries:
            text = plain_line(text)
            if len(text) > LONGEST_ENTRY:
                raise self._bad(
                    key,
                    _(
                        "An entry of “%(key)s” has %(count)d characters; %(most)d are the most.",
                        key=key,
                        count=len(text),
                        most=LONGEST_ENTRY,
                    ),
                    item,
                )
            if text:
                kept[text] = None
        return tuple(kept)

    def _date(self, key: str) -> date | None:
        text = self._text(key)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self._bad(
                key,
                _(
                    "“%(key)s” is “%(written)s”; a day such as 2027-03-31 was expected.",
                    key=key,
                    written=text,
                ),
            ) from None

    def _choice(self, key: str, kind: Callable[[str], Any], default: Any) -> Any:
        text = self._text(key)
        if not text and default is not None:
            return default
        try:
            return kind(text.lower().replace(" ", "-").replace("_", "-"))
        except ValueError:
            words = ", ".join(str(choice) for choice in kind)  # type: ignore[attr-defined]
            if not text:
                message = _("“%(key)s” is missing. Write one of: %(words)s.", key=key, words=words)
            else:
                message = _(
                    "“%(key)s” is “%(written)s”; one of these was expected: %(words)s.",
                    key=key,
                    written=text,
                    words=words,
                )
            raise self._bad(key, message) from None


def _scalar(node: yaml.Node) -> str | None:
    """The text of a node as it was typed; None if it is a list or a mapping.

    An entry such as `- E-104: no answer` is a mapping to YAML and a text to everybody else.
    """
    if isinstance(node, yaml.ScalarNode):
        is_empty = node.tag == "tag:yaml.org,2002:null" and node.style is None
        return "" if is_empty else str(node.value)
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1 and not node.flow_style:
        key, value = node.value[0]
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            return f"{key.value}: {value.value}"
    return None


def _yaml_words(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or "")
    if "mapping values are not allowed" in problem:
        return _("There is a colon inside a text here. Put quotes around the text.")
    if "found character '\\t'" in problem:
        return _("There is a tab here. YAML wants spaces.")
    if "quoted scalar" in f"{error.context} {problem}":
        return _("A quotation mark is opened here and not closed.")
    return _("This is not YAML: %(problem)s.", problem=problem)


def _unknown_key_words(key: str) -> str:
    nearest = difflib.get_close_matches(key.lower().replace("-", "_"), KEYS, n=1, cutoff=0.6)
    if nearest:
        return _("“%(key)s” is not known here. Did you mean “%(nearest)s”?", key=key, nearest=nearest[0])
    return _("“%(key)s” is not known here. These are: %(keys)s.", key=key, keys=", ".join(KEYS))
