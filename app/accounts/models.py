"""People and their signed-in sessions."""

import hashlib
import unicodedata
from datetime import datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, now
from app.policy import Role

SESSION_IDLE = timedelta(days=30)
SESSION_LIFE = timedelta(days=180)


def name_key(name: str) -> str:
    """The form in which two names that look alike are equal: compatibility-folded and without case."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


class User(UserMixin, Base):  # type: ignore[misc]
    """A person with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    username_key: Mapped[str] = mapped_column(String(80), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[int] = mapped_column(default=Role.MEMBER)
    reputation: Mapped[int] = mapped_column(default=0)
    about: Mapped[str] = mapped_column(String(500), default="")
    origin: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    suspended_until: Mapped[datetime | None]

    __table_args__ = (Index("ix_users_reputation", "reputation", "id"),)

    # Not columns: the token of the session through which this person is here, and when it was last noted.
    __allow_unmapped__ = True
    session_token: str | None = None
    session_seen_at: datetime | None = None

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
    def initials(self) -> str:
        return self.username[:1].upper()

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

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_over(self) -> bool:
        return now() - self.seen_at > SESSION_IDLE or now() - self.created_at > SESSION_LIFE


def token_hash(token: str) -> str:
    """What is stored of a session's token. The token is random, so a plain fast hash protects it."""
    return hashlib.sha256(token.encode()).hexdigest()
