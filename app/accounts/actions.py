"""What people do with their accounts."""

import re
import secrets
import unicodedata
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app.accounts import passwords
from app.accounts.models import User, UserSession, name_key, token_hash
from app.accounts.queries import person_by_name_or_email, person_named
from app.core.db import transaction
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.policy import Role, allow

USERNAME = re.compile(r"\w[\w.\-]{1,29}")
LONGEST_KEY = 80  # A single sign may stand for a whole sentence once it is folded.
EMAIL = re.compile(r"[^@\s\x00-\x1f<>,;]{1,64}@[^@\s\x00-\x1f<>,;]+\.[^@\s\x00-\x1f<>,;.]{2,}")


def sign_up(actor: Any, username: str, email: str, password: str) -> User:
    """A visitor becomes a member.

    Raises:
        Invalid: a field cannot be taken as it is, or the name or address is in use.
    """
    allow(actor, "sign_up")
    return create_person(username, email, password, Role.MEMBER)


def create_person(username: str, email: str, password: str, role: Role) -> User:
    """A new account. The database decides whether the name and the address are still free.

    Raises:
        Invalid: a field cannot be taken as it is, or the name or address is in use.
    """
    username = unicodedata.normalize("NFC", username.strip())
    email = email.strip()
    if not USERNAME.fullmatch(username) or len(name_key(username)) > LONGEST_KEY:
        raise Invalid(
            _(
                "Use 2 to 30 letters, digits, dots, hyphens or underscores, starting with a letter or a digit."
            ),
            "username",
        )
    if len(name_key(email)) > 254 or len(email) > 254 or not EMAIL.fullmatch(email):
        raise Invalid(
            _("This does not look like an e-mail address. It should be like name@example.com."), "email"
        )
    passwords.check_acceptable(password, username)
    password_hash = passwords.hashed(password)
    try:
        with transaction() as session:
            user = User(
                username=username,
                username_key=name_key(username),
                email=email,
                email_key=name_key(email),
                password_hash=password_hash,
                role=role,
            )
            session.add(user)
    except IntegrityError:
        if person_named(username):
            raise Invalid(
                _("Somebody has this name already. Please choose another one."), "username"
            ) from None
        raise Invalid(
            _("There is an account with this address already. Do you want to sign in?"), "email"
        ) from None
    return user


def sign_in(name: str, password: str, browser: str = "") -> User | None:
    """Start a session for the person whose name (or address) and password these are.

    Returns:
        The person, carrying the new session's token; None if name and password do not fit together.
        Both cases take the same time, so that nobody learns which names exist.
    """
    user = person_by_name_or_email(name)
    if not passwords.fits(password, user.password_hash if user else None) or user is None:
        return None
    return start_session(user, browser)


def start_session(user: User, browser: str = "") -> User:
    """Open a session for somebody whose identity is certain; the person carries its token."""
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        session.add(UserSession(user_id=user.id, token_hash=token_hash(token), browser=browser[:200]))
    user.session_token = token
    return user


def sign_out(token: str | None) -> None:
    """End the session of this token, so that it is worth nothing from now on."""
    if token is None:
        return
    with transaction() as session:
        session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def change_password(actor: User, current: str, new: str) -> None:
    """Set a new password and end all other sessions of this person.

    Raises:
        Invalid: the current password is wrong, or the new one cannot be taken.
    """
    allow(actor, "change_password", actor)
    if not passwords.fits(current, actor.password_hash):
        raise Invalid(_("This is not your current password."), "current_password")
    passwords.check_acceptable(new, actor.username, "new_password")
    password_hash = passwords.hashed(new)
    token = actor.session_token
    with transaction() as session:
        actor.password_hash = password_hash
        others = delete(UserSession).where(UserSession.user_id == actor.id)
        if token is not None:
            others = others.where(UserSession.token_hash != token_hash(token))
        session.execute(others)


def change_role(username: str, role: Role) -> User:
    """Give an existing person another role; for the command line, which needs no permission.

    Raises:
        Invalid: there is nobody of that name.
    """
    user = person_named(username)
    if user is None:
        raise Invalid(_("There is nobody called %(name)s.", name=username))
    with transaction():
        user.role = role
    return user


__all__ = [
    "change_password",
    "change_role",
    "create_person",
    "sign_in",
    "sign_out",
    "sign_up",
    "start_session",
]
