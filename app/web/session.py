"""Who is looking: from the cookie to a person, and to what pages show of them."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, has_request_context
from flask_login import AnonymousUserMixin, LoginManager, current_user

from app.accounts import queries as accounts
from app.accounts.models import User
from app.core import trouble
from app.core.db import transaction
from app.moderation import queries as moderation
from app.notifications import queries as notifications
from app.policy import Role, standing


class Visitor(AnonymousUserMixin):  # type: ignore[misc]
    """Somebody who is signed out."""

    id: int | None = None
    role = 0
    reputation = 0
    is_suspended = False
    is_staff = False


@dataclass(frozen=True)
class Viewer:
    """What every page shows of the person who looks at it."""

    is_authenticated: bool = False
    username: str = ""
    initials: str = ""
    avatar_url: str = ""
    time_zone: str = ""
    unread_count: int = 0
    unread_label: str = ""
    may_write: bool = False
    may_moderate: bool = False
    may_administer: bool = False
    case_count: int = 0
    suspension: str = ""


def init_app(app: Flask) -> None:
    """Let Flask-Login find people by their session's token."""
    manager = LoginManager(app)
    manager.anonymous_user = Visitor
    # Sessions are rows with random tokens of their own; Flask-Login's fingerprint would only
    # write a cookie to every visitor.
    manager.session_protection = None
    manager.user_loader(accounts.person_of_session)
    app.after_request(note_seen)


def note_seen(response: Response) -> Response:
    """Remember, once an hour, that a session is in use, so that it ends only when it is not."""
    user = g.get("_login_user")  # As Flask-Login left it; asking for the person would look in the database.
    if isinstance(user, User) and accounts.session_needs_note(user):
        with suppress(*trouble.KINDS), transaction():  # A page need not fail because the disk is full.
            accounts.note_seen(user)
    return response


def forget_person() -> None:
    """For the rest of this request, take whoever it is for a visitor."""
    g._login_user = Visitor()


def viewer() -> Viewer:
    """What the layout needs to know of the person behind this request."""
    if not has_request_context() or not current_user.is_authenticated:
        return Viewer()
    user: User = current_user
    role = standing(user)
    unread = notifications.unread_count(user)
    return Viewer(
        is_authenticated=True,
        username=user.username,
        initials=user.initials,
        avatar_url=user.avatar_url,
        time_zone=user.time_zone,
        unread_count=unread,
        unread_label=notifications.unread_label(unread),
        may_write=role >= Role.WRITER,
        may_moderate=role >= Role.MODERATOR,
        may_administer=role >= Role.ADMIN,
        case_count=moderation.waiting_count() if role >= Role.MODERATOR else 0,
        suspension=moderation.suspension_words(user),
    )


def actor() -> Any:
    """The person behind this request as the actions want them: a `User`, or the visitor."""
    return current_user._get_current_object()
