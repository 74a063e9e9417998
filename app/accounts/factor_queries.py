"""What sign-in and the security page ask about second factors."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from app.accounts.factor_models import (
    AuthenticatorApp,
    LinkedIdentity,
    Passkey,
    RecoveryCode,
    SignInStep,
    StepKind,
)
from app.accounts.models import User, token_hash
from app.core.db import db, now


def app_of(user_id: int, *, lock: bool = False) -> AuthenticatorApp | None:
    """A person's authenticator app, confirmed or not."""
    statement = select(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id)
    return db.session.scalar(statement.with_for_update() if lock else statement)


def unused_recovery_code(user_id: int, code_hash: str) -> RecoveryCode | None:
    """A recovery code of this person that was not used. Nobody else may use it until the transaction ends."""
    statement = select(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(statement.with_for_update())


def recovery_codes_left(user_id: int) -> int:
    """How many recovery codes this person has not used."""
    statement = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(statement) or 0


def forget_recovery_codes(user_id: int) -> None:
    """Make a person's recovery codes worth nothing. Call inside a transaction."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def passkeys_of(user_id: int) -> tuple[Passkey, ...]:
    """A person's passkeys, the oldest first."""
    return tuple(db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def passkey_with(credential_id: bytes, *, lock: bool = False) -> Passkey | None:
    """The passkey of this credential, whosever it is."""
    statement = select(Passkey).where(Passkey.credential_id == credential_id)
    return db.session.scalar(statement.with_for_update() if lock else statement)


def has_factor(user_id: int) -> bool:
    """Whether a person has an authenticator app or a passkey."""
    confirmed = select(AuthenticatorApp.id).where(
        AuthenticatorApp.user_id == user_id, AuthenticatorApp.confirmed_at.is_not(None)
    )
    passkey = select(Passkey.id).where(Passkey.user_id == user_id)
    return any(db.session.scalar(one.limit(1)) is not None for one in (confirmed, passkey))


def forget_factors(user_id: int) -> int:
    """Take away apps, passkeys and recovery codes. Call inside a transaction. Returns how many apps and passkeys."""
    count = 0
    for model in (AuthenticatorApp, Passkey, RecoveryCode):
        result = db.session.execute(delete(model).where(model.user_id == user_id))
        count += 0 if model is RecoveryCode else int(result.rowcount)  # type: ignore[attr-defined]
    return count


# Accounts elsewhere


def identity(issuer: str, subject: str) -> LinkedIdentity | None:
    """The account of this provider, if it is linked to somebody here."""
    statement = select(LinkedIdentity).where(
        LinkedIdentity.issuer == issuer, LinkedIdentity.subject == subject
    )
    return db.session.scalar(statement)


def identities_of(user_id: int) -> tuple[LinkedIdentity, ...]:
    """The accounts elsewhere that a person has linked."""
    statement = select(LinkedIdentity).where(LinkedIdentity.user_id == user_id).order_by(LinkedIdentity.id)
    return tuple(db.session.scalars(statement))


# Sign-ins under way


def step_of(kind: StepKind, token: str, *, lock: bool = False) -> SignInStep | None:
    """The step with this token, if it waits and is not too old.

    Args:
        lock: whether nobody else may take it until the transaction ends.
    """
    statement = select(SignInStep).where(
        SignInStep.token_hash == token_hash(token), SignInStep.kind == kind, SignInStep.expires_at > now()
    )
    return db.session.scalar(statement.with_for_update() if lock else statement)


def person_of_step(kind: StepKind, token: str) -> User | None:
    """Whose sign-in this is, if it is still under way."""
    step = step_of(kind, token)
    return db.session.get(User, step.user_id) if step is not None and step.user_id else None


def forget_steps_of(user_id: int) -> None:
    """End what a person has half done. Call inside a transaction."""
    db.session.execute(delete(SignInStep).where(SignInStep.user_id == user_id))


def forget_old_steps() -> None:
    """Delete the steps that nobody can go on with. Call inside a transaction."""
    db.session.execute(delete(SignInStep).where(SignInStep.expires_at < now()))


# The pages


@dataclass(frozen=True)
class PasskeyRow:
    """A passkey in its owner's list."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class IdentityRow:
    """A linked account in its owner's list."""

    id: int
    label: str
    linked_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What guards somebody's account."""

    has_password: bool
    app_since: datetime | None
    passkeys: tuple[PasskeyRow, ...]
    codes_left: int
    identities: tuple[IdentityRow, ...]

    @property
    def is_guarded(self) -> bool:
        """Whether a password alone is not enough."""
        return self.app_since is not None or bool(self.passkeys)


def factors_of(user: User) -> Factors:
    """What guards this person's account, for the security page and for the forms that ask who it is."""
    app = app_of(user.id)
    return Factors(
        has_password=user.password_hash is not None,
        app_since=app.confirmed_at if app else None,
        passkeys=tuple(
            PasskeyRow(one.id, one.name, one.created_at, one.used_at) for one in passkeys_of(user.id)
        ),
        codes_left=recovery_codes_left(user.id),
        identities=tuple(
            IdentityRow(one.id, one.label, one.linked_at, one.used_at) for one in identities_of(user.id)
        ),
    )
