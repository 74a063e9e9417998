"""What pages ask about people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import joinedload, load_only

from app.accounts import browsers
from app.accounts.models import (
    SESSION_IDLE,
    SESSION_LIFE,
    AccountLink,
    FormerName,
    Purpose,
    User,
    UserSession,
    name_hash,
    name_key,
    token_hash,
)
from app.core import tallies
from app.core.db import db, now
from app.policy import Role

SEEN_EVERY = timedelta(hours=1)


_BY_TOKEN = select(UserSession).where(UserSession.token_hash == bindparam("token_hash"))


def person_of_session(token: str) -> User | None:
    """The person who is signed in with this token, unless the session is over."""
    session = db.session.scalar(_BY_TOKEN, {"token_hash": token_hash(token)})
    if session is None or session.is_over:
        return None
    user = session.user
    user.session_token, user.session_seen_at = token, session.seen_at
    user.session_proved_at = session.proved_at
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


def usernames_of(names: Iterable[str], *, of_old: bool = False) -> dict[str, str]:
    """For each name that belongs to an account: name → the account's spelling of it.

    Args:
        of_old: whether the names may be older than the accounts; a name that somebody else had before is left out.
    """
    keys = {name_key(name): name for name in names}
    statement = select(User).options(load_only(User.username, User.username_key))
    if of_old:
        statement = statement.where(User.has_anothers_name.is_(False))
    found = db.session.scalars(statement.where(User.username_key.in_(keys)))
    return {keys[user.username_key]: user.username for user in found}


def note_seen(user: User) -> None:
    """Remember that the session through which this person is here is in use. Call inside a transaction."""
    if user.session_token is not None:
        used = UserSession.token_hash == token_hash(user.session_token)
        db.session.execute(update(UserSession).where(used).values(seen_at=now()))


def note_proof(user: User) -> None:
    """Remember that this person has shown just now that it is them. Call inside a transaction."""
    if user.session_token is not None:
        here, user.session_proved_at = UserSession.token_hash == token_hash(user.session_token), now()
        db.session.execute(update(UserSession).where(here).values(proved_at=user.session_proved_at))


def end_session_of(token: str) -> None:
    """End the session of this token. Call inside a transaction."""
    db.session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def forget_sessions_that_are_over(user_id: int | None = None) -> None:
    """Delete sessions that were not used for long, or are old: a person's, or all. Call inside a transaction."""
    moment = now()
    over = or_(UserSession.seen_at < moment - SESSION_IDLE, UserSession.created_at < moment - SESSION_LIFE)
    statement = delete(UserSession).where(over)
    if user_id is not None:
        statement = statement.where(UserSession.user_id == user_id)
    db.session.execute(statement)


@dataclass(frozen=True)
class SessionRow:
    """A browser in which somebody is signed in."""

    id: int
    browser: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    is_this: bool


def sessions_of(user: User) -> tuple[SessionRow, ...]:
    """The browsers in which a person is signed in: the one they look with first, then the one used last."""
    here = token_hash(user.session_token) if user.session_token else ""
    statement = select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.seen_at.desc())
    found = tuple(
        SessionRow(
            id=one.id,
            browser=browsers.described(one.browser),
            created_at=one.created_at,
            seen_at=one.seen_at,
            ends_at=min(one.seen_at + SESSION_IDLE, one.created_at + SESSION_LIFE),
            is_this=one.token_hash == here,
        )
        for one in db.session.scalars(statement.options(joinedload(UserSession.user)))
        if not one.is_over
    )
    return tuple(sorted(found, key=lambda one: not one.is_this))


# Links that were sent by mail


def link_for(token: str, purpose: Purpose, *, lock: bool = False) -> AccountLink | None:
    """The link with this token, if it still does what it was sent for.

    Args:
        lock: whether nobody else may use it until the transaction ends.
    """
    statement = select(AccountLink).where(
        AccountLink.token_hash == token_hash(token),
        AccountLink.purpose == purpose,
        AccountLink.expires_at > now(),
    )
    return db.session.scalar(statement.with_for_update() if lock else statement)


def person_of_link(token: str, purpose: Purpose) -> User | None:
    """Whose link this is, if it still does what it was sent for."""
    link = link_for(token, purpose)
    return db.session.get(User, link.user_id) if link else None


def forget_links(user_id: int, purpose: Purpose | None = None) -> None:
    """Make a person's links worth nothing, all or those of one purpose. Call inside a transaction."""
    statement = delete(AccountLink).where(AccountLink.user_id == user_id)
    if purpose is not None:
        statement = statement.where(AccountLink.purpose == purpose)
    db.session.execute(statement)


def forget_old_links() -> None:
    """Delete the links that are too old to be used. Call inside a transaction."""
    db.session.execute(delete(AccountLink).where(AccountLink.expires_at < now()))


def address_to_confirm(user: User) -> str:
    """The other address that a person asked for and has not confirmed yet; "" if there is none."""
    statement = (
        select(AccountLink.email)
        .where(
            AccountLink.user_id == user.id,
            AccountLink.purpose == Purpose.CONFIRM_EMAIL,
            AccountLink.expires_at > now(),
            AccountLink.email != user.email,
        )
        .order_by(AccountLink.id.desc())
    )
    return db.session.scalar(statement.limit(1)) or ""


def was_name_of_former_member(name: str) -> bool:
    """Whether somebody had this name and has left."""
    return db.session.get(FormerName, name_hash(name)) is not None


def has_another_admin(user_id: int) -> bool:
    """Whether the site has an administrator besides this person."""
    others = select(User.id).where(User.role == Role.ADMIN, User.id != user_id, User.deleted_at.is_(None))
    return db.session.scalar(others.limit(1)) is not None


def tally_truths() -> tallies.Truths:
    """What the tallies of people must come to, by role."""
    counted = select(User.role.label("of_id"), func.count().label("amount")).where(User.deleted_at.is_(None))
    return {"people": counted.group_by(User.role)}
