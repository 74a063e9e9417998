"""Sign-ins that are under way: each waits for one thing, in one browser, once, for ten minutes."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts import factor_queries
from app.accounts.factor_models import STEP_LIFE, SignInStep, StepKind
from app.accounts.models import token_hash
from app.core.db import db, now
from app.core.errors import Gone
from app.core.i18n import gettext as _


@dataclass(frozen=True)
class Begun:
    """A step that has begun. The token is for that browser alone."""

    token: str


@dataclass(frozen=True)
class Then:
    """What follows a sign-in: a page, or a form that waits to be sent once more."""

    next: str = ""
    action: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For the row of a step."""
        return {"next": self.next, "action": self.action, "kept": self.kept}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Then":
        """Back from the row of a step."""
        kept = tuple((str(name), str(value)) for name, value in data.get("kept", ()))
        return cls(data.get("next", ""), data.get("action", ""), kept)


NOTHING = Then()


def begin(
    kind: StepKind, data: Mapping[str, Any], user_id: int | None = None, *, token: str | None = None
) -> Begun:
    """Begin a step. Call inside a transaction.

    Args:
        data: what to remember until it goes on; JSON.
        user_id: whose sign-in it is, if that is known.
        token: known to the browser; a new random one if none is given.
    """
    token = token or secrets.token_urlsafe(32)
    db.session.add(
        SignInStep(
            kind=kind,
            token_hash=token_hash(token),
            user_id=user_id,
            payload=json.dumps(data),
            expires_at=now() + STEP_LIFE,
        )
    )
    db.session.flush()
    return Begun(token)


def take(kind: StepKind, token: str) -> SignInStep:
    """The step with this token, which is over with that. Call inside a transaction.

    Raises:
        Gone: there is none, it was taken already, or it has been too long.
    """
    step = factor_queries.step_of(kind, token, lock=True)
    if step is None:
        raise too_late()
    db.session.delete(step)
    return step


def too_late() -> Gone:
    """What is said when a step is over."""
    return Gone(_("That took too long, or it was done already. Please begin again."))
