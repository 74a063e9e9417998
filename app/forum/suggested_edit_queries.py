"""What is asked about suggested edits: what waits, for whom, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from app.articles import queries as articles
from app.articles.models import Article, Draft
from app.articles.queries import visible_articles
from app.catalog.models import Product
from app.catalog.queries import product_by_slug
from app.core import addresses, paging
from app.core.db import db
from app.core.i18n import gettext as _
from app.forum import queries
from app.forum.models import Answer, Question, SuggestedEdit
from app.forum.queries import Chip, Pager, listed_questions, visible_answers, visible_questions
from app.policy import Role, has, may

LIST_SIZE = 30
OPEN = (
    SuggestedEdit.approved_at.is_(None),
    SuggestedEdit.rejected_at.is_(None),
    SuggestedEdit.withdrawn_at.is_(None),
)
_LOADED = (
    joinedload(SuggestedEdit.author),
    joinedload(SuggestedEdit.decided_by),
    joinedload(SuggestedEdit.question),
    joinedload(SuggestedEdit.answer).joinedload(Answer.question),
    joinedload(SuggestedEdit.article),
)


# For the actions


def open_of(user_id: int, post: Question | Answer | Article) -> SuggestedEdit | None:
    """What this person suggests for this post and nobody decided yet."""
    return db.session.scalar(
        select(SuggestedEdit).where(SuggestedEdit.author_id == user_id, _column(post) == post.id, *OPEN)
    )


def _column(post: Question | Answer | Article) -> Any:
    if isinstance(post, Question):
        return SuggestedEdit.question_id
    return SuggestedEdit.answer_id if isinstance(post, Answer) else SuggestedEdit.article_id


def count_open(user_id: int) -> int:
    """How many suggestions of this person wait."""
    statement = select(func.count()).select_from(SuggestedEdit)
    return db.session.scalar(statement.where(SuggestedEdit.author_id == user_id, *OPEN)) or 0


def lock(suggestion: SuggestedEdit) -> None:
    """Read a suggestion afresh and let nobody else decide it meanwhile."""
    db.session.refresh(suggestion, with_for_update={"key_share": True, "of": SuggestedEdit})


def lock_article(article: Article) -> None:
    """Read a guide afresh and let nobody else change it meanwhile."""
    articles.article_to_change(article.id)


def open_draft_of(article_id: int) -> Draft | None:
    """The draft of a guide's next form, if somebody is writing one."""
    return articles.open_draft_of(article_id)


def username(user_id: int) -> str:
    """The name of the person with that number."""
    return queries.username(user_id)


def approved_edits(post: Question | Answer) -> dict[datetime, SuggestedEdit]:
    """The suggestions that a post took over, by the moment: the form of that moment is theirs."""
    found = db.session.scalars(
        select(SuggestedEdit)
        .where(_column(post) == post.id, SuggestedEdit.approved_at.is_not(None))
        .options(joinedload(SuggestedEdit.decided_by))
    )
    return {each.approved_at: each for each in found if each.approved_at is not None}


# For the pages


def suggestion(viewer: Any, suggestion_id: int) -> SuggestedEdit | None:
    """The suggestion of that number, for its author and for those who may decide it."""
    if not viewer.is_authenticated:
        return None
    wanted = select(SuggestedEdit).where(SuggestedEdit.id == suggestion_id, _opens(viewer))
    found = db.session.scalar(wanted.options(*_LOADED))
    if found is None or (found.author_id != viewer.id and not may(viewer, "approve_suggested_edit", found)):
        return None
    return found


@dataclass(frozen=True)
class SuggestionRow:
    """A suggestion in a list."""

    url: str
    title: str
    kind: str
    why: str
    username: str
    user_url: str
    created_at: datetime
    state: tuple[str, str]


@dataclass(frozen=True)
class SuggestionList:
    """A page of suggestions that wait for this person, or of their own."""

    rows: tuple[SuggestionRow, ...]
    tabs: tuple[Chip, ...]
    products: tuple[tuple[str, str], ...]
    product: str
    is_mine: bool
    pager: Pager


def suggestion_list(viewer: Any, *, product: str, is_mine: bool, after: str | None) -> SuggestionList:
    """The suggestions that this person may decide, the oldest first; or their own, the newest first.

    Raises:
        Invalid: no such page.
    """
    statement = select(SuggestedEdit).options(*_LOADED)
    if is_mine:
        statement = statement.where(SuggestedEdit.author_id == viewer.id, _opens(viewer))
    else:
        statement = statement.where(
            *OPEN, SuggestedEdit.author_id != viewer.id, _decides(viewer), _is_here(viewer)
        )
    if product:
        found = product_by_slug(product)
        statement = statement.where(SuggestedEdit.product_id == (found.id if found else -1))
    page = paging.page_of(
        statement,
        SuggestedEdit.created_at,
        SuggestedEdit.id,
        after=after,
        size=LIST_SIZE,
        descending=is_mine,
    )
    products = db.session.scalars(select(Product).order_by(Product.position, Product.name)).all()
    here = {"mine": "1" if is_mine else "", "product": product}
    return SuggestionList(
        rows=tuple(row_of(each) for each in page.rows),
        tabs=(
            Chip(_("Waiting for you"), _url(here, mine=""), not is_mine),
            Chip(_("Suggested by you"), _url(here, mine="1"), is_mine),
        ),
        products=tuple((each.slug, each.name) for each in products),
        product=product,
        is_mine=is_mine,
        pager=Pager(
            previous_url=_url(here, after=page.previous_cursor or "") if after else "",
            next_url=_url(here, after=page.next_cursor) if page.next_cursor else "",
        ),
    )


def _decides(viewer: Any) -> Any:
    """The policy's `approve_suggested_edit` as a condition; each row is asked again where it is decided."""
    mine = SuggestedEdit.owner_id == viewer.id
    conditions = [mine]
    if has(viewer, "approve_edits"):
        conditions.append(SuggestedEdit.article_id.is_(None))
    if viewer.role >= Role.WRITER:
        conditions.append(SuggestedEdit.article_id.is_not(None))
    return or_(*conditions)


def _is_here(viewer: Any) -> Any:
    """Whether what it would change is in the lists of this person."""
    return _about(viewer, listed_questions(viewer), visible_answers(viewer).where(*Answer.here()))


def _opens(viewer: Any) -> Any:
    """Whether this person may open what it would change."""
    return _about(viewer, visible_questions(viewer), visible_answers(viewer))


def _about(viewer: Any, of_questions: Select[Question], of_answers: Select[Answer]) -> Any:
    # Asked edit by edit: few wait, and questions are many.
    thread = of_questions.where(Question.id == Answer.question_id).correlate(Answer).exists()
    return or_(
        of_questions.where(Question.id == SuggestedEdit.question_id).correlate(SuggestedEdit).exists(),
        of_answers.where(Answer.id == SuggestedEdit.answer_id, thread).correlate(SuggestedEdit).exists(),
        visible_articles(viewer)
        .where(Article.id == SuggestedEdit.article_id)
        .correlate(SuggestedEdit)
        .exists(),
    )


def _url(here: dict[str, str], **changed: str) -> str:
    args = {name: value for name, value in {**here, **changed}.items() if value}
    return "/suggested-edits" + (f"?{urlencode(args)}" if args else "")


def row_of(found: SuggestedEdit) -> SuggestionRow:
    """A suggestion as a list shows it."""
    return SuggestionRow(
        url=f"/suggested-edits/{found.id}",
        title=title_of(found),
        kind=kind_label(found),
        why=found.why,
        username=found.author.username,
        user_url=addresses.person(found.author.username),
        created_at=found.created_at,
        state=state_badge(found),
    )


def title_of(found: SuggestedEdit) -> str:
    """The title of what it would change."""
    post = found.post
    return post.question.title if isinstance(post, Answer) else post.title


def kind_label(found: SuggestedEdit) -> str:
    """What kind of text it would change."""
    if found.article_id is not None:
        return _("Guide")
    return _("Answer") if found.answer_id is not None else _("Question")


def state_badge(found: SuggestedEdit) -> tuple[str, str]:
    """How far it is."""
    if found.withdrawn_at is not None:
        return "withdrawn", _("Taken back")
    if found.rejected_at is not None:
        return "withdrawn", _("Turned down")
    if found.approved_at is not None:
        return "solved", _("Taken over")
    return "open", _("Waiting")
