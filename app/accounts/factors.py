"""What people do with authenticator apps and recovery codes, and the second step of signing in."""

import secrets

from app import limits
from app.accounts import codes, factor_queries, letters, passwords, steps
from app.accounts.actions import end_all_sessions, open_session
from app.accounts.factor_models import AuthenticatorApp, RecoveryCode, StepKind
from app.accounts.models import User
from app.accounts.proof import need_proof
from app.accounts.queries import note_proof, person_named
from app.core.db import db, now, transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.limits import table
from app.mail import outbox
from app.policy import allow

# Setting up


def set_up_app(actor: User) -> None:
    """Make the secret for an authenticator app. It counts for nothing until `confirm_app`.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: there is one already.
    """
    allow(actor, "set_up_app", actor)
    need_proof(actor)
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        app = factor_queries.app_of(actor.id)
        if app is not None and app.confirmed_at is not None:
            raise Refused(_("You have an authenticator app already. Take it away first."))
        if app is None:
            app = AuthenticatorApp(user_id=actor.id)
            session.add(app)
        app.sealed_secret, app.created_at = codes.sealed(codes.new_secret()), now()


def secret_to_set_up(actor: User) -> str | None:
    """The secret that waits for its first code; None if there is none.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
    """
    need_proof(actor)
    app = factor_queries.app_of(actor.id)
    if app is None or app.confirmed_at is not None:
        return None
    return codes.unsealed(app.sealed_secret)


def confirm_app(actor: User, code: str) -> tuple[str, ...]:
    """Show with a first code that the app works; from now on it is asked for. They hear of it by mail.

    Returns:
        New recovery codes, to be shown this once, if this is the first factor; else none.

    Raises:
        Invalid: the code does not fit.
        ProofNeeded: it is long since they showed that it is them.
        Refused: no app waits for its first code.
        TooMany: a wrong code was given too often.
    """
    allow(actor, "confirm_app", actor)
    need_proof(actor)
    tries = limits.spend((table.SECOND_STEP_OF, str(actor.id)))
    with transaction():
        app = factor_queries.app_of(actor.id, lock=True)
        if app is None or app.confirmed_at is not None:
            raise Refused(_("No app waits to be set up. Please look again."))
        if not _takes(app, codes.plain(code)):
            raise _wrong_code()
        app.confirmed_at = now()
        shown = note_factors(actor)
        tell(actor, "factor", letters.factor_added(actor.username, _("an authenticator app")))
    limits.give_back(tries)
    return shown


def remove_app(actor: User) -> None:
    """Take the authenticator app away. They hear of it by mail.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: there is none.
    """
    allow(actor, "remove_app", actor)
    need_proof(actor)
    with transaction() as session:
        app = factor_queries.app_of(actor.id, lock=True)
        if app is None:
            raise Refused(_("There is no app any more."))
        session.delete(app)
        if app.confirmed_at is not None:
            note_factors(actor)
            tell(actor, "factor", letters.factor_removed(actor.username, _("your authenticator app")))


def renew_recovery_codes(actor: User) -> tuple[str, ...]:
    """Ten new recovery codes, to be shown this once; the ones before are worth nothing. They hear of it by mail.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: there is no second factor that they could stand in for.
    """
    allow(actor, "renew_recovery_codes", actor)
    need_proof(actor)
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        if actor.second_factor_at is None:
            raise Refused(
                _("Recovery codes stand in for an authenticator app or a passkey. Set one up first.")
            )
        tell(actor, "codes", letters.recovery_codes_renewed(actor.username))
        return _new_codes(actor)


def note_factors(user: User) -> tuple[str, ...]:
    """Note on the account whether a second factor guards it now. Call inside a transaction.

    Returns:
        New recovery codes if there are to be some now; else none.
    """
    db.session.flush()
    if not factor_queries.has_factor(user.id):
        user.second_factor_at = None
        factor_queries.forget_recovery_codes(user.id)
        return ()
    user.second_factor_at = user.second_factor_at or now()
    return () if factor_queries.recovery_codes_left(user.id) else _new_codes(user)


def _new_codes(user: User) -> tuple[str, ...]:
    factor_queries.forget_recovery_codes(user.id)
    shown = codes.new_recovery_codes()
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=codes.recovery_hash(one)) for one in shown)
    return shown


# Using them


def finish_sign_in(token: str, code: str, browser: str = "") -> tuple[User, steps.Then]:
    """The second step of signing in: a code of the app, or a recovery code.

    Args:
        token: of the step that began when the password was right.
        browser: what the browser calls itself.

    Returns:
        The person, carrying the new session's token, and what they wanted to do.

    Raises:
        Gone: the step is over, or has been open for too long.
        Invalid: the code does not fit, or was used already.
        TooMany: too many codes were wrong.
    """
    user = factor_queries.person_of_step(StepKind.SECOND, token)
    if user is None:
        raise steps.too_late()
    tries = limits.spend((table.SECOND_STEP_OF, str(user.id)))
    with transaction():
        step = steps.take(StepKind.SECOND, token)
        use_code(user, code)
        then = steps.Then.of(step.data)
        open_session(user, browser)
    limits.give_back(tries)
    return user, then


def use_code(user: User, code: str) -> None:
    """Take a code of the app or a recovery code; it is worth nothing after that. Call inside a transaction.

    Raises:
        Invalid: it does not fit, or was used already.
    """
    code = codes.plain(code)
    app = factor_queries.app_of(user.id, lock=True)
    if app is not None and app.confirmed_at is not None and _takes(app, code):
        return
    kept = factor_queries.unused_recovery_code(user.id, codes.recovery_hash(code))
    if kept is None:
        raise _wrong_code()
    kept.used_at = now()
    db.session.flush()
    left = factor_queries.recovery_codes_left(user.id)
    tell(user, "code", letters.recovery_code_used(user.username, left))


def _takes(app: AuthenticatorApp, code: str) -> bool:
    secret = codes.unsealed(app.sealed_secret)
    step = codes.fitting_step(secret, code, now(), app.last_step) if secret else None
    app.last_step = step or app.last_step
    return step is not None


def _wrong_code() -> Invalid:
    return Invalid(
        _("This code does not fit, or it was used already. Apps show a new one every half minute."),
        "one_time_code",
    )


def confirm_identity(actor: User, *, password: str = "", code: str = "") -> None:
    """Show once more that it is oneself, with the password or with a code. It holds for ten minutes, in this session.

    Raises:
        Invalid: it does not fit.
        TooMany: wrong ones were given too often.
    """
    allow(actor, "confirm_identity", actor)
    if code and not password:
        tries = limits.spend((table.SECOND_STEP_OF, str(actor.id)))
        with transaction():
            use_code(actor, code)
            note_proof(actor)
    else:
        tries = limits.spend((table.PASSWORD_OF, str(actor.id)))
        if not passwords.fits(password, actor.password_hash):
            raise Invalid(_("This is not your current password."), "password")
        with transaction():
            note_proof(actor)
    limits.give_back(tries)


# For the command line


def reset_factors(username: str) -> tuple[User, int, int]:
    """Take all second factors of somebody away who is locked out, end their sessions, and tell them by mail.

    Returns:
        The person, how many apps and passkeys there were, and how many sessions ended.

    Raises:
        Invalid: there is nobody of that name.
    """
    user = person_named(username)
    if user is None:
        raise Invalid(_("There is nobody called %(name)s.", name=username))
    with transaction():
        count = factor_queries.forget_factors(user.id)
        user.second_factor_at = None
        sessions = end_all_sessions(user)
        tell(user, "factor", letters.factors_reset(user.username))
    return user, count, sessions


def tell(user: User, kind: str, letter: letters.Letter) -> None:
    """Write to somebody about their account, if there is an address. Call inside a transaction."""
    if user.email:
        subject, text = letter
        outbox.send_later(
            to=user.email, subject=subject, text=text, key=f"{kind}:{user.id}:{secrets.token_hex(8)}"
        )
