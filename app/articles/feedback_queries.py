"""What pages ask about feedback on guides: the box under a guide, and the writers’ inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select, update
from sqlalchemy.orm import contains_eager, joinedload, load_only

from app.articles.feedback_models import IS_IN, IS_REPORT, Feedback, Reason, State
from app.articles.models import Article
from app.articles.queries import ArticlePage, visible_articles
from app.core import addresses, paging
from app.core.confidence import Z_95, lower_bound
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.policy import may
from app.search import note_change

FEWEST_VOTES = 8
INBOX_SIZE = 30
MOST_COUNTED = 1_000
"""Nobody has to know of more, and counting so few takes no time."""


# For the actions


def lock_edition(viewer: Any, article_id: int) -> int | None:
    """The present edition of a guide that this person may read; its row is locked. Call inside a transaction."""
    statement = visible_articles(viewer).where(Article.id == article_id).with_only_columns(Article.edition)
    return db.session.scalar(statement.with_for_update())


def feedback_of(article_id: int, edition: int, user_id: int | None, visitor_key: str) -> Feedback | None:
    """What this reader said of this edition, read afresh."""
    is_theirs = Feedback.user_id == user_id if user_id is not None else Feedback.visitor_key == visitor_key
    return db.session.scalar(
        select(Feedback)
        .where(Feedback.article_id == article_id, Feedback.edition == edition, is_theirs)
        .execution_options(populate_existing=True)
    )


def lock_feedback(feedback: Feedback) -> None:
    """Read what somebody said afresh and lock its row. Call inside a transaction."""
    db.session.scalars(
        select(Feedback)
        .where(Feedback.id == feedback.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def count_vote(article_id: int, before: bool | None, after: bool) -> None:
    """Bring a guide's counters from one vote of a reader (None: they had not voted) to another."""
    if before == after:
        return
    changed: dict[str, Any] = {}
    if after or before is not None:
        changed["helpful_yes"] = Article.helpful_yes + (1 if after else -1)
        changed["helped_count"] = Article.helped_count + (1 if after else -1)
    if not after or before is not None:
        changed["helpful_no"] = Article.helpful_no + (-1 if after else 1)
    # Past the session, so that the search index is not told of a change that it does not know.
    db.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values(**changed)
        .execution_options(synchronize_session=False)
    )


def has_visitor_keys_before(moment: datetime) -> bool:
    """Whether somebody who was signed out said something before that moment and is not forgotten yet."""
    return db.session.scalar(select(Feedback.id).where(*_kept_before(moment)).limit(1)) is not None


def erase_visitor_keys_before(moment: datetime) -> int:
    """Forget them. Call inside a transaction."""
    result: Any = db.session.execute(
        update(Feedback)
        .where(*_kept_before(moment))
        .values(visitor_key=None)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


def erase_addresses_before(moment: datetime) -> None:
    """Forget the mail addresses that came with feedback before then. Call inside a transaction."""
    old = update(Feedback).where(Feedback.email != "", Feedback.said_at < moment)
    db.session.execute(old.values(email="").execution_options(synchronize_session=False))


def _kept_before(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Feedback.visitor_key.is_not(None), Feedback.said_at < moment)


# The box under a guide


@dataclass(frozen=True)
class Choice:
    """A button of the box: what it sends, and whether that is what the reader said."""

    name: str
    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True)
class FeedbackBox:
    """ "Did this fix your problem?" with what follows from the answer.

    `reasons` and `wants_words` come step by step. A visitor's page shows the first step alone, the same for
    everybody; what they said is shown only in the answer to their press.
    """

    action: str
    answers: tuple[Choice, ...]
    question: str = ""
    reasons: tuple[Choice, ...] = ()
    thanks: str = ""
    share: str = ""
    reason: str = ""
    wants_words: bool = False
    wants_email: bool = False
    words: str = ""
    email: str = ""
    words_error: str = ""
    email_error: str = ""


@dataclass(frozen=True)
class Typed:
    """Words that could not be taken as they are, and what is wrong with them, by field."""

    words: str
    email: str
    errors: Mapping[str, str]


def feedback_box(
    viewer: Any,
    article: Article | ArticlePage,
    said: Feedback | None = None,
    *,
    sent_reason: str = "",
    sent_words: bool = False,
    sent_email: bool = False,
    typed: Typed | None = None,
) -> FeedbackBox:
    """The box under a guide.

    Args:
        said: what a reader said this moment; else it is looked up for people who are signed in.
        sent_reason, sent_words, sent_email: what came with it. Of visitors only that is shown: what was said
            earlier from the same browser may have been somebody else.
        typed: what they typed, if it has to be mended.
    """
    is_fresh = said is not None
    if said is None and viewer.is_authenticated:
        said = feedback_of(article.id, article.edition, viewer.id, "")
    asks_why = said is not None and not said.helped
    reason = said.reason if said is not None and viewer.is_authenticated else sent_reason
    errors = typed.errors if typed else {}
    asks_reason = asks_why and not (sent_words or sent_email)
    wants_words = bool(errors) or (is_fresh and asks_why and bool(reason) and not (sent_words or sent_email))
    return FeedbackBox(
        action=addresses.article(article.slug) + "/feedback",
        answers=(
            Choice("helped", "yes", _("Yes, thanks"), said is not None and said.helped),
            Choice("helped", "no", _("No"), asks_why),
        ),
        question=_("Sorry about that. What went wrong? One press is enough.") if asks_reason else "",
        reasons=tuple(Choice("reason", one.value, one.label, one == reason) for one in Reason)
        if asks_reason
        else (),
        thanks=_thanks(viewer, said, reason, sent_email) if said is not None and not errors else "",
        share=share_words(article.helpful_yes, article.helpful_no),
        reason=reason,
        wants_words=wants_words,
        wants_email=wants_words and not viewer.is_authenticated,
        words=typed.words if typed else "",
        email=typed.email if typed else "",
        words_error=errors.get("words") or errors.get("reason") or "",
        email_error=errors.get("email") or "",
    )


def _thanks(viewer: Any, said: Feedback, reason: str, sent_email: bool) -> str:
    """What happens next, in words."""
    if said.helped:
        return _("Good to hear. Your answer shows others that this guide works.")
    if not reason:
        return ""
    if viewer.is_authenticated and said.state == State.FIXED:
        return _("Thank you. The guide was changed because of what you said.")
    if viewer.is_authenticated:
        return _(
            "Thank you. It is in the writers’ inbox now; when the guide is fixed, you hear of it in your notifications."
        )
    if sent_email:
        return _(
            "Thank you. It is in the writers’ inbox now, with your address for word of the fix. Only staff see it."
        )
    return _("Thank you. It is in the writers’ inbox now; they read it when they look at this guide next.")


def share_words(yes: int, no: int) -> str:
    """How many found a guide helpful; nothing while too few have said so.

    The share is Wilson's lower bound at 95 %, so a few kind votes do not make a guide look proven.
    """
    if yes + no < FEWEST_VOTES:
        return ""
    share = int(lower_bound(yes, no, Z_95) * 100)
    return ngettext(
        "At least %(share)d %% found this helpful (%(num)d answer)",
        "At least %(share)d %% found this helpful (%(num)d answers)",
        yes + no,
        share=share,
    )


# The inbox


def reports(viewer: Any) -> Select[Feedback]:
    """What readers reported about guides that this person may read, if they are a writer."""
    # Asked report by report: for a condition of the join SQLite would first look through all guides.
    theirs = visible_articles(viewer).where(Article.id == Feedback.article_id).with_only_columns(Article.id)
    return select(Feedback).join(Feedback.article).where(IS_REPORT, theirs.correlate(Feedback).exists())


def report(viewer: Any, feedback_id: int) -> Feedback | None:
    """The report of that number, if this person may see reports."""
    if not may(viewer, "accept_feedback"):
        return None
    return db.session.scalar(reports(viewer).where(Feedback.id == feedback_id))


def new_count(viewer: Any, article_id: int | None = None) -> int:
    """How many reports nobody has looked at, of one guide or of all; no more than `MOST_COUNTED` are counted."""
    statement = reports(viewer).where(IS_IN[State.NEW])
    if article_id is not None:
        statement = statement.where(Feedback.article_id == article_id)
    return db.session.scalar(select(_counted(statement))) or 0


def how_many(count: int) -> str:
    """A count of reports as it is told."""
    return f"{count}+" if count >= MOST_COUNTED else str(count)


@dataclass(frozen=True)
class Report:
    """One report in the inbox."""

    id: int
    reason: str
    words: str
    username: str
    email: str
    said_at: datetime
    is_old: bool
    handled_by: str
    declined_why: str
    may_accept: bool
    may_fix: bool
    may_decline: bool
    why: str = ""
    error: str = ""


@dataclass(frozen=True)
class ReportedArticle:
    """A guide with its reports on this page of the inbox; `total` counts those of the other pages too."""

    slug: str
    title: str
    share: str
    total: int
    reports: tuple[Report, ...]


@dataclass(frozen=True)
class InboxPage:
    """The writers' inbox of feedback: one state, of all guides or of one."""

    state: State
    counts: Mapping[State, int]
    articles: tuple[ReportedArticle, ...]
    slug: str
    title: str
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True)
class Declining:
    """A reason for declining that could not be taken, and why not."""

    feedback_id: int
    why: str
    error: str


def inbox_page(
    viewer: Any,
    *,
    state: str = State.NEW,
    slug: str = "",
    after: str | None = None,
    declining: Declining | None = None,
) -> InboxPage:
    """A page of the inbox: the newest reports in a state, gathered by guide.

    Raises:
        Invalid: there is no such state or no such page.
    """
    if state not in set(State):
        raise Invalid(_("There is no such state. These are: %(states)s.", states=", ".join(State)))
    wanted = State(state)
    of_guide = reports(viewer).where(Article.slug == slug) if slug else reports(viewer)
    page: paging.Page[Any] = paging.page_of(
        of_guide.where(IS_IN[wanted]).options(
            contains_eager(Feedback.article).load_only(
                Article.slug, Article.title, Article.edition, Article.helpful_yes, Article.helpful_no
            ),
            joinedload(Feedback.user),
            joinedload(Feedback.handled_by),
        ),
        Feedback.said_at,
        Feedback.id,
        after=after,
        size=INBOX_SIZE,
    )
    by_article: dict[int, list[Feedback]] = {}
    for one in page.rows:
        by_article.setdefault(one.article_id, []).append(one)
    totals = _totals(of_guide.where(IS_IN[wanted]), list(by_article))
    articles = tuple(
        ReportedArticle(
            slug=found[0].article.slug,
            title=found[0].article.title,
            share=share_words(found[0].article.helpful_yes, found[0].article.helpful_no),
            total=totals.get(article_id, len(found)),
            reports=tuple(_report(one, declining) for one in found),
        )
        for article_id, found in by_article.items()
    )
    return InboxPage(
        state=wanted,
        counts=_counts(of_guide),
        articles=articles,
        slug=slug,
        title=_title(viewer, slug) if slug else "",
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def _title(viewer: Any, slug: str) -> str:
    found = db.session.scalar(
        visible_articles(viewer).where(Article.slug == slug).options(load_only(Article.title))
    )
    return found.title if found else slug


def _totals(statement: Select[Feedback], article_ids: list[int]) -> dict[int, int]:
    """How many of these reports are about each of these guides."""
    counts = [_counted(statement.where(Feedback.article_id == number)) for number in article_ids]
    row = db.session.execute(select(*counts)).one() if counts else ()
    return dict(zip(article_ids, row, strict=True))


def _counts(statement: Select[Feedback]) -> dict[State, int]:
    counts = [_counted(statement.where(condition)) for condition in IS_IN.values()]
    return dict(zip(IS_IN, db.session.execute(select(*counts)).one(), strict=True))


def _counted(statement: Select[Feedback]) -> ScalarSelect[int]:
    """How many rows a statement gives, up to `MOST_COUNTED`."""
    some = statement.with_only_columns(Feedback.id).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _report(one: Feedback, declining: Declining | None) -> Report:
    is_declining = declining is not None and declining.feedback_id == one.id
    return Report(
        id=one.id,
        reason=Reason(one.reason).label,
        words=one.words,
        username=one.user.username if one.user else "",
        email=one.email,
        said_at=one.said_at,
        is_old=one.edition != one.article.edition,
        handled_by=one.handled_by.username if one.handled_by else "",
        declined_why=one.declined_why,
        may_accept=one.state in (State.NEW, State.DECLINED),
        may_fix=one.state in (State.NEW, State.ACCEPTED),
        may_decline=one.state in (State.NEW, State.ACCEPTED),
        why=declining.why if declining and is_declining else "",
        error=declining.error if declining and is_declining else "",
    )


def count_lately_voted_in_search(since: datetime) -> int:
    """Have the search index read those guides again that readers voted on since then. Returns how many."""
    statement = select(Feedback.article_id).where(Feedback.said_at > since).distinct()
    with transaction() as session:
        voted_on = session.scalars(statement.order_by(Feedback.article_id)).all()
        for article_id in voted_on:
            note_change(session, "article", article_id)
    return len(voted_on)
