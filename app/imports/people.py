"""Accounts for people whose words are brought along: they can be read and credited, but nobody can sign in as them."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select

from app.accounts.models import User, name_key
from app.core.db import db, now
from app.imports.reading import clean
from app.policy import Role

FORMER = "former member"
NAME_LENGTH = 30
_NOT_IN_NAMES = re.compile(r"[^\w.\-]+")


class People:
    """The people of one set. The same name (or number) in the set is the same person, here and in every later run.

    Nobody gets an e-mail address or a password, and no account that is here already is taken over: a name that
    is in use gets a number behind it.

    Args:
        set_name: what the set is called; it is part of each person's origin.
    """

    def __init__(self, set_name: str) -> None:
        self.set_name = set_name
        self.ids: dict[str, int] = {}
        self.made: set[str] = set()

    def id_of(self, name: str, key: str = "", *, joined: datetime | None = None, about: str = "") -> int:
        """The account of an author, made if there is none yet. Call inside a transaction and `tentatively`.

        Args:
            name: what the source calls the person; nothing for somebody who has left.
            key: what tells people of the same name apart, if the source knows better than their name.
            joined: since when the person was there.
            about: a sentence about the person.
        """
        name = " ".join(clean(name).split()) or FORMER
        origin = self._origin(key or name)
        if origin not in self.ids:
            self.ids[origin] = self._found(origin) or self._made(origin, name, joined, about)
        return self.ids[origin]

    @contextmanager
    def tentatively(self) -> Iterator[None]:
        """Whatever fails inside takes the accounts with it that were made there, so they are forgotten too."""
        try:
            yield
        except BaseException:
            self.ids.clear()
            raise

    def _origin(self, key: str) -> str:
        origin = f"{self.set_name}:user:{key}"
        if len(origin) <= 200:
            return origin
        return f"{self.set_name}:user:#{hashlib.sha256(key.encode()).hexdigest()}"

    def _found(self, origin: str) -> int | None:
        return db.session.scalar(select(User.id).where(User.origin == origin))

    def _made(self, origin: str, name: str, joined: datetime | None, about: str) -> int:
        username = self._free(username_like(name))
        user = User(
            username=username,
            username_key=name_key(username),
            role=Role.MEMBER,
            origin=origin,
            about=about,
            created_at=joined or now(),
        )
        db.session.add(user)
        db.session.flush()
        self.made.add(origin)
        return user.id

    def _free(self, wanted: str) -> str:
        """The name itself, or with the first number behind it that nobody has."""
        taken = set(
            db.session.scalars(
                select(User.username_key).where(
                    User.username_key.startswith(name_key(wanted), autoescape=True)
                )
            )
        )
        name, number = wanted, 1
        while name_key(name) in taken:
            number += 1
            name = f"{wanted}-{number}"
        return name


def username_like(name: str) -> str:
    """The name as near as the rules for usernames allow: no spaces, no signs that would break an address.

    Returns:
        2 to 30 characters.
    """
    plain = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFKC", name).replace("@", " at ").strip())
    plain = re.sub(r"^\W+|[\W_]+$", "", plain[:NAME_LENGTH]).lstrip("_")
    return plain if len(plain) >= 2 else f"member_{plain}".rstrip("_")
