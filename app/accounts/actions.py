"""What people do with their accounts."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from pytz import common_timezones_set
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app import limits
from app.accounts import factor_queries, holdings, letters, passwords, queries, steps
from app.accounts.factor_models import StepKind
from app.accounts.models import (
    LINK_LIFE,
    AccountLink,
    FormerName,
    Purpose,
    User,
    UserSession,
    name_hash,
    name_key,
    token_hash,
)
from app.accounts.proof import need_proof
from app.accounts.queries import person_by_name_or_email, person_named
from app.core.db import db, now, transaction
from app.core.errors import Gone, Invalid, Refused
from app.core.i18n import gettext as _
from app.jobs import queue
from app.limits import table
from app.mail import outbox
from app.policy import Role, allow

USERNAME = re.compile(r"\w[\w.\-]{1,29}")
LONGEST_KEY = 80  # A single sign may stand for a whole sentence once it is folded.
EMAIL = re.compile(r"[^@\s\x00-\x1f<>,;]{1,64}@[^@\s\x00-\x1f<>,;]+\.[^@\s\x00-\x1f<>,;.]{2,}")
LONGEST_EMAIL = 254
LONGEST_ABOUT = 500
RESET = "reset-password"


class Taken(Invalid):
    """The name or the address belongs to another account."""


# Coming and going


def sign_up(actor: Any, username: str, email: str, password: str, *, site_url: str, origin: str = "") -> User:
    """A visitor becomes a member, and gets a letter with a link that confirms the address.

    Args:
        site_url: the site's own address, for the link.
        origin: stands for where this comes from, to count tries by; "" counts none.

    Raises:
        Invalid: a field cannot be taken as it is, or the name or address is in use.
        TooMany: too many accounts were opened from there.
    """
    allow(actor, "sign_up")
    tries = limits.spend((table.SIGN_UP_FROM, origin))
    try:
        return create_person(username, email, password, Role.MEMBER, confirm_at=site_url)
    except Invalid as error:
        if not isinstance(error, Taken):  # Else one could ask without end which accounts there are.
            limits.give_back(tries)
        raise


def create_person(
    username: str,
    email: str,
    password: str | None,
    role: Role,
    *,
    confirm_at: str | None = None,
    and_then: Callable[[User], None] | None = None,
) -> User:
    """A new account. The database decides whether the name and the address are still free.

    Args:
        password: None for somebody who signs in elsewhere.
        confirm_at: the site's own address, for a letter that confirms the person's; None if that is certain already.
        and_then: done in the same transaction, so that there is both or nothing.

    Raises:
        Invalid: a field cannot be taken as it is, or the name or address is in use.
    """
    username = unicodedata.normalize("NFC", username.strip())
    if not USERNAME.fullmatch(username) or len(name_key(username)) > LONGEST_KEY:
        raise Invalid(
            _(
                "Use 2 to 30 letters, digits, dots, hyphens or underscores, starting with a letter or a digit."
            ),
            "username",
        )
    email = _checked_email(email, "email")
    password_hash = None
    if password is not None:
        passwords.check_acceptable(password, username)
        password_hash = passwords.hashed(password)
    try:
        with transaction() as session:
            user = User(
                username=username,
                username_key=name_key(username),
                email=email,
                email_key=name_key(email),
                email_verified_at=now() if confirm_at is None else None,
                password_hash=password_hash,
                role=role,
                has_anothers_name=queries.was_name_of_former_member(username),
            )
            session.add(user)
            session.flush()
            if confirm_at is not None:
                _send_confirmation(user, email, confirm_at)
            if and_then is not None:
                and_then(user)
    except IntegrityError:
        if person_named(username):
            raise Taken(_("Somebody has this name already. Please choose another one."), "username") from None
        raise Taken(
            _("There is an account with this address already. Do you want to sign in?"), "email"
        ) from None
    return user


def _checked_email(email: str, field: str) -> str:
    email = email.strip()
    is_too_long = len(name_key(email)) > LONGEST_EMAIL or len(email) > LONGEST_EMAIL
    if is_too_long or not EMAIL.fullmatch(email):
        raise Invalid(
            _("This does not look like an e-mail address. It should be like name@example.com."), field
        )
    return email


def sign_in(
    name: str,
    password: str,
    browser: str = "",
    *,
    origin: str = "",
    replacing: str | None = None,
    then: steps.Then = steps.NOTHING,
) -> User | steps.Begun | None:
    """Start a session for the person whose name (or address) and password these are.

    Tries are counted by the name that was typed, whether anybody has it or not, and by where they come from.

    Args:
        browser: what the browser calls itself.
        origin: stands for where this comes from, to count tries by; "" counts none.
        replacing: the token of a session of the same browser, which ends.
        then: where the person wanted to go, for after a second step.

    Returns:
        The person, carrying the new session's token; the step that is still missing if they have a second factor;
        None if name and password do not fit together. All cases take the same time, so that nobody learns
        which names exist.

    Raises:
        TooMany: too many tries failed.
    """
    tries = limits.spend((table.SIGN_IN_AS, name_key(name)), (table.SIGN_IN_FROM, origin))
    user = person_by_name_or_email(name)
    if not passwords.fits(password, user.password_hash if user else None) or user is None:
        return None
    limits.give_back(tries)
    return go_in(user, browser, replacing, then=then, forget_tries_as=name_key(name))


def go_in(
    user: User,
    browser: str = "",
    replacing: str | None = None,
    *,
    then: steps.Then = steps.NOTHING,
    forget_tries_as: str = "",
) -> User | steps.Begun:
    """Let somebody in who has given a first proof: at once, or after the second step if they have a second factor.

    Returns:
        The person, carrying the new session's token; or the step that is missing.
    """
    if user.second_factor_at is None:
        return start_session(user, browser, replacing, forget_tries_as=forget_tries_as)
    with transaction():
        if replacing is not None:
            queries.end_session_of(replacing)
        if forget_tries_as:
            limits.forget(table.SIGN_IN_AS, forget_tries_as)
        return steps.begin(StepKind.SECOND, then.as_data(), user.id)


def start_session(
    user: User, browser: str = "", replacing: str | None = None, *, forget_tries_as: str = ""
) -> User:
    """Open a session for somebody whose identity is certain; the person carries its token.

    Args:
        browser: what the browser calls itself.
        replacing: the token of a session of the same browser, which ends.
        forget_tries_as: failed tries under this name do not count any more.
    """
    with transaction():
        if replacing is not None:
            queries.end_session_of(replacing)
        if forget_tries_as:
            limits.forget(table.SIGN_IN_AS, forget_tries_as)
        return open_session(user, browser)


def open_session(user: User, browser: str) -> User:
    """As `start_session`, inside a transaction that has begun."""
    token = secrets.token_urlsafe(32)
    queries.forget_sessions_that_are_over(user.id)
    opened = UserSession(user_id=user.id, token_hash=token_hash(token), browser=browser[:200])
    db.session.add(opened)
    db.session.flush()
    user.session_token, user.session_proved_at = token, opened.proved_at
    return user


def sign_out(token: str | None) -> None:
    """End the session of this token, so that it is worth nothing from now on."""
    if token is None:
        return
    with transaction():
        queries.end_session_of(token)


# Sessions


def end_session(actor: User, session_id: int) -> None:
    """Sign a browser of one's own out.

    Raises:
        Refused: there is no such session of this person any more.
    """
    allow(actor, "end_session", actor)
    with transaction() as session:
        theirs = session.get(UserSession, session_id)
        if theirs is None or theirs.user_id != actor.id:
            raise Refused(_("That browser is signed out already."))
        session.delete(theirs)


def end_other_sessions(actor: User) -> int:
    """Sign out every browser of one's own but this one. Returns how many."""
    allow(actor, "end_other_sessions", actor)
    with transaction():
        return _end_sessions(actor, keep=actor.session_token)


def end_all_sessions(user: User) -> int:
    """Sign a person out everywhere, for example because they are suspended. Call inside a transaction.

    Returns:
        How many sessions there were.
    """
    return _end_sessions(user, keep=None)


def _end_sessions(user: User, *, keep: str | None) -> int:
    factor_queries.forget_steps_of(user.id)  # What is half open ends too.
    statement = delete(UserSession).where(UserSession.user_id == user.id)
    if keep is not None:
        statement = statement.where(UserSession.token_hash != token_hash(keep))
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


# Passwords


def change_password(actor: User, current: str, new: str) -> None:
    """Set a new password and end all other sessions of this person. They hear of it by mail.

    Raises:
        Invalid: the current password is wrong, or the new one cannot be taken.
        TooMany: a wrong one was given too often.
    """
    allow(actor, "change_password", actor)
    _check_password(actor, current, "current_password")
    passwords.check_acceptable(new, actor.username, "new_password")
    password_hash = passwords.hashed(new)
    with transaction():
        actor.password_hash = password_hash
        _end_sessions(actor, keep=actor.session_token)
        queries.forget_links(actor.id, Purpose.RESET_PASSWORD)
        _tell_of_new_password(actor)


def _check_password(actor: User, password: str, field: str) -> None:
    """Let somebody who is signed in show that it is them.

    Raises:
        Invalid: it is not their password.
        ProofNeeded: they have no password, and it is long since they showed in another way that it is them.
        TooMany: a wrong one was given too often.
    """
    if actor.password_hash is None:
        need_proof(actor)
        return
    tries = limits.spend((table.PASSWORD_OF, str(actor.id)))
    if not passwords.fits(password, actor.password_hash):
        raise Invalid(_("This is not your current password."), field)
    limits.give_back(tries)


def request_password_reset(actor: Any, name: str, *, site_url: str, origin: str = "") -> None:
    """Ask for a letter with a link that sets a new password.

    Whether there is such an account is found out by the worker, so that neither the answer nor its time tells.

    Args:
        name: a user name or an address.
        site_url: the site's own address, for the link.
        origin: stands for where this comes from, to count tries by; "" counts none.

    Raises:
        Invalid: nothing was given.
        TooMany: too many letters were asked for.
    """
    allow(actor, "request_password_reset")
    name = name.strip()
    if not name:
        raise Invalid(_("Please give your username or your e-mail address."), "name")
    limits.spend((table.LETTER_TO, name_key(name)), (table.LETTER_FROM, origin))
    with transaction():
        queue.enqueue(RESET, {"name": name[:LONGEST_EMAIL], "site_url": site_url})


def send_reset_link(work: queue.Work) -> None:
    """The worker's part of `request_password_reset`: a letter goes out if there is an account to write to."""
    user = person_by_name_or_email(work.payload["name"])
    if user is None or user.email is None:
        return
    with transaction():
        token, link = _new_link(user, Purpose.RESET_PASSWORD, user.email)
        subject, text = letters.reset_password(user.username, token, work.payload["site_url"])
        # A second attempt at this job makes no second letter, and then its link is worth nothing.
        if not outbox.send_later(to=user.email, subject=subject, text=text, key=f"reset:{work.key}"):
            db.session.delete(link)


def reset_password(actor: Any, token: str, new: str) -> User:
    """Set a new password with a link that came by mail. All sessions end; the address is certain now.

    Raises:
        Gone: the link was used already, or is too old.
        Invalid: the new password cannot be taken.
    """
    allow(actor, "reset_password")
    user = queries.person_of_link(token, Purpose.RESET_PASSWORD)
    if user is None:
        raise _spent_link()
    passwords.check_acceptable(new, user.username, "new_password")
    password_hash = passwords.hashed(new)
    with transaction():
        link = queries.link_for(token, Purpose.RESET_PASSWORD, lock=True)
        if link is None:
            raise _spent_link()
        user = db.session.get_one(User, link.user_id)
        if link.email == user.email:
            user.email_verified_at = user.email_verified_at or now()
        user.password_hash = password_hash
        queries.forget_links(user.id, Purpose.RESET_PASSWORD)
        end_all_sessions(user)
        for name in (user.username_key, user.email_key):
            limits.forget(table.SIGN_IN_AS, name or "")
        _tell_of_new_password(user)
    return user


def _spent_link() -> Gone:
    return Gone(_("This link was used already, or it is too old. Please ask for a new one."))


def _tell_of_new_password(user: User) -> None:
    if user.email:
        subject, text = letters.password_changed(user.username)
        outbox.send_later(to=user.email, subject=subject, text=text, key=_key("password", user))


def _key(kind: str, user: User) -> str:
    return f"{kind}:{user.id}:{secrets.token_hex(8)}"


def _new_link(user: User, purpose: Purpose, email: str) -> tuple[str, AccountLink]:
    """A link that does one thing once; its token is told to nobody but the letter."""
    token = secrets.token_urlsafe(32)
    link = AccountLink(
        user_id=user.id,
        purpose=purpose,
        token_hash=token_hash(token),
        email=email,
        expires_at=now() + LINK_LIFE[purpose],
    )
    db.session.add(link)
    return token, link


# Addresses


def send_confirmation(actor: User, *, site_url: str) -> None:
    """Send the letter that confirms one's address once more.

    Raises:
        Refused: it is confirmed already.
        TooMany: too many letters were asked for.
    """
    allow(actor, "send_confirmation", actor)
    if actor.email is None or actor.is_email_verified:
        raise Refused(_("Your address is confirmed already."))
    limits.spend((table.LETTER_TO, actor.email_key or ""))
    with transaction():
        _send_confirmation(actor, actor.email, site_url)


def _send_confirmation(user: User, email: str, site_url: str) -> None:
    token, _link = _new_link(user, Purpose.CONFIRM_EMAIL, email)
    subject, text = letters.confirm_email(user.username, token, site_url)
    outbox.send_later(to=email, subject=subject, text=text, key=_key("confirm", user))


def change_email(actor: User, password: str, email: str, *, site_url: str) -> None:
    """Ask for another address. It is taken when the link in the letter to it was followed; until then the old one stays.

    Raises:
        Invalid: the password is wrong, or the address cannot be taken.
        TooMany: a wrong password was given too often, or too many letters were asked for.
    """
    allow(actor, "change_email", actor)
    email = _checked_email(email, "email")
    _check_password(actor, password, "password")
    if name_key(email) == actor.email_key:
        raise Invalid(_("This is your address already."), "email")
    limits.spend((table.LETTER_TO, name_key(email)), (table.LETTER_FROM, f"person {actor.id}"))
    if person_by_name_or_email(email) is not None:
        raise Taken(_("There is another account with this address."), "email")
    with transaction():
        queries.forget_links(actor.id, Purpose.CONFIRM_EMAIL)
        _send_confirmation(actor, email, site_url)


def confirm_email(actor: Any, token: str) -> User:
    """Show, with a link that came by mail, that an address is one's own. A new address takes the old one's place.

    The old address hears of it, and links that were sent there are worth nothing any more.

    Raises:
        Gone: the link was used already, or is too old.
        Refused: meanwhile there is another account with this address.
    """
    allow(actor, "confirm_email")
    try:
        with transaction() as session:
            link = queries.link_for(token, Purpose.CONFIRM_EMAIL, lock=True)
            if link is None:
                raise _spent_link()
            user = session.get_one(User, link.user_id)
            old = user.email
            if name_key(link.email) != user.email_key:
                user.email, user.email_key = link.email, name_key(link.email)
                queries.forget_links(user.id)
                if old:
                    subject, text = letters.email_changed(user.username, link.email)
                    outbox.send_later(to=old, subject=subject, text=text, key=_key("moved", user))
            user.email_verified_at = now()
            queries.forget_links(user.id, Purpose.CONFIRM_EMAIL)
    except IntegrityError:
        raise Refused(_("Meanwhile there is another account with this address.")) from None
    return user


# What others see, and how one sees the site


def change_profile(
    actor: User, *, about: str, time_zone: str, language: str, languages: tuple[str, ...]
) -> None:
    """Change what one says about oneself, and in which zone and language pages come.

    Args:
        time_zone: a name of the tz database; "" for the zone of the device.
        language: one of `languages`; "" for the one that the browser asks for.
        languages: those in which the site can be read.

    Raises:
        Invalid: one of them cannot be taken.
    """
    allow(actor, "change_profile", actor)
    about = " ".join(about.split())
    if len(about) > LONGEST_ABOUT:
        raise Invalid(
            _("Please use at most %(n)d characters; these are %(count)d.", n=LONGEST_ABOUT, count=len(about)),
            "about",
        )
    if time_zone and time_zone not in common_timezones_set:
        raise Invalid(_("Please choose a time zone from the list."), "time_zone")
    if language and language not in languages:
        raise Invalid(_("Please choose a language from the list."), "language")
    with transaction():
        actor.about, actor.time_zone, actor.language = about, time_zone, language


def change_avatar(actor: User, name: str) -> None:
    """Show a picture beside one's name: the name of an upload of one's own, or "" for the initials."""
    allow(actor, "change_avatar", actor)
    with transaction():
        actor.avatar_name = name


# Leaving


def export_data(actor: User, out: IO[bytes], pictures: Iterable[tuple[str, Path]] = ()) -> None:
    """Write all that is held about a person into a ZIP file.

    Args:
        out: takes the file; it has to be one that can seek.
        pictures: name and place of each picture that they have uploaded.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        TooMany: they did so too often.
    """
    allow(actor, "export_data", actor)
    need_proof(actor)
    limits.spend((table.EXPORT_OF, str(actor.id)))
    holdings.write_copy(actor, out, pictures)


def delete_account(actor: User, password: str) -> None:
    """Leave. What was written stays, under "former member"; all else that is held about the person goes.

    Raises:
        Invalid: the password is wrong.
        Refused: they are the last administrator.
        TooMany: a wrong password was given too often.
    """
    allow(actor, "delete_account", actor)
    _check_password(actor, password, "password")
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        if actor.role == Role.ADMIN and not queries.has_another_admin(actor.id):
            raise Refused(_("You are the only administrator. Make somebody else one before you leave."))
        if actor.email:
            outbox.take_back(actor.email)
            subject, text = letters.account_deleted(actor.username)
            outbox.send_later(to=actor.email, subject=subject, text=text, key=_key("left", actor))
        holdings.erase(actor.id)
        session.merge(FormerName(name_hash=name_hash(actor.username)))
        actor.leave()


# For the worker and the command line


def forget_what_is_over() -> None:
    """Delete sessions that have ended, links that are too old, and tries that no limit counts any more."""
    with transaction():
        queries.forget_sessions_that_are_over()
        queries.forget_old_links()
        factor_queries.forget_old_steps()
        limits.forget_old()


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
    "change_avatar",
    "change_email",
    "change_password",
    "change_profile",
    "change_role",
    "confirm_email",
    "create_person",
    "delete_account",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "export_data",
    "forget_what_is_over",
    "go_in",
    "open_session",
    "request_password_reset",
    "reset_password",
    "send_confirmation",
    "send_reset_link",
    "sign_in",
    "sign_out",
    "sign_up",
    "start_session",
]
