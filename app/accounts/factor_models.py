"""What proves who somebody is besides a password: authenticator apps, recovery codes, passkeys, accounts elsewhere."""

import enum
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, now


class AuthenticatorApp(Base):
    """The secret that somebody's app makes its codes from. It counts once a first code was typed."""

    __tablename__ = "authenticator_apps"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(255))
    # The half minute, counted since 1970, of the last code that was taken: it and those before it are worth nothing.
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for the day on which the app or the passkey is gone. Only its hash is kept, and it works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)


class Passkey(Base):
    """A key that a device or a password keeper holds for somebody; here is its public half."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    # The same for all passkeys of a person, and random, so that no device learns a number of ours.
    handle: Mapped[bytes] = mapped_column(LargeBinary(64))
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class LinkedIdentity(Base):
    """An account at the sign-in provider. It is known by issuer and subject alone; addresses there may change hands."""

    __tablename__ = "linked_identities"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(254), default="")
    linked_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))


class StepKind(enum.StrEnum):
    """What a sign-in waits for."""

    SECOND = "second"  # The password was right; a second proof is asked for.
    PASSKEY = "passkey"  # A challenge was handed out; a signature over it has to come.
    ELSEWHERE = "elsewhere"  # Somebody was sent to the sign-in provider.
    NEWCOMER = "newcomer"  # They came back, and nobody here has that account yet.


STEP_LIFE = timedelta(minutes=10)


class SignInStep(Base):
    """A sign-in that is under way. It grants nothing, does one thing once, and ends by itself."""

    __tablename__ = "sign_in_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    payload: Mapped[str] = mapped_column(Text, default="{}")
    expires_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def data(self) -> dict[str, Any]:
        """What was noted when the step began."""
        found: dict[str, Any] = json.loads(self.payload)
        return found
