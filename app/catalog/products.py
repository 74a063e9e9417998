"""What administrators do with products: add, describe, order and retire them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.catalog import queries
from app.catalog.models import Product
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.text import plain_line, slugify
from app.policy import allow
from app.site import log

NAME_LONGEST = 120
DESCRIPTION_LONGEST = 500
SLUG_LONGEST = 80
MOST_VERSIONS = 60
VERSION_LONGEST = 60
LAST = 1000
"""Where a product stands that nobody has put anywhere: behind those that have a place, by name."""


@dataclass(frozen=True)
class ProductText:
    """What an administrator types about a product: plain strings, as typed; a version each line."""

    name: str
    description: str = ""
    versions: str = ""
    position: str = ""


def create_product(actor: User, text: ProductText) -> Product:
    """Add a product; its address, and the folder of its guides, follow from its name and stay.

    Raises:
        Invalid: a field cannot be taken as it is, or there is such a product.
    """
    allow(actor, "create_product")
    name, description, versions, position = _checked(text)
    slug = slugify(name)[:SLUG_LONGEST].rstrip("-")
    try:
        with transaction() as session:
            product = Product(
                slug=slug, name=name, description=description, versions=versions, position=position
            )
            session.add(product)
            session.flush()
            log.note(actor, "create_product", name)
    except IntegrityError:
        raise Invalid(_("There is a product at the address “%(slug)s” already.", slug=slug), "name") from None
    return product


def edit_product(actor: User, product: Product, text: ProductText) -> None:
    """Rename, describe or move a product. Its address and the folder of its guides stay.

    Raises:
        Invalid: a field cannot be taken as it is.
    """
    allow(actor, "edit_product", product)
    name, description, versions, position = _checked(text)
    with transaction():
        queries.lock_product(product)
        before = (product.name, product.description, product.versions, product.position)
        if before == (name, description, versions, position):
            return
        what = name if name == product.name else f"{product.name} → {name}"
        product.name, product.description = name, description
        product.versions, product.position = versions, position
        log.note(actor, "edit_product", what)


def retire_product(actor: User, product: Product) -> None:
    """Offer a product no longer. What was written about it stays, and is found as before.

    Raises:
        Refused: it is retired already.
    """
    allow(actor, "retire_product", product)
    with transaction():
        queries.lock_product(product)
        if product.retired_at is not None:
            raise Refused(_("This product is retired already."))
        product.retired_at = now()
        log.note(actor, "retire_product", product.name)


def restore_product(actor: User, product: Product) -> None:
    """Offer a retired product again.

    Raises:
        Refused: it is not retired.
    """
    allow(actor, "restore_product", product)
    with transaction():
        queries.lock_product(product)
        if product.retired_at is None:
            raise Refused(_("This product is not retired."))
        product.retired_at = None
        log.note(actor, "restore_product", product.name)


def _checked(text: ProductText) -> tuple[str, str, list[str], int]:
    name, description = plain_line(text.name), plain_line(text.description)
    if not re.search(r"\w", name):
        raise Invalid(_("A product needs a name."), "name")
    if len(name) > NAME_LONGEST:
        raise Invalid(_("A name has at most %(n)d characters.", n=NAME_LONGEST), "name")
    if len(description) > DESCRIPTION_LONGEST:
        raise Invalid(_("A description has at most %(n)d characters.", n=DESCRIPTION_LONGEST), "description")
    return name, description, _versions(text.versions.splitlines()), _position(text.position.strip())


def _versions(lines: Sequence[str]) -> list[str]:
    versions = list(dict.fromkeys(version for line in lines if (version := plain_line(line))))
    if len(versions) > MOST_VERSIONS:
        raise Invalid(_("At most %(n)d versions, please.", n=MOST_VERSIONS), "versions")
    if any(len(version) > VERSION_LONGEST for version in versions):
        raise Invalid(_("A version has at most %(n)d characters.", n=VERSION_LONGEST), "versions")
    return versions


def _position(text: str) -> int:
    if not text:
        return LAST
    if not text.isdecimal() or int(text) > LAST:
        raise Invalid(
            _("The place is a whole number from 0 to %(last)d; the smallest comes first.", last=LAST),
            "position",
        )
    return int(text)
