"""Addresses of a made site that are worth measuring: every list at its beginning, middle and end, and single pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.accounts.models import User
from app.articles.models import Article, Audience
from app.catalog.models import Product, Tag
from app.core import addresses, paging
from app.core.db import db
from app.forum.models import Answer, Question, question_tags
from app.web.head import with_arguments


@dataclass(frozen=True)
class Places:
    """Addresses by what people call them: those for everybody, and those for people with a role."""

    public: dict[str, str]
    signed_in: dict[str, str]


def places() -> Places:
    """The addresses of the site at hand."""
    common, rare = _by_questions(select(Tag.slug).join(question_tags), Tag.slug)
    large, small = _by_questions(select(Product.slug).join(Question), Product.slug)
    busiest, typical = _answerers()
    thread = _thread()
    public = {
        "the front page": "/",
        "a guide": _guide(),
        "a question": thread,
        **dict(_question_lists(large, small, common, rare)),
        **dict(_desk_lists(large)),
        **dict(_guide_lists(large)),
        "the list of tags": "/tags",
        "tags with a word": "/tags?q=ba",
        "the commonest tag": addresses.tag(common),
        "a rare tag": addresses.tag(rare),
        "the list of products": "/products",
        "the largest product": addresses.product(large),
        "the smallest product": addresses.product(small),
        **dict(_people_lists()),
        "the busiest person": addresses.person(busiest),
        "the busiest person's answers": f"{addresses.person(busiest)}?show=answers",
        "a typical person": addresses.person(typical),
        "feed of questions": "/questions.atom",
        "feed of guides": "/articles.atom",
        "feed of the busiest person": f"{addresses.person(busiest)}/posts.atom",
        "the site map": "/sitemap.xml",
        "a map of questions": "/sitemaps/questions-1.xml",
        "the map of tags": "/sitemaps/tags-1.xml",
        "a map of people": "/sitemaps/people-1.xml",
        "the log of moderators": "/moderation/log",
    }
    signed_in = {
        "the front page": "/",
        "a question": thread,
        "messages": "/notifications",
        "what one follows": "/following",
        "one's points": "/reputation",
        "names while typing": "/editor/people?q=ba",
        "suggested edits": "/suggested-edits",
        "the workshop": "/workshop",
        "what people looked for": "/workshop/searches",
        "what readers say": "/workshop/feedback",
        "synonyms": "/workshop/synonyms",
        "cases": "/moderation",
        "a person for moderators": f"/moderation/people/{busiest}",
        "how things stand": "/admin/",
        "people and roles": "/admin/people/",
        "tags for administrators": "/admin/tags",
        "products for administrators": "/admin/products",
    }
    return Places(public, signed_in)


def _by_questions(of: Select[Any], name: Any) -> tuple[str, str]:
    """The one with the most questions, and one with few."""
    rows = db.session.execute(of.group_by(name).order_by(func.count().desc(), name)).scalars().all()
    return rows[0], rows[len(rows) * 4 // 5]


def _answerers() -> tuple[str, str]:
    """Who gave the most answers, and somebody who gave two."""
    counted = select(User.username).join(Answer, Answer.author_id == User.id).group_by(User.id)
    busiest = counted.order_by(func.count().desc(), User.id).limit(1)
    typical = counted.having(func.count() == 2).order_by(User.id).limit(1)
    return db.session.execute(busiest).scalar_one(), db.session.execute(typical).scalar_one()


def _thread() -> str:
    statement = select(Question).where(Question.answer_count == 4, *Question.here())
    middle = select(func.max(Question.id) / 2).scalar_subquery()
    found = db.session.scalars(statement.where(Question.id >= middle).order_by(Question.id).limit(1)).one()
    return addresses.question(found.id, found.slug)


def _guide() -> str:
    statement = select(Article.slug).where(Article.audience == Audience.PUBLIC).order_by(Article.id)
    return addresses.article(db.session.scalars(statement.limit(1)).one())


def _question_lists(large: str, small: str, common: str, rare: str) -> Iterator[tuple[str, str]]:
    columns: dict[str, Any] = {
        "newest": Question.created_at,
        "active": Question.active_at,
        "unanswered": Question.created_at,
        "affected": Question.affected_count,
    }
    for sort, column in columns.items():
        wanted = select(Question).where(*Question.here())
        if sort == "unanswered":
            wanted = wanted.where(Question.answer_count == 0)
        if sort == "affected":
            wanted = wanted.where(Question.affected_count > 0)
        path = with_arguments("/questions", {"sort": sort})
        yield from _list(f"questions, {sort}", path, wanted, column, Question.id, descending=True)
        for what, name, value in (
            ("of the largest product", "product", large),
            ("of the smallest product", "product", small),
            ("with the commonest tag", "tag", common),
            ("with a rare tag", "tag", rare),
            ("solved", "solved", "yes"),
            ("not solved", "solved", "no"),
        ):
            if (sort, value) != ("unanswered", "yes"):
                yield (
                    f"questions, {sort}, {what}",
                    with_arguments("/questions", {"sort": sort, name: value}),
                )
        for what, tag, product in (
            ("with the commonest tag, of the smallest product", common, small),
            ("with a rare tag, of the largest product", rare, large),
        ):
            yield (
                f"questions, {sort}, {what}",
                with_arguments("/questions", {"sort": sort, "tag": tag, "product": product}),
            )


def _desk_lists(product: str) -> Iterator[tuple[str, str]]:
    for state in ("unanswered", "unsolved"):
        for sort in ("longest", "newest", "affected"):
            chosen = {"state": state, "sort": sort}
            yield f"desk, {state}, {sort}", with_arguments(addresses.DESK, chosen)
            yield (
                f"desk, {state}, {sort}, of the largest product",
                with_arguments(addresses.DESK, {**chosen, "product": product}),
            )


def _guide_lists(product: str) -> Iterator[tuple[str, str]]:
    everybody = select(Article).where(Article.audience == Audience.PUBLIC)
    yield from _list("guides", "/articles", everybody, Article.title, Article.id, descending=False)
    yield "guides, newest, of the largest product", f"/articles?sort=newest&product={product}"


def _people_lists() -> Iterator[tuple[str, str]]:
    yield "people, helpful this month", "/people?sort=helpful"
    yield "people with a word", "/people?q=ba"
    for sort, column in (("reputation", User.reputation), ("newest", User.created_at)):
        yield from _list(
            f"people, {sort}", f"/people?sort={sort}", select(User), column, User.id, descending=True
        )


def _list(
    name: str, path: str, wanted: Select[Any], column: Any, number: ColumnElement[int], *, descending: bool
) -> Iterator[tuple[str, str]]:
    """A list at its beginning, in its middle and near its end."""
    yield name, path
    count = db.session.scalar(wanted.with_only_columns(func.count())) or 0
    arranged = (column.desc(), number.desc()) if descending else (column, number)
    for place, where in (("middle", count // 2), ("end", max(0, count - 8))):
        row = db.session.execute(
            wanted.with_only_columns(column, number).order_by(*arranged).offset(where).limit(1)
        ).one_or_none()
        if row is None:
            return  # Nothing on this site is in the list.
        cursor = paging.cursor_after([_plain(value) for value in row])
        yield f"{name}, {place}", f"{path}{'&' if '?' in path else '?'}after={cursor}"


def _plain(value: Any) -> Any:
    return value if isinstance(value, datetime | str) else int(value)
