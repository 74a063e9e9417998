"""Loading the demo: shelf labels and people, the guides by the sync, then the life of the community, day by day."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy import event, exists, func, select, update
from sqlalchemy.orm import Session
from tqdm import tqdm

from app.accounts import passwords
from app.accounts.models import User, name_key
from app.articles import sync
from app.articles.events import ArticlePublished
from app.articles.models import Article, ArticleRevision, ArticleViews, Draft
from app.catalog.models import Product, TagSynonym
from app.catalog.queries import product_by_slug, product_named, tag_of, tags_named
from app.core.db import db, now, transaction
from app.core.events import publish
from app.core.markup import RENDERER_VERSION, Rendered, render_post
from app.demo import content, sign_ins
from app.demo.content import DemoAnswer, DemoComment, DemoContent, DemoPerson, DemoQuestion
from app.demo.reports import put_reports
from app.demo.suggestions import put_suggestions
from app.forum import mentions
from app.forum.events import (
    AnswerAccepted,
    AnswerPosted,
    AnswerVerified,
    CommentPosted,
    QuestionAsked,
    VoteCast,
)
from app.forum.models import Affected, Answer, Comment, Question, Vote, question_slug
from app.notifications.models import Line, Notification
from app.policy import Role, allow
from app.reputation import ledger
from app.reputation.models import ReputationEntry

READ_AFTER = timedelta(days=9)
HOURS_BETWEEN_VOTES = 5
VIEWS_PER_VOICE = 17
"""For each who votes or has a problem too, so many only read."""


def is_wanted() -> bool:
    """Whether the site is empty, or a load was cut short."""
    return _unfinished().exists() or not db.session.scalar(select(exists().where(User.id.is_not(None))))


def _unfinished() -> Path:
    return Path(current_app.config["VAR"]) / "demo-unfinished"


def load(tell: Callable[[str], None] = click.echo) -> None:
    """Load the demo. It may be stopped at any moment and run again; twice, the second run changes nothing.

    Args:
        tell: takes the lines that say what was done.
    """
    demo = content.read()
    _unfinished().parent.mkdir(parents=True, exist_ok=True)
    _unfinished().touch()
    labels = _put_labels(demo)
    people = _put_people(demo)
    guides = _put_guides(demo.people)
    life = Life(demo)
    deeds = life.live()
    put_reports()
    put_suggestions()
    _unfinished().unlink(missing_ok=True)
    tell(
        f"Loaded the demo: {labels} products and tags, {people} people, {guides} guides, {deeds} deeds of the community."
    )
    if life.without_guide:
        tell(f"These threads name a guide that is not here: {', '.join(life.without_guide)}.")


# Shelf labels, people, guides


def _put_labels(demo: DemoContent) -> int:
    count = 0
    with transaction():
        for position, raw in enumerate(demo.products):
            if product_by_slug(raw["slug"]) is None:
                db.session.add(
                    Product(
                        slug=raw["slug"],
                        name=raw["name"],
                        description=raw.get("description", ""),
                        versions=[str(version) for version in raw.get("versions") or []],
                        position=position,
                    )
                )
                count += 1
        for raw in demo.tags:
            [tag] = tags_named([raw["slug"]])
            count += not tag.description
            tag.description = tag.description or raw.get("description", "")
            for word in raw.get("synonyms", "").split():
                if tag_of(word) is None:
                    db.session.add(TagSynonym(slug=word, tag_id=tag.id))
    return count


def _put_people(demo: DemoContent) -> int:
    chosen = {one.username: passwords.hashed(one.password) for one in sign_ins.made(demo.people)}
    moment = now()
    first = _first_deeds(demo, moment)
    count = 0
    with transaction():
        here = set(db.session.scalars(select(User.username_key)))
        for person in demo.people:
            if name_key(person.username) in here:
                continue
            joined = datetime.combine(person.joined, time(9), UTC)
            user = User(
                username=person.username,
                username_key=name_key(person.username),
                email=person.email,
                email_key=name_key(person.email),
                email_verified_at=moment,
                password_hash=chosen.get(person.username),
                role=person.role,
                about=person.about,
                created_at=min(joined, first.get(person.username, moment)),
                origin=f"demo:{person.username}",
            )
            db.session.add(user)
            count += 1
    return count


def _first_deeds(demo: DemoContent, moment: datetime) -> dict[str, datetime]:
    """When each person is first heard of. Nobody joins later than that, whatever day it is."""
    days: dict[str, float] = {}
    for question in demo.questions:
        voices: list[tuple[str, float]] = [(question.author, question.days_ago)]
        voices += [(one.author, one.days_ago) for one in question.comments]
        voices += [(one.author, one.days_ago) for one in question.answers]
        voices += [(one.author, one.days_ago) for answer in question.answers for one in answer.comments]
        voices += [(name, question.days_ago) for name in (*question.up, *question.down, *question.affected)]
        for name, days_ago in voices:
            days[name] = max(days.get(name, 0.0), days_ago)
    return {name: moment - timedelta(days=longest + 1) for name, longest in days.items()}


def _put_guides(people: Iterable[DemoPerson]) -> int:
    bar: tqdm[Any] = tqdm(desc="Guides", unit="", disable=None, leave=False)
    new: list[str] = []

    def tell(change: sync.Change, problem: str, _number: int, total: int) -> None:
        bar.total = total
        bar.update()
        if problem:
            bar.write(f"{change.path}: {problem}", file=sys.stderr)
        elif isinstance(change, sync.Added):
            new.append(change.path)

    with bar:
        result = sync.sync(current_app.config["ARTICLES"], report=tell)
    _give_ages(new)
    return result.done


def _give_ages(paths: Iterable[str]) -> None:
    """A knowledge base that was written on one day looks like none: each guide gets an age and readers of its own,
    the same on every machine, and most were looked at again since."""
    moment = now()
    with transaction():
        for article in db.session.scalars(select(Article).where(Article.path.in_(list(paths)))):
            luck = sha256(article.path.encode()).digest()
            age, share = 20 + luck[0] * 2, luck[1] / 256
            article.published_at = moment - timedelta(days=age, hours=luck[2] % 9)
            article.updated_at = moment - timedelta(days=age * share, hours=luck[3] % 9)
            article.view_count = age * luck[6] // 8
            for day in range(min(age, 30)):
                count = luck[6] * (1 + luck[day] % 3) // 16
                db.session.add(
                    ArticleViews(
                        article_id=article.id, day=(moment - timedelta(days=day)).date(), count=count
                    )
                )
            owner = db.session.scalar(select(User).where(User.username == article.owner))
            if owner is not None and luck[4] % 4:
                article.checked_at = moment - timedelta(days=age * share * (luck[5] / 256))
                article.checked_by_id = owner.id
            for revision in db.session.scalars(
                select(ArticleRevision).where(ArticleRevision.article_id == article.id)
            ):
                revision.created_at = article.updated_at


# The life of the community


@dataclass(frozen=True)
class _Deed:
    at: datetime
    do: Callable[[datetime], None]


class Life:
    """All that people did, in the order in which they did it, as one transaction.

    Rows are written here with the moments they have in the story; what follows from each (points, messages) comes
    from the real reactions, and the real policy is asked whether each deed is allowed.
    """

    def __init__(self, demo: DemoContent) -> None:
        self.now = now()
        self.at = self.now
        self.demo = demo
        self.deeds: list[_Deed] = []
        self.without_guide: list[str] = []
        self.rendered: dict[str, Rendered] = {}
        self.last_message = 0
        self.people: dict[str, User] = {}
        self.questions: dict[str, Question] = {}
        self.answers: dict[tuple[str, int], Answer] = {}

    def live(self) -> int:
        """Let all of it happen that has not happened here yet.

        Returns:
            How many deeds that were.
        """
        here = set(db.session.scalars(select(Question.origin).where(Question.origin.startswith("demo:"))))
        for question in self.demo.questions:
            if _origin(question) not in here:
                self._plan(question)
        self.deeds.sort(key=lambda deed: deed.at)
        with transaction() as session:
            event.listen(session, "before_flush", self._date)
            try:
                self.people = {user.username: user for user in session.scalars(select(User))}
                for deed in tqdm(self.deeds, desc="Community", unit="", disable=None, leave=False):
                    self.at = deed.at
                    deed.do(deed.at)
                    session.flush()
                    self._date_messages(session)
                self._mark_read(session)
            finally:
                event.remove(session, "before_flush", self._date)
            for person in self.people.values():
                ledger.settle(person.id)  # Their points were moved to the days of the deeds.
        return len(self.deeds)

    def _date(self, session: Session, _context: Any, _instances: Any) -> None:
        for row in session.new:
            if isinstance(row, ReputationEntry):
                row.created_at, row.day = self.at, self.at.date()

    def _date_messages(self, session: Session) -> None:
        new = Notification.id > self.last_message
        session.execute(update(Notification).where(new).values(created_at=self.at))
        lines = select(Notification.line_id).where(new)
        session.execute(update(Line).where(Line.id.in_(lines)).values(happened_at=self.at))
        self.last_message = session.scalar(select(func.max(Notification.id))) or 0

    def _mark_read(self, session: Session) -> None:
        """People have seen what is some days old."""
        for message in session.scalars(select(Notification).where(Notification.read_at.is_(None))):
            if message.created_at < self.now - READ_AFTER:
                message.read_at = message.created_at + timedelta(hours=8)
        session.flush()
        unread = exists().where(Notification.line_id == Line.id, Notification.read_at.is_(None))
        session.execute(update(Line).where(~unread).values(read_at=self.now))

    # Planning

    def _ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def _later(self, at: datetime, number: int, of: int) -> datetime:
        """The moment of the so-manieth of several deeds that follow another one, none of them in the future."""
        step = min(timedelta(hours=HOURS_BETWEEN_VOTES), (self.now - at) / (of + 1))
        return at + step * number

    def _add(self, at: datetime, do: Callable[[datetime], None]) -> None:
        self.deeds.append(_Deed(at, do))

    def _render(self, body: str) -> None:
        # Before the transaction, so that nobody waits for it in the database.
        self.rendered[body] = render_post(body)

    def _plan(self, question: DemoQuestion) -> None:
        asked = self._ago(question.days_ago)
        self._render(question.body)
        self._add(asked, partial(self._ask, question))
        for number, name in enumerate(question.affected, start=1):
            at = self._later(asked, number, len(question.affected))
            self._add(at, partial(self._mark_affected, question, name))
        self._plan_votes(asked, question.up, question.down, lambda: self.questions[question.id])
        self._plan_comments(question, None, question.comments)
        solved: datetime | None = None
        for place, answer in enumerate(question.answers):
            accepted = self._plan_answer(question, place, answer)
            solved = min(filter(None, (solved, accepted)), default=None)
        if question.became:
            after = solved or self._ago(min(one.days_ago for one in question.answers))
            self._add(self._later(after, 12, 14), partial(self._become, question))

    def _plan_answer(self, question: DemoQuestion, place: int, answer: DemoAnswer) -> datetime | None:
        """Returns when it was accepted, if it was."""
        given = self._ago(answer.days_ago)
        key = (question.id, place)
        self._render(answer.body)
        self._add(given, partial(self._answer, question, place, answer))
        self._plan_votes(given, answer.up, answer.down, lambda: self.answers[key])
        self._plan_comments(question, place, answer.comments)
        if answer.verified_by:
            self._add(self._later(given, 1, 3), partial(self._verify, key, answer.verified_by))
        if not answer.accepted:
            return None
        thanks = [one.days_ago for one in answer.comments if one.author == question.author]
        accepted = self._ago(max(thanks)) if thanks else self._later(given, 2, 3)
        self._add(accepted, partial(self._accept, key))
        return accepted

    def _plan_votes(
        self, at: datetime, up: Iterable[str], down: Iterable[str], post: Callable[[], Question | Answer]
    ) -> None:
        cast = [(name, 1) for name in up] + [(name, -1) for name in down]
        for number, (name, value) in enumerate(cast, start=1):
            self._add(self._later(at, number, len(cast)), partial(self._vote, post, name, value))

    def _plan_comments(
        self, question: DemoQuestion, place: int | None, comments: Iterable[DemoComment]
    ) -> None:
        for one in comments:
            self._render(one.body)
            self._add(self._ago(one.days_ago), partial(self._comment, question, place, one))

    # Doing

    def _ask(self, demo: DemoQuestion, at: datetime) -> None:
        author, rendered = self.people[demo.author], self.rendered[demo.body]
        allow(author, "ask_question")
        question = Question(
            title=demo.title,
            slug=question_slug(demo.title),
            product_id=product_named(demo.product).id if demo.product else None,
            version=demo.version,
            environment=demo.environment,
            tags=tags_named(demo.tags),
            created_at=at,
            active_at=at,
            origin=_origin(demo),
            view_count=VIEWS_PER_VOICE * (2 + len(demo.up) + 2 * len(demo.affected)) + len(demo.body) % 40,
            **_text(author, demo.body, rendered),
        )
        self.questions[demo.id] = question
        self._note(question, question, rendered)
        publish(QuestionAsked(question, by=author))

    def _answer(self, demo: DemoQuestion, place: int, answer: DemoAnswer, at: datetime) -> None:
        author, question = self.people[answer.author], self.questions[demo.id]
        rendered = self.rendered[answer.body]
        allow(author, "answer_question", question)
        row = Answer(
            question=question,
            created_at=at,
            origin=f"{_origin(demo)}/{place + 1}",
            **_text(author, answer.body, rendered),
        )
        self.answers[demo.id, place] = row
        question.answer_count += 1
        question.active_at = at
        self._note(row, question, rendered)
        publish(AnswerPosted(row, by=author))

    def _comment(self, demo: DemoQuestion, place: int | None, one: DemoComment, at: datetime) -> None:
        author, question = self.people[one.author], self.questions[demo.id]
        answer = None if place is None else self.answers[demo.id, place]
        allow(author, "comment", answer or question)
        rendered = self.rendered[one.body]
        row = Comment(
            question_id=question.id,
            answer_id=answer.id if answer else None,
            author_id=author.id,
            body=one.body,
            body_html=rendered.html,
            renderer_version=RENDERER_VERSION,
            created_at=at,
        )
        self._note(row, question, rendered)
        publish(CommentPosted(row, question, answer, by=author))

    def _note(self, row: Question | Answer | Comment, question: Question, rendered: Rendered) -> None:
        db.session.add(row)
        db.session.flush()
        mentions.add(question.id, rendered)

    def _vote(self, on: Callable[[], Question | Answer], name: str, value: int, at: datetime) -> None:
        voter, post = self.people[name], on()
        allow(voter, "vote", post)
        is_answer = isinstance(post, Answer)
        db.session.add(
            Vote(
                user_id=voter.id,
                question_id=None if is_answer else post.id,
                answer_id=post.id if is_answer else None,
                value=value,
                created_at=at,
            )
        )
        post.up_count += value == 1
        post.down_count += value == -1
        if isinstance(post, Answer):
            post.count_votes()
        publish(VoteCast(post, by=voter, old=0, new=value))

    def _mark_affected(self, demo: DemoQuestion, name: str, at: datetime) -> None:
        person, question = self.people[name], self.questions[demo.id]
        allow(person, "mark_affected", question)
        db.session.add(Affected(user_id=person.id, question_id=question.id, created_at=at))
        question.affected_count += 1

    def _accept(self, key: tuple[str, int], at: datetime) -> None:
        answer = self.answers[key]
        asker = db.session.get_one(User, answer.question.author_id)
        allow(asker, "accept_answer", answer)
        answer.accept(asker)
        answer.accepted_at = at
        answer.question.accepted_count += 1
        answer.question.active_at = at
        publish(AnswerAccepted(answer, by=asker))

    def _verify(self, key: tuple[str, int], name: str, at: datetime) -> None:
        answer, expert = self.answers[key], self.people[name]
        allow(expert, "verify_answer", answer)
        answer.verify(expert)
        answer.verified_at = at
        publish(AnswerVerified(answer, by=expert))

    def _become(self, demo: DemoQuestion, at: datetime) -> None:
        """A writer made a guide of the answer that helped; asker and answerer heard of it."""
        article = db.session.scalar(select(Article).where(Article.path == f"{demo.became}.md"))
        if article is None:
            self.without_guide.append(demo.id)
            return
        answers = [self.answers[demo.id, place] for place in range(len(demo.answers))]
        answer = max(answers, key=lambda one: (one.is_accepted, one.confidence))
        writer = self.people.get(article.owner) or next(
            user for user in self.people.values() if user.role == Role.WRITER
        )
        allow(writer, "promote_answer", answer)
        article.published_at = at
        article.updated_at = max(article.updated_at, at)
        draft = Draft(
            article_id=article.id,
            base_hash="",
            author_id=writer.id,
            question_id=answer.question_id,
            answer_id=answer.id,
            title=article.title,
            body=article.body,
            created_at=at - timedelta(hours=6),
            updated_at=at,
            sent_at=at - timedelta(hours=3),
            approved_at=at - timedelta(hours=1),
            approved_by_id=next(
                user.id for user in self.people.values() if user.role == Role.WRITER and user.id != writer.id
            ),
            published_at=at,
        )
        db.session.add(draft)
        db.session.flush()
        publish(ArticlePublished(article, by=writer, draft=draft, is_new=True))


def _origin(demo: DemoQuestion) -> str:
    return f"demo:{demo.id}"


def _text(author: User, body: str, rendered: Rendered) -> dict[str, Any]:
    return {
        "author_id": author.id,
        "body": body,
        "body_html": rendered.html,
        "body_text": rendered.text,
        "renderer_version": RENDERER_VERSION,
    }
