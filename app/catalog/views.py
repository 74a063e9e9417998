"""A product's own page: everything about it in one place."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, url_for

from app.articles import queries as articles
from app.articles.models import ArticleType
from app.articles.queries import ArticleCard
from app.catalog import queries
from app.catalog.models import Product
from app.core import addresses
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import desk_queries, tally_queries
from app.forum import queries as forum
from app.forum.queries import QuestionRow
from app.forum.tally_queries import Tally
from app.notifications import follow_queries
from app.policy import may
from app.web import feeds, structured_data
from app.web.head import head, root
from app.web.session import actor

bp = Blueprint("catalog", __name__)

GUIDES_OF_A_TYPE = 6
QUESTIONS_SHOWN = 5
AFFECTED_SHOWN = 4

PROMINENT = (ArticleType.KNOWN_ISSUE, ArticleType.RELEASE)
"""These types stand beside the others, because people look for the news in one place."""


@dataclass(frozen=True)
class ShelfCard:
    """A guide on a shelf that says its product and its type already."""

    title: str
    url: str
    summary: str
    badges: tuple[tuple[str, str], ...]
    note: str = ""

    @classmethod
    def of(cls, card: ArticleCard) -> "ShelfCard":
        return cls(card.title, card.url, card.summary, card.badges[1:])


@dataclass(frozen=True)
class Shelf:
    """The guides of one type."""

    heading: str
    anchor: str
    cards: tuple[ShelfCard, ...]
    more_url: str
    more_label: str


@dataclass(frozen=True)
class ProductPage:
    """Everything that a product's page shows."""

    name: str
    slug: str
    description: str
    about: str
    versions: tuple[tuple[str, str], ...]
    crumbs: tuple[tuple[str, str], ...]
    shelves: tuple[Shelf, ...]
    known_issues: Shelf | None
    releases: Shelf | None
    affected: tuple[QuestionRow, ...]
    solved: tuple[QuestionRow, ...]
    waiting: tuple[QuestionRow, ...]
    ask_url: str
    questions_url: str
    solved_url: str
    affected_url: str
    waiting_url: str
    has_guides: bool
    new_draft_url: str

    @property
    def is_empty(self) -> bool:
        return not (self.has_guides or self.solved or self.waiting)


@dataclass(frozen=True)
class ProductRow:
    """A product in the list of all."""

    name: str
    url: str
    note: str


@bp.get("/products")
def products() -> str:
    viewer = actor()
    guides, questions = articles.article_counts(viewer), tally_queries.by_product()
    rows = tuple(
        ProductRow(
            name=found.name,
            url=addresses.product(found.slug),
            note=" · ".join(
                [
                    *([_("Retired")] if found.retired_at else []),
                    ngettext("%(num)d guide", "%(num)d guides", guides.get(found.id, 0)),
                    ngettext(
                        "%(num)d question", "%(num)d questions", questions.get(found.id, Tally()).listed
                    ),
                ]
            ),
        )
        for found in queries.products()
    )
    return render_template("catalog/products.html", products=rows, head=head("/products"))


@bp.get("/products/<slug>")
def product(slug: str) -> str:
    found = queries.product_by_slug(slug)
    if found is None:
        abort(404)
    page, path = _product_page(actor(), found), addresses.product(found.slug)
    about = head(
        path,
        things=[structured_data.breadcrumbs(page.crumbs, path, root())],
        feeds=feeds.of_product(page.slug, page.name),
    )
    return render_template(
        "catalog/product.html",
        page=page,
        follow=follow_queries.follow_button(actor(), found),
        near_product=page.slug,
        head=about,
    )


def _facts(found: Product) -> tuple[tuple[str, str], ...]:
    facts = [(_("Versions"), ", ".join(found.versions))] if found.versions else []
    if found.retired_at is not None:
        facts.append((_("Retired"), _("Not offered any more. What is written about it stays.")))
    return tuple(facts)


def _product_page(viewer: Any, found: Product) -> ProductPage:
    shelves = {
        one.type: Shelf(
            heading=one.label,
            anchor=f"type-{one.type}",
            cards=tuple(ShelfCard.of(card) for card in one.cards),
            more_url=url_for("articles.browse", product=found.slug, type=one.type) if one.has_more else "",
            more_label=ngettext("Show all %(num)d", "Show all %(num)d", one.total),
        )
        for one in articles.shelves(viewer, found.id, GUIDES_OF_A_TYPE)
    }
    return ProductPage(
        name=found.name,
        slug=found.slug,
        description=found.description,
        about=found.description or _("Guides and answers for %(product)s.", product=found.name),
        versions=_facts(found),
        crumbs=((_("Guides"), url_for("articles.browse")), (found.name, "")),
        shelves=tuple(shelf for type, shelf in shelves.items() if type not in PROMINENT),
        known_issues=shelves.get(ArticleType.KNOWN_ISSUE),
        releases=shelves.get(ArticleType.RELEASE),
        affected=desk_queries.most_affected(viewer, AFFECTED_SHOWN, found.id),
        solved=forum.solved_lately(viewer, QUESTIONS_SHOWN, found.id),
        waiting=forum.waiting(viewer, QUESTIONS_SHOWN, found.id),
        ask_url=url_for("forum.ask_question", product=found.slug),
        questions_url=url_for("forum.browse", product=found.slug),
        solved_url=url_for("forum.browse", product=found.slug, solved="yes"),
        affected_url=url_for("forum.browse", product=found.slug, sort="affected"),
        waiting_url=url_for("desk.desk", product=found.slug, state="unsolved"),
        has_guides=bool(shelves),
        new_draft_url=url_for("articles.new_draft", product=found.slug) if may(viewer, "start_draft") else "",
    )
