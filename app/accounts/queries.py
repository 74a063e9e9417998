"""What pages ask about people."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import load_only

from app.accounts.models import User, UserSession, name_key, token_hash
from app.core.db import db, now

SEEN_EVERY = timedelta(hours=1)


def person_of_session(token: str) -> User | None:
    """The person who is signed in with this token, unless the session is over."""
    session = db.session.scalar(select(UserSession).where(UserSession.token_hash == token_hash(token)))
    if session is None or session.is_over:
        return None
    user = session.user
    user.session_token, user.session_seen_at = token, session.seen_at
    return user


def session_needs_note(user: User) -> bool:
    """Whether the session through which this person is here was noted as seen so long ago that it should be again."""
    return user.session_seen_at is not None and now() - user.session_seen_at > SEEN_EVERY


def person_named(name: str) -> User | None:
    """The person of that user name, however it is capitalised."""
    return db.session.scalar(select(User).where(User.username_key == name_key(name)))


def person_by_name_or_email(name: str) -> User | None:
    """The person of that user name or e-mail address."""
    column = User.email_key if "@" in name else User.username_key
    return db.session.scalar(select(User).where(column == name_key(name)))


def usernames_of(names: Iterable[str]) -> dict[str, str]:
    """For each name that belongs to an account: name → the account's spelling of it."""
    keys = {name_key(name): name for name in names}
    found = db.session.scalars(
        select(User).options(load_only(User.username, User.username_key)).where(User.username_key.in_(keys))
    )
    return {keys[user.username_key]: user.username for user in found}


def note_seen(user: User) -> None:
    """Remember that the session through which this person is here is in use. Call inside a transaction."""
    if user.session_token is not None:
        used = UserSession.token_hash == token_hash(user.session_token)
        db.session.execute(update(UserSession).where(used).values(seen_at=now()))
