"""Stack Exchange dumps: questions, answers, acceptances, comments, counts of votes, tags and people."""

import html
import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter
from sqlalchemy import select

from app.catalog.models import Tag
from app.catalog.queries import tag_slug, tags_named
from app.core.db import db, transaction
from app.core.text import excerpt, plain_line
from app.forum.models import Answer, Comment, Question
from app.imports import posts
from app.imports.people import People
from app.imports.reading import BadLine, Line, clean, moment
from app.imports.report import Report, watched

QUESTION, ANSWER, TAG_EXCERPT = "1", "2", "4"
ACCEPTED, UP, DOWN = "1", "2", "3"
POST_KINDS = {
    "3": "wiki pages",
    "5": "descriptions of tags in full",
    "6": "nominations of moderators",
    "7": "pages of the wiki",
    "8": "pages about privileges",
}
ROWS_AT_ONCE = 200
LARGEST_ROW = 8 * 1024 * 1024

_ROW = re.compile(r"""<row(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_NO_CHARACTER = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f]..|fff[ef])|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.IGNORECASE
)
_TAG = re.compile(r"[^<>|]+")


class Dump:
    """The files of a dump: a folder, or an archive of one.

    Raises:
        OSError: it cannot be opened, or is no dump.
    """

    def __init__(self, source: Path) -> None:
        self.name = site_name(source)
        self._folder = source if source.is_dir() else None
        self._archive: tarfile.TarFile | None = None
        if self._folder is None:
            try:
                self._archive = tarfile.open(source)  # noqa: SIM115 - closed in __exit__
            except tarfile.TarError as error:
                raise OSError(f"{source} is neither a folder nor a tar archive ({error})") from None
        if not self.has("Posts.xml"):
            raise OSError(f"{source} holds no Posts.xml, so it is no Stack Exchange dump")

    def __enter__(self) -> "Dump":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    def has(self, file: str) -> bool:
        """Whether the dump holds this file."""
        return self._member(file) is not None if self._archive else (self._existing_folder / file).is_file()

    def rows(self, file: str) -> Iterator[Line | BadLine]:
        """The rows of one of its files, none if it is not there. Rows are read one by one, so that a broken one
        takes no other with it."""
        opened = self._open(file)
        if opened is None:
            return
        with opened as content:
            unfinished, number = "", 0
            for number, line in enumerate(content, start=1):
                text = unfinished + _decoded(line)
                end = 0
                for match in _ROW.finditer(text):
                    end = match.end()
                    yield _row(number, match[0])
                begun = text.find("<row", end)
                unfinished = text[begun:] if begun >= 0 else ""
                if len(unfinished) > LARGEST_ROW:
                    yield BadLine(number, "a row without an end")
                    unfinished = ""
            if unfinished:
                yield BadLine(number, "the file ends within a row")

    @property
    def _existing_folder(self) -> Path:
        assert self._folder is not None
        return self._folder

    def _member(self, file: str) -> tarfile.TarInfo | None:
        assert self._archive is not None
        return next(
            (one for one in self._archive.getmembers() if one.isfile() and Path(one.name).name == file), None
        )

    def _open(self, file: str) -> AbstractContextManager[IO[bytes]] | None:
        if self._archive is None:
            path = self._existing_folder / file
            return path.open("rb") if path.is_file() else None
        member = self._member(file)
        content = self._archive.extractfile(member) if member else None
        return nullcontext(content) if content else None


def site_name(source: Path) -> str:
    """The site that a dump is of: `beer.stackexchange.com` for `beer.stackexchange.com-2014-05.tar.gz`."""
    name = re.sub(r"\.(?:tar|tgz|tar\.\w+)$", "", source.resolve().name)
    return clean(re.sub(r"-\d{4}-\d{2}(?:-\d{2})?$", "", name))[:60] or "stackexchange"


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _row(number: int, text: str) -> Line | BadLine:
    text = text if text.endswith("/>") else f"{text[:-1]}/>"
    for attempt in (text, _NO_CHARACTER.sub("", text)):
        try:
            # A single element without a document type: there is nothing in it that could name a file or an entity.
            return Line(number, dict(ElementTree.fromstring(attempt).attrib))  # noqa: S314
        except ElementTree.ParseError as error:
            why = str(error)
    return BadLine(number, f"not XML: {why}")


class _Converter(MarkdownConverter):
    """Raised and lowered text has no form in Markdown; `^` and `_` before it say what was meant."""

    def convert_sup(self, _element: Any, text: str, parent_tags: Any) -> str:
        return f"^{text}" if text.strip() else text

    def convert_sub(self, _element: Any, text: str, parent_tags: Any) -> str:
        if not text.strip():
            return text
        return f"_{text}" if "_noformat" in parent_tags else f"\\_{text}"


_CONVERTER = _Converter(
    heading_style="atx",
    bullets="-",
    newline_style="backslash",
    escape_misc=True,
    wrap=True,  # with no width: lines that a person only broke to fit the screen become one
    wrap_width=None,
)


def markdown_of(body: str) -> str:
    """The Markdown of a post that came as HTML. What cannot be converted keeps its words."""
    soup = BeautifulSoup(body, "html.parser")
    try:
        text = str(_CONVERTER.convert_soup(soup))
    except RecursionError:
        text = re.sub(r"<[^>]*>", " ", body)
        text = html.unescape(text)
    return clean(text).strip()


@dataclass
class _Facts:
    """What has to be known before the first post is put: gathered in one reading of each file."""

    up: Counter[str] = field(default_factory=Counter)
    down: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    accepted_at: dict[str, datetime] = field(default_factory=dict)
    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    has_votes: bool = False


@dataclass
class _Done:
    taken: int = 0
    here_already: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


class StackExchangeImport:
    """Brings one dump. It may be stopped at any moment and run again: what is here is found by its origin.

    Votes in a dump have no voters. They go into `imported_up` and `imported_down` of each post and are part of
    its counts from the first moment; `flask repair counters` adds them to the votes it counts, so it never takes
    them away. Reputation is not brought along, because here every point has a cause that can be shown, and these
    have none. Closed questions are taken: they and their answers could be read where they come from.
    Bodies are converted from the HTML that readers saw, also where the dump holds the Markdown of their history:
    that Markdown mixes in HTML, which posts here show as text.

    Args:
        dump: the opened dump.
        set_name: part of each origin; the site's name if nothing is given.
        product: the product of all questions; the site's name if nothing is given.
    """

    def __init__(self, dump: Dump, set_name: str = "", product: str = "") -> None:
        self.dump = dump
        self.set_name = set_name or dump.name
        self.product = product or dump.name
        self.people = People(self.set_name)
        self.report = Report("posts and comments")
        self.counts: Counter[str] = Counter()
        self.facts = _Facts()
        self._told: set[str] = set()

    def run(self) -> Report:
        """Read the dump to its end."""
        self._gather()
        self._save("Questions", "Posts.xml", QUESTION, self._put_questions)
        self._save("Answers", "Posts.xml", ANSWER, self._put_answers)
        self._save("Comments", "Comments.xml", None, self._put_comments)
        self._describe_tags()
        self._tell()
        return self.report

    def origin(self, kind: str, number: str) -> str:
        """What tells a post or a comment from all others, for ever."""
        return f"{self.set_name}:{kind}:{number}"[:200]

    # Reading ahead

    def _gather(self) -> None:
        speakers: set[str] = set()
        for row in self._good("Posts.xml"):
            kind = row.record.get("PostTypeId", "")
            if kind not in (QUESTION, ANSWER):
                if kind != TAG_EXCERPT:
                    self.report.read += 1
                    self.report.skip(
                        f"neither question nor answer: {POST_KINDS.get(kind, 'of another kind')}", _id(row)
                    )
                continue
            speakers.add(row.record.get("OwnerUserId", ""))
            if row.record.get("AcceptedAnswerId"):
                self.facts.accepted.add(row.record["AcceptedAnswerId"])
            if row.record.get("ClosedDate"):
                self.counts["closed"] += 1
        speakers.update(row.record.get("UserId", "") for row in self._good("Comments.xml"))
        for row in self._good("Users.xml"):
            if row.record.get("Id") in speakers:
                self.facts.people[row.record["Id"]] = row.record
            else:
                self.counts["silent"] += 1
        self.facts.has_votes = self.dump.has("Votes.xml")
        for row in self._good("Votes.xml"):
            post, kind = row.record.get("PostId", ""), row.record.get("VoteTypeId")
            if kind in (UP, DOWN):
                (self.facts.up if kind == UP else self.facts.down)[post] += 1
            elif kind == ACCEPTED:
                at = moment(row.record.get("CreationDate"))
                if at:
                    self.facts.accepted_at[post] = at

    def _good(self, file: str) -> Iterator[Line]:
        for row in self.dump.rows(file):
            if isinstance(row, Line):
                yield row
                continue
            where = f"{file} line {row.number}"
            if where not in self._told:  # a file may be read more than once
                self._told.add(where)
                self.report.read += 1
                self.report.skip(row.why, where)

    # Putting

    def _save(self, what: str, file: str, kind: str | None, put: Callable[[Sequence[Line]], _Done]) -> None:
        rows = (row for row in self._good(file) if kind is None or row.record.get("PostTypeId") == kind)
        for batch in posts.in_batches(watched(rows, what), ROWS_AT_ONCE):
            self.report.read += len(batch)
            posts.save(batch, put, self._count, self._give_up)

    def _put_questions(self, rows: Sequence[Line]) -> _Done:
        done = _Done()
        here = posts.known(Question.origin, (self.origin("post", _id(row)) for row in rows))
        with self.people.tentatively():
            for row in rows:
                origin = self.origin("post", _id(row))
                body = markdown_of(row.record.get("Body", ""))
                title = plain_line(clean(row.record.get("Title")))
                if self._is_settled(row, origin, body, here, done):
                    continue
                if not title:
                    done.skipped.append(("a question without a title", _id(row)))
                    continue
                question = posts.question(
                    title=title,
                    body=body,
                    author_id=self._author(row),
                    at=posts.not_later_than_now(moment(row.record.get("CreationDate"))),
                    origin=origin,
                    product=self.product,
                    tags=_TAG.findall(clean(row.record.get("Tags"))),
                )
                self._set_votes(question, row)
                db.session.add(question)
                done.taken += 1
            db.session.flush()
        return done

    def _put_answers(self, rows: Sequence[Line]) -> _Done:
        done = _Done()
        here = posts.known(Answer.origin, (self.origin("post", _id(row)) for row in rows))
        parents = {self.origin("post", row.record.get("ParentId", "")) for row in rows}
        questions = {
            one.origin: one
            for one in db.session.scalars(select(Question).where(Question.origin.in_(sorted(parents))))
        }
        with self.people.tentatively():
            for row in rows:
                origin = self.origin("post", _id(row))
                body = markdown_of(row.record.get("Body", ""))
                if self._is_settled(row, origin, body, here, done):
                    continue
                question = questions.get(self.origin("post", row.record.get("ParentId", "")))
                if question is None:
                    done.skipped.append(("an answer whose question is not here", _id(row)))
                    continue
                at = posts.not_later_than_now(moment(row.record.get("CreationDate")))
                answer = posts.answer(question, body=body, author_id=self._author(row), at=at, origin=origin)
                self._set_votes(answer, row)
                answer.count_votes()
                if _id(row) in self.facts.accepted:
                    posts.accept(answer, posts.not_later_than_now(self.facts.accepted_at.get(_id(row)), at))
                db.session.add(answer)
                done.taken += 1
            db.session.flush()
        return done

    def _is_settled(self, row: Line, origin: str, body: str, here: set[str], done: _Done) -> bool:
        """Whether a post needs no putting: it is here, or cannot be taken."""
        why = ""
        if not _id(row):
            why = "without an id"
        elif row.record.get("DeletionDate"):
            why = "deleted where it comes from"
        elif not body:
            why = "without words"
        elif len(body) > posts.LONGEST:
            why = "longer than a million characters"
        if why:
            done.skipped.append((why, _id(row) or f"line {row.number}"))
            return True
        if origin in here:
            done.here_already += 1
            return True
        here.add(origin)
        return False

    def _put_comments(self, rows: Sequence[Line]) -> _Done:
        done = _Done()
        here = posts.known(Comment.origin, (self.origin("comment", _id(row)) for row in rows))
        about = sorted({self.origin("post", row.record.get("PostId", "")) for row in rows})
        questions = {
            row[0]: row[1]
            for row in db.session.execute(
                select(Question.origin, Question.id).where(Question.origin.in_(about))
            )
        }
        answers = {
            origin: (question_id, answer_id)
            for origin, question_id, answer_id in db.session.execute(
                select(Answer.origin, Answer.question_id, Answer.id).where(Answer.origin.in_(about))
            )
        }
        with self.people.tentatively():
            for row in rows:
                origin = self.origin("comment", _id(row))
                body = clean(row.record.get("Text")).strip()
                if self._is_settled(row, origin, body, here, done):
                    continue
                post = self.origin("post", row.record.get("PostId", ""))
                question_id, answer_id = answers.get(post, (questions.get(post), None))
                if question_id is None:
                    done.skipped.append(("a comment whose post is not here", _id(row)))
                    continue
                db.session.add(
                    posts.comment(
                        question_id=question_id,
                        answer_id=answer_id,
                        body=body,
                        author_id=self._person(row.record.get("UserId"), row.record.get("UserDisplayName")),
                        at=posts.not_later_than_now(moment(row.record.get("CreationDate"))),
                        origin=origin,
                    )
                )
                done.taken += 1
            db.session.flush()
        return done

    def _author(self, row: Line) -> int:
        return self._person(row.record.get("OwnerUserId"), row.record.get("OwnerDisplayName"))

    def _person(self, number: str | None, name: str | None) -> int:
        """Somebody by their number. Without one they have left, and perhaps only their name is known."""
        if not number:
            return self.people.id_of(name or "")
        known = self.facts.people.get(number, {})
        return self.people.id_of(
            clean(known.get("DisplayName")) or name or f"user{number}",
            f"#{number}",
            joined=moment(known.get("CreationDate")),
            about=excerpt(BeautifulSoup(known.get("AboutMe", ""), "html.parser").get_text(" "), 500),
        )

    def _set_votes(self, post: Question | Answer, row: Line) -> None:
        """The votes as numbers; without a file of votes the score stands for them."""
        up, down = self.facts.up[_id(row)], self.facts.down[_id(row)]
        if not self.facts.has_votes:
            score = int(row.record.get("Score") or 0)
            up, down = max(score, 0), max(-score, 0)
        post.imported_up = post.up_count = up
        post.imported_down = post.down_count = down

    def _describe_tags(self) -> None:
        """Give tags that say nothing yet the sentence that the dump has for them."""
        bodies = {_id(row): row.record.get("Body", "") for row in self._good("Posts.xml") if _is_excerpt(row)}
        described = {
            row.record.get("TagName", ""): bodies[row.record["ExcerptPostId"]]
            for row in self._good("Tags.xml")
            if row.record.get("ExcerptPostId") in bodies
        }
        with transaction():
            used = set(db.session.scalars(select(Tag.slug).where(Tag.description == "")))
            for word, body in described.items():
                if tag_slug(word) in used and (words := excerpt(markdown_of(body), 500)):
                    tags_named([word])[0].description = words

    # Telling

    def _count(self, done: _Done) -> None:
        self.report.taken += done.taken
        self.report.here_already += done.here_already
        for why, which in done.skipped:
            self.report.skip(why, which)

    def _give_up(self, row: Line, why: str) -> None:
        self.report.skip(why, _id(row))

    def _tell(self) -> None:
        note = self.report.notes.append
        note(
            f"{len(self.people.made):,} new accounts; {self.counts['silent']:,} people wrote nothing and got none"
        )
        if self.counts["closed"]:
            note(
                f"{self.counts['closed']:,} questions were closed where they come from; they are taken like the others"
            )
        note(
            "votes came as numbers without voters; reputation, badges and the history of edits were left behind"
        )


def _id(row: Line) -> str:
    return str(row.record.get("Id", ""))


def _is_excerpt(row: Line) -> bool:
    return row.record.get("PostTypeId") == TAG_EXCERPT
