"""Following: saying what one wants to hear of, and no longer does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts.models import User
from app.catalog.models import Product, Tag
from app.core.db import now, transaction
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.forum.models import Question
from app.notifications import follow_queries as queries
from app.policy import allow

KINDS: Mapping[str, type[Any]] = {"question": Question, "product": Product, "tag": Tag, "person": User}
Thing = Question | Product | Tag | User


@dataclass(frozen=True)
class Followed:
    """What is followed: its kind and number."""

    kind: str
    id: int


def of(thing: Thing) -> Followed:
    """The kind and number under which a thing is followed."""
    for kind, model in KINDS.items():
        if isinstance(thing, model):
            return Followed(kind, thing.id)
    raise TypeError(thing)


def follow(actor: User, thing: Thing) -> None:
    """Hear of what happens to a question, a product, a tag, or by a person.

    Raises:
        Refused: the question is not shown any more, or one would follow oneself.
    """
    allow(actor, "follow", thing)
    what = of(thing)
    if what == Followed("person", actor.id):
        raise Refused(_("You know what you do; there is nothing to follow."))
    if isinstance(thing, Question) and not thing.is_here:
        raise Refused(_("This question is not shown any more."))
    _set(actor, what, None)


def unfollow(actor: User, thing: Thing) -> None:
    """Hear no more of it, also if one asked the question."""
    allow(actor, "unfollow", thing)
    _set(actor, of(thing), now())


def _set(actor: User, what: Followed, ended_at: datetime | None) -> None:
    with transaction():
        queries.set_follow(actor.id, what.kind, what.id, ended_at)
