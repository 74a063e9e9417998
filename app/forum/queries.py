"""What pages ask about the community. Every list, page, count and feed starts from `visible_questions`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    inspect,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import contains_eager, joinedload, load_only, selectinload

from app.accounts.models import User
from app.articles.models import Article, Draft
from app.articles.queries import visible_articles
from app.catalog.models import Product, Tag
from app.catalog.queries import product_by_slug, tag_of
from app.core import addresses, paging
from app.core.db import db, now
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.map_queries import last_changes, map_of
from app.core.prepared import given, prepared
from app.core.text import about, excerpt
from app.forum.models import (
    Affected,
    Answer,
    Comment,
    PostRevision,
    Question,
    QuestionMention,
    SuggestedEdit,
    Vote,
    question_tags,
)
from app.forum.screening import POSTS_OF_A_RECORD, Record, why_held_label
from app.limits.table import DAY, MINUTE
from app.policy import Role, has, may, short_of

LIST_SIZE = 20
ANSWERS_SIZE = 30
COMMENTS_UNFOLDED = 7
COMMENTS_FIRST, COMMENTS_NEWEST = 3, 2
"""Of more comments than `COMMENTS_UNFOLDED` a thread shows so many, and leads to the page of all."""

BEST_FIRST: tuple[ColumnElement[Any], ...] = (
    cast(Answer.deleted_at.is_not(None), Integer),
    cast(Answer.accepted_at.is_(None), Integer),
    -Answer.confidence,
    cast(Answer.verified_at.is_(None), Integer),
    Answer.id.expression,
)
"""The order of answers: accepted first, then the surest by their votes; what is deleted last."""


# The door


def visible_questions(viewer: Any) -> Select[Question]:
    """The questions that this person may open: what is here, their own, and for moderators all."""
    statement = select(Question)
    if viewer.role >= Role.MODERATOR:
        return statement
    here = and_(*Question.here())
    if not viewer.is_authenticated:
        return statement.where(here)
    return statement.where(or_(here, Question.author_id == viewer.id))


def listed_questions(viewer: Any) -> Select[Question]:
    """The questions that lists show: of those this person may open, the ones that are here."""
    return visible_questions(viewer).where(*Question.here())


def visible_answers(viewer: Any, question_id: int | None = None) -> Select[Answer]:
    """The answers that this person may see, of all questions or of one."""
    statement = select(Answer)
    if question_id is not None:
        statement = statement.where(Answer.question_id == question_id)
    if viewer.role >= Role.MODERATOR:
        return statement
    here = and_(*Answer.here())
    if not viewer.is_authenticated:
        return statement.where(here)
    return statement.where(or_(here, Answer.author_id == viewer.id))


def visible_comments(viewer: Any) -> Select[Comment]:
    """The comments that this person may see where they see what it is about; deleted ones nobody."""
    statement = select(Comment).where(Comment.deleted_at.is_(None))
    if viewer.role >= Role.MODERATOR:
        return statement
    here = and_(*Comment.here())
    if not viewer.is_authenticated:
        return statement.where(here)
    return statement.where(or_(here, Comment.author_id == viewer.id))


# Single things, for the views


def question(viewer: Any, question_id: int) -> Question | None:
    """The question of that number, if this person may open it."""
    found = db.session.scalars(_one_question(viewer), given(viewer, question_id=question_id))
    return found.unique().one_or_none()


def _whole(statement: Select[Question]) -> Select[Question]:
    """Load all that a question's page shows of it.

    Its tags are joined one table after the other: for a join within a join SQLite reads the tags of all questions.
    """
    return (
        statement.outerjoin(question_tags, question_tags.c.question_id == Question.id)
        .outerjoin(Tag, Tag.id == question_tags.c.tag_id)
        .options(joinedload(Question.author), joinedload(Question.product), contains_eager(Question.tags))
        .order_by(Tag.slug)
    )


@prepared
def _one_question(reader: Any) -> Select[Question]:
    return _whole(visible_questions(reader).where(Question.id == bindparam("question_id")))


def question_was_deleted(question_id: int) -> bool:
    """Whether there was a question of that number which is not shown any more."""
    return db.session.scalar(select(Question.id).where(Question.id == question_id)) is not None


def answer_was_deleted(answer_id: int) -> bool:
    """Whether there was an answer of that number which is not shown any more."""
    return db.session.scalar(select(Answer.id).where(Answer.id == answer_id)) is not None


def answer(viewer: Any, answer_id: int) -> Answer | None:
    """The answer of that number, if this person may see it and its question."""
    found = db.session.get(Answer, answer_id, options=[joinedload(Answer.question)])
    if found is None or question(viewer, found.question_id) is None:
        return None
    return db.session.scalar(visible_answers(viewer, found.question_id).where(Answer.id == answer_id))


def place_of(viewer: Any, found: Answer) -> str:
    """The address of an answer on the page of its thread where this person sees it."""
    order = [column.label(f"order_{number}") for number, column in enumerate(BEST_FIRST)]
    place = func.row_number().over(order_by=BEST_FIRST).label("place")
    places = visible_answers(viewer, found.question_id).with_only_columns(place, *order).subquery()
    own_place = select(places.c.place).where(places.c[order[-1].name] == found.id).scalar_subquery()
    last_before = db.session.execute(
        select(*(places.c[column.name] for column in order)).where(
            places.c.place == own_place - (own_place - 1) % ANSWERS_SIZE - 1
        )
    ).one_or_none()
    url = addresses.question(found.question_id, found.question.slug)
    return (
        f"{page_of_thread(url, paging.cursor_after(last_before) if last_before else None)}#answer-{found.id}"
    )


def page_of_thread(url: str, after: str | None) -> str:
    """The address of the page of a thread's answers that a cursor leads to."""
    return f"{url}?after={after}" if after else url


def comment(viewer: Any, comment_id: int) -> Comment | None:
    """The comment of that number, if this person may see what it is about."""
    found = db.session.scalar(visible_comments(viewer).where(Comment.id == comment_id))
    if found is None or question(viewer, found.question_id) is None:
        return None
    if found.answer_id is not None and answer(viewer, found.answer_id) is None:
        return None
    return found


# For the actions


def question_of(remark: Comment) -> Question:
    """The question under which a comment stands."""
    return db.session.get_one(Question, remark.question_id)


def lock(*rows: User | Question | Answer | Comment) -> None:
    """Read rows afresh, and where the database can, let nobody else change them until the transaction ends.

    They are locked for changing, not for removing, so rows that only point to them may be written meanwhile.
    Whoever locks several takes the question first, then the answer, then a person: so no two wait for each other.

    Raises:
        Refused: an answer or comment was moved to another question than the one locked with it.
    """
    for row in rows:
        db.session.refresh(row, with_for_update={"key_share": True, "of": type(row)})
    threads = {row.id for row in rows if isinstance(row, Question)}
    posts = [row for row in rows if isinstance(row, Answer | Comment)]
    if threads and any(post.question_id not in threads for post in posts):
        raise Refused(_("This was moved to another question just now. Please look again."))


def facts_of(asked: Question) -> list[str]:
    """What a question says beside its text, a line each: product, version, and what it is used with."""
    product = product_of(asked)
    return [fact for fact in (product.name if product else "", asked.version, asked.environment) if fact]


def same_question(author_id: int, title: str, body: str, *, since: datetime) -> Question | None:
    """A question of this person with these very words, asked since then."""
    return db.session.scalar(
        select(Question).where(
            Question.author_id == author_id,
            Question.created_at >= since,
            Question.title == title,
            Question.body == body,
            Question.deleted_at.is_(None),
        )
    )


def same_answer(author_id: int, question_id: int, body: str, *, since: datetime) -> Answer | None:
    """An answer of this person to this question with these very words, given since then."""
    return db.session.scalar(
        select(Answer).where(
            Answer.question_id == question_id,
            Answer.author_id == author_id,
            Answer.created_at >= since,
            Answer.body == body,
            Answer.deleted_at.is_(None),
        )
    )


def same_comment(author_id: int, post: Question | Answer, body: str, *, since: datetime) -> Comment | None:
    """A comment of this person on this post with these very words, written since then."""
    return db.session.scalar(
        select(Comment).where(
            Comment.question_id == post.question_id,
            Comment.answer_id == (post.id if isinstance(post, Answer) else None),
            Comment.author_id == author_id,
            Comment.created_at >= since,
            Comment.body == body,
            Comment.deleted_at.is_(None),
        )
    )


def record_of(person: User) -> Record:
    """What a person has done here so far, as far as screening needs to know."""
    if person.role > Role.MEMBER:
        return Record(is_staff=True)
    minute_ago = now() - MINUTE
    shown, lately = 0, list[datetime]()
    model: Any
    for model in (Question, Answer, Comment):
        mine = model.author_id == person.id
        enough = select(model.id).where(mine, *model.here()).limit(POSTS_OF_A_RECORD).subquery()
        shown += db.session.scalar(select(func.count()).select_from(enough)) or 0
        lately += db.session.scalars(select(model.created_at).where(mine, model.created_at > minute_ago))
    return Record(
        may_link=has(person, "link_freely"),
        may_more=has(person, "more_per_day"),
        shown_posts=shown,
        lately=tuple(lately),
    )


def sent_today(person: User, model: Any, most: int) -> Sequence[datetime]:
    """When a person sent the latest of their questions, answers or comments within a day, `most` at most."""
    sent = select(model.created_at).where(model.author_id == person.id, model.created_at > now() - DAY)
    return db.session.scalars(sent.order_by(model.created_at.desc()).limit(most)).all()


def votes_by(user_id: int, limit: int) -> Sequence[Vote]:
    """The latest votes of one person, in the order of what they voted on, in which everybody locks."""
    latest = select(Vote).where(Vote.user_id == user_id).order_by(Vote.id.desc()).limit(limit)
    found = db.session.scalars(latest).all()
    return sorted(found, key=lambda one: (one.question_id is None, one.question_id or 0, one.answer_id or 0))


def voted_post(cast: Vote) -> Question | Answer:
    """What a vote is about."""
    if cast.answer_id is not None:
        return db.session.get_one(Answer, cast.answer_id)
    return db.session.get_one(Question, cast.question_id)


def voted_today(person: User, most: int) -> Sequence[datetime]:
    """When a person cast the latest of their votes within a day, `most` at most."""
    cast = select(Vote.created_at).where(Vote.user_id == person.id, Vote.created_at > now() - DAY)
    return db.session.scalars(cast.order_by(Vote.created_at.desc()).limit(most)).all()


def has_posted_elsewhere(post: Question | Answer | Comment, *, since: datetime) -> bool:
    """Whether the author of a post sent the same words to another thread since then."""
    places: tuple[tuple[Any, Any], ...] = (
        (Question, Question.id),
        (Answer, Answer.question_id),
        (Comment, Comment.question_id),
    )
    for model, thread in places:
        same = select(model.id).where(
            model.author_id == post.author_id,
            model.created_at >= since,
            model.body == post.body,
            thread != post.question_id,
            model.deleted_at.is_(None),
        )
        if db.session.scalar(same.limit(1)) is not None:
            return True
    return False


def is_answered_by_others(asked: Question) -> bool:
    """Whether somebody else has put work into answering a question."""
    others = select(Answer.id).where(
        Answer.question_id == asked.id, Answer.author_id != asked.author_id, *Answer.here()
    )
    return db.session.scalar(others.limit(1)) is not None


def vote_of(user_id: int, post: Question | Answer) -> Vote | None:
    """This person's vote on this post."""
    column = Vote.answer_id if isinstance(post, Answer) else Vote.question_id
    return db.session.scalar(select(Vote).where(Vote.user_id == user_id, column == post.id))


def tags_of(question_id: int) -> Sequence[Tag]:
    """The tags of one question, by name."""
    return db.session.scalars(
        select(Tag).join(question_tags).where(question_tags.c.question_id == question_id).order_by(Tag.slug)
    ).all()


def load_tags(asked: Question) -> None:
    """Bring a question's tags into memory, so that they may be changed."""
    db.session.scalars(
        select(Question)
        .where(Question.id == asked.id)
        .options(selectinload(Question.tags))
        .execution_options(populate_existing=True)
    ).one()


def thread_html(question_id: int) -> Iterable[str]:
    """The HTML of every post of a thread that is here."""
    yield from db.session.scalars(select(Question.body_html).where(Question.id == question_id))
    yield from db.session.scalars(
        select(Answer.body_html).where(Answer.question_id == question_id, *Answer.here())
    )
    yield from db.session.scalars(
        select(Comment.body_html)
        .outerjoin(Answer, Comment.answer_id == Answer.id)
        .where(Comment.question_id == question_id, *Comment.here(), *Answer.here())
    )


def affected_people(question_id: int) -> Sequence[int]:
    """The people who have this problem too: who said so here or at a duplicate, and who asked one."""
    duplicates = select(Question.id).where(Question.duplicate_of_id == question_id)
    marks = select(Affected.user_id).where(
        or_(Affected.question_id == question_id, Affected.question_id.in_(duplicates))
    )
    askers = select(Question.author_id).where(Question.duplicate_of_id == question_id)
    return db.session.scalars(marks.union(askers)).all()


# What pages show


def _standing(user: User) -> str:
    """What stands beside a name: the role of people who have one, else their reputation."""
    if user.role > Role.MEMBER:
        return user.role_label
    return ngettext("%(num)d point", "%(num)d points", user.reputation)


@dataclass(frozen=True)
class GuideLink:
    """A guide's title and address."""

    title: str
    url: str


@dataclass(frozen=True)
class QuestionRow:
    """A question in a list: `badges` are (kind, words), `tags` are (word, address)."""

    id: int
    url: str
    title: str
    snippet: str
    score: int
    answer_count: int
    is_solved: bool
    badges: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    username: str
    user_url: str
    asked_at: datetime
    edited_at: datetime | None
    active_at: datetime
    product: str
    note: str
    view_count: int

    @classmethod
    def of(cls, asked: Question, *, has_guide: bool) -> "QuestionRow":
        return cls(
            id=asked.id,
            url=addresses.question(asked.id, asked.slug),
            title=asked.title,
            snippet=excerpt(asked.body_text, 160),
            score=asked.score,
            answer_count=asked.answer_count,
            is_solved=asked.is_solved,
            badges=badges_of(asked, has_guide=has_guide),
            tags=_tag_links(asked),
            username=asked.author.username,
            user_url=addresses.person(asked.author.username),
            asked_at=asked.created_at,
            edited_at=asked.edited_at,
            active_at=asked.active_at,
            product=asked.product.name if asked.product else "",
            note=_affected_label(asked.affected_count) if asked.affected_count else "",
            view_count=about(asked.view_count),
        )


def badges_of(asked: Question, *, has_guide: bool) -> tuple[tuple[str, str], ...]:
    """The states of a question that people should see at a glance."""
    badges = []
    if asked.duplicate_of_id is not None:
        badges.append(("", _("Asked before")))
    elif asked.is_solved:
        badges.append(("solved", _("Solved")))
    elif asked.answer_count == 0:
        badges.append(("open", _("Needs answer")))
    if has_guide:
        badges.append(("promoted", _("Has a guide")))
    return tuple(badges)


def _tag_links(asked: Question) -> tuple[tuple[str, str], ...]:
    return tuple((tag.slug, addresses.tag(tag.slug)) for tag in asked.tags)


def _affected_label(count: int) -> str:
    return ngettext("%(num)d person has this problem too", "%(num)d people have this problem too", count)


def with_row_details(statement: Select[Question]) -> Select[Question]:
    """Load what list rows show."""
    return statement.options(
        joinedload(Question.author), joinedload(Question.product), selectinload(Question.tags)
    )


def rows(viewer: Any, statement: Select[Question], limit: int) -> tuple[QuestionRow, ...]:
    """The first questions of a statement, as list rows."""
    return rows_of_questions(
        viewer, db.session.scalars(with_row_details(statement).limit(limit)).unique().all()
    )


def rows_of_questions(viewer: Any, questions: Sequence[Question]) -> tuple[QuestionRow, ...]:
    """List rows; a guide is spoken of only to those who may read it, and only while it is on the shelves."""
    guides = _guides(viewer, {found.article_id for found in questions})
    return tuple(QuestionRow.of(found, has_guide=found.article_id in guides) for found in questions)


def rows_by_id(viewer: Any, ids: Sequence[int]) -> dict[int, QuestionRow]:
    """The listed ones among these questions, by number."""
    if not ids:
        return {}
    found = db.session.scalars(_listed_by_id(viewer), given(viewer, ids=ids)).unique().all()
    return {row.id: row for row in rows_of_questions(viewer, found)}


@prepared
def _listed_by_id(reader: Any) -> Select[Question]:
    return with_row_details(listed_questions(reader).where(Question.id.in_(bindparam("ids", expanding=True))))


@dataclass(frozen=True)
class QuestionLink:
    """A question in a short list beside something else."""

    title: str
    url: str
    snippet: str
    badges: tuple[tuple[str, str], ...]


def links_by_id(viewer: Any, ids: Sequence[int]) -> dict[int, QuestionLink]:
    """The listed ones among these questions, by number, in one statement."""
    if not ids:
        return {}
    return {
        found.id: QuestionLink(
            title=found.title,
            url=addresses.question(found.id, found.slug),
            snippet=excerpt(found.body_text, 160),
            badges=badges_of(found, has_guide=bool(is_guide)),
        )
        for found, is_guide in db.session.execute(_linked_questions(viewer), given(viewer, ids=ids))
    }


@prepared
def _linked_questions(reader: Any) -> Select[Any]:
    guides = visible_articles(reader).with_only_columns(Article.id)
    has_guide = func.coalesce(Question.article_id.in_(guides), false())
    return (
        listed_questions(reader)
        .where(Question.id.in_(bindparam("ids", expanding=True)))
        .add_columns(has_guide)
    )


def solved_lately(viewer: Any, limit: int, product_id: int | None = None) -> tuple[QuestionRow, ...]:
    """Questions that have an accepted answer, the liveliest first."""
    statement = listed_questions(viewer).where(Question.accepted_count > 0)
    if product_id is not None:
        statement = statement.where(Question.product_id == product_id)
    return rows(viewer, statement.order_by(Question.active_at.desc(), Question.id.desc()), limit)


def waiting(viewer: Any, limit: int, product_id: int | None = None) -> tuple[QuestionRow, ...]:
    """Questions without an accepted answer, the newest first."""
    statement = listed_questions(viewer).where(
        Question.accepted_count == 0, Question.duplicate_of_id.is_(None)
    )
    if product_id is not None:
        statement = statement.where(Question.product_id == product_id)
    return rows(viewer, statement.order_by(Question.created_at.desc(), Question.id.desc()), limit)


def linking_to(viewer: Any, article_id: int, limit: int = 8) -> tuple[QuestionRow, ...]:
    """Questions whose thread links to a guide or became it, the liveliest first."""
    found = db.session.scalars(_questions_linking(viewer, limit), given(viewer, article_id=article_id))
    return rows_of_questions(viewer, found.unique().all())


@prepared
def _questions_linking(reader: Any, limit: int) -> Select[Question]:
    article_id = bindparam("article_id", type_=Integer)
    linked = select(QuestionMention.question_id).where(QuestionMention.article_id == article_id)
    grown = select(Answer.question_id).where(Answer.article_id == article_id, *Answer.here())
    named = select(Question.id).where(Question.article_id == article_id)
    statement = listed_questions(reader).where(Question.id.in_(union(linked, grown, named)))
    return with_row_details(statement.order_by(Question.active_at.desc(), Question.id.desc())).limit(limit)


SORTS = {
    "newest": "created_at",
    "unanswered": "created_at",
    "active": "active_at",
    "affected": "affected_count",
}
"""Each order by its name, and the column that it goes by."""

FILTERING = ("unanswered", "affected")
"""These orders also leave questions out."""


def sort_label(sort: str) -> str:
    return {
        "newest": _("Newest"),
        "unanswered": _("Unanswered"),
        "active": _("Active"),
        "affected": _("Most affected"),
    }[sort]


@dataclass(frozen=True)
class Chip:
    """One of several ways to see a list."""

    label: str
    url: str
    is_current: bool
    count: int | str | None = None


@dataclass(frozen=True)
class Pager:
    """The way through a long list."""

    previous_url: str = ""
    next_url: str = ""
    label: str = ""


@dataclass(frozen=True)
class QuestionList:
    """A page of the community's list."""

    rows: tuple[QuestionRow, ...]
    sorts: tuple[Chip, ...]
    sort: str
    products: tuple[tuple[str, str], ...]
    product: str
    solved: str
    tag: str
    without_tag_url: str
    canonical_path: str
    pager: Pager
    is_filtered: bool
    is_indexable: bool

    @property
    def names_products(self) -> bool:
        """Whether each row says which product it is about: not where all are about the same."""
        return not self.product


def question_list(
    viewer: Any, *, sort: str, product: str, tag: str, solved: str, after: str | None
) -> QuestionList:
    """A page of questions, sorted and filtered as the address says.

    Raises:
        Invalid: no such way to sort, or no such page.
    """
    if sort not in SORTS:
        raise Invalid(_("Questions can be sorted by: %(sorts)s.", sorts=", ".join(SORTS)))
    statement, kept, number = listed_questions(viewer), Question.__table__.c, Question.__table__.c.id
    if tag:
        found_tag = tag_of(tag)
        tag = found_tag.slug if found_tag else tag
        # What this list is chosen and ordered by stands beside the tag, too: all in one index.
        kept, number = question_tags.c, question_tags.c.question_id
        statement = statement.join(question_tags, number == Question.id)
        statement = statement.where(kept.tag_id == (found_tag.id if found_tag else -1))
    if sort == "unanswered":
        statement = statement.where(kept.answer_count == 0, Question.duplicate_of_id.is_(None))
    if sort == "affected":
        statement = statement.where(kept.affected_count > 0, Question.duplicate_of_id.is_(None))
    if product:
        found = product_by_slug(product)
        statement = statement.where(kept.product_id == (found.id if found else -1))
    column = kept[SORTS[sort]]
    if solved == "yes":
        # Without an answer nothing is solved; nobody should look for it among all.
        statement = statement.where(false() if sort == "unanswered" else Question.accepted_count > 0)
    elif solved == "no":
        # Half of all: but for all by age, the order's own index finds them sooner than the one of the unsolved.
        is_by_age = SORTS[sort] == "created_at" and not tag
        count = Question.accepted_count if is_by_age else Question.accepted_count + 0
        statement = statement.where(count == 0)
    page = paging.page_of(with_row_details(statement), column, number, after=after, size=LIST_SIZE)
    products = db.session.scalars(select(Product).order_by(Product.position, Product.name)).all()
    here = {"sort": "" if sort == "newest" else sort, "product": product, "tag": tag, "solved": solved}
    return QuestionList(
        rows=rows_of_questions(viewer, page.rows),
        sorts=tuple(
            Chip(sort_label(name), _list_url(here, sort="" if name == "newest" else name), name == sort)
            for name in SORTS
        ),
        sort=sort,
        products=tuple((one.slug, one.name) for one in products),
        product=product,
        solved=solved,
        tag=tag,
        without_tag_url=_list_url(here, tag=""),
        # A later page is itself; the first one is the same list in whatever order.
        canonical_path=_list_url(here, after=after or "", sort=sort if after or sort in FILTERING else ""),
        pager=Pager(
            previous_url=_list_url(here, after=page.previous_cursor or "") if after else "",
            next_url=_list_url(here, after=page.next_cursor) if page.next_cursor else "",
        ),
        is_filtered=bool(product or tag or solved or sort in FILTERING),
        # Filters can be joined in endless ways, and each such list is thin.
        is_indexable=bool(page.rows)
        and not paging.is_backwards(after)
        and sum(map(bool, (product, tag, solved, sort in FILTERING))) <= 1,
    )


def _list_url(here: dict[str, str], **changed: str) -> str:
    args = {name: value for name, value in {**here, **changed}.items() if value}
    return "/questions" + (f"?{urlencode(args)}" if args else "")


@dataclass(frozen=True)
class CommentView:
    """A comment as shown."""

    id: int
    anchor: str
    html: str
    username: str
    user_url: str
    created_at: datetime
    edited_at: datetime | None
    is_deleted: bool
    became_url: str
    became_answer: bool
    # Above it in a long list: how many are left out.
    more: str
    may_edit: bool
    may_delete: bool
    may_undelete: bool
    may_convert: bool
    notice: str = ""
    report_url: str = ""
    moderate_url: str = ""


@dataclass(frozen=True)
class PostView:
    """A question or an answer as shown, with what this viewer may do to it."""

    kind: str
    id: int
    anchor: str
    label: str
    html: str
    text: str
    username: str
    user_url: str
    initials: str
    avatar_url: str
    note: str
    created_at: datetime
    edited_at: datetime | None
    score: int
    my_vote: int
    comments: tuple[CommentView, ...]
    badges: tuple[tuple[str, str], ...]
    article: GuideLink | None
    is_accepted: bool
    # (name, address) of everybody who wrote in an answer that is open to all; nobody where it is not.
    contributors: tuple[tuple[str, str], ...]
    may_make_wiki: bool
    may_end_wiki: bool
    may_suggest_edit: bool
    suggest_edit_missing: str
    # Where a suggested change to it waits for this person.
    suggestion_url: str
    is_here: bool
    is_deleted: bool
    notice: str
    # The question at which an answer was given that stands at another one now.
    moved_from_url: str
    may_vote: bool
    vote_missing: str
    vote_down_missing: str
    counts: str
    counts_sign: str
    may_comment: bool
    comment_missing: str
    may_edit: bool
    may_delete: bool
    may_undelete: bool
    may_accept: bool
    may_unaccept: bool
    may_verify: bool
    may_unverify: bool
    may_promote: bool
    may_unlink: bool
    has_history: bool
    report_url: str = ""
    moderate_url: str = ""

    @property
    def url(self) -> str:
        return f"/{self.kind}s/{self.id}"

    @property
    def vote_url(self) -> str:
        return f"{self.url}/vote"

    @property
    def link(self) -> str:
        """Where to point others to."""
        return addresses.answer_anywhere(self.id) if self.kind == "answer" else f"#{self.anchor}"

    @property
    def has_deeds(self) -> bool:
        return any(
            (
                self.may_accept,
                self.may_unaccept,
                self.may_verify,
                self.may_unverify,
                self.may_promote,
                self.may_unlink,
                self.may_make_wiki,
                self.may_end_wiki,
            )
        )


@dataclass(frozen=True)
class Related:
    """Another question of the same problem."""

    id: int
    title: str
    url: str
    note: str


@dataclass(frozen=True)
class Suggested:
    """A question that somebody says is the same, waiting for the asker's word."""

    id: int
    title: str
    url: str
    username: str
    may_decide: bool


@dataclass(frozen=True)
class Duplicates:
    """Where a question points, what points to it, and what was suggested."""

    original: Related | None = None
    also_asked: tuple[Related, ...] = ()
    waiting: tuple[Suggested, ...] = ()
    # Where a moderator brings the answers that stand here to the original; "" where there are none to bring.
    merge_url: str = ""
    withdraw_id: int | None = None
    # How many have the problem, where the original counts them.
    affected_count: int | None = None


@dataclass(frozen=True)
class QuestionPage:
    """Everything that a question's page shows."""

    id: int
    url: str
    canonical_path: str
    title: str
    summary: str
    crumbs: tuple[tuple[str, str | None], ...]
    product_slug: str
    facts: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    badges: tuple[tuple[str, str], ...]
    view_count: int
    affected_count: int
    affected_label: str
    is_affected: bool
    may_mark_affected: bool
    article: GuideLink | None
    question: PostView
    answers: tuple[PostView, ...]
    answer_count: int
    answers_label: str
    pager: Pager
    is_indexable: bool
    may_answer: bool
    similar: tuple[Any, ...]
    duplicates: Duplicates
    may_suggest_duplicate: bool
    suggest_duplicate_missing: str


def question_page(
    viewer: Any,
    asked: Question,
    *,
    after: str | None,
    similar: tuple[Any, ...],
    duplicates: Duplicates = Duplicates(),
) -> QuestionPage:
    """All of a question's page, for this viewer, in a handful of statements.

    Raises:
        Invalid: there is no such page of answers.
    """
    if {"author", "product", "tags"} & inspect(asked).unloaded:
        statement = _whole(select(Question).where(Question.id == asked.id))
        asked = db.session.scalars(statement.execution_options(populate_existing=True)).unique().one()
    answers_page = paging.page_by(
        _answers_of_thread(viewer),
        BEST_FIRST,
        after=after,
        size=ANSWERS_SIZE,
        values=given(viewer, question_id=asked.id, guide_id=asked.article_id or 0),
    )
    found_answers = answers_page.rows
    answers = [row[0] for row in found_answers]
    guides = {
        number: GuideLink(title, addresses.article(slug))
        for row in found_answers
        for number, title, slug in (row[2:5], row[5:8])
        if number is not None
    }
    if not answers:
        guides = _guides(viewer, {asked.article_id})
    comments = _comments(viewer, asked.id, [found.id for found in answers])
    counted_at = duplicates.original.id if duplicates.original else asked.id
    wiki_ids = [found.id for found in answers if found.wiki_at is not None]
    marks = _marks(viewer, asked.id, [found.id for found in answers], wiki_ids, counted_at)
    edited = {("answer", row[0].id) for row in found_answers if row[1]}
    if asked.edited_at is not None:
        edited.add(("question", asked.id))
    sees_counts = has(viewer, "see_vote_counts")
    url = addresses.question(asked.id, asked.slug)
    product = asked.product
    affected_count = asked.affected_count if duplicates.affected_count is None else duplicates.affected_count
    facts = (
        (_("Product"), product.name if product else ""),
        (_("Version"), asked.version),
        (_("Used with"), asked.environment),
    )
    return QuestionPage(
        id=asked.id,
        url=url,
        canonical_path=page_of_thread(url, after),
        title=asked.title,
        summary=excerpt(asked.body_text, 155),
        crumbs=(
            (_("Community"), "/questions"),
            *(((product.name, f"/questions?product={product.slug}"),) if product else ()),
            (excerpt(asked.title, 60), None),
        ),
        product_slug=product.slug if product else "",
        facts=tuple((name, value) for name, value in facts if value),
        tags=_tag_links(asked),
        badges=badges_of(asked, has_guide=asked.article_id in guides),
        view_count=about(asked.view_count),
        affected_count=affected_count,
        affected_label=_affected_label(affected_count) if affected_count else "",
        is_affected=marks.is_affected,
        may_mark_affected=_offer(viewer, "mark_affected", asked) and asked.is_here,
        article=guides.get(asked.article_id or 0),
        question=_post_view(viewer, asked, asked, guides, comments[None], marks, edited, sees_counts),
        answers=tuple(
            _post_view(viewer, found, asked, guides, comments[found.id], marks, edited, sees_counts)
            for found in answers
        ),
        answer_count=asked.answer_count,
        answers_label=_answers_label(asked),
        pager=Pager(
            previous_url=page_of_thread(url, answers_page.previous_cursor)
            if answers_page.previous_cursor
            else "",
            next_url=page_of_thread(url, answers_page.next_cursor) if answers_page.next_cursor else "",
        ),
        is_indexable=asked.is_here and not paging.is_backwards(after),
        may_answer=_offer(viewer, "answer_question", asked) and asked.is_here,
        similar=similar,
        duplicates=duplicates,
        may_suggest_duplicate=asked.is_here
        and duplicates.original is None
        and may(viewer, "suggest_duplicate", asked),
        suggest_duplicate_missing=short_of(viewer, "suggest_duplicate", asked)
        if asked.is_here and duplicates.original is None
        else "",
    )


@prepared
def _answers_of_thread(reader: Any) -> Select[Any]:
    """The answers of a question: each with whether it was edited, its guide, and the guide of the question.

    The guides come along with the answers, so that they cost no statement of their own.
    """
    guide, own_guide = (
        visible_articles(reader).with_only_columns(Article.id, Article.title, Article.slug).subquery()
        for _each in range(2)
    )
    return (
        visible_answers(reader)
        .where(Answer.question_id == bindparam("question_id"))
        .outerjoin(guide, guide.c.id == Answer.article_id)
        .outerjoin(own_guide, own_guide.c.id == bindparam("guide_id"))
        .add_columns(exists().where(PostRevision.answer_id == Answer.id), *guide.c, *own_guide.c)
        .options(joinedload(Answer.author), joinedload(Answer.verified_by))
    )


def _answers_label(asked: Question) -> str:
    if asked.answer_count:
        return ngettext("%(num)d answer", "%(num)d answers", asked.answer_count)
    return _("Its answers stand at the other question") if asked.merged_at else _("No answer yet")


def _offer(viewer: Any, deed: str, it: Any) -> bool:
    """Whether to show the button: to those who may, and to visitors, who are asked to sign in."""
    return not viewer.is_authenticated or may(viewer, deed, it)


def _post_view(
    viewer: Any,
    post: Question | Answer,
    asked: Question,
    guides: dict[int, GuideLink],
    comments: Sequence[CommentView],
    marks: "_Marks",
    edited: set[tuple[str, int]],
    sees_counts: bool,
) -> PostView:
    is_answer = isinstance(post, Answer)
    kind = "answer" if is_answer else "question"
    here = post.is_here
    is_accepted = isinstance(post, Answer) and post.is_accepted
    verified_by = post.verified_by if isinstance(post, Answer) else None
    about = _AnswerInThread(post, asked) if isinstance(post, Answer) else post
    badges = []
    if is_accepted:
        badges.append(("solved", _("Accepted answer")))
    if verified_by:
        badges.append(("verified", _("Verified by %(name)s", name=verified_by.username)))
    if post.deleted_at is not None:
        badges.append(("withdrawn", _("Deleted")))
    is_wiki = isinstance(post, Answer) and post.wiki_at is not None
    names = [post.author.username, *marks.writers.get(post.id, [])] if is_wiki else []
    label = _("Answer by %(name)s", name=post.author.username) if is_answer else _("Question")
    may_edit, may_suggest_edit = may(viewer, f"edit_{kind}", post), may(viewer, "suggest_edit", post)
    may_vote, may_comment = may(viewer, "vote", post), may(viewer, "comment", post)
    is_visitor = not viewer.is_authenticated  # Visitors see the buttons, and are asked to sign in.
    return PostView(
        kind=kind,
        id=post.id,
        anchor=f"{kind}-{post.id}",
        label=label,
        html=post.body_html,
        text=post.body_text,
        username=post.author.username,
        user_url=addresses.person(post.author.username),
        initials=post.author.initials,
        avatar_url=post.author.avatar_url,
        note=_standing(post.author),
        created_at=post.created_at,
        edited_at=post.edited_at,
        score=post.score,
        my_vote=marks.votes.get((kind, post.id), 0),
        comments=tuple(comments),
        badges=tuple(badges),
        article=guides.get(post.article_id or 0) if is_answer else None,
        is_accepted=is_accepted,
        contributors=tuple((name, addresses.person(name)) for name in dict.fromkeys(names)),
        may_make_wiki=is_answer and here and not is_wiki and may(viewer, "make_wiki", post),
        may_end_wiki=is_wiki and may(viewer, "end_wiki", post),
        may_suggest_edit=here and not may_edit and may_suggest_edit,
        suggest_edit_missing=short_of(viewer, "suggest_edit", post)
        if here and not may_edit and not may_suggest_edit
        else "",
        suggestion_url=f"/suggested-edits/{marks.suggestions[kind, post.id]}"
        if (kind, post.id) in marks.suggestions
        and may(viewer, "approve_suggested_edit", SuggestedEdit(author_id=0, owner_id=post.author_id))
        else "",
        is_here=here,
        is_deleted=post.deleted_at is not None,
        notice=_notice(viewer, post),
        moved_from_url=f"/questions/{post.moved_from_id}"
        if isinstance(post, Answer) and post.moved_from_id
        else "",
        may_vote=here and (may_vote or is_visitor),
        vote_missing=short_of(viewer, "vote", post) if here and not may_vote else "",
        vote_down_missing=short_of(viewer, "vote_down", post) if here else "",
        counts=_counts(post) if sees_counts else "",
        counts_sign=f"+{post.up_count} −{post.down_count}",
        may_comment=here and (may_comment or is_visitor),
        comment_missing=short_of(viewer, "comment", post) if here and not may_comment else "",
        may_edit=post.deleted_at is None and may_edit,
        may_delete=post.deleted_at is None
        and may(viewer, f"delete_{kind}", post)
        and (is_answer or not asked.answer_count or viewer.role >= Role.MODERATOR),
        may_undelete=post.deleted_at is not None and may(viewer, f"undelete_{kind}", post),
        may_accept=is_answer and here and not is_accepted and may(viewer, "accept_answer", about),
        may_unaccept=is_answer and is_accepted and may(viewer, "unaccept_answer", about),
        may_verify=is_answer and here and verified_by is None and may(viewer, "verify_answer", about),
        may_unverify=is_answer and verified_by is not None and may(viewer, "unverify_answer", about),
        may_promote=is_answer
        and here
        and (post.article_id or 0) not in guides
        and may(viewer, "promote_answer", about),
        may_unlink=is_answer
        and (post.article_id or 0) in guides
        and may(viewer, "unlink_from_article", about),
        has_history=(kind, post.id) in edited,
        report_url=addresses.report(kind, post.id) if here and post.author_id != viewer.id else "",
        moderate_url=addresses.moderate(kind, post.id) if viewer.role >= Role.MODERATOR else "",
    )


def _notice(viewer: Any, post: Question | Answer | Comment) -> str:
    """What stands above a post that not everybody sees: that it is so, and why."""
    if post.hidden_at is not None:
        return _("Hidden by a moderator: %(why)s", why=post.hidden_why)
    if post.held_at is None:
        return ""
    if post.author_id == viewer.id:
        return _(
            "Only you see this until a moderator has looked at it. %(why)s", why=why_held_label(post.held_why)
        )
    return _("Waits for a moderator. %(why)s", why=why_held_label(post.held_why))


def _counts(post: Question | Answer) -> str:
    """How the score comes about, for those who may see it."""
    if not post.up_count and not post.down_count:
        return ""
    if not (post.up_count and post.down_count):
        return ""  # Then the score says it all.
    return _("%(up)d up, %(down)d down", up=post.up_count, down=post.down_count)


@dataclass(frozen=True)
class _AnswerInThread:
    """What the policy asks of an answer, with its question at hand."""

    answer: Answer
    question: Question

    @property
    def author_id(self) -> int:
        return self.answer.author_id


def _guides(viewer: Any, ids: set[int | None]) -> dict[int, GuideLink]:
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    statement = (
        visible_articles(viewer).where(Article.id.in_(wanted)).options(load_only(Article.title, Article.slug))
    )
    return {
        found.id: GuideLink(found.title, addresses.article(found.slug))
        for found in db.session.scalars(statement)
    }


def listed_comments(viewer: Any) -> Select[Comment]:
    """The comments that a thread shows: the visible ones, and what this person or anybody deleted, to bring it back."""
    visible = visible_comments(viewer).whereclause
    deleted: ColumnElement[bool] = Comment.deleted_at.is_not(None)
    if viewer.is_authenticated and viewer.role < Role.MODERATOR:
        deleted = and_(deleted, Comment.deleted_by_id == viewer.id)
    if visible is None or not viewer.is_authenticated:
        return visible_comments(viewer)
    return select(Comment).where(or_(visible, deleted))


def _comments(
    viewer: Any, question_id: int, answer_ids: Sequence[int]
) -> dict[int | None, list[CommentView]]:
    """The comments of a question and of some of its answers; of long lists the first ones and the newest."""
    rows = db.session.execute(
        _comments_of_page(viewer), given(viewer, question_id=question_id, answer_ids=answer_ids)
    )
    found: dict[int | None, list[CommentView]] = defaultdict(list)
    for remark, place, total in rows:
        folded = total - COMMENTS_FIRST - COMMENTS_NEWEST
        is_after_fold = total > COMMENTS_UNFOLDED and place == total - COMMENTS_NEWEST + 1
        more = (
            ngettext("Show all: %(num)d more comment", "Show all: %(num)d more comments", folded)
            if is_after_fold
            else ""
        )
        found[remark.answer_id].append(comment_view(viewer, remark, more=more))
    return found


@prepared
def _comments_of_page(reader: Any) -> Select[Any]:
    """Comments with their place among those on the same post, and how many those are."""
    places = (
        listed_comments(reader)
        .where(
            Comment.question_id == bindparam("question_id"),
            or_(Comment.answer_id.is_(None), Comment.answer_id.in_(bindparam("answer_ids", expanding=True))),
        )
        .with_only_columns(
            Comment.id,
            func.row_number().over(partition_by=Comment.answer_id, order_by=Comment.id).label("place"),
            func.count().over(partition_by=Comment.answer_id).label("total"),
        )
        .subquery()
    )
    return (
        select(Comment, places.c.place, places.c.total)
        .join(places, places.c.id == Comment.id)
        .where(
            or_(
                places.c.total <= COMMENTS_UNFOLDED,
                places.c.place <= COMMENTS_FIRST,
                places.c.place > places.c.total - COMMENTS_NEWEST,
            )
        )
        .options(joinedload(Comment.author), joinedload(Comment.became_answer))
        .order_by(Comment.id)
    )


def comment_view(viewer: Any, remark: Comment, *, more: str = "") -> CommentView:
    """A comment as this person sees it; its author and the answer that it became were loaded with it."""
    is_deleted = remark.deleted_at is not None
    became = remark.became_answer
    is_plain = not is_deleted and became is None
    return CommentView(
        id=remark.id,
        anchor=f"comment-{remark.id}",
        html=remark.body_html,
        username=remark.author.username,
        user_url=addresses.person(remark.author.username),
        created_at=remark.created_at,
        edited_at=remark.edited_at,
        is_deleted=is_deleted,
        became_url=addresses.answer_anywhere(became.id) if became and became.is_here else "",
        became_answer=became is not None,
        more=more,
        may_edit=is_plain
        and may(viewer, "edit_comment", remark)
        and (viewer.role >= Role.MODERATOR or now() < remark.editable_until),
        may_delete=not is_deleted and may(viewer, "delete_comment", remark),
        may_undelete=is_deleted and may(viewer, "undelete_comment", remark),
        may_convert=is_plain and remark.is_here and may(viewer, "convert_comment", remark),
        notice=_notice(viewer, remark),
        report_url=addresses.report("comment", remark.id)
        if is_plain and remark.is_here and remark.author_id != viewer.id
        else "",
        moderate_url=addresses.moderate("comment", remark.id) if viewer.role >= Role.MODERATOR else "",
    )


_SUGGESTION = "@"
"""Stands where a name would; nobody's name is that."""


@dataclass(frozen=True)
class _Marks:
    """What people left at the posts of a page: this person's votes, "I have this too", who wrote in open answers."""

    votes: dict[tuple[str, int], int]
    is_affected: bool
    writers: dict[int, list[str]]
    suggestions: dict[tuple[str, int], int]


def _marks(
    viewer: Any, question_id: int, answer_ids: Sequence[int], wiki_ids: Sequence[int], counted_at: int
) -> _Marks:
    """All marks of a page in one statement; none for a visitor's page without open answers."""
    statement = _marks_of_page(viewer, bool(wiki_ids))
    asked = given(
        viewer, question_id=question_id, counted_at=counted_at, answer_ids=answer_ids, wiki_ids=wiki_ids
    )
    rows = db.session.execute(statement, asked).all() if statement is not None else []
    marks = _Marks({}, False, defaultdict(list), {})
    for first, answer_id, value, name in sorted(rows, key=lambda row: row[0] or 0):
        if name == _SUGGESTION:
            marks.suggestions["answer" if answer_id else "question", answer_id or question_id] = value
        elif name is not None:
            marks.writers[answer_id].append(name)
        elif value is None:
            marks = replace(marks, is_affected=True)
        else:
            marks.votes["answer" if answer_id else "question", answer_id or first] = value
    return marks


@prepared
def _marks_of_page(reader: Any, has_wikis: bool) -> CompoundSelect[Any] | None:
    """Rows of four: what each part says of marks of its kind, see `_marks`; None where nobody can have left any."""
    no_number, no_name = cast(null(), Integer), cast(null(), String)
    question_id = bindparam("question_id", type_=Integer)
    answer_ids: BindParameter[Any] = bindparam("answer_ids", expanding=True)
    parts: list[Any] = []
    if reader.is_authenticated:
        counted_at = bindparam("counted_at", type_=Integer)
        duplicates = select(Question.id).where(Question.duplicate_of_id == counted_at)
        parts = [
            select(Vote.question_id, Vote.answer_id, cast(Vote.value, Integer), no_name).where(
                Vote.user_id == reader.id,
                or_(Vote.question_id == question_id, Vote.answer_id.in_(answer_ids)),
            ),
            select(Affected.question_id, no_number, no_number, no_name).where(
                Affected.user_id == reader.id,
                or_(Affected.question_id == counted_at, Affected.question_id.in_(duplicates)),
            ),
        ]
        # The suggestion that waits longest at each post; whether this person may decide it, the post's view says.
        waiting = (
            SuggestedEdit.author_id != reader.id,
            SuggestedEdit.approved_at.is_(None),
            SuggestedEdit.rejected_at.is_(None),
            SuggestedEdit.withdrawn_at.is_(None),
        )
        parts.append(
            select(
                SuggestedEdit.question_id,
                SuggestedEdit.answer_id,
                func.min(SuggestedEdit.id),
                cast(literal(_SUGGESTION), String),
            )
            .where(
                *waiting,
                or_(SuggestedEdit.question_id == question_id, SuggestedEdit.answer_id.in_(answer_ids)),
            )
            .group_by(SuggestedEdit.question_id, SuggestedEdit.answer_id)
        )
    if has_wikis:
        wiki_ids: BindParameter[Any] = bindparam("wiki_ids", expanding=True)
        parts += [
            select(PostRevision.id, PostRevision.answer_id, no_number, User.username)
            .join(User, User.id == PostRevision.author_id)
            .where(PostRevision.answer_id.in_(wiki_ids)),
            # Who wrote the form that stands now, after all that were kept.
            select(literal(2**31 - 1), Answer.id, no_number, User.username)
            .join(User, User.id == Answer.edited_by_id)
            .where(Answer.id.in_(wiki_ids)),
        ]
    return union_all(*parts) if parts else None


@dataclass(frozen=True)
class Line:
    """A line of a text beside the form before it: same, ins (new) or del (gone)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Revision:
    """One form of a post, as a difference to the form before."""

    username: str
    user_url: str
    created_at: datetime
    is_current: bool
    lines: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True)
class HistoryPage:
    """How a post came to say what it says."""

    title: str
    url: str
    revisions: tuple[Revision, ...]


def revisions_of(post: Question | Answer) -> Sequence[PostRevision]:
    """What the post said before, oldest first."""
    column = PostRevision.answer_id if isinstance(post, Answer) else PostRevision.question_id
    statement = select(PostRevision).where(column == post.id).order_by(PostRevision.id)
    return db.session.scalars(statement.options(joinedload(PostRevision.author))).all()


def username(user_id: int) -> str:
    """The name of the person with that number."""
    return db.session.scalars(select(User.username).where(User.id == user_id)).one()


# For maps of the site


def changes_by_range(viewer: Any, size: int) -> list[tuple[int, datetime]]:
    """For each range of `size` question numbers that has any to list: its place, from 1, and its last change."""
    first_asked = listed_questions(viewer).where(Question.duplicate_of_id.is_(None))

    def by(moment: Any, place: ColumnElement[int]) -> Select[datetime]:
        newest_first = first_asked.with_only_columns(moment).order_by(moment.desc())
        return newest_first.where(map_of(Question.id, size) == place, moment.is_not(None))

    return last_changes(
        select(func.max(Question.id)),
        size,
        lambda place: by(Question.active_at, place),
        lambda place: by(Question.edited_at, place),
    )


def changes_in_range(viewer: Any, place: int, size: int) -> list[tuple[int, str, datetime]]:
    """Number, slug and last change of each listed question in one range of numbers."""
    statement = (
        listed_questions(viewer)
        .with_only_columns(Question.id, Question.slug, Question.changed_at())
        .where(Question.id > (place - 1) * size, Question.id <= place * size)
        .where(Question.duplicate_of_id.is_(None))  # Its right address is where it was asked first.
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement.order_by(Question.id))]


def _tagged(viewer: Any) -> Select[Any]:
    """When questions with the tags at hand were changed, the last change first."""
    changed_at = question_tags.c.changed_at
    return (
        listed_questions(viewer).join(question_tags).with_only_columns(changed_at).order_by(changed_at.desc())
    )


def tag_changes_by_range(viewer: Any, size: int) -> list[tuple[int, datetime]]:
    """As `changes_by_range`, for the tags that listed questions have."""
    return last_changes(
        select(func.max(Tag.id)),
        size,
        lambda place: _tagged(viewer).where(map_of(question_tags.c.tag_id, size) == place),
    )


def tag_changes_in_range(viewer: Any, place: int, size: int) -> list[tuple[str, datetime]]:
    """Slug and last change of each tag in one range of numbers that listed questions have."""
    newest = _tagged(viewer).where(question_tags.c.tag_id == Tag.id).limit(1).correlate(Tag)
    statement = select(Tag.slug, newest.scalar_subquery()).where(
        Tag.id > (place - 1) * size, Tag.id <= place * size
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Tag.id)) if row[1]]


# For promotion


def open_draft_of(answer_id: int) -> Draft | None:
    """The draft that grows from this answer already, if there is one."""
    return db.session.scalar(
        select(Draft).where(
            Draft.answer_id == answer_id, Draft.published_at.is_(None), Draft.discarded_at.is_(None)
        )
    )


def people_of_thread(question_id: int) -> Sequence[str]:
    """The names of everyone who wrote in a thread."""
    authors = union(
        select(Question.author_id).where(Question.id == question_id),
        select(Answer.author_id).where(Answer.question_id == question_id),
        select(Comment.author_id).where(Comment.question_id == question_id),
    ).subquery()
    return db.session.scalars(select(User.username).where(User.id.in_(select(authors.c.author_id)))).all()


def product_of(asked: Question) -> Product | None:
    """The product that a question is about."""
    return db.session.get(Product, asked.product_id) if asked.product_id is not None else None


def other_guide_of(asked: Question, without: int) -> int | None:
    """The guide of another answer to this question than `without`, if one has a guide."""
    return db.session.scalar(
        select(Answer.article_id)
        .where(Answer.question_id == asked.id, Answer.id != without, Answer.article_id.is_not(None))
        .order_by(Answer.id)
        .limit(1)
    )


# For search


@dataclass(frozen=True)
class ThreadPart:
    """A part of a thread: the question's text, an answer's, or a comment's.

    Attributes:
        answer_id: the answer that it is or stands under.
        comment_id: the comment that it is.
        is_solution: an answer that was accepted or verified.
    """

    text: str
    answer_id: int | None = None
    comment_id: int | None = None
    is_solution: bool = False


def parts_of_threads(viewer: Any, ids: Sequence[int]) -> dict[int, tuple[ThreadPart, ...]]:
    """The words of these threads as far as this person may see them: the question, its answers from the best, comments."""
    if not ids:
        return {}
    found: dict[int, list[ThreadPart]] = defaultdict(list)
    questions, answers, comments = _texts_of_threads(viewer)
    for question_id, text in db.session.execute(questions, given(viewer, ids=ids)):
        found[question_id].append(ThreadPart(text))
    of_these = {"ids": list(found)}
    for question_id, text, answer_id, solves in db.session.execute(answers, of_these):
        found[question_id].append(ThreadPart(text, answer_id, is_solution=solves))
    for question_id, text, under_id, comment_id in db.session.execute(comments, of_these):
        found[question_id].append(ThreadPart(text, under_id, comment_id))
    return {question_id: tuple(parts) for question_id, parts in found.items()}


@prepared
def _texts_of_threads(reader: Any) -> tuple[Any, Any, Any]:
    """The texts of listed questions, of their answers from the best, and of all comments there."""
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    is_solution = Answer.accepted_at.is_not(None) | Answer.verified_at.is_not(None)
    answers = select(Answer.question_id, Answer.body_text, Answer.id, is_solution).where(
        Answer.question_id.in_(ids), *Answer.here()
    )
    comments = (
        select(Comment.question_id, Comment.body, Comment.answer_id, Comment.id)
        .outerjoin(Answer, Comment.answer_id == Answer.id)
        .where(
            Comment.question_id.in_(ids),
            Comment.became_answer_id.is_(None),
            *Comment.here(),
            *Answer.here(),
        )
    )
    return (
        listed_questions(reader)
        .where(Question.id.in_(ids))
        .with_only_columns(Question.id, Question.body_text),
        answers.order_by(
            Answer.accepted_at.is_(None), Answer.verified_at.is_(None), Answer.confidence.desc(), Answer.id
        ),
        comments.order_by(Comment.id),
    )
