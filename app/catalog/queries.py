"""What pages ask about products and tags, and the one way to find or make them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Product, Tag, TagSynonym
from app.core import paging
from app.core.db import db
from app.core.text import slugify

TAG_LENGTH = 40


def products() -> Sequence[Product]:
    """All products, in the order the shop shows them; retired ones last."""
    in_order = (Product.retired_at.is_not(None), Product.position, Product.name)
    return db.session.scalars(select(Product).order_by(*in_order)).all()


def offered_products() -> Sequence[Product]:
    """The products that are not retired: those that people are asked to choose from."""
    return [product for product in products() if product.retired_at is None]


def lock_product(product: Product) -> None:
    """Read a product afresh, and let nobody else change it until the transaction ends."""
    db.session.refresh(product, with_for_update={"key_share": True})


def product_by_slug(slug: str) -> Product | None:
    """The product of that slug, if there is one."""
    return db.session.scalar(select(Product).where(Product.slug == slug))


def product_named(name: str) -> Product:
    """The product whose slug `name` makes; made with that name if there is none yet. Call inside a transaction."""
    slug = slugify(name)
    product = product_by_slug(slug)
    if product is None:
        product = Product(slug=slug, name=name if name != slug else name.replace("-", " ").capitalize())
        db.session.add(product)
        db.session.flush()
    return product


def tag_slug(word: str) -> str:
    """The slug of a tag as somebody typed it: lower case, words joined by hyphens, at most 40 characters."""
    return slugify(word)[:TAG_LENGTH].rstrip("-")


def tags_named(words: Iterable[str]) -> list[Tag]:
    """The tags that these words mean, in their order, each once; missing ones are made. Call inside a transaction."""
    slugs = list(dict.fromkeys(tag_slug(word) for word in words if word.strip()))
    known = _tags(slugs)
    missing = sorted(set(slugs) - known.keys())  # All take them in one order, so no two wait for each other.
    for slug in missing:
        try:
            with db.session.begin_nested():
                db.session.add(Tag(slug=slug))
        except IntegrityError:
            continue  # Somebody else made it at the same moment.
    if missing:
        known |= _tags(missing)
    return list(dict.fromkeys(known[slug] for slug in slugs))


def main_slugs(words: Iterable[str]) -> list[str]:
    """The slugs of the tags that these words mean, sorted; of tags that are not there yet, as they would be made."""
    slugs = {tag_slug(word) for word in words if word.strip()}
    known = _tags(slugs)
    return sorted({known[slug].slug if slug in known else slug for slug in slugs})


def _tags(slugs: Iterable[str]) -> dict[str, Tag]:
    """For each of these words that means a tag: word → tag."""
    wanted = list(slugs)
    found = {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(wanted)))}
    if len(found) < len(wanted):
        meant = (
            select(TagSynonym.slug, Tag)
            .join(Tag, Tag.id == TagSynonym.tag_id)
            .where(TagSynonym.slug.in_([slug for slug in wanted if slug not in found]))
        )
        found |= {row[0]: row[1] for row in db.session.execute(meant)}
    return found


def tag_of(word: str) -> Tag | None:
    """The tag that this word means, be it the tag's own or a synonym."""
    slug = tag_slug(word)
    return _tags([slug]).get(slug)


def main_slug(word: str) -> str:
    """The slug of the tag that a word in an address means; the word itself if no tag does."""
    found = tag_of(word) if word else None
    return found.slug if found else word


def synonyms_of(tag_id: int) -> Sequence[TagSynonym]:
    """The other words for a tag."""
    return db.session.scalars(
        select(TagSynonym).where(TagSynonym.tag_id == tag_id).order_by(TagSynonym.slug)
    ).all()


def synonyms_by_tag(ids: Collection[int]) -> dict[int, list[str]]:
    """The other words for each of these tags."""
    found: dict[int, list[str]] = defaultdict(list)
    statement = select(TagSynonym.tag_id, TagSynonym.slug).where(TagSynonym.tag_id.in_(ids))
    for tag_id, slug in db.session.execute(statement.order_by(TagSynonym.slug)):
        found[tag_id].append(slug)
    return found


def lock_tags() -> None:
    """Let nobody else join tags or give them other words meanwhile. Call inside a transaction."""
    db.session.scalars(select(Tag.id).order_by(Tag.id).with_for_update(key_share=True)).all()


def page_of_tags(
    words: str, *, among: Sequence[ColumnElement[bool]], after: str | None, size: int
) -> paging.Page[Tag]:
    """A page of tags, by name.

    Args:
        words: what the name of a tag or one of its other words holds; "" for all.
        among: what holds for the tags to show, each by itself; those with a description are shown too.

    Raises:
        Invalid: there is no such page.
    """
    shown = _shown_tags(among)
    if re.search(r"\w", words):
        slug = tag_slug(words)
        meant = select(TagSynonym.tag_id).where(TagSynonym.slug.contains(slug, autoescape=True))
        shown = shown.where(or_(Tag.slug.contains(slug, autoescape=True), Tag.id.in_(meant)))
    return paging.page_of(shown, Tag.slug, Tag.id, after=after, size=size, descending=False)


def newest_tags(*, among: Sequence[ColumnElement[bool]], limit: int) -> Sequence[Tag]:
    """The tags that came last, of those that `page_of_tags` shows."""
    newest = _shown_tags(among).order_by(Tag.created_at.desc(), Tag.id.desc())
    return db.session.scalars(newest.limit(limit)).all()


def _shown_tags(among: Sequence[ColumnElement[bool]]) -> Select[Tag]:
    return select(Tag).where(or_(Tag.description != "", *among))


def every_tag() -> ColumnElement[bool]:
    """Holds for all tags, used or not."""
    return true()


def tags_by_id(ids: Collection[int]) -> dict[int, Tag]:
    """Some tags, by number."""
    return {tag.id: tag for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids)))}
