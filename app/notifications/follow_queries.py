"""What the database knows of who follows what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Integer, Select, and_, bindparam, case, delete, exists, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.catalog.models import Product, Tag
from app.core import addresses, paging
from app.core.db import db, now
from app.core.i18n import gettext as _
from app.core.prepared import given, prepared
from app.forum.models import Affected, Question
from app.forum.queries import Pager, listed_questions, question
from app.notifications.models import AwaitedAnswer, Follow, Notification

PAGE_SIZE = 30
ON = Follow.ended_at.is_(None)


def set_follow(user_id: int, kind: str, thing_id: int, ended_at: datetime | None) -> None:
    """Write that somebody follows a thing, or since when they do not. Call inside a transaction."""
    row = db.session.scalar(
        select(Follow)
        .where(Follow.user_id == user_id, Follow.kind == kind, Follow.thing_id == thing_id)
        .with_for_update()
    )
    if row is None:
        db.session.add(
            Follow(user_id=user_id, kind=kind, thing_id=thing_id, created_at=now(), ended_at=ended_at)
        )
    elif row.ended_at is None or ended_at is None:
        row.ended_at = ended_at


# Who hears


def followers(asked: Question) -> Sequence[tuple[int, str]]:
    """(person, reason) of everybody who follows a question: who asked it, who has the problem, who chose to.

    Whoever follows a question that is known to be the same hears too. Left out are those who said that they do
    not want to, unless they said after that that they have the problem.
    """
    same = select(Question.id, Question.author_id).where(
        or_(Question.id == asked.id, Question.duplicate_of_id == asked.id)
    )
    authors = {row.id: row.author_id for row in db.session.execute(same.order_by(Question.id != asked.id))}
    said = db.session.execute(
        select(Follow.user_id, Follow.thing_id, Follow.created_at, Follow.ended_at).where(
            Follow.kind == "question", Follow.thing_id.in_(authors)
        )
    ).all()
    marks = db.session.execute(
        select(Affected.user_id, Affected.question_id, Affected.created_at).where(
            Affected.question_id.in_(authors)
        )
    ).all()
    ended = {(row.user_id, row.thing_id): row.ended_at for row in said if row.ended_at is not None}

    def is_over(user_id: int, question_id: int, since: datetime | None) -> bool:
        ends = (ended.get((user_id, number)) for number in {question_id, asked.id})
        return any(end is not None and (since is None or since <= end) for end in ends)

    found: dict[int, str] = {}
    wishes = [
        *((author_id, number, None, "asked") for number, author_id in authors.items()),
        *((row.user_id, row.question_id, row.created_at, "affected") for row in marks),
        *((row.user_id, row.thing_id, None, "chosen") for row in said if row.ended_at is None),
    ]
    for user_id, question_id, since, reason in wishes:
        if not is_over(user_id, question_id, since):
            # Of a question that is the same, all are people who have the problem.
            found.setdefault(user_id, reason if question_id == asked.id else "affected")
    return list(found.items())


def followers_of(kind: str, thing_ids: Iterable[int]) -> Sequence[tuple[int, int]]:
    """(person, thing) for everybody who follows one of some products, tags or people."""
    rows = select(Follow.user_id, Follow.thing_id).where(
        Follow.kind == kind, Follow.thing_id.in_(list(thing_ids)), ON
    )
    return [(user_id, thing_id) for user_id, thing_id in db.session.execute(rows.order_by(Follow.id))]


def followed_ids(viewer: Any, kind: str) -> Sequence[int]:
    """The numbers of the things of one kind that this person follows; visitors follow none."""
    if not viewer.is_authenticated:
        return ()
    chosen = select(Follow.thing_id).where(Follow.user_id == viewer.id, Follow.kind == kind, ON)
    return db.session.scalars(chosen.order_by(Follow.id)).all()


def move_followers(kind: str, number: int, into: int) -> None:
    """Let whoever follows one thing follow another of its kind instead. Call inside a transaction."""
    of_kind = Follow.kind == kind
    follows_both = select(Follow.user_id).where(of_kind, Follow.thing_id == into)
    for row in db.session.scalars(
        select(Follow).where(of_kind, Follow.thing_id == number, Follow.user_id.not_in(follows_both))
    ):
        row.thing_id = into


def is_any_followed(things: Sequence[tuple[str, int]]) -> bool:
    """Whether anybody follows one of some things, given as (kind, number)."""
    if not things:
        return False
    some = or_(*(and_(Follow.kind == kind, Follow.thing_id == number) for kind, number in things))
    return bool(db.session.scalar(select(exists().where(some, ON))))


def thing(viewer: Any, kind: str, number: int) -> Question | Product | Tag | User | None:
    """What somebody wants to follow, if they may see it."""
    match kind:
        case "question":
            return question(viewer, number)
        case "product":
            return db.session.get(Product, number)
        case "tag":
            return db.session.get(Tag, number)
        case "person":
            return db.session.scalar(select(User).where(User.id == number, User.deleted_at.is_(None)))
    return None


# Buttons


@dataclass(frozen=True)
class FollowButton:
    """The button beside a thing.

    Attributes:
        is_shown: whether there is one: not beside oneself.
        thing: kind and number of what it is about, as addresses have them; name: for who cannot see where it stands.
        is_unread: whether there are messages about this thing that are read by reading its page.
    """

    is_shown: bool
    is_pressed: bool = False
    thing: str = ""
    name: str = ""
    is_unread: bool = False


def follow_button(viewer: Any, thing: Question | Product | Tag | User) -> FollowButton:
    """Whether this person follows a thing, and how to change that; one statement."""
    if isinstance(thing, User) and thing.id == viewer.id:
        return FollowButton(is_shown=False)
    match thing:
        case Question():
            kind, name = "question", _("this question")
        case Product():
            kind, name = "product", thing.name
        case Tag():
            kind, name = "tag", thing.slug
        case User():
            kind, name = "person", thing.username
    if not viewer.is_authenticated:  # Visitors are asked to sign in when they press.
        return FollowButton(is_shown=True, thing=f"{kind}/{thing.id}", name=name)
    row = db.session.execute(_said_of(viewer, kind), given(viewer, thing_id=thing.id))
    said, unread, affected = row.one()
    asked_it = isinstance(thing, Question) and thing.author_id == viewer.id
    return FollowButton(
        is_shown=True,
        is_pressed=said == "on" or bool(affected) or (said is None and asked_it),
        thing=f"{kind}/{thing.id}",
        name=name,
        is_unread=bool(unread),
    )


@prepared
def _said_of(reader: Any, kind: str) -> Select[Any]:
    """What a person said of following a thing; of a question also whether something is unread and they have the problem."""
    thing_id = bindparam("thing_id", type_=Integer)
    row = and_(Follow.user_id == reader.id, Follow.kind == kind, Follow.thing_id == thing_id)
    says = select(case((ON, "on"), else_="off")).where(row).scalar_subquery()
    is_unread = has_problem = exists().where(Notification.id.is_(None))
    if kind == "question":
        is_unread = exists().where(
            Notification.user_id == reader.id,
            Notification.read_at.is_(None),
            Notification.question_id == thing_id,
        )
        later = exists().where(row, Follow.ended_at >= Affected.created_at)
        has_problem = exists().where(Affected.user_id == reader.id, Affected.question_id == thing_id, ~later)
    return select(says, is_unread, has_problem)


# The list of what one follows


@dataclass(frozen=True)
class FollowedRow:
    """Something in the list of what one follows."""

    kind: str
    id: int
    title: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class FollowingPage:
    """All that a person follows; questions in pages, the liveliest first."""

    products: tuple[FollowedRow, ...]
    tags: tuple[FollowedRow, ...]
    people: tuple[FollowedRow, ...]
    questions: tuple[FollowedRow, ...]
    awaited: tuple[FollowedRow, ...]
    pager: Pager

    @property
    def is_empty(self) -> bool:
        return not (self.products or self.tags or self.people or self.questions or self.awaited)


def following_page(user: User, after: str | None) -> FollowingPage:
    """What a person follows, as far as they may see it.

    Raises:
        Invalid: no such page.
    """
    page: paging.Page[Any] = paging.page_of(
        _questions(user), Question.active_at, Question.id, after=after, size=PAGE_SIZE
    )
    affected = set(
        db.session.scalars(
            select(Affected.question_id).where(
                Affected.user_id == user.id, Affected.question_id.in_([asked.id for asked in page.rows])
            )
        )
    )
    products = _followed(user, "product", select(Product), Product.id, Product.name)
    tags = _followed(user, "tag", select(Tag), Tag.id, Tag.slug)
    people = _followed(user, "person", select(User).where(User.deleted_at.is_(None)), User.id, User.username)
    return FollowingPage(
        products=tuple(
            FollowedRow("product", found.id, found.name, addresses.product(found.slug)) for found in products
        ),
        tags=tuple(FollowedRow("tag", found.id, found.slug, addresses.tag(found.slug)) for found in tags),
        people=tuple(
            FollowedRow("person", found.id, found.username, addresses.person(found.username))
            for found in people
        ),
        questions=tuple(
            FollowedRow(
                "question",
                asked.id,
                asked.title,
                addresses.question(asked.id, asked.slug),
                _("You asked it")
                if asked.author_id == user.id
                else _("You have it too")
                if asked.id in affected
                else "",
            )
            for asked in page.rows
        ),
        awaited=tuple(
            FollowedRow("awaited", each.id, each.query, f"/search?{urlencode({'q': each.query})}")
            for each in awaited_by(user)
        ),
        pager=Pager(
            previous_url=f"/following?after={page.previous_cursor or ''}" if after else "",
            next_url=f"/following?after={page.next_cursor}" if page.next_cursor else "",
        ),
    )


def _questions(user: User) -> Select[Question]:
    mine = select(Follow.thing_id).where(Follow.user_id == user.id, Follow.kind == "question")
    later = exists().where(
        Follow.user_id == user.id,
        Follow.kind == "question",
        Follow.thing_id == Affected.question_id,
        Follow.ended_at >= Affected.created_at,
    )
    affected = select(Affected.question_id).where(Affected.user_id == user.id, ~later)
    return listed_questions(user).where(
        or_(
            Question.id.in_(mine.where(ON)),
            Question.id.in_(affected),
            and_(Question.author_id == user.id, Question.id.not_in(mine.where(~ON))),
        )
    )


def _followed(user: User, kind: str, things: Select[Any], id_column: Any, order: Any) -> Sequence[Any]:
    mine = select(Follow.thing_id).where(Follow.user_id == user.id, Follow.kind == kind, ON)
    return db.session.scalars(things.where(id_column.in_(mine)).order_by(order)).all()


# Awaited answers


def all_awaited() -> Sequence[AwaitedAnswer]:
    """All searches of which somebody waits to hear, with the person."""
    return db.session.scalars(
        select(AwaitedAnswer).options(joinedload(AwaitedAnswer.user)).order_by(AwaitedAnswer.id)
    ).all()


def awaited_by(user: User) -> Sequence[AwaitedAnswer]:
    """Those of one person, the newest first."""
    mine = select(AwaitedAnswer).where(AwaitedAnswer.user_id == user.id)
    return db.session.scalars(mine.order_by(AwaitedAnswer.id.desc())).all()


def awaited(user: User, number: int) -> AwaitedAnswer | None:
    """The one of that number, if it is this person's."""
    mine = select(AwaitedAnswer).where(AwaitedAnswer.user_id == user.id)
    return db.session.scalar(mine.where(AwaitedAnswer.id == number))


def end_awaiting(numbers: Iterable[int]) -> None:
    """Forget those of these numbers. Call inside a transaction."""
    ended = list(numbers)
    if ended:
        db.session.execute(delete(AwaitedAnswer).where(AwaitedAnswer.id.in_(ended)))
