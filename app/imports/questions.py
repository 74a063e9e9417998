"""Threads from JSON lines: a thread a line, its first post is the question, the others are answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.core.text import excerpt, plain_line
from app.forum.models import Answer, Question
from app.imports import posts
from app.imports.people import People
from app.imports.reading import BadLine, Line, clean, moment, read_lines, texts
from app.imports.report import Report, watched

THREADS_AT_ONCE = 50
TITLE_FROM_BODY = 80


@dataclass
class _Done:
    """What one transaction did."""

    taken: int = 0
    here_already: int = 0
    answers: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Post:
    origin: str
    author: str
    body: str
    at: datetime
    is_accepted: bool


class QuestionImport:
    """Brings the threads of one set. A second run brings only what is not here: new threads, new answers.

    Args:
        set_name: what the set is called; part of each origin.
        product: one product for all threads; nothing to go by each thread's `product` or `category`.
    """

    def __init__(self, set_name: str, product: str = "") -> None:
        self.set_name = set_name
        self.product = product
        self.people = People(set_name)
        self.report = Report("threads")
        self.answers = 0

    def run(self, source: Path) -> Report:
        """Read the file to its end.

        Raises:
            OSError: it cannot be read.
        """
        total = sum(1 for _ in read_lines(source))
        for batch in posts.in_batches(
            self._good(watched(read_lines(source), "Threads", total)), THREADS_AT_ONCE
        ):
            posts.save(batch, self._put, self._count, self._give_up)
        self.report.notes.append(
            f"{self.answers:,} answers and {len(self.people.made):,} new accounts came with them"
        )
        return self.report

    def _good(self, lines: Iterator[Line | BadLine]) -> Iterator[Line]:
        for line in lines:
            self.report.read += 1
            if isinstance(line, BadLine):
                self.report.skip(line.why, f"line {line.number}")
            else:
                yield line

    def _put(self, lines: Sequence[Line]) -> _Done:
        done = _Done()
        threads = [(line, self._posts_of(line.record)) for line in lines]
        origins = {post.origin for _line, thread in threads for post in thread}
        here = posts.known(Question.origin, origins) | posts.known(Answer.origin, origins)
        with self.people.tentatively():
            for line, thread in threads:
                self._put_thread(line, thread, here, done)
            db.session.flush()
        return done

    def _put_thread(self, line: Line, thread: Sequence[_Post], here: set[str], done: _Done) -> None:
        where = f"line {line.number}"
        if not thread:
            done.skipped.append(("a thread without posts that have an id", where))
            return
        first, *others = thread
        title = plain_line(clean(line.record.get("title"))) or excerpt(first.body, TITLE_FROM_BODY)
        if first.origin in here:
            question = db.session.scalars(
                select(Question).where(Question.origin == first.origin)
            ).one_or_none()
            if question is None:
                done.skipped.append(("its question is the answer of another thread", where))
                return
            done.here_already += 1
        elif not title:
            done.skipped.append(("neither a title nor a text", where))
            return
        elif len(first.body) > posts.LONGEST:
            done.skipped.append(("a question longer than a million characters", where))
            return
        else:
            question = posts.question(
                title=title,
                body=first.body,
                author_id=self.people.id_of(first.author),
                at=first.at,
                origin=first.origin,
                product=self.product or clean(line.record.get("product") or line.record.get("category")),
                tags=texts(line.record.get("tags")),
            )
            db.session.add(question)
            here.add(first.origin)
            done.taken += 1
        for post in others:
            self._put_answer(question, post, where, here, done)

    def _put_answer(self, question: Question, post: _Post, where: str, here: set[str], done: _Done) -> None:
        if post.origin in here:
            return
        which = f"{post.origin} in {where}"
        if not post.body:
            done.skipped.append(("an answer without words", which))
        elif len(post.body) > posts.LONGEST:
            done.skipped.append(("an answer longer than a million characters", which))
        else:
            answer = posts.answer(
                question,
                body=post.body,
                author_id=self.people.id_of(post.author),
                at=post.at,
                origin=post.origin,
            )
            db.session.add(answer)
            if post.is_accepted:
                posts.accept(answer, post.at)
            here.add(post.origin)
            done.answers += 1

    def _posts_of(self, record: Mapping[str, Any]) -> list[_Post]:
        """The posts of a thread that have an id, in their order. One without a date is as old as the one before."""
        thread: list[_Post] = []
        at = moment(record.get("created_at"))
        many = record.get("posts")
        for raw in many if isinstance(many, list) else []:
            if not isinstance(raw, dict) or not clean(raw.get("id")).strip():
                continue
            at = moment(raw.get("created_at")) or at
            author = clean(raw.get("author")) or (clean(record.get("author")) if not thread else "")
            thread.append(
                _Post(
                    origin=f"{self.set_name}:{plain_line(clean(raw['id']))}"[:200],
                    author=author,
                    body=clean(raw.get("body_markdown")).strip(),
                    at=posts.not_later_than_now(at),
                    is_accepted=raw.get("accepted") is True,
                )
            )
        return thread

    def _count(self, done: _Done) -> None:
        self.report.taken += done.taken
        self.report.here_already += done.here_already
        self.answers += done.answers
        for why, which in done.skipped:
            self.report.skip(why, which)

    def _give_up(self, line: Line, why: str) -> None:
        self.report.skip(why, f"line {line.number}")
