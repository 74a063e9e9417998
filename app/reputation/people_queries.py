"""The list of people: who has written here, and who helped lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.accounts.models import User, name_key
from app.core import addresses, paging
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.map_queries import last_changes, map_of
from app.forum.models import Answer, Question
from app.forum.queries import Chip, Pager, listed_questions
from app.policy import Role

PEOPLE_SIZE = 30
SORTS = ("reputation", "helpful", "newest")
NAME_LONGEST = 40


def sort_label(sort: str) -> str:
    return {
        "reputation": _("Reputation"),
        "helpful": _("Helpful this month"),
        "newest": _("Newest"),
    }[sort]


@dataclass(frozen=True)
class PersonCard:
    """A person in the list."""

    username: str
    url: str
    initials: str
    avatar_url: str
    about: str
    badges: tuple[tuple[str, str], ...]
    note: str
    joined_at: datetime


@dataclass(frozen=True)
class PeoplePage:
    """A page of the list of people."""

    cards: tuple[PersonCard, ...]
    sorts: tuple[Chip, ...]
    sort: str
    words: str
    canonical_path: str
    pager: Pager
    is_indexable: bool


def people_page(viewer: Any, *, sort: str, words: str, after: str | None) -> PeoplePage:
    """A page of the people who have written something that this viewer may see, or who have a role.

    Raises:
        Invalid: no such way to sort, or no such page.
    """
    if sort not in SORTS:
        raise Invalid(_("People can be sorted by: %(sorts)s.", sorts=", ".join(SORTS)))
    words = words.strip()[:NAME_LONGEST]
    wanted = _writing(viewer)
    if words:
        wanted = wanted.where(User.username_key.contains(name_key(words), autoescape=True))
    column = {
        "reputation": User.reputation,
        "helpful": User.points_lately,
        "newest": User.created_at,
    }[sort]
    if sort == "helpful":
        wanted = wanted.where(User.points_lately > 0)
    page = paging.page_of(wanted, column, User.id, after=after, size=PEOPLE_SIZE)
    here = {"sort": "" if sort == SORTS[0] else sort, "q": words}
    return PeoplePage(
        cards=tuple(_card(person, sort) for person in page.rows),
        sorts=tuple(
            Chip(sort_label(name), _url(here, sort="" if name == SORTS[0] else name), name == sort)
            for name in SORTS
        ),
        sort=sort,
        words=words,
        canonical_path=_url({"sort": here["sort"]}, after=after) if after else addresses.PEOPLE,
        pager=Pager(
            previous_url=_url(here, after=page.previous_cursor or "") if after else "",
            next_url=_url(here, after=page.next_cursor) if page.next_cursor else "",
        ),
        is_indexable=bool(page.rows) and not words and not paging.is_backwards(after),
    )


def _writing(viewer: Any) -> Select[User]:
    """Who only signed up to read is nobody's business."""
    listed = listed_questions(viewer)
    # Asked person by person: a page needs few of them, and what everybody wrote is much.
    asked = listed.where(Question.author_id == User.id).correlate(User).exists()
    answered = (
        listed.join(Answer, Answer.question_id == Question.id)
        .where(Answer.author_id == User.id, *Answer.here())
        .correlate(User)
        .exists()
    )
    return select(User).where(User.deleted_at.is_(None), or_(User.role > Role.MEMBER, asked, answered))


def changes_by_range(viewer: Any, size: int) -> list[tuple[int, datetime]]:
    """For each range of `size` numbers of people in the list: its place, from 1, and when one of them wrote last."""
    asked, answered = _written(viewer)

    def of(written: Select[datetime], author_id: Any, place: ColumnElement[int]) -> Select[Any]:
        by_somebody = written.join(User, User.id == author_id).where(User.deleted_at.is_(None))
        return by_somebody.where(map_of(author_id, size) == place)

    return last_changes(
        select(func.max(User.id)),
        size,
        lambda place: of(asked, Question.author_id, place),
        lambda place: of(answered, Answer.author_id, place),
    )


def changes_in_range(viewer: Any, place: int, size: int) -> list[tuple[str, datetime]]:
    """The name of each of these people, and when they wrote last."""
    asked, answered = _written(viewer)
    statement = select(
        User.username,
        asked.where(Question.author_id == User.id).limit(1).correlate(User).scalar_subquery(),
        answered.where(Answer.author_id == User.id).limit(1).correlate(User).scalar_subquery(),
    ).where(User.deleted_at.is_(None), User.id > (place - 1) * size, User.id <= place * size)
    return [
        (name, max(moments))
        for name, *written in db.session.execute(statement.order_by(User.id))
        if (moments := [moment for moment in written if moment])
    ]


def _written(viewer: Any) -> tuple[Select[datetime], Select[datetime]]:
    """When people asked and answered what this viewer may see, newest first: a person's page changes with it."""
    listed = listed_questions(viewer)
    answered = listed.join(Answer, Answer.question_id == Question.id).where(*Answer.here())
    return (
        listed.with_only_columns(Question.created_at).order_by(Question.created_at.desc()),
        answered.with_only_columns(Answer.created_at).order_by(Answer.created_at.desc()),
    )


def _card(person: User, sort: str) -> PersonCard:
    badges: tuple[tuple[str, str], ...] = ()
    if person.role > Role.MEMBER:
        badges = (("verified" if person.role == Role.EXPERT else "guide", person.role_label),)
    if sort == "helpful":
        note = ngettext("%(num)d point this month", "%(num)d points this month", person.points_lately)
    else:
        note = ngettext("%(num)d point", "%(num)d points", person.reputation)
    return PersonCard(
        username=person.username,
        url=addresses.person(person.username),
        initials=person.initials,
        avatar_url=person.avatar_url,
        about=person.about,
        badges=badges,
        note=note,
        joined_at=person.created_at,
    )


def _url(here: dict[str, str], **changed: str) -> str:
    args = {name: value for name, value in {**here, **changed}.items() if value}
    return addresses.PEOPLE + (f"?{urlencode(args)}" if args else "")
