"""What moderators' pages and deeds ask: the queue, one thing with its story, the log, a person."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.core import addresses, paging
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import excerpt
from app.forum import contribution_queries
from app.forum.models import Answer, Comment, Question
from app.forum.queries import Chip, Pager, visible_answers, visible_comments, visible_questions
from app.forum.screening import why_held_label
from app.moderation.models import (
    NO_END,
    SEVERE,
    Act,
    Case,
    Deed,
    PersonNote,
    Reason,
    Report,
    Thing,
    column_about,
    kind_of,
)
from app.policy import Role, may

QUEUE_SIZE = 20
LOG_SIZE = 30
LATEST = 20
PUBLIC_DEEDS = (Deed.HIDE, Deed.RESTORE, Deed.SUSPEND, Deed.LIFT)
"""What the public log shows. What was kept or approved would only tell that somebody was suspected."""


# For the actions


def lock(thing: Article | User) -> None:
    """Read a row afresh and let nobody else change it until the transaction ends."""
    db.session.refresh(thing, with_for_update={"key_share": True, "of": type(thing)})


def add(row: Act) -> None:
    """Write a row. Call inside a transaction."""
    db.session.add(row)
    db.session.flush()


def _about(model: type[Case] | type[Report] | type[Act], thing: Thing) -> ColumnElement[bool]:
    ((column, number),) = column_about(thing).items()
    return getattr(model, column) == number  # type: ignore[no-any-return]


def open_case(thing: Thing) -> Case | None:
    """The open case of a thing."""
    return db.session.scalar(select(Case).where(Case.open_key == f"{kind_of(thing)}-{thing.id}"))


def report_of(person: User, thing: Thing) -> Report | None:
    """What this person reported of this thing."""
    return db.session.scalar(select(Report).where(Report.reporter_id == person.id, _about(Report, thing)))


def reports_sent(person: User, *, since: datetime) -> Sequence[datetime]:
    """When this person sent reports since then, oldest first."""
    mine = select(Report.created_at).where(Report.reporter_id == person.id, Report.created_at > since)
    return db.session.scalars(mine.order_by(Report.created_at)).all()


def unanswered_reports(of: Case) -> Sequence[Report]:
    """The reports of a case that nobody has answered."""
    return db.session.scalars(
        select(Report).where(Report.case_id == of.id, Report.answered_at.is_(None)).order_by(Report.id)
    ).all()


def latest_act(thing: Thing) -> Act | None:
    """What a moderator did to a thing last."""
    return db.session.scalar(
        select(Act)
        .where(_about(Act, thing))
        .options(joinedload(Act.moderator))
        .order_by(Act.id.desc())
        .limit(1)
    )


def posts_shown_or_held(person: User, limit: int) -> list[Question | Answer | Comment]:
    """A person's posts that are neither hidden nor deleted, by thread; `limit` at most."""
    posts: list[Question | Answer | Comment] = []
    model: Any
    for model in (Question, Answer, Comment):
        mine = select(model).where(
            model.author_id == person.id, model.hidden_at.is_(None), model.deleted_at.is_(None)
        )
        posts += db.session.scalars(mine.order_by(model.id).limit(limit))
    return sorted(posts, key=lambda post: post.question_id)[:limit]


# Things, for the views


def thing(viewer: Any, kind: str, number: int) -> Thing | None:
    """The thing of that kind and number, if this person may see it where it stands."""
    if kind == "question":
        return db.session.scalar(visible_questions(viewer).where(Question.id == number))
    if kind == "person":
        return db.session.scalar(select(User).where(User.id == number, User.deleted_at.is_(None)))
    if kind == "article":
        return db.session.scalar(visible_articles(viewer).where(Article.id == number))
    found: Answer | Comment | None
    if kind == "answer":
        found = db.session.scalar(visible_answers(viewer).where(Answer.id == number))
    else:
        found = db.session.scalar(visible_comments(viewer).where(Comment.id == number))
        if (
            found is not None
            and found.answer_id is not None
            and thing(viewer, "answer", found.answer_id) is None
        ):
            return None
    return found if found is not None and thing(viewer, "question", found.question_id) is not None else None


# What pages show


@dataclass(frozen=True)
class Said:
    """One report, as moderators see it."""

    reason: str
    words: str
    username: str
    user_url: str
    created_at: datetime
    answer: str


@dataclass(frozen=True)
class Done:
    """One act, as moderators see it."""

    id: int
    label: str
    subject: str
    url: str
    why: str
    username: str
    user_url: str
    done_at: datetime


@dataclass(frozen=True)
class ThingView:
    """What moderators see of a thing: `html` is a post's own, `text` says what it is otherwise."""

    kind: str
    id: int
    subject: str
    title: str
    url: str
    html: str
    text: str
    author: str
    author_url: str
    created_at: datetime
    state: str
    is_held: bool
    is_hidden: bool
    is_deleted: bool

    @property
    def address(self) -> str:
        return addresses.moderate(self.kind, self.id)


@dataclass(frozen=True)
class CaseView:
    """A thing with what was reported, and what this moderator may do about it; an empty address means not now."""

    thing: ThingView
    opened_at: datetime | None
    badges: tuple[tuple[str, str], ...]
    reports: tuple[Said, ...]
    approve_url: str
    hide_url: str
    restore_url: str
    answer_url: str
    edit_url: str
    duplicate_url: str
    person_url: str


FILTERS = ("all", "held", "reported")
SORTS = ("urgent", "oldest")


@dataclass(frozen=True)
class QueuePage:
    """What waits for moderators."""

    cases: tuple[CaseView, ...]
    filters: tuple[Chip, ...]
    sorts: tuple[Chip, ...]
    seen: int
    pager: Pager


def _open() -> Select[Case]:
    """The cases that wait. What its author deleted meanwhile waits no more."""
    posts = ((Question, Case.question_id), (Answer, Case.answer_id), (Comment, Case.comment_id))
    statement = select(Case).where(Case.closed_at.is_(None))
    for model, column in posts:
        gone = select(model.id).where(model.id == column, model.deleted_at.is_not(None))
        statement = statement.where(~gone.exists())
    return statement


def waiting_count() -> int:
    """How many cases wait."""
    return db.session.scalar(_open().with_only_columns(func.count())) or 0


def latest_number() -> int:
    """The number of the latest act of all; pages carry it, so that a deed knows what its page knew."""
    return db.session.scalar(select(func.max(Act.id))) or 0


def queue_page(viewer: Any, *, which: str, sort: str, after: str | None) -> QueuePage:
    """A page of the queue.

    Raises:
        Invalid: there is no such filter, order or page.
    """
    if which not in FILTERS or sort not in SORTS:
        raise Invalid(_("There is no such list. Please start from the queue's first page."))
    statement = _open()
    if which == "held":
        statement = statement.where(Case.is_held)
    elif which == "reported":
        statement = statement.where(Case.report_count > 0)
    if sort == "urgent":
        page = paging.page_of(statement, Case.urgency, Case.id, after=after, size=QUEUE_SIZE)
    else:
        page = paging.page_of(
            statement, Case.opened_at, Case.id, after=after, size=QUEUE_SIZE, descending=False
        )
    counts = db.session.execute(
        _open().with_only_columns(
            func.count(),
            func.coalesce(func.sum(case((Case.is_held, 1), else_=0)), 0),
            func.coalesce(func.sum(case((Case.report_count > 0, 1), else_=0)), 0),
            select(func.coalesce(func.max(Act.id), 0)).scalar_subquery(),
        )
    ).one()
    labels = {"all": _("All"), "held": _("Held posts"), "reported": _("Reports")}
    orders = {"urgent": _("Most severe first"), "oldest": _("Oldest first")}
    return QueuePage(
        cases=_case_views(viewer, page.rows),
        filters=tuple(
            Chip(labels[name], _queue_url(name, sort), name == which, counts[place])
            for place, name in enumerate(FILTERS)
        ),
        sorts=tuple(Chip(orders[name], _queue_url(which, name), name == sort) for name in SORTS),
        seen=counts[3],
        pager=Pager(
            previous_url=_queue_url(which, sort, page.previous_cursor) if after else "",
            next_url=_queue_url(which, sort, page.next_cursor) if page.next_cursor else "",
        ),
    )


def _queue_url(which: str, sort: str, after: str | None = None) -> str:
    args = [
        f"which={which}" if which != "all" else "",
        f"sort={sort}" if sort != "urgent" else "",
        f"after={after}" if after else "",
    ]
    query = "&".join(arg for arg in args if arg)
    return "/moderation" + (f"?{query}" if query else "")


def _case_views(viewer: Any, cases: Sequence[Case]) -> tuple[CaseView, ...]:
    things = _things(viewer, [one.about for one in cases])
    reports = _reports(cases)
    return tuple(
        _case_view(viewer, things[one.about], one, reports[one.id]) for one in cases if one.about in things
    )


def _reports(cases: Sequence[Case]) -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    if not any(one.report_count for one in cases):
        return found
    statement = (
        select(Report)
        .where(Report.case_id.in_([one.id for one in cases]))
        .options(joinedload(Report.reporter))
        .order_by(Report.id)
    )
    for one in db.session.scalars(statement):
        found[one.case_id].append(_said(one))
    return found


def _said(one: Report) -> Said:
    return Said(
        reason=Reason(one.reason).label,
        words=one.words,
        username=one.reporter.username,
        user_url=addresses.person(one.reporter.username),
        created_at=one.created_at,
        answer=one.answer,
    )


def _badges(one: Case) -> tuple[tuple[str, str], ...]:
    badges = []
    if one.severity >= SEVERE:
        badges.append(("known-issue", _("Severe")))
    if one.is_held:
        badges.append(("open", _("Held")))
    return tuple(badges)


def _case_view(
    viewer: Any,
    about: ThingView,
    open_one: Case | None = None,
    reports: Sequence[Said] = (),
    *,
    is_open: bool = False,
) -> CaseView:
    is_post = about.kind in ("question", "answer", "comment")
    here = about.address

    def url(deed: str, makes_sense: bool) -> str:
        return f"{here}/{deed}" if makes_sense and may(viewer, "hide_post") else ""

    return CaseView(
        thing=about,
        opened_at=open_one.opened_at if open_one else None,
        badges=_badges(open_one) if open_one else (),
        reports=tuple(reports),
        approve_url=url("approve", about.is_held and not about.is_hidden and not about.is_deleted),
        hide_url=url("hide", is_post and not about.is_hidden),
        restore_url=url("restore", is_post and about.is_hidden),
        answer_url=url(
            "answer", (is_open or open_one is not None) and (about.is_hidden or not about.is_held)
        ),
        edit_url=f"/{about.kind}s/{about.id}/edit" if is_post and not about.is_deleted else "",
        duplicate_url=f"/questions/{about.id}/duplicate"
        if about.kind == "question" and not (about.is_held or about.is_hidden or about.is_deleted)
        else "",
        person_url=f"/moderation/people/{about.author}" if about.author else "",
    )


def _things(viewer: Any, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], ThingView]:
    """These things as moderators see them; at most one statement for each kind."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for kind, number in dict.fromkeys(keys):
        numbers[kind].append(number)
    found: dict[tuple[str, int], ThingView] = {}
    if ids := numbers["question"]:
        asked = visible_questions(viewer).where(Question.id.in_(ids)).options(joinedload(Question.author))
        for one in db.session.scalars(asked):
            found["question", one.id] = _post_view("question", one, one.title)
    if ids := numbers["answer"]:
        given = (
            visible_answers(viewer)
            .where(Answer.id.in_(ids))
            .options(joinedload(Answer.author), joinedload(Answer.question))
        )
        for reply in db.session.scalars(given):
            found["answer", reply.id] = _post_view("answer", reply, reply.question.title)
    if ids := numbers["comment"]:
        remarks = (
            visible_comments(viewer)
            .join(Question, Question.id == Comment.question_id)
            .add_columns(Question.title)
            .where(Comment.id.in_(ids))
            .options(joinedload(Comment.author))
        )
        for remark, title in db.session.execute(remarks):
            found["comment", remark.id] = _post_view("comment", remark, title)
    if ids := numbers["article"]:
        for guide in db.session.scalars(visible_articles(viewer).where(Article.id.in_(ids))):
            found["article", guide.id] = _plain_view(
                "article", guide.id, guide.title, addresses.article(guide.slug), guide.summary
            )
    if ids := numbers["person"]:
        for person in db.session.scalars(select(User).where(User.id.in_(ids))):
            url = addresses.person(person.username)
            found["person", person.id] = _plain_view(
                "person", person.id, person.username, url, person.about, author=person.username
            )
    return found


def _post_view(kind: str, post: Question | Answer | Comment, title: str) -> ThingView:
    states = [
        _("Deleted by its author.") if post.deleted_at else "",
        _("Hidden: %(why)s", why=post.hidden_why) if post.hidden_at else "",
        _("Held: %(why)s", why=why_held_label(post.held_why)) if post.held_at else "",
    ]
    urls = {
        "question": f"/questions/{post.id}",
        "answer": addresses.answer_anywhere(post.id),
        "comment": f"/questions/{post.question_id}#comment-{post.id}",
    }
    return ThingView(
        kind=kind,
        id=post.id,
        subject=subject(kind),
        title=title,
        url=urls[kind],
        html=post.body_html,
        text="",
        author=post.author.username,
        author_url=addresses.person(post.author.username),
        created_at=post.created_at,
        state=" ".join(state for state in states if state),
        is_held=post.held_at is not None,
        is_hidden=post.hidden_at is not None,
        is_deleted=post.deleted_at is not None,
    )


def _plain_view(kind: str, number: int, title: str, url: str, text: str, author: str = "") -> ThingView:
    return ThingView(
        kind=kind,
        id=number,
        subject=subject(kind),
        title=title,
        url=url,
        html="",
        text=text,
        author=author,
        author_url=url if author else "",
        created_at=NO_END,
        state="",
        is_held=False,
        is_hidden=False,
        is_deleted=False,
    )


def subject(kind: str) -> str:
    """A thing in two words that tell nothing of what it says."""
    return {
        "question": _("A question"),
        "answer": _("An answer"),
        "comment": _("A comment"),
        "article": _("A guide"),
        "person": _("A person"),
    }[kind]


def view_of(viewer: Any, kind: str, number: int) -> ThingView | None:
    """One thing as moderators see it, or as whoever reports it does."""
    return _things(viewer, [(kind, number)]).get((kind, number))


@dataclass(frozen=True)
class ReviewPage:
    """One thing with all that was said of it and done to it."""

    case: CaseView
    acts: tuple[Done, ...]
    earlier: tuple[Said, ...]
    seen: int


def review_page(viewer: Any, about: Thing) -> ReviewPage:
    """A thing for a moderator."""
    found = view_of(viewer, kind_of(about), about.id)
    assert found is not None
    reports = db.session.scalars(
        select(Report)
        .where(_about(Report, about))
        .options(joinedload(Report.reporter))
        .order_by(Report.id.desc())
        .limit(LATEST)
    ).all()
    acts = db.session.scalars(
        select(Act)
        .where(_about(Act, about))
        .options(joinedload(Act.moderator))
        .order_by(Act.id.desc())
        .limit(LATEST)
    ).all()
    return ReviewPage(
        case=_case_view(
            viewer, found, open_case(about), [_said(one) for one in reports if one.answered_at is None]
        ),
        acts=tuple(_done(viewer, one, {one.about: found}) for one in acts),
        earlier=tuple(_said(one) for one in reports if one.answered_at is not None),
        seen=latest_number(),
    )


def _done(viewer: Any, one: Act, things: Mapping[tuple[str, int], ThingView]) -> Done:
    kind, number = one.about
    is_moderator = may(viewer, "hide_post")
    seen = things.get((kind, number))
    words, url = subject(kind), addresses.moderate(kind, number) if is_moderator else ""
    if kind == "person":
        # The public log tells what was done, not to whom.
        words = seen.title if seen and is_moderator else _("A member")
    elif seen is not None:
        words = _("%(subject)s in “%(title)s”", subject=subject(kind), title=excerpt(seen.title, 80))
        url = seen.address if is_moderator else seen.url
    label = Deed(one.deed).label
    if one.deed == Deed.SUSPEND:
        label = until_words(one.until)
    return Done(
        id=one.id,
        label=label,
        subject=words,
        url=url,
        why=one.why,
        username=one.moderator.username,
        user_url=addresses.person(one.moderator.username),
        done_at=one.done_at,
    )


def until_words(until: datetime | None) -> str:
    """How long a suspension lasts, in words."""
    if until is None or until >= NO_END:
        return _("Suspended until it is lifted")
    return _("Suspended until %(day)s UTC", day=f"{until:%Y-%m-%d %H:%M}")


def suspension_words(person: User) -> str:
    """What a suspended person sees on every page; "" for everybody else."""
    if not person.is_suspended:
        return ""
    what = _("You can read, but not take part. %(why)s", why=person.suspended_why)
    return f"{until_words(person.suspended_until)}. {what}"


@dataclass(frozen=True)
class LogPage:
    """What moderators did, the newest first."""

    acts: tuple[Done, ...]
    is_public: bool
    canonical_path: str
    pager: Pager


def log_page(viewer: Any, after: str | None) -> LogPage:
    """A page of the log: for everybody without names and hidden words, for moderators with all of it.

    Raises:
        Invalid: there is no such page.
    """
    is_moderator = may(viewer, "hide_post")
    statement = select(Act).options(joinedload(Act.moderator))
    if not is_moderator:
        statement = statement.where(Act.deed.in_(PUBLIC_DEEDS))
    page = paging.page_of(statement, Act.done_at, Act.id, after=after, size=LOG_SIZE)
    things = _things(viewer, [one.about for one in page.rows])
    if not is_moderator:
        # One's own hidden post is visible to oneself, but the log is the same for everybody.
        things = {key: one for key, one in things.items() if not (one.is_hidden or one.is_held)}
        things = _in_visible_threads(viewer, things)
    return LogPage(
        acts=tuple(_done(viewer, one, things) for one in page.rows),
        is_public=not is_moderator,
        canonical_path="/moderation/log" + (f"?after={after}" if after else ""),
        pager=Pager(
            previous_url=f"/moderation/log?after={page.previous_cursor or ''}" if after else "",
            next_url=f"/moderation/log?after={page.next_cursor}" if page.next_cursor else "",
        ),
    )


def _in_visible_threads(
    viewer: Any, things: Mapping[tuple[str, int], ThingView]
) -> dict[tuple[str, int], ThingView]:
    """Of these, the ones whose thread is here; a title says too much of a thread that is not."""
    replies = {kind: [number for other, number in things if other == kind] for kind in ("answer", "comment")}
    parts = [
        select(literal(kind), model.id)
        .join(Question, Question.id == model.question_id)
        .where(model.id.in_(replies[kind]), *Question.here())
        for kind, model in (("answer", Answer), ("comment", Comment))
        if replies[kind]
    ]
    here = {(kind, number) for kind, number in db.session.execute(union_all(*parts))} if parts else set()
    return {key: one for key, one in things.items() if key[0] not in replies or key in here}


@dataclass(frozen=True)
class NoteView:
    """A moderator's note."""

    words: str
    username: str
    created_at: datetime


@dataclass(frozen=True)
class PostRow:
    """A post in a person's list, for moderators."""

    subject: str
    text: str
    state: str
    url: str
    created_at: datetime


@dataclass(frozen=True)
class PersonPage:
    """A person, for moderators."""

    id: int
    username: str
    url: str
    facts: tuple[tuple[str, str], ...]
    suspended: str
    suspended_why: str
    may_suspend: bool
    hide_label: str
    notes: tuple[NoteView, ...]
    acts: tuple[Done, ...]
    reports: tuple[tuple[str, str, Said], ...]
    posts: tuple[PostRow, ...]
    seen: int
    case: CaseView | None


def person_page(viewer: Any, person: User) -> PersonPage:
    """What moderators should know of a person before they decide."""
    posts: list[PostRow] = []
    asked = select(Question).where(Question.author_id == person.id).options(joinedload(Question.author))
    given = (
        select(Answer)
        .where(Answer.author_id == person.id)
        .options(joinedload(Answer.author), joinedload(Answer.question))
    )
    remarked = (
        select(Comment, Question.title)
        .join(Question, Question.id == Comment.question_id)
        .where(Comment.author_id == person.id)
        .options(joinedload(Comment.author))
    )
    for one in db.session.scalars(
        asked.order_by(Question.created_at.desc(), Question.id.desc()).limit(LATEST)
    ):
        posts.append(_post_row(_post_view("question", one, one.title), one.body_text))
    for reply in db.session.scalars(given.order_by(Answer.created_at.desc(), Answer.id.desc()).limit(LATEST)):
        posts.append(_post_row(_post_view("answer", reply, reply.question.title), reply.body_text))
    for remark, title in db.session.execute(
        remarked.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(LATEST)
    ):
        posts.append(_post_row(_post_view("comment", remark, title), remark.body))
    posts.sort(key=lambda one: one.created_at, reverse=True)
    reports = db.session.scalars(
        select(Report)
        .where(Report.owner_id == person.id)
        .options(joinedload(Report.reporter))
        .order_by(Report.id.desc())
        .limit(LATEST)
    ).all()
    acts = db.session.scalars(
        select(Act)
        .where(Act.owner_id == person.id)
        .options(joinedload(Act.moderator))
        .order_by(Act.id.desc())
        .limit(LATEST)
    ).all()
    notes = db.session.scalars(
        select(PersonNote)
        .where(PersonNote.person_id == person.id)
        .options(joinedload(PersonNote.author))
        .order_by(PersonNote.id.desc())
    ).all()
    about = _plain_view("person", person.id, person.username, "", "")
    sent, seen = contribution_queries.sent(person.id), latest_number()
    said = [_said(one) for one in reports if one.person_id is not None and one.answered_at is None]
    return PersonPage(
        id=person.id,
        username=person.username,
        url=addresses.person(person.username),
        facts=(
            (_("Role"), person.role_label),
            (_("Reputation"), str(person.reputation)),
            (_("Here since"), f"{person.created_at:%Y-%m-%d}"),
            (_("Posts"), str(sent["posts"])),
            (_("Held"), str(sent["held"])),
            (_("Hidden"), str(sent["hidden"])),
            (_("Deleted"), str(sent["deleted"])),
        ),
        suspended=until_words(person.suspended_until) if person.is_suspended else "",
        suspended_why=person.suspended_why,
        may_suspend=person.id != viewer.id
        and (person.role < Role.MODERATOR or viewer.role >= Role.ADMIN)
        and may(viewer, "suspend", person),
        hide_label=_hide_label(sent["posts"] - sent["hidden"] - sent["deleted"])
        if person.role <= Role.MEMBER
        else "",
        notes=tuple(NoteView(one.words, one.author.username, one.created_at) for one in notes),
        acts=tuple(_done(viewer, one, {("person", person.id): about}) for one in acts),
        reports=tuple((subject(one.about[0]), addresses.moderate(*one.about), _said(one)) for one in reports),
        posts=tuple(posts[:LATEST]),
        seen=seen,
        case=_case_view(viewer, about, is_open=True, reports=said) if said else None,
    )


def _hide_label(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext("Hide their %(num)d post", "Hide all their %(num)d posts", count)


def _post_row(about: ThingView, text: str) -> PostRow:
    return PostRow(
        subject=f"{about.subject} · {excerpt(about.title, 80)}",
        text=excerpt(text, 160),
        state=about.state,
        url=about.address,
        created_at=about.created_at,
    )
