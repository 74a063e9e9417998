"""People, their signed-in sessions, and the links they got by mail."""

import enum
import hashlib
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import addresses
from app.core.db import Base, now
from app.core.tallies import Key, Tallied, Value
from app.policy import Role

SESSION_IDLE = timedelta(days=30)
SESSION_LIFE = timedelta(days=180)
FORMER_MEMBER = "former member"


def name_key(name: str) -> str:
    """The form in which two names that look alike are equal: compatibility-folded and without case."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


class User(UserMixin, Tallied, Base):  # type: ignore[misc]
    """A person with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    username_key: Mapped[str] = mapped_column(String(80), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[int] = mapped_column(default=Role.MEMBER, active_history=True)
    reputation: Mapped[int] = mapped_column(default=0)
    # What of these the last thirty days brought; the worker lets a day go in the night after.
    points_lately: Mapped[int] = mapped_column(default=0, server_default="0")
    about: Mapped[str] = mapped_column(String(500), default="")
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    suspended_until: Mapped[datetime | None]
    suspended_why: Mapped[str] = mapped_column(String(500), default="", server_default="")
    email_verified_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None] = mapped_column(active_history=True)
    # Since when a password alone opens this account no more; the factors themselves are in factor_models.
    second_factor_at: Mapped[datetime | None]
    # The file's name among the uploads, which stand on a higher floor; "" where the initials are shown.
    avatar_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    # Of the tz database, and of the site's languages; "" leaves it to the reader's device.
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    language: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # Somebody who left had this name before, so what older texts say of the name is not about this person.
    has_anothers_name: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        Index("ix_users_reputation", "reputation", "id"),
        Index("ix_users_lately", "points_lately", "id"),
        Index("ix_users_newest", "created_at", "id"),
    )

    # Not columns: the token of the session through which this person is here, when it was last noted, and when
    # they last showed in it that it is them.
    __allow_unmapped__ = True
    session_token: str | None = None
    session_seen_at: datetime | None = None
    session_proved_at: datetime | None = None

    @classmethod
    def tallied(cls, value: Value) -> Iterable[tuple[Key, int]]:
        """One more of a role."""
        yield ("people", value("role")), int(value("deleted_at") is None)

    @property
    def is_suspended(self) -> bool:
        return self.suspended_until is not None and self.suspended_until > now()

    @property
    def role_label(self) -> str:
        return Role(self.role).label

    @property
    def is_staff(self) -> bool:
        return self.role >= Role.WRITER

    @property
    def is_expert(self) -> bool:
        return self.role == Role.EXPERT

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_email_verified(self) -> bool:
        return self.email is not None and self.email_verified_at is not None

    @property
    def initials(self) -> str:
        return self.username[:1].upper()

    @property
    def avatar_url(self) -> str:
        """Where the person's picture is served; "" where the initials stand for it."""
        return addresses.picture(self.avatar_name) if self.avatar_name else ""

    def leave(self) -> None:
        """Take away all that tells who this was. The row stays, for what the person wrote points to it.

        Two who have left stay two in a thread, so each has a number. No name that people choose holds a space,
        so this one can be nobody else's.
        """
        self.username = self.username_key = f"{FORMER_MEMBER} {self.id}"
        self.email = self.email_key = self.password_hash = None
        self.about = self.avatar_name = self.time_zone = self.language = ""
        self.email_verified_at = self.origin = self.second_factor_at = None
        self.suspended_why = ""
        self.role, self.reputation, self.points_lately = Role.MEMBER, 0, 0
        self.deleted_at = now()

    def get_id(self) -> str:
        """What the browser's cookie carries: the token of one session, not the number of a person."""
        if self.session_token is None:
            raise RuntimeError("A person is signed in through a session; call accounts.actions.sign_in.")
        return self.session_token


class UserSession(Base):
    """One browser in which somebody is signed in. Only the hash of its token is kept."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    proved_at: Mapped[datetime | None] = mapped_column(default=now)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_over(self) -> bool:
        return now() - self.seen_at > SESSION_IDLE or now() - self.created_at > SESSION_LIFE


class FormerName(Base):
    """A name whose owner has left, as a hash: its page says so kindly, and whoever takes it is known as another."""

    __tablename__ = "former_names"

    name_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    left_at: Mapped[datetime] = mapped_column(default=now)


class Purpose(enum.StrEnum):
    """What a link that was sent by mail is good for."""

    CONFIRM_EMAIL = "confirm-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the word for a link, no password.


LINK_LIFE = {Purpose.CONFIRM_EMAIL: timedelta(days=1), Purpose.RESET_PASSWORD: timedelta(hours=1)}


class AccountLink(Base):
    """A link that was sent by mail and does one thing, once. Only the hash of its token is kept."""

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


def name_hash(name: str) -> str:
    """What is kept of the name of somebody who has left: enough to know it again, not to read it."""
    return hashlib.sha256(name_key(name).encode()).hexdigest()


def token_hash(token: str) -> str:
    """What is stored of a session's token. The token is random, so a plain fast hash protects it."""
    return hashlib.sha256(token.encode()).hexdigest()
