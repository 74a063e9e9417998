"""What the writing of messages asks the database. All of it happens inside a transaction of the caller."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import insert, select, update

from app.accounts.models import User, name_key
from app.articles.models import Article, article_tags
from app.catalog.models import Product, Tag
from app.core.db import db
from app.forum.models import Answer, Question, question_tags
from app.notifications.kinds import NEVER, TOPIC_OF, TOPICS
from app.notifications.models import Line, MailChoice, Notification

AT_A_TIME = 500
Item = TypeVar("Item")


class NewLine(NamedTuple):
    """A line that should be there, with something unread in it."""

    user_id: int
    key: str
    kind: str
    label: str
    url: str


@dataclass(frozen=True)
class Reachable:
    """How a person who is about to be told can be reached by mail."""

    has_address: bool
    choices: dict[str, str]

    def wants(self, kind: str) -> str:
        """When a letter of this kind should reach them; "" for never."""
        topic = TOPIC_OF[kind]
        choice = self.choices.get(topic, TOPICS[topic].default)
        return choice if self.has_address and choice != NEVER else ""


def people_to_tell(user_ids: Collection[int], event: str) -> dict[int, Reachable]:
    """Those of these people who have an account and have not heard of the event yet."""
    found: dict[int, Reachable] = {}
    for some in _parts(user_ids):
        told = set(
            db.session.scalars(
                select(Notification.user_id).where(
                    Notification.event == event, Notification.user_id.in_(some)
                )
            )
        )
        people = db.session.execute(
            select(User.id, User.email, User.email_verified_at).where(
                User.id.in_(some), User.deleted_at.is_(None)
            )
        )
        for user_id, email, verified_at in people:
            if user_id not in told:
                found[user_id] = Reachable(email is not None and verified_at is not None, {})
        for choice in db.session.scalars(select(MailChoice).where(MailChoice.user_id.in_(some))):
            if choice.user_id in found:
                found[choice.user_id].choices[choice.topic] = choice.choice
    return found


def open_lines(wanted: Sequence[NewLine], moment: datetime) -> dict[tuple[int, str], int]:
    """See that each line is there and unread, with `moment` as its latest. Returns their numbers."""
    found: dict[tuple[int, str], int] = {}
    for some in _parts(wanted):
        known = _lines(some)
        if known:
            db.session.execute(
                update(Line)
                .where(Line.id.in_(known.values()))
                .values(happened_at=moment, read_at=None)
                .execution_options(synchronize_session=False)
            )
        new = [line for line in some if (line.user_id, line.key) not in known]
        if new:
            db.session.execute(insert(Line), [{**line._asdict(), "happened_at": moment} for line in new])
            known |= _lines(new)
        found |= known
    return found


def _lines(wanted: Sequence[NewLine]) -> dict[tuple[int, str], int]:
    rows = db.session.execute(
        select(Line.user_id, Line.key, Line.id).where(
            Line.user_id.in_({line.user_id for line in wanted}), Line.key.in_({line.key for line in wanted})
        )
    )
    return {(user_id, key): line_id for user_id, key, line_id in rows}


def write_messages(rows: Sequence[dict[str, Any]]) -> None:
    """Write them all."""
    for some in _parts(rows):
        db.session.execute(insert(Notification), some)


# What is told of


def people_with_names(names: Sequence[str]) -> list[int]:
    """The people with these names, in that order."""
    keys = [name_key(name) for name in names]
    if not keys:
        return []
    found = db.session.execute(
        select(User.username_key, User.id).where(User.username_key.in_(keys), User.deleted_at.is_(None))
    )
    by_key = {row.username_key: row.id for row in found}
    return list(dict.fromkeys(by_key[key] for key in keys if key in by_key))


def question(question_id: int) -> Question:
    """The question of that number."""
    return db.session.get_one(Question, question_id)


def answer(answer_id: int) -> Answer:
    """The answer of that number."""
    return db.session.get_one(Answer, answer_id)


def article(article_id: int) -> Article:
    """The guide of that number."""
    return db.session.get_one(Article, article_id)


def product(product_id: int) -> Product | None:
    """The product of that number."""
    return db.session.get(Product, product_id)


def username(user_id: int) -> str:
    """The name of the person of that number."""
    return db.session.scalars(select(User.username).where(User.id == user_id)).one()


def tags_of_question(question_id: int) -> Sequence[Tag]:
    """The tags of a question."""
    tagged = select(Tag).join(question_tags).where(question_tags.c.question_id == question_id)
    return db.session.scalars(tagged.order_by(Tag.slug)).all()


def tags_of_article(article_id: int) -> Sequence[Tag]:
    """The tags of a guide."""
    tagged = select(Tag).join(article_tags).where(article_tags.c.article_id == article_id)
    return db.session.scalars(tagged.order_by(Tag.slug)).all()


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, AT_A_TIME)):
        yield some
