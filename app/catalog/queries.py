"""What pages ask about products and tags, and the one way to find or make them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Product, Tag
from app.core.db import db
from app.core.text import slugify

TAG_LENGTH = 40


def products() -> Sequence[Product]:
    """All products, in the order the shop shows them."""
    return db.session.scalars(select(Product).order_by(Product.position, Product.name)).all()


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
    """The tags of these words in their order, each once; missing ones are made. Call inside a transaction."""
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
    return [known[slug] for slug in slugs]


def _tags(slugs: Iterable[str]) -> dict[str, Tag]:
    return {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(slugs)))}
