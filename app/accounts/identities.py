"""Accounts at the sign-in provider: signing in with one, linking it to an account here, opening one with it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import limits
from app.accounts import actions, factor_queries, letters, oidc, steps
from app.accounts.factor_models import LinkedIdentity, StepKind
from app.accounts.factors import tell
from app.accounts.models import User, name_key
from app.accounts.oidc import Identity
from app.accounts.proof import need_proof
from app.accounts.queries import note_proof
from app.core.db import db, now, transaction
from app.core.errors import Refused
from app.core.i18n import gettext as _
from app.limits import table
from app.policy import Role, allow

SIGN_IN, LINK, PROOF = "sign-in", "link", "proof"
LARGEST_FORM = 256 * 1024


@dataclass(frozen=True)
class Departure:
    """Somebody is sent to the provider: where to, and the token by which their browser is known again."""

    address: str
    token: str


@dataclass(frozen=True)
class Trip:
    """What somebody went to the provider for, what waits meanwhile, and what was asked."""

    purpose: str
    then: steps.Then
    asked: oidc.Asked


@dataclass(frozen=True)
class Newcomer:
    """Somebody came back whom nobody here knows yet; with the token they can open an account."""

    token: str


@dataclass(frozen=True)
class Linked:
    """The provider's account was linked to the person's account here."""


@dataclass(frozen=True)
class Proven:
    """The person has shown that it is still them; what waits can go on."""


# Going there


def begin_sign_in(then: steps.Then, origin: str = "") -> Departure:
    """Send a visitor to the provider.

    Args:
        then: where they wanted to go, for afterwards.
        origin: stands for where this comes from, to count tries by; "" counts none.

    Raises:
        ProviderTrouble: the provider does not answer.
        Refused: the form that waits is too large to be kept.
        TooMany: it was tried too often from there.
    """
    if sum(len(value) for _name, value in then.kept) > LARGEST_FORM:
        raise Refused(
            _("What you typed is too long to be kept meanwhile. Please sign in with your password.")
        )
    limits.spend((table.BEGUN_FROM, origin))
    return _depart(SIGN_IN, then, None)


def begin_link(actor: User) -> Departure:
    """Send somebody to the provider, to link the account that they have there.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        ProviderTrouble: the provider does not answer.
    """
    allow(actor, "link_identity", actor)
    need_proof(actor)
    return _depart(LINK, steps.NOTHING, actor.id)


def begin_proof(actor: User, then: steps.Then) -> Departure:
    """Send somebody to the provider, to show there that it is still them.

    Raises:
        ProviderTrouble: the provider does not answer.
    """
    allow(actor, "confirm_identity", actor)
    return _depart(PROOF, then, actor.id)


def _depart(purpose: str, then: steps.Then, user_id: int | None) -> Departure:
    if not oidc.is_set_up():
        raise Refused(_("There is no sign-in provider here."))
    token = secrets.token_urlsafe(32)
    address, asked = oidc.begin(token, anew=purpose == PROOF)
    noted = {"purpose": purpose, "nonce": asked.nonce, "verifier": asked.verifier, **then.as_data()}
    with transaction():
        steps.begin(StepKind.ELSEWHERE, noted, user_id, token=token)
    return Departure(address, token)


# Coming back


def arrive(actor: Any, token: str, state: str) -> Trip:
    """Somebody comes back from the provider, to the browser from which they were sent there.

    Args:
        token: as the browser kept it.
        state: as the address brings it; the same, or somebody has put another answer into this browser.

    Raises:
        Gone: nobody was sent from this browser, they came back already, or it took too long.
    """
    if not token or not secrets.compare_digest(token.encode(), state.encode()):
        raise steps.too_late()
    with transaction():
        step = steps.take(StepKind.ELSEWHERE, token)
        noted, user_id = step.data, step.user_id
    if user_id is not None and user_id != actor.id:
        raise steps.too_late()
    return Trip(noted["purpose"], steps.Then.of(noted), oidc.Asked(noted["nonce"], noted["verifier"]))


def come_back(
    actor: Any, trip: Trip, answer: Mapping[str, str], browser: str = "", *, replacing: str | None = None
) -> User | steps.Begun | Newcomer | Linked | Proven:
    """Do what somebody went to the provider for.

    Args:
        answer: the fields of the address to which the provider sent them back.
        browser: what the browser calls itself.
        replacing: the token of a session of the same browser, which ends.

    Raises:
        ProofNeeded: to link it, it is too long since they showed that it is them.
        ProviderTrouble: the provider says nothing that could be believed.
        Refused: what they came for cannot be done; the words say why.
    """
    identity = oidc.finish(answer, trip.asked)
    if trip.purpose == LINK:
        link_identity(actor, identity)
        return Linked()
    known = factor_queries.identity(identity.issuer, identity.subject)
    if trip.purpose == PROOF:
        if known is None or known.user_id != actor.id:
            raise Refused(_("This is not the account at %(name)s that is linked here.", name=oidc.name()))
        with transaction():
            note_proof(actor)
        return Proven()
    if known is None:
        return _newcomer(identity, trip.then)
    with transaction():
        known.used_at = now()
        user = db.session.get_one(User, known.user_id)
    return actions.go_in(user, browser, replacing, then=trip.then)


def _newcomer(identity: Identity, then: steps.Then) -> Newcomer:
    with transaction():
        return Newcomer(steps.begin(StepKind.NEWCOMER, {"identity": vars(identity), **then.as_data()}).token)


def identity_of_newcomer(token: str) -> Identity | None:
    """Who waits to open an account; None if nobody does any more."""
    step = factor_queries.step_of(StepKind.NEWCOMER, token)
    return Identity(**step.data["identity"]) if step is not None else None


# Deeds


def sign_up_with_identity(
    actor: Any, token: str, username: str, email: str, *, site_url: str, origin: str = ""
) -> tuple[User, steps.Then]:
    """A visitor who came back from the provider becomes a member. No password is set.

    The address is certain if the provider has verified that very one; else a letter confirms it.

    Args:
        token: of the newcomer.
        site_url: the site's own address, for the link in the letter.
        origin: stands for where this comes from, to count tries by; "" counts none.

    Raises:
        Gone: it took too long, or was done already.
        Invalid: the name or the address cannot be taken.
        TooMany: too many accounts were opened from there.
    """
    allow(actor, "sign_up_with_identity")
    identity = identity_of_newcomer(token)
    if identity is None:
        raise steps.too_late()
    limits.spend((table.SIGN_UP_FROM, origin))
    is_certain = identity.is_email_verified and name_key(email) == name_key(identity.email)
    noted: dict[str, Any] = {}

    def link(user: User) -> None:
        noted.update(steps.take(StepKind.NEWCOMER, token).data)
        _link(user, identity)

    user = actions.create_person(
        username, email, None, Role.MEMBER, confirm_at=None if is_certain else site_url, and_then=link
    )
    return user, steps.Then.of(noted)


def link_identity(actor: User, identity: Identity) -> None:
    """Let somebody sign in with their account at the provider from now on. They hear of it by mail.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: it is linked to somebody already, or they have linked another one.
    """
    allow(actor, "link_identity", actor)
    need_proof(actor)
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        if factor_queries.identity(identity.issuer, identity.subject) is not None:
            raise Refused(
                _("That account at %(name)s is linked to an account here already.", name=oidc.name())
            )
        if any(one.issuer == identity.issuer for one in factor_queries.identities_of(actor.id)):
            raise Refused(
                _("You have linked another account at %(name)s. Take it away first.", name=oidc.name())
            )
        _link(actor, identity)
        tell(actor, "linked", letters.identity_linked(actor.username, oidc.name(), identity.label))


def _link(user: User, identity: Identity) -> None:
    db.session.add(
        LinkedIdentity(
            user_id=user.id, issuer=identity.issuer, subject=identity.subject, label=identity.label
        )
    )
    db.session.flush()


def unlink_identity(actor: User, identity_id: int) -> None:
    """Let somebody no longer sign in with their account at the provider. They hear of it by mail.

    Raises:
        ProofNeeded: it is long since they showed that it is them.
        Refused: there is no such link of theirs, or it is their only way in.
    """
    allow(actor, "unlink_identity", actor)
    need_proof(actor)
    with transaction() as session:
        session.refresh(actor, with_for_update={"key_share": True})
        linked = session.get(LinkedIdentity, identity_id)
        if linked is None or linked.user_id != actor.id:
            raise Refused(_("That account is not linked any more."))
        if actor.password_hash is None and not factor_queries.passkeys_of(actor.id):
            raise Refused(_("This is your only way in. Set a password first, under “Account”."))
        session.delete(linked)
        tell(actor, "unlinked", letters.identity_unlinked(actor.username, linked.label))
