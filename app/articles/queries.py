"""What pages ask about guides. Every list, page, count and suggestion starts from `visible_articles`."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload, load_only, selectinload

from app import search
from app.accounts.models import User
from app.accounts.queries import usernames_of
from app.articles.models import (
    HAS_PROBLEM,
    Article,
    ArticleRedirect,
    ArticleRevision,
    ArticleType,
    Audience,
    Draft,
    article_tags,
    shelf,
)
from app.catalog.models import Product, Tag
from app.catalog.queries import main_slug, product_by_slug
from app.core import addresses, paging, tallies
from app.core.db import db, now
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.map_queries import last_changes, map_of
from app.core.prepared import given, prepared
from app.core.text import about, excerpt
from app.policy import Role, may

LIST_SIZE = 24
RELATED = 5
CHECKED_FOR = timedelta(days=365)
DISCARDED_SHOWN = timedelta(days=30)


# The door


def audiences(viewer: Any) -> frozenset[str]:
    """The audiences that this person belongs to. Search is told the same."""
    if not viewer.is_authenticated:
        return frozenset({Audience.PUBLIC})
    if viewer.role >= Role.WRITER:
        return frozenset(Audience)
    return frozenset({Audience.PUBLIC, Audience.CUSTOMERS})


def visible_articles(viewer: Any) -> Select[Article]:
    """The guides that this person may read: on the shelves, and meant for them."""
    return meant_for(viewer).where(Article.withdrawn_at.is_(None))


def meant_for(viewer: Any) -> Select[Article]:
    """The guides that this person may know of, also those that are withdrawn. Only the page 410 asks for these."""
    allowed = audiences(viewer)
    if len(allowed) == len(Audience):
        return select(Article)
    return select(Article).where(Article.audience.in_(sorted(allowed)))


# For the sync and the actions


@dataclass(frozen=True)
class Known:
    """What the sync has to know of a guide that the site has."""

    id: int
    path: str
    slug: str
    content_hash: str
    title: str
    type: str
    renderer_version: int
    render_problem: str
    is_withdrawn: bool

    @classmethod
    def of(cls, found: Article) -> "Known":
        return cls(
            found.id,
            found.path,
            found.slug,
            found.content_hash,
            found.title,
            found.type,
            found.renderer_version,
            found.render_problem,
            found.is_withdrawn,
        )


def known_articles() -> list[Known]:
    """All guides, withdrawn ones too, as the sync compares them with the files."""
    rows = db.session.execute(
        select(
            Article.id,
            Article.path,
            Article.slug,
            Article.content_hash,
            Article.title,
            Article.type,
            Article.renderer_version,
            Article.render_problem,
            Article.withdrawn_at.is_not(None),
        ).order_by(Article.path)
    )
    return [Known(*row) for row in rows]


def bodies(ids: Collection[int]) -> dict[int, str]:
    """The Markdown of some guides, by number."""
    found: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        rows = db.session.execute(
            select(Article.id, Article.body).where(Article.id.in_(wanted[start : start + 500]))
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def article_to_change(article_id: int) -> Article | None:
    """A guide with its tags, read afresh and locked. Call inside a transaction."""
    return db.session.scalar(
        select(Article)
        .where(Article.id == article_id)
        .options(selectinload(Article.tags))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_draft(draft: Draft) -> None:
    """Read a draft afresh and lock its row. Call inside a transaction."""
    db.session.scalars(
        select(Draft).where(Draft.id == draft.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def lock_person(person: User) -> None:
    """Let no two deeds of one person that ask for this go on at once. Call inside a transaction."""
    db.session.refresh(person, with_for_update={"key_share": True})


def new_drafts_named(author_id: int, title: str, *, since: datetime) -> Sequence[Draft]:
    """The open drafts of new guides with that title which this person began since then, the first one first."""
    return db.session.scalars(
        select(Draft)
        .where(
            Draft.author_id == author_id,
            Draft.created_at >= since,
            Draft.title == title,
            Draft.article_id.is_(None),
            Draft.published_at.is_(None),
            Draft.discarded_at.is_(None),
        )
        .order_by(Draft.id)
    ).all()


def article_by_slug(slug: str) -> Article | None:
    """The guide of that name, withdrawn or not, for whomever it is meant. For the actions, not for pages."""
    return db.session.scalar(select(Article).where(Article.slug == slug))


def article_by_id(article_id: int) -> Article | None:
    """The guide of that number, withdrawn or not. For the actions, not for pages."""
    return db.session.get(Article, article_id)


def slug_is_free(slug: str) -> bool:
    """Whether no guide has this name, nor ever had it."""
    taken = select(Article.id).where(Article.slug == slug)
    return db.session.scalar(taken) is None and db.session.get(ArticleRedirect, slug) is None


def slug_or_path_is_taken(slug: str, path: str) -> bool:
    """Whether a guide has this name or stands at this place."""
    return (
        db.session.scalar(select(Article.id).where(or_(Article.slug == slug, Article.path == path)))
        is not None
    )


def revision_source(article_id: int, content_hash: str) -> str | None:
    """The file of a guide as it was published with that hash."""
    return db.session.scalar(
        select(ArticleRevision.source)
        .where(ArticleRevision.article_id == article_id, ArticleRevision.content_hash == content_hash)
        .order_by(ArticleRevision.id.desc())
        .limit(1)
    )


# Single guides, for views


def article(viewer: Any, slug: str) -> Article | None:
    """The guide of that name, if this person may read it."""
    return db.session.scalar(visible_articles(viewer).where(Article.slug == slug))


def withdrawn_article(viewer: Any, slug: str) -> Article | None:
    """The withdrawn guide of that name, if this person may know of it."""
    return db.session.scalar(meant_for(viewer).where(Article.slug == slug, Article.withdrawn_at.is_not(None)))


def draft(viewer: Any, draft_id: int) -> Draft | None:
    """The draft of that number, if this person may see drafts."""
    if not may(viewer, "save_draft"):
        return None
    return db.session.scalar(
        select(Draft)
        .where(Draft.id == draft_id)
        .options(
            joinedload(Draft.author),
            joinedload(Draft.edited_by),
            joinedload(Draft.approved_by),
            joinedload(Draft.article),
        )
    )


def is_picture_for_some(address: str) -> bool:
    """Whether guides show the picture at this address, and none of them is for everybody."""
    kept = select(Article.id).where(Article.audience != Audience.PUBLIC, _shows(address))
    if db.session.scalar(kept.limit(1)) is None:  # These are few, so mostly nobody reads through all guides.
        return False
    open_to_all = select(Article.id).where(Article.audience == Audience.PUBLIC, _shows(address))
    return db.session.scalar(open_to_all.limit(1)) is None


def is_shown_picture(viewer: Any, address: str) -> bool:
    """Whether a guide that this person may know of shows the picture at this address."""
    shown = meant_for(viewer).where(_shows(address)).with_only_columns(Article.id)
    return db.session.scalar(shown.limit(1)) is not None


def _shows(address: str) -> ColumnElement[bool]:
    return Article.body_html.contains(f'"{address}"', autoescape=True)


# What pages show


@dataclass(frozen=True)
class ArticleCard:
    """A guide in a list, as the components of pages draw it."""

    id: int
    title: str
    slug: str
    type: str
    type_label: str
    summary: str
    product_name: str
    product_slug: str
    audience: str
    audience_label: str
    published_at: datetime
    updated_at: datetime
    snippet: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, found: Article) -> "ArticleCard":
        return cls(
            id=found.id,
            title=found.title,
            slug=found.slug,
            type=found.type,
            type_label=ArticleType(found.type).label,
            summary=excerpt(found.summary, 180),
            product_name=found.product.name,
            product_slug=found.product.slug,
            audience=found.audience,
            audience_label=Audience(found.audience).label,
            published_at=found.published_at,
            updated_at=found.updated_at,
        )

    @property
    def url(self) -> str:
        return addresses.article(self.slug)

    @property
    def badges(self) -> tuple[tuple[str, str], ...]:
        """Its type first, then whom it is for if that is not everybody."""
        kind = "known-issue" if self.type == ArticleType.KNOWN_ISSUE else "guide"
        badges: tuple[tuple[str, str], ...] = ((kind, self.type_label),)
        if self.audience != Audience.PUBLIC:
            badges += ((self.audience, self.audience_label),)
        return badges

    @property
    def note(self) -> str:
        return self.product_name


def for_cards(statement: Select[Article]) -> Select[Article]:
    """Load what a card shows and leave the long texts in the database."""
    return statement.options(
        load_only(
            Article.slug,
            Article.title,
            Article.type,
            Article.summary,
            Article.audience,
            Article.published_at,
            Article.updated_at,
            Article.product_id,
        ),
        joinedload(Article.product),
    )


def cards(statement: Select[Article], limit: int) -> tuple[ArticleCard, ...]:
    """The first guides of a statement."""
    return tuple(ArticleCard.of(found) for found in db.session.scalars(for_cards(statement).limit(limit)))


def cards_by_id(viewer: Any, ids: Sequence[int]) -> dict[int, ArticleCard]:
    """Those of these guides that this person may read, by number."""
    if not ids:
        return {}
    found = db.session.scalars(_articles_by_id(viewer), given(viewer, ids=ids))
    return {each.id: ArticleCard.of(each) for each in found}


@prepared
def _articles_by_id(reader: Any) -> Select[Article]:
    return for_cards(visible_articles(reader).where(Article.id.in_(bindparam("ids", expanding=True))))


@dataclass(frozen=True)
class ArticlePart:
    """A part of a guide: the beginning, or what stands under one heading, with the heading."""

    text: str
    heading_id: str = ""
    heading: str = ""


def parts_of_articles(viewer: Any, ids: Sequence[int]) -> dict[int, tuple[ArticlePart, ...]]:
    """The plain words of those of these guides that this person may read, by number, cut at their headings."""
    if not ids:
        return {}
    columns = (Article.id, Article.summary, Article.body_text, Article.headings)
    statement = visible_articles(viewer).where(Article.id.in_(ids)).with_only_columns(*columns)
    return {
        number: tuple(_parts(f"{summary}\n{text}", headings))
        for number, summary, text, headings in db.session.execute(statement)
    }


def _parts(text: str, headings: Sequence[Mapping[str, Any]]) -> Iterator[ArticlePart]:
    at, here = 0, ArticlePart("")
    for heading in headings:
        # A heading stands on a line of its own; one that does not is left to the part before.
        found = re.compile(rf"^{re.escape(heading['title'])}$", re.MULTILINE).search(text, at)
        if found:
            yield replace(here, text=text[at : found.start()])
            at, here = found.start(), ArticlePart("", heading["id"], heading["title"])
    yield replace(here, text=text[at:])


def newest(viewer: Any, limit: int) -> tuple[ArticleCard, ...]:
    """The guides that were written or changed last."""
    return cards(visible_articles(viewer).order_by(Article.updated_at.desc(), Article.id.desc()), limit)


def article_counts(viewer: Any) -> Counter[int]:
    """How many guides this person may read of each product, by the product's number."""
    return _by_product(_shelved(viewer))


def _shelved(viewer: Any) -> Counter[tuple[int, str]]:
    """How many guides this person may read of each product and type."""
    types = {shelf(audience, type): type for audience in audiences(viewer) for type in ArticleType}
    counts = Counter[tuple[int, str]]()
    for (what, product_id), count in tallies.table(select(Product.id), list(types)).items():
        counts[product_id, types[what]] += count
    return counts


def _by_product(counts: Mapping[tuple[int, str], int], type: str = "") -> Counter[int]:
    """The same by product, of all types or of one."""
    found = Counter[int]()
    for (product_id, of_type), count in counts.items():
        if type in ("", of_type):
            found[product_id] += count
    return found


def _by_type(counts: Mapping[tuple[int, str], int], product_id: int | None = None) -> Counter[str]:
    """The same by type, of all products or of one."""
    found = Counter[str]()
    for (of_product, type), count in counts.items():
        if product_id in (None, of_product):
            found[type] += count
    return found


def similar_articles(
    viewer: Any, title: str, body: str = "", *, limit: int = RELATED, without: int | None = None
) -> tuple[ArticleCard, ...]:
    """Guides that speak of the same thing, the closest first; each is read again, so the index cannot leak one."""
    hits = search.similar(
        title,
        body,
        audiences=audiences(viewer),
        kind="article",
        limit=limit,
        exclude=frozenset() if without is None else {("article", without)},
    )
    found = cards_by_id(viewer, [hit.id for hit in hits])
    return tuple(found[hit.id] for hit in hits if hit.id in found)


@dataclass(frozen=True)
class TocEntry:
    """A heading to jump to."""

    level: int
    id: str
    title: str


@dataclass(frozen=True)
class Credit:
    """Somebody whose words or work are in a guide; without an account it is only a name."""

    name: str
    username: str


@dataclass(frozen=True)
class OpenDraft:
    """A draft that somebody is writing."""

    id: int
    title: str
    stage_label: str
    author: str
    updated_at: datetime
    returned_why: str

    @classmethod
    def of(cls, found: Draft) -> "OpenDraft":
        return cls(
            found.id,
            found.title or _("Untitled"),
            found.stage.label,
            found.author.username,
            found.updated_at,
            found.returned_why,
        )


@dataclass(frozen=True)
class ArticlePage:
    """Everything that a guide's page shows."""

    id: int
    slug: str
    title: str
    summary: str
    beginning: str
    type: str
    badges: tuple[tuple[str, str], ...]
    product_name: str
    product_slug: str
    applies_to: tuple[str, ...]
    symptoms: tuple[str, ...]
    tags: tuple[str, ...]
    html: str
    headings: tuple[TocEntry, ...]
    credits: tuple[Credit, ...]
    published_at: datetime
    updated_at: datetime
    checked_at: datetime | None
    related: tuple[ArticleCard, ...]
    edition: int
    helpful_yes: int
    helpful_no: int
    view_count: int
    is_public: bool
    owner: str
    due_since: date | None
    render_problem: str
    open_draft: OpenDraft | None
    may_edit: bool
    may_check: bool
    may_withdraw: bool

    @property
    def is_for_writers(self) -> bool:
        return self.may_edit or self.may_check or self.may_withdraw


@dataclass(frozen=True)
class WithdrawnPage:
    """What is left of a guide that was taken off the shelves: what happened, and where to go."""

    slug: str
    title: str
    why: str
    withdrawn_at: datetime
    successor: ArticleCard | None
    product_name: str
    product_slug: str
    may_restore: bool


@dataclass(frozen=True)
class MovedTo:
    """The guide has another name now."""

    slug: str


def article_page(viewer: Any, slug: str) -> ArticlePage | WithdrawnPage | MovedTo | None:
    """The page of the guide of that name; None if there is none that this person may know of."""
    found = db.session.scalar(_whole_article(viewer), given(viewer, slug=slug))
    if found is None:
        moved = db.session.scalar(
            meant_for(viewer)
            .join(ArticleRedirect, ArticleRedirect.article_id == Article.id)
            .where(ArticleRedirect.slug == slug)
            .with_only_columns(Article.slug)
        )
        return MovedTo(moved) if moved else None
    if found.withdrawn_at is not None:
        return _withdrawn_page(viewer, found, found.withdrawn_at)
    may_edit = may(viewer, "start_draft", found)
    return ArticlePage(
        id=found.id,
        slug=found.slug,
        title=found.title,
        summary=found.summary,
        beginning=excerpt(found.body_text, 160),
        type=found.type,
        badges=ArticleCard.of(found).badges,
        product_name=found.product.name,
        product_slug=found.product.slug,
        applies_to=tuple(found.applies_to),
        symptoms=tuple(found.symptoms),
        tags=tuple(tag.slug for tag in found.tags),
        html=found.body_html,
        headings=tuple(TocEntry(one["level"], one["id"], one["title"]) for one in found.headings),
        credits=_credits(found.credits),
        published_at=found.published_at,
        updated_at=found.updated_at,
        checked_at=found.checked_at,
        related=similar_articles(viewer, found.title, found.body_text, without=found.id),
        edition=found.edition,
        helpful_yes=found.helpful_yes,
        helpful_no=found.helpful_no,
        view_count=about(found.view_count),
        is_public=found.audience == Audience.PUBLIC,
        owner=found.owner,
        due_since=due_since(found) if may_edit else None,
        render_problem=found.render_problem if may_edit else "",
        open_draft=_open_draft_of(found.id) if may_edit else None,
        may_edit=may_edit,
        may_check=may(viewer, "check_article", found),
        may_withdraw=may(viewer, "withdraw_article", found),
    )


@prepared
def _whole_article(reader: Any) -> Select[Article]:
    wanted = meant_for(reader).options(joinedload(Article.product), selectinload(Article.tags))
    return wanted.where(Article.slug == bindparam("slug"))


def _withdrawn_page(viewer: Any, found: Article, withdrawn_at: datetime) -> WithdrawnPage:
    successors = cards_by_id(viewer, [found.successor_id] if found.successor_id else [])
    return WithdrawnPage(
        slug=found.slug,
        title=found.title,
        why=found.withdrawn_why,
        withdrawn_at=withdrawn_at,
        successor=successors.get(found.successor_id or 0),
        product_name=found.product.name,
        product_slug=found.product.slug,
        may_restore=may(viewer, "restore_article", found),
    )


def _credits(names: Sequence[str]) -> tuple[Credit, ...]:
    accounts = usernames_of(names, of_old=True) if names else {}
    return tuple(Credit(name, accounts.get(name, "")) for name in names)


def due_since(found: Article) -> date | None:
    """Since when a guide waits for somebody to say that it is still true; None if it does not.

    It is due on its day of review, and once it was checked, again a year after the last check.
    """
    today = now().date()
    if found.review_by is None:
        return None
    due = found.review_by
    if found.checked_at is not None and found.checked_at.date() >= due:
        due = found.checked_at.date() + CHECKED_FOR
    return due if due < today else None


def open_draft_of(article_id: int) -> Draft | None:
    """The draft of the next form of a guide, if somebody is writing one."""
    return db.session.scalar(
        select(Draft)
        .where(Draft.article_id == article_id, Draft.published_at.is_(None), Draft.discarded_at.is_(None))
        .options(joinedload(Draft.author))
        .order_by(Draft.id.desc())
        .limit(1)
    )


def open_draft_beside(found: Draft) -> Draft | None:
    """Another open draft of the same guide, or from the same answer."""
    same = [
        column == value
        for column, value in ((Draft.article_id, found.article_id), (Draft.answer_id, found.answer_id))
        if value is not None
    ]
    if not same:
        return None
    return db.session.scalar(
        select(Draft)
        .where(or_(*same), Draft.id != found.id)
        .where(Draft.published_at.is_(None), Draft.discarded_at.is_(None))
        .limit(1)
    )


def _open_draft_of(article_id: int) -> OpenDraft | None:
    found = open_draft_of(article_id)
    return OpenDraft.of(found) if found else None


@dataclass(frozen=True)
class Facet:
    """One value to filter by, how many guides it leaves, and the address's arguments for it."""

    label: str
    value: str
    count: int | None
    is_current: bool
    arguments: dict[str, str]


@dataclass(frozen=True)
class BrowsePage:
    """A page of the shelf of guides; `product_name` is empty if no product, or one that is not there, was asked for."""

    cards: tuple[ArticleCard, ...]
    total: int
    products: tuple[Facet, ...]
    types: tuple[Facet, ...]
    sorts: tuple[Facet, ...]
    product_name: str
    type_label: str
    tag: str
    next_arguments: dict[str, str] | None
    previous_arguments: dict[str, str] | None
    canonical_arguments: dict[str, str]
    is_filtered: bool
    is_indexable: bool


SORTS: dict[str, tuple[Any, bool]] = {
    "title": (Article.title, False),
    "newest": (Article.updated_at, True),
}


def browse_page(
    viewer: Any,
    *,
    product: str = "",
    type: str = "",
    tag: str = "",
    sort: str = "title",
    after: str | None = None,
) -> BrowsePage:
    """A page of guides, filtered and sorted as the address says.

    Raises:
        Invalid: no such type, no such way to sort, or no such page.
    """
    if sort not in SORTS:
        raise Invalid(_("Guides can be sorted by: %(sorts)s.", sorts=", ".join(SORTS)))
    if type and type not in set(ArticleType):
        raise Invalid(_("There is no such type. These are: %(types)s.", types=", ".join(ArticleType)))
    tag = main_slug(tag)
    chosen = {"product": product, "type": type, "tag": tag, "sort": "" if sort == "title" else sort}
    wanted = visible_articles(viewer)
    if tag:
        with_tag = select(article_tags.c.article_id).join(Tag).where(Tag.slug == tag)
        wanted = wanted.where(Article.id.in_(with_tag))
    counts = _counted(wanted) if tag else _shelved(viewer)
    found_product = product_by_slug(product) if product else None
    product_id = (found_product.id if found_product else -1) if product else None
    if product:
        wanted = wanted.where(Article.product_id == product_id)
    if type:
        wanted = wanted.where(Article.type == type)

    column, descending = SORTS[sort]
    page = paging.page_of(
        for_cards(wanted), column, Article.id, after=after, size=LIST_SIZE, descending=descending
    )
    by_product, by_type = _by_product(counts, type), _by_type(counts, product_id)
    shown = db.session.scalars(
        select(Product).where(Product.id.in_(by_product)).order_by(Product.position, Product.name)
    )
    products = [_facet(chosen, "product", one.slug, one.name, by_product[one.id]) for one in shown]
    types = [
        _facet(chosen, "type", one.value, one.label, by_type[one]) for one in ArticleType if one in by_type
    ]
    total = by_type[type] if type else by_type.total()
    return BrowsePage(
        cards=tuple(ArticleCard.of(found) for found in page.rows),
        total=total,
        products=(_facet(chosen, "product", "", _("All products"), by_product.total()), *products),
        types=(_facet(chosen, "type", "", _("All types"), by_type.total()), *types),
        sorts=(
            _facet(chosen, "sort", "", _("By title"), None),
            _facet(chosen, "sort", "newest", _("Newest first"), None),
        ),
        product_name=found_product.name if found_product else "",
        type_label=ArticleType(type).label if type else "",
        tag=tag,
        next_arguments=_kept({**chosen, "after": page.next_cursor}) if page.next_cursor else None,
        previous_arguments=_kept({**chosen, "after": page.previous_cursor or ""}) if after else None,
        # A later page is itself; the first one is the same shelf in whatever order.
        canonical_arguments=_kept({**chosen, "after": after} if after else {**chosen, "sort": ""}),
        is_filtered=bool(product or type or tag),
        # Filters can be joined in endless ways, and each such shelf is thin.
        is_indexable=bool(page.rows)
        and not paging.is_backwards(after)
        and sum(map(bool, (product, type, tag))) <= 1,
    )


def _counted(statement: Select[Article]) -> Counter[tuple[int, str]]:
    """How many of these guides are of each product and type."""
    columns = (Article.product_id, Article.type)
    counted = statement.with_only_columns(*columns, func.count()).group_by(*columns)
    return Counter({(row[0], row[1]): row[2] for row in db.session.execute(counted)})


def _facet(chosen: dict[str, str], name: str, value: str, label: str, count: int | None) -> Facet:
    return Facet(label, value, count, chosen[name] == value, _kept({**chosen, name: value}))


def _kept(arguments: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in arguments.items() if value}


@dataclass(frozen=True)
class TypeShelf:
    """The guides of one type that a product has: the newest few, and how many there are."""

    type: str
    label: str
    cards: tuple[ArticleCard, ...]
    total: int

    @property
    def has_more(self) -> bool:
        return self.total > len(self.cards)


def shelves(viewer: Any, product_id: int, size: int) -> tuple[TypeShelf, ...]:
    """The guides of a product, gathered by type in the order of the types, `size` of each at most."""
    mine = visible_articles(viewer).where(Article.product_id == product_id)
    ranked = mine.with_only_columns(
        Article.id,
        func.row_number()
        .over(partition_by=Article.type, order_by=(Article.updated_at.desc(), Article.id.desc()))
        .label("place"),
        func.count().over(partition_by=Article.type).label("total"),
    ).subquery()
    rows = db.session.execute(
        for_cards(select(Article))
        .add_columns(ranked.c.total)
        .join(ranked, ranked.c.id == Article.id)
        .where(ranked.c.place <= size)
        .order_by(Article.type, ranked.c.place)
    ).all()
    return tuple(
        TypeShelf(
            type=one.value,
            label=one.label,
            cards=tuple(ArticleCard.of(row[0]) for row in rows if row[0].type == one),
            total=next(row[1] for row in rows if row[0].type == one),
        )
        for one in ArticleType
        if any(row[0].type == one for row in rows)
    )


@dataclass(frozen=True)
class DueArticle:
    """A guide that somebody should look at again."""

    title: str
    url: str
    owner: str
    due_since: date | None
    problem: str


@dataclass(frozen=True)
class WorkshopPage:
    """What is being written, and what waits for a writer."""

    mine: tuple[OpenDraft, ...]
    to_review: tuple[OpenDraft, ...]
    approved: tuple[OpenDraft, ...]
    others: tuple[OpenDraft, ...]
    discarded: tuple[OpenDraft, ...]
    due: tuple[DueArticle, ...]
    due_count: int
    troubled: tuple[DueArticle, ...]

    @property
    def is_empty(self) -> bool:
        return not any(
            (self.mine, self.to_review, self.approved, self.others, self.discarded, self.due, self.troubled)
        )


def workshop_page(viewer: Any, limit: int = 50) -> WorkshopPage:
    """The Workshop as this writer sees it."""
    shown = select(Draft).options(
        joinedload(Draft.author),
        load_only(
            Draft.title,
            Draft.author_id,
            Draft.edited_by_id,
            Draft.updated_at,
            Draft.sent_at,
            Draft.approved_at,
            Draft.published_at,
            Draft.discarded_at,
            Draft.returned_why,
        ),
    )
    open_drafts = db.session.scalars(
        shown.where(Draft.published_at.is_(None), Draft.discarded_at.is_(None))
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(4 * limit)
    ).all()
    discarded = db.session.scalars(
        shown.where(Draft.discarded_at >= now() - DISCARDED_SHOWN)
        .order_by(Draft.discarded_at.desc(), Draft.id.desc())
        .limit(4 * limit)
    ).all()
    waiting = [one for one in open_drafts if one.sent_at is not None and one.approved_at is None]
    writing = [one for one in open_drafts if one.sent_at is None]
    due = _due_articles(viewer)
    return WorkshopPage(
        mine=_drafts([one for one in [*writing, *waiting] if one.author_id == viewer.id], limit),
        to_review=_drafts([one for one in waiting if may(viewer, "approve_draft", one)], limit),
        approved=_drafts([one for one in open_drafts if one.approved_at is not None], limit),
        others=_drafts(
            [
                one
                for one in [*writing, *waiting]
                if one.author_id != viewer.id
                and (one.sent_at is None or not may(viewer, "approve_draft", one))
            ],
            limit,
        ),
        discarded=_drafts([one for one in discarded if may(viewer, "restore_draft", one)], limit),
        due=_due(due.order_by(Article.review_by, Article.id).limit(limit)),
        due_count=db.session.scalar(due.with_only_columns(func.count())) or 0,
        troubled=_due(
            visible_articles(viewer).where(HAS_PROBLEM).order_by(Article.title, Article.id).limit(limit)
        ),
    )


def _drafts(found: Iterable[Draft], limit: int) -> tuple[OpenDraft, ...]:
    return tuple(OpenDraft.of(one) for one in list(found)[:limit])


def _due_articles(viewer: Any) -> Select[Article]:
    """The guides for which `due_since` gives a day."""
    moment = now()
    return visible_articles(viewer).where(
        Article.review_by < moment.date(),
        or_(
            Article.checked_at.is_(None),
            func.date(Article.checked_at) < Article.review_by,
            Article.checked_at < moment - CHECKED_FOR - timedelta(days=1),
        ),
    )


def _due(statement: Select[Article]) -> tuple[DueArticle, ...]:
    shown = load_only(
        Article.title,
        Article.slug,
        Article.owner,
        Article.review_by,
        Article.checked_at,
        Article.render_problem,
    )
    return tuple(
        DueArticle(one.title, addresses.article(one.slug), one.owner, due_since(one), one.render_problem)
        for one in db.session.scalars(statement.options(shown))
    )


# For maps of the site


def changes_by_range(viewer: Any, size: int) -> list[tuple[int, datetime]]:
    """For each range of `size` numbers that has guides to read: its place, from 1, and its last change."""
    newest_first = visible_articles(viewer).with_only_columns(Article.updated_at)
    newest_first = newest_first.order_by(Article.updated_at.desc())
    return last_changes(
        select(func.max(Article.id)),
        size,
        lambda place: newest_first.where(map_of(Article.id, size) == place),
    )


def changes_in_range(viewer: Any, place: int, size: int) -> list[tuple[str, datetime]]:
    """Slug and last change of each guide that this person may read in one range of numbers."""
    statement = (
        visible_articles(viewer)
        .with_only_columns(Article.slug, Article.updated_at)
        .where(Article.id > (place - 1) * size, Article.id <= place * size)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Article.id))]


# For `flask render`


def rendered_before(model: Any, version: int) -> list[int]:
    """The numbers of the rows of a model whose HTML an older renderer made; with version 0, of all rows."""
    statement = select(model.id).order_by(model.id)
    if version:
        statement = statement.where(model.renderer_version != version)
    return list(db.session.scalars(statement))
