"""The administrators' pages of products and tags."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.articles import queries as articles
from app.catalog import actions, products, queries
from app.catalog.models import Product
from app.catalog.products import ProductText
from app.core import addresses
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import tally_queries
from app.forum.queries import Chip, Pager
from app.forum.tally_queries import Tally
from app.policy import allow
from app.site.views import sections
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("admin_catalog", __name__, url_prefix="/admin")

TAGS_SIZE = 50


@bp.before_request
def open_to_administrators() -> None:
    """All that is here is for administrators; each deed asks for its own rule besides."""
    allow(actor(), "edit_product")


@dataclass(frozen=True)
class ProductLine:
    """A product in the administrators' list."""

    name: str
    url: str
    slug: str
    position: str
    note: str
    badges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ProductsPage:
    """All products, and the form for a new one."""

    sections: tuple[Chip, ...]
    rows: tuple[ProductLine, ...]
    typed: Mapping[str, str]
    errors: Mapping[str, str]


def _products(errors: dict[str, str] | None = None) -> str:
    guides, questions = articles.article_counts(actor()), tally_queries.by_product()
    rows = tuple(
        ProductLine(
            name=found.name,
            url=url_for("admin_catalog.product", slug=found.slug),
            slug=found.slug,
            position=_place(found),
            note=" · ".join(
                [
                    ngettext("%(num)d guide", "%(num)d guides", guides.get(found.id, 0)),
                    ngettext(
                        "%(num)d question", "%(num)d questions", questions.get(found.id, Tally()).listed
                    ),
                ]
            ),
            badges=(("withdrawn", _("Retired")),) if found.retired_at else (),
        )
        for found in queries.products()
    )
    page = ProductsPage(
        sections=sections("admin_catalog.products_page"),
        rows=rows,
        typed=words({**request.form}),
        errors=words(errors or {}),
    )
    return render_template("catalog/admin_products.html", page=page)


def _place(found: Product) -> str:
    return "" if found.position == products.LAST else str(found.position)


@bp.get("/products")
def products_page() -> str:
    return _products()


def _typed() -> ProductText:
    form = request.form
    return ProductText(
        form.get("name", ""),
        form.get("description", ""),
        form.get("versions", ""),
        form.get("position", ""),
    )


@bp.post("/products")
def create_product() -> str | tuple[str, int] | Response:
    try:
        made = products.create_product(actor(), _typed())
    except Invalid as error:
        return _products({error.field or "name": str(error)}), 400
    flash(_("%(name)s is added.", name=made.name))
    return redirect(url_for("admin_catalog.products_page"), 303)


@dataclass(frozen=True)
class ProductForm:
    """One product as administrators change it."""

    sections: tuple[Chip, ...]
    crumbs: tuple[tuple[str, str], ...]
    name: str
    slug: str
    public_url: str
    is_retired: bool
    typed: Mapping[str, str]
    errors: Mapping[str, str]


def _product(found: Product, typed: ProductText, errors: dict[str, str] | None = None) -> str:
    page = ProductForm(
        sections=sections("admin_catalog.products_page"),
        crumbs=((_("Products"), url_for("admin_catalog.products_page")), (found.name, "")),
        name=found.name,
        slug=found.slug,
        public_url=addresses.product(found.slug),
        is_retired=found.retired_at is not None,
        typed=vars(typed),
        errors=words(errors or {}),
    )
    return render_template("catalog/admin_product.html", page=page)


@bp.get("/products/<slug>")
def product(slug: str) -> str:
    found = _product_or_404(slug)
    return _product(
        found, ProductText(found.name, found.description, "\n".join(found.versions), _place(found))
    )


@bp.post("/products/<slug>")
def edit_product(slug: str) -> str | tuple[str, int] | Response:
    found, typed = _product_or_404(slug), _typed()
    try:
        products.edit_product(actor(), found, typed)
    except Invalid as error:
        return _product(found, typed, {error.field or "name": str(error)}), 400
    flash(_("Saved."))
    return redirect(url_for("admin_catalog.product", slug=slug), 303)


@bp.post("/products/<slug>/retire")
def retire_product(slug: str) -> Response:
    found = _product_or_404(slug)
    products.retire_product(actor(), found)
    flash(_("%(name)s is retired. What is written about it stays.", name=found.name))
    return redirect(url_for("admin_catalog.product", slug=slug), 303)


@bp.post("/products/<slug>/restore")
def restore_product(slug: str) -> Response:
    found = _product_or_404(slug)
    products.restore_product(actor(), found)
    flash(_("%(name)s is offered again.", name=found.name))
    return redirect(url_for("admin_catalog.product", slug=slug), 303)


def _product_or_404(slug: str) -> Product:
    found = queries.product_by_slug(slug)
    if found is None:
        abort(404)
    return found


# Tags


@dataclass(frozen=True)
class TagLine:
    """A tag in the administrators' list."""

    slug: str
    url: str
    edit_url: str
    rename_url: str
    note: str


@dataclass(frozen=True)
class TagsPage:
    """Tags by name, each with the way to describe it, join it and rename it."""

    sections: tuple[Chip, ...]
    words: str
    rows: tuple[TagLine, ...]
    pager: Pager
    renaming: str
    typed: str
    error: str


def _tags(renaming: str = "", typed: str = "", error: str = "") -> str:
    search, after = request.args.get("q", "").strip()[:80], request.args.get("after")
    found = queries.page_of_tags(
        search or renaming, among=(queries.every_tag(),), after=after, size=TAGS_SIZE
    )
    others = queries.synonyms_by_tag([tag.id for tag in found.rows])
    page = TagsPage(
        sections=sections("admin_catalog.tags"),
        words=search,
        rows=tuple(
            TagLine(
                slug=tag.slug,
                url=addresses.tag(tag.slug),
                edit_url=url_for("tags.edit_tag", slug=tag.slug),
                rename_url=url_for("admin_catalog.rename_tag", slug=tag.slug),
                note=", ".join(others.get(tag.id, ())),
            )
            for tag in found.rows
        ),
        pager=Pager(
            previous_url=url_for("admin_catalog.tags", q=search or None, after=found.previous_cursor)
            if after
            else "",
            next_url=url_for("admin_catalog.tags", q=search or None, after=found.next_cursor)
            if found.next_cursor
            else "",
        ),
        renaming=renaming,
        typed=typed,
        error=error,
    )
    return render_template("catalog/admin_tags.html", page=page)


@bp.get("/tags")
def tags() -> str:
    return _tags()


@bp.post("/tags/<slug>/rename")
def rename_tag(slug: str) -> str | tuple[str, int] | Response:
    found, typed = queries.tag_of(slug), request.form.get("word", "")
    if found is None:
        abort(404)
    try:
        renamed = actions.rename_tag(actor(), found, typed)
    except Invalid as error:
        return _tags(renaming=slug, typed=typed, error=str(error)), 400
    flash(_("Renamed. Whoever types “%(word)s” gets “%(tag)s” from now on.", word=slug, tag=renamed.slug))
    return redirect(url_for("admin_catalog.tags", q=renamed.slug), 303)
