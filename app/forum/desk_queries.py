"""What experts look for: questions that wait, longest or for most people, product by product."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select

from app.catalog.queries import product_by_slug, products
from app.core import addresses, paging
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.forum import tally_queries
from app.forum.models import Question
from app.forum.queries import (
    Chip,
    Pager,
    QuestionRow,
    listed_questions,
    rows,
    rows_of_questions,
    with_row_details,
)

DESK_SIZE = 20
SORTS: dict[str, tuple[Any, bool]] = {
    "longest": (Question.created_at, False),
    "affected": (Question.affected_count, True),
    "newest": (Question.created_at, True),
}
STATES = ("unanswered", "unsolved")
MINE = "mine"


def sort_label(sort: str) -> str:
    return {
        "longest": _("Waiting longest"),
        "affected": _("Most affected"),
        "newest": _("Newest"),
    }[sort]


def state_label(state: str) -> str:
    return {"unanswered": _("No answer yet"), "unsolved": _("Not solved yet")}[state]


@dataclass(frozen=True)
class Desk:
    """A page of the questions that wait.

    Attributes:
        products: each product with how many of its questions wait; first all, then those that the reader follows.
        choose_url: where an expert without products chooses them; "" for others.
    """

    rows: tuple[QuestionRow, ...]
    states: tuple[Chip, ...]
    sorts: tuple[Chip, ...]
    products: tuple[Chip, ...]
    product: str
    state: str
    canonical_path: str
    pager: Pager
    total: int
    choose_url: str
    is_indexable: bool


def desk(
    viewer: Any, *, product: str, state: str, sort: str, after: str | None, followed: Collection[int]
) -> Desk:
    """A page of the questions that wait for an answer.

    Args:
        product: the slug of a product, "mine" for all that the viewer follows, "" for all.
        followed: the numbers of the products that the viewer follows.

    Raises:
        Invalid: no such state, no such way to sort, or no such page.
    """
    if sort not in SORTS:
        raise Invalid(_("Questions can be sorted by: %(sorts)s.", sorts=", ".join(SORTS)))
    if state not in STATES:
        raise Invalid(_("There is no such list. These are: %(states)s.", states=", ".join(STATES)))
    wanted = statement = _waiting(viewer, state, sort)
    if product == MINE:
        wanted = statement.where(Question.product_id.in_(followed))
    elif product:
        found = product_by_slug(product)
        wanted = statement.where(Question.product_id == (found.id if found else -1))
    column, descending = SORTS[sort]
    page = paging.page_of(
        with_row_details(wanted), column, Question.id, after=after, size=DESK_SIZE, descending=descending
    )
    counts = _counts(state)
    here = {"product": product, "state": _unless(STATES[0], state), "sort": _unless("longest", sort)}
    mine = sum(counts.get(product_id, 0) for product_id in followed)
    total = sum(counts.values())
    chips = [Chip(_("All products"), _url(here, product=""), not product, total)]
    if followed:
        chips.append(Chip(_("Products you follow"), _url(here, product=MINE), product == MINE, mine))
    chips += (
        Chip(one.name, _url(here, product=one.slug), product == one.slug, counts.get(one.id, 0))
        for one in products()
    )
    return Desk(
        rows=rows_of_questions(viewer, page.rows),
        states=tuple(
            Chip(state_label(name), _url(here, state=_unless(STATES[0], name)), name == state)
            for name in STATES
        ),
        sorts=tuple(
            Chip(sort_label(name), _url(here, sort=_unless("longest", name)), name == sort) for name in SORTS
        ),
        products=tuple(chips),
        product=product,
        state=state,
        canonical_path=_url(here, after=after or "", **({} if after else {"sort": ""})),
        pager=Pager(
            previous_url=_url(here, after=page.previous_cursor or "") if after else "",
            next_url=_url(here, after=page.next_cursor) if page.next_cursor else "",
        ),
        total=total,
        choose_url="/products" if viewer.is_authenticated and not followed else "",
        is_indexable=bool(page.rows) and product != MINE and not paging.is_backwards(after),
    )


def most_affected(viewer: Any, limit: int, product_id: int) -> tuple[QuestionRow, ...]:
    """The questions about a product that most people have too, solved or not."""
    statement = listed_questions(viewer).where(
        Question.product_id == product_id, Question.affected_count > 0, Question.duplicate_of_id.is_(None)
    )
    return rows(viewer, statement.order_by(Question.affected_count.desc(), Question.id.desc()), limit)


def _waiting(viewer: Any, state: str, sort: str) -> Select[Question]:
    """What was asked before is answered elsewhere, so it waits for nobody."""
    count = Question.answer_count if state == "unanswered" else Question.accepted_count
    # The index of those that wait has them by age; for those that affect most the index by that finds them sooner.
    waits = count + 0 == 0 if sort == "affected" else count == 0
    return listed_questions(viewer).where(Question.duplicate_of_id.is_(None), waits)


def _counts(state: str) -> dict[int | None, int]:
    """How many questions of each product wait."""
    return {product_id: getattr(tally, state) for product_id, tally in tally_queries.by_product().items()}


def _unless(usual: str, value: str) -> str:
    return "" if value == usual else value


def _url(here: dict[str, str], **changed: str) -> str:
    args = {name: value for name, value in {**here, **changed}.items() if value}
    return addresses.DESK + (f"?{urlencode(args)}" if args else "")
