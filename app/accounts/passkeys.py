"""Passkeys (WebAuthn): adding and removing them, and signing in with one, alone or as the second step."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app import limits
from app.accounts import factor_queries, letters, steps
from app.accounts.actions import open_session
from app.accounts.factor_models import Passkey, StepKind
from app.accounts.factors import note_factors, tell
from app.accounts.models import User
from app.accounts.proof import need_proof
from app.accounts.queries import end_session_of, note_proof
from app.core.db import db, now, transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.limits import table
from app.policy import allow

MOST = 20
LONGEST_NAME = 60
LONGEST_CREDENTIAL = 32 * 1024

REGISTER, SIGN_IN, SECOND, PROOF = "register", "sign-in", "second", "proof"


@dataclass(frozen=True)
class Place:
    """The site as passkeys know it: the name that they are bound to, and where its pages come from."""

    host: str
    origin: str
    name: Callable[[], str]


_place = Place("", "", lambda: "")


def configure(url: str, name: Callable[[], str]) -> None:
    """Set what passkeys are bound to: the site's own address, never what a request claims it to be."""
    global _place
    parts = urlsplit(url)
    _place = Place(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)


def are_possible() -> bool:
    """Whether browsers give passkeys to this site: it needs a name, and HTTPS unless it is on this machine."""
    try:
        ip_address(_place.host)
    except ValueError:
        return _place.origin.startswith("https://") or _place.host == "localhost"
    return False


# Adding and removing


def registration_options(actor: User) -> str:
    """What the browser needs to make a passkey, as JSON.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: they have as many as they may have, or the site's address is not fit for passkeys.
    """
    allow(actor, "register_passkey", actor)
    need_proof(actor)
    known = factor_queries.passkeys_of(actor.id)
    _refuse_impossible()
    if len(known) >= MOST:
        raise _enough()
    challenge = secrets.token_bytes(32)
    handle = known[0].handle if known else secrets.token_bytes(32)
    options = webauthn.generate_registration_options(
        rp_id=_place.host,
        rp_name=_place.name(),
        user_name=actor.username,
        user_id=handle,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    _begin(challenge, REGISTER, actor.id, handle=bytes_to_base64url(handle))
    return webauthn.options_to_json(options)


def register_passkey(actor: User, name: str, credential: str) -> tuple[str, ...]:
    """Add a passkey that the browser has made. They hear of it by mail.

    Args:
        name: by which its owner will know it again.
        credential: what the browser answered, as JSON.

    Returns:
        New recovery codes, to be shown this once, if this is the first factor; else none.

    Raises:
        Gone: the browser was asked too long ago.
        Invalid: the name cannot be taken, or the answer is not one to what was asked.
        ProofNeeded: it is long since they showed that it is them.
        Refused: they have as many as they may have, or this one already.
    """
    allow(actor, "register_passkey", actor)
    need_proof(actor)
    name = plain_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(_("Please give it a name of at most %(n)d characters.", n=LONGEST_NAME), "name")
    parsed = _parsed(credential, parse_registration_credential_json)
    challenge, noted = _taken(parsed, REGISTER, actor.id)
    try:
        verified = webauthn.verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=_place.host,
            expected_origin=_place.origin,
        )
    except WebAuthnException:
        raise _not_good() from None
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        if factor_queries.passkey_with(verified.credential_id) is not None:
            raise Refused(_("This passkey is in use already."))
        if len(factor_queries.passkeys_of(actor.id)) >= MOST:
            raise _enough()
        session.add(
            Passkey(
                user_id=actor.id,
                name=name,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                handle=base64url_to_bytes(noted["handle"]),
                sign_count=verified.sign_count,
            )
        )
        shown = note_factors(actor)
        tell(actor, "factor", letters.factor_added(actor.username, _("the passkey “%(name)s”", name=name)))
    return shown


def remove_passkey(actor: User, passkey_id: int) -> None:
    """Take a passkey of one's own away. They hear of it by mail.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: there is no such passkey of theirs any more.
    """
    allow(actor, "remove_passkey", actor)
    need_proof(actor)
    with transaction() as session:
        passkey = session.get(Passkey, passkey_id)
        if passkey is None or passkey.user_id != actor.id:
            raise Refused(_("There is no such passkey any more."))
        session.delete(passkey)
        note_factors(actor)
        words = _("the passkey “%(name)s”", name=passkey.name)
        tell(actor, "factor", letters.factor_removed(actor.username, words))


# Using them


def sign_in_options(origin: str = "") -> str:
    """What the browser needs to sign in with any passkey of this site, as JSON.

    Args:
        origin: stands for where this comes from, to count tries by; "" counts none.

    Raises:
        Refused: the site's address is not fit for passkeys.
        TooMany: it was asked too often from there.
    """
    _refuse_impossible()
    limits.spend((table.BEGUN_FROM, origin))
    return _options(SIGN_IN, None, UserVerificationRequirement.REQUIRED)


def sign_in_with_passkey(credential: str, browser: str = "", *, replacing: str | None = None) -> User:
    """Start a session for the owner of a passkey. It is two proofs at once: the device, and how it was unlocked.

    Args:
        credential: what the browser answered, as JSON.
        browser: what the browser calls itself.
        replacing: the token of a session of the same browser, which ends.

    Raises:
        Gone: the browser was asked too long ago.
        Invalid: the passkey is not known, or the answer is not one to what was asked.
    """
    parsed = _parsed(credential, parse_authentication_credential_json)
    challenge, _noted = _taken(parsed, SIGN_IN, None)
    with transaction():
        user = _owner(parsed, challenge, None, is_alone=True)
        if replacing is not None:
            end_session_of(replacing)
        return open_session(user, browser)


def second_step_options(token: str) -> str:
    """What the browser needs to use a passkey of whoever is half signed in, as JSON.

    Raises:
        Gone: the step is over, or has been open for too long.
    """
    user = factor_queries.person_of_step(StepKind.SECOND, token)
    if user is None:
        raise steps.too_late()
    return _options(SECOND, user.id, UserVerificationRequirement.PREFERRED)


def finish_sign_in_with_passkey(token: str, credential: str, browser: str = "") -> tuple[User, steps.Then]:
    """The second step of signing in, by a passkey; see `factors.finish_sign_in`.

    Raises:
        Gone: the step is over, or one of both was begun too long ago.
        Invalid: the passkey is not theirs, or the answer is not one to what was asked.
    """
    user = factor_queries.person_of_step(StepKind.SECOND, token)
    if user is None:
        raise steps.too_late()
    parsed = _parsed(credential, parse_authentication_credential_json)
    challenge, _noted = _taken(parsed, SECOND, user.id)
    with transaction():
        step = steps.take(StepKind.SECOND, token)
        then = steps.Then.of(step.data)
        _owner(parsed, challenge, user.id)
        open_session(user, browser)
    return user, then


def proof_options(actor: User) -> str:
    """What the browser needs to show with a passkey that it is still them, as JSON."""
    allow(actor, "confirm_identity", actor)
    return _options(PROOF, actor.id, UserVerificationRequirement.PREFERRED)


def confirm_identity_with_passkey(actor: User, credential: str) -> None:
    """Show once more that it is oneself, with a passkey; see `factors.confirm_identity`.

    Raises:
        Gone: the browser was asked too long ago.
        Invalid: the passkey is not theirs, or the answer is not one to what was asked.
    """
    allow(actor, "confirm_identity", actor)
    parsed = _parsed(credential, parse_authentication_credential_json)
    challenge, _noted = _taken(parsed, PROOF, actor.id)
    with transaction():
        _owner(parsed, challenge, actor.id)
        note_proof(actor)


def _options(purpose: str, user_id: int | None, verification: UserVerificationRequirement) -> str:
    challenge = secrets.token_bytes(32)
    known = factor_queries.passkeys_of(user_id) if user_id is not None else ()
    options = webauthn.generate_authentication_options(
        rp_id=_place.host,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        user_verification=verification,
    )
    _begin(challenge, purpose, user_id)
    return webauthn.options_to_json(options)


def _begin(challenge: bytes, purpose: str, user_id: int | None, **more: str) -> None:
    with transaction():
        steps.begin(
            StepKind.PASSKEY,
            {"purpose": purpose, **more},
            user_id,
            token=bytes_to_base64url(challenge),
        )


def _parsed(credential: str, parse: Callable[[str], Any]) -> Any:
    if len(credential) > LONGEST_CREDENTIAL:
        raise _not_good()
    try:
        return parse(credential)
    except (WebAuthnException, ValueError):
        raise _not_good() from None


def _taken(parsed: Any, purpose: str, user_id: int | None) -> tuple[bytes, dict[str, Any]]:
    """The challenge that an answer is about, and what was noted with it. It is worth nothing from now on, whatever follows.

    Raises:
        Gone: we asked for no such thing, or too long ago.
    """
    try:
        challenge = parse_client_data_json(parsed.response.client_data_json).challenge
    except (WebAuthnException, ValueError):
        raise _not_good() from None
    with transaction():
        step = steps.take(StepKind.PASSKEY, bytes_to_base64url(challenge))
        noted, asked = step.data, step.user_id
    if noted["purpose"] != purpose or asked != user_id:
        raise steps.too_late()
    return challenge, noted


def _owner(parsed: Any, challenge: bytes, user_id: int | None, *, is_alone: bool = False) -> User:
    """Whose passkey has signed the challenge. Call inside a transaction.

    Args:
        user_id: whose it has to be; None if anybody's will do.
        is_alone: whether nothing else was asked for, so that the device must have been unlocked.
    """
    passkey = factor_queries.passkey_with(parsed.raw_id, lock=True)
    if passkey is None or (user_id is not None and passkey.user_id != user_id):
        raise Invalid(_("This passkey is not known here. Perhaps it was taken away."), "credential")
    if parsed.response.user_handle not in (None, b"", passkey.handle):
        raise _not_good()
    try:
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=_place.host,
            expected_origin=_place.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=is_alone,
        )
    except WebAuthnException:
        raise _not_good() from None
    passkey.sign_count, passkey.used_at = verified.new_sign_count, now()
    return db.session.get_one(User, passkey.user_id)


def _refuse_impossible() -> None:
    if not are_possible():
        raise Refused(_("Passkeys need a site with a name of its own and HTTPS."))


def _enough() -> Refused:
    return Refused(_("%(n)d passkeys are the most. Take one away first.", n=MOST))


def _not_good() -> Invalid:
    return Invalid(_("That did not work with this passkey. Please try it once more."), "credential")
