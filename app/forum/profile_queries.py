"""What a person has given to the community: the overview of their page, and each kind of it in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import joinedload, load_only

from app.accounts.models import User
from app.articles.feedback_models import Feedback
from app.articles.models import Article
from app.articles.queries import visible_articles
from app.core import addresses, paging
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import excerpt
from app.forum import contribution_queries
from app.forum.models import Answer, Question, SuggestedEdit
from app.forum.queries import (
    Chip,
    GuideLink,
    Pager,
    QuestionRow,
    listed_questions,
    rows,
    rows_of_questions,
    with_row_details,
)
from app.policy import Role

OVERVIEW_SIZE = 5
LIST_SIZE = 20
GUIDES_SHOWN = 50


@dataclass(frozen=True)
class ContributionRow:
    """An answer, or a change of a text of others, in a person's list."""

    title: str
    url: str
    badges: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    note: str
    snippet: str


@dataclass(frozen=True)
class ProfilePage:
    """A person's public page. `show` names the kind of contributions that is listed in full; "" is the overview."""

    username: str
    initials: str
    avatar_url: str
    about: str
    facts: tuple[tuple[str, str], ...]
    question_count: int
    answer_count: int
    joined_at: datetime
    show: str
    kinds: tuple[Chip, ...]
    canonical_path: str
    questions: tuple[QuestionRow, ...]
    answers: tuple[ContributionRow, ...]
    guides: tuple[GuideLink, ...]
    edits: tuple[ContributionRow, ...]
    pager: Pager
    is_empty: bool
    report_url: str = ""
    moderate_url: str = ""

    @property
    def answers_title(self) -> str:
        return _("Answers") if self.show else _("Best answers")

    @property
    def questions_title(self) -> str:
        return _("Questions") if self.show else _("Newest questions")


@dataclass(frozen=True)
class _Counts:
    questions: int
    answers: int
    accepted: int
    guides: int
    edits: int
    helped: int

    @property
    def is_nothing(self) -> bool:
        return not (self.questions or self.answers or self.edits)


def profile_page(person: User, viewer: Any, *, show: str = "", after: str | None = None) -> ProfilePage:
    """What a person has given to the community, as far as this viewer may see it.

    Args:
        show: "questions", "answers", "guides" or "edits" for a list in full.
        after: where a page of that list starts.

    Raises:
        Invalid: no such list, or no such page of it.
    """
    if show not in ("", "questions", "answers", "guides", "edits"):
        raise Invalid(_("A person’s page shows questions, answers, guides or edits."))
    counts = _counts(person, viewer)
    here = addresses.person(person.username)
    wanted = (show,) if show else ("questions", "answers", "guides")
    questions: tuple[QuestionRow, ...] = ()
    answers: tuple[ContributionRow, ...] = ()
    guides: tuple[GuideLink, ...] = ()
    edits: tuple[ContributionRow, ...] = ()
    cursor = None
    if "questions" in wanted and counts.questions:
        questions, cursor = _questions(person, viewer, show=show, after=after)
    if "answers" in wanted and counts.answers:
        answers, cursor = _answers(person, viewer, show=show, after=after)
    if "guides" in wanted and counts.guides:
        guides = _guides(person, viewer)
    if show == "edits" and counts.edits:
        edits, cursor = _edits(person, viewer, after=after)
    return ProfilePage(
        username=person.username,
        initials=person.initials,
        avatar_url=person.avatar_url,
        about=person.about,
        facts=(
            (_("Role"), person.role_label),
            (_("Reputation"), str(person.reputation)),
            (_("People helped"), str(counts.helped)),
            (_("Accepted answers"), str(counts.accepted)),
        ),
        question_count=counts.questions,
        answer_count=counts.answers,
        joined_at=person.created_at,
        show=show,
        kinds=_kinds(here, show, counts),
        canonical_path=_url(here, show=show, after=after or ""),
        questions=questions,
        answers=answers,
        guides=guides,
        edits=edits,
        pager=Pager(
            previous_url=_url(here, show=show) if after else "",
            next_url=_url(here, show=show, after=cursor) if show and cursor else "",
        ),
        is_empty=counts.is_nothing,
        report_url=addresses.report("person", person.id) if person.id != viewer.id else "",
        moderate_url=addresses.moderate("person", person.id) if viewer.role >= Role.MODERATOR else "",
    )


def _url(here: str, **arguments: str) -> str:
    given = {name: value for name, value in arguments.items() if value}
    return here + (f"?{urlencode(given)}" if given else "")


def _kinds(here: str, show: str, counts: _Counts) -> tuple[Chip, ...]:
    kinds = (
        ("", _("Overview"), None),
        ("answers", _("Answers"), counts.answers),
        ("questions", _("Questions"), counts.questions),
        ("guides", _("Guides"), counts.guides),
        ("edits", _("Changes"), counts.edits),
    )
    return tuple(
        Chip(label, _url(here, show=kind), kind == show, count)
        for kind, label, count in kinds
        if count != 0 or kind == show
    )


# Which rows they are


def _asked(person: User, viewer: Any) -> Select[Question]:
    return listed_questions(viewer).where(Question.author_id == person.id)


def _answered(person: User, viewer: Any) -> Select[Answer]:
    # Asked answer by answer: a person's are few of all.
    thread = listed_questions(viewer).where(Question.id == Answer.question_id).correlate(Answer).exists()
    return select(Answer).where(Answer.author_id == person.id, *Answer.here(), thread)


def _grown(person: User, viewer: Any) -> Select[Article]:
    """The guides that this person's answers grew into."""
    answered = _answered(person, viewer).where(Answer.article_id.is_not(None))
    return visible_articles(viewer).where(Article.id.in_(answered.with_only_columns(Answer.article_id)))


def _changed(person: User, viewer: Any) -> Select[SuggestedEdit]:
    """The changes they suggested that were taken over, in texts that this viewer may see."""
    listed = listed_questions(viewer)
    thread = listed.where(Question.id == Answer.question_id).correlate(Answer).exists()
    answers = select(Answer.id).where(Answer.id == SuggestedEdit.answer_id, *Answer.here(), thread)
    articles = visible_articles(viewer).where(Article.id == SuggestedEdit.article_id)
    return select(SuggestedEdit).where(
        SuggestedEdit.author_id == person.id,
        SuggestedEdit.approved_at.is_not(None),
        or_(
            listed.where(Question.id == SuggestedEdit.question_id).correlate(SuggestedEdit).exists(),
            answers.correlate(SuggestedEdit).exists(),
            articles.correlate(SuggestedEdit).exists(),
        ),
    )


def _changed_guides(person: User, viewer: Any) -> Select[SuggestedEdit]:
    """Of these, the changes of guides."""
    return select(SuggestedEdit).where(
        SuggestedEdit.author_id == person.id,
        SuggestedEdit.approved_at.is_not(None),
        SuggestedEdit.article_id.is_not(None),
        visible_articles(viewer)
        .where(Article.id == SuggestedEdit.article_id)
        .correlate(SuggestedEdit)
        .exists(),
    )


def _counts(person: User, viewer: Any) -> _Counts:
    """What is counted along, and what came of it in guides, which not everybody may see."""
    given = contribution_queries.given(person.id)
    in_guides = select(
        _count(_grown(person, viewer)),
        _count(_changed_guides(person, viewer)),
        _readers_helped(person, viewer),
    )
    guides, edits, readers = db.session.execute(in_guides).one()
    return _Counts(
        questions=given["asked"],
        answers=given["answered"],
        accepted=given["accepted"],
        guides=guides,
        edits=given["edited"] + edits,
        helped=given["helped"] + int(readers),
    )


def _count(statement: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(statement.order_by(None).subquery()).scalar_subquery()


def _readers_helped(person: User, viewer: Any) -> ColumnElement[int]:
    """Readers who said that a guide which grew from their answers helped, besides the person."""
    grown = _grown(person, viewer).with_only_columns(Article.id)
    readers = select(func.coalesce(func.sum(Article.helped_count), 0)).where(Article.id.in_(grown))
    oneself = select(func.count()).where(
        Feedback.user_id == person.id, Feedback.helped, Feedback.article_id.in_(grown)
    )
    return readers.scalar_subquery() - oneself.scalar_subquery()


# As they are shown


def _questions(
    person: User, viewer: Any, *, show: str, after: str | None
) -> tuple[tuple[QuestionRow, ...], str | None]:
    asked = _asked(person, viewer)
    if not show:
        newest = asked.order_by(Question.created_at.desc(), Question.id.desc())
        return rows(viewer, newest, OVERVIEW_SIZE), None
    page = paging.page_of(
        with_row_details(asked), Question.created_at, Question.id, after=after, size=LIST_SIZE
    )
    return rows_of_questions(viewer, page.rows), page.next_cursor


def _answers(
    person: User, viewer: Any, *, show: str, after: str | None
) -> tuple[tuple[ContributionRow, ...], str | None]:
    answered = _answered(person, viewer).options(joinedload(Answer.question))
    if not show:
        return _answer_rows(_best(answered, OVERVIEW_SIZE)), None
    page = paging.page_of(answered, Answer.created_at, Answer.id, after=after, size=LIST_SIZE)
    return _answer_rows(page.rows), page.next_cursor


def _best(answered: Select[Answer], most: int) -> list[Answer]:
    """The accepted ones first, the surest of each; each kind has an index of its own."""
    found: list[Answer] = []
    for condition in (Answer.accepted_at.is_not(None), Answer.accepted_at.is_(None)):
        best = answered.where(condition).order_by(Answer.confidence.desc(), Answer.id.desc())
        if len(found) < most:
            found += db.session.scalars(best.limit(most - len(found)))
    return found


def _answer_rows(found: Sequence[Answer]) -> tuple[ContributionRow, ...]:
    return tuple(
        ContributionRow(
            title=one.question.title,
            url=addresses.answer_anywhere(one.id),
            badges=_answer_badges(one),
            tags=(),
            note=ngettext("%(num)d vote", "%(num)d votes", one.score),
            snippet=excerpt(one.body_text, 140),
        )
        for one in found
    )


def _answer_badges(one: Answer) -> tuple[tuple[str, str], ...]:
    badges = []
    if one.is_accepted:
        badges.append(("solved", _("Accepted answer")))
    if one.verified_at is not None:
        badges.append(("verified", _("Verified")))
    return tuple(badges)


def _guides(person: User, viewer: Any) -> tuple[GuideLink, ...]:
    statement = _grown(person, viewer).options(load_only(Article.title, Article.slug))
    return tuple(
        GuideLink(one.title, addresses.article(one.slug))
        for one in db.session.scalars(statement.order_by(Article.title).limit(GUIDES_SHOWN))
    )


def _edits(person: User, viewer: Any, *, after: str | None) -> tuple[tuple[ContributionRow, ...], str | None]:
    changed = _changed(person, viewer).options(
        joinedload(SuggestedEdit.question),
        joinedload(SuggestedEdit.answer).joinedload(Answer.question),
        joinedload(SuggestedEdit.article),
    )
    page = paging.page_of(changed, SuggestedEdit.created_at, SuggestedEdit.id, after=after, size=LIST_SIZE)
    return tuple(_edit_row(one) for one in page.rows), page.next_cursor


def _edit_row(edit: SuggestedEdit) -> ContributionRow:
    if edit.article is not None:
        title, url, kind = edit.article.title, addresses.article(edit.article.slug), ("guide", _("Guide"))
    elif edit.answer is not None:
        title, url, kind = (
            edit.answer.question.title,
            addresses.answer_anywhere(edit.answer.id),
            ("", _("Answer")),
        )
    else:
        asked = edit.question
        title = asked.title if asked else edit.title
        url = addresses.question(asked.id, asked.slug) if asked else ""
        kind = ("", _("Question"))
    return ContributionRow(title=title, url=url, badges=(kind,), tags=(), note="", snippet=edit.why)
