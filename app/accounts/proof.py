"""Deeds that could cost somebody their account ask first whether it is still them."""

from datetime import timedelta

from app.accounts.models import User
from app.core.db import now
from app.core.errors import ProofNeeded
from app.core.i18n import gettext as _

PROOF_LIFE = timedelta(minutes=10)


def is_proven(actor: User) -> bool:
    """Whether this person has shown lately, in the session through which they are here, that it is them."""
    return actor.session_proved_at is not None and now() - actor.session_proved_at < PROOF_LIFE


def need_proof(actor: User) -> None:
    """Let somebody go on who has shown lately that it is them; signing in counts.

    Raises:
        ProofNeeded: it was too long ago.
    """
    if not is_proven(actor):
        raise ProofNeeded(_("Please show that it is you before you go on."))
