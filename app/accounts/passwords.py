"""Passwords: what is acceptable, how they are kept."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.core.errors import Invalid
from app.core.i18n import gettext as _

SHORTEST, LONGEST = 8, 256
COMMON = 10_000

# OWASP's second choice for argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash("the password of nobody")


def check_acceptable(password: str, username: str, field: str = "password") -> None:
    """Let a new password pass or say what is wrong with it.

    Raises:
        Invalid: too short, too long, the person's own name, or one of those that are tried first.
    """
    if len(password) < SHORTEST:
        raise Invalid(
            _("Please use at least %(n)d characters. A few words in a row work well.", n=SHORTEST), field
        )
    if len(password) > LONGEST:
        raise Invalid(_("Please use at most %(n)d characters.", n=LONGEST), field)
    if password.casefold() == username.casefold() or len(set(password)) < 3:
        raise Invalid(_("That is too easy to guess. A few words in a row work well."), field)
    if password.casefold() in _commonest():
        raise Invalid(
            _(
                "This is one of the %(n)s commonest passwords, so it is tried first. A few words in a row work well.",
                n=f"{COMMON:,}",
            ),
            field,
        )


@cache
def _commonest() -> frozenset[str]:
    """The commonest passwords, from the list that zxcvbn ranks by how often leaked accounts had them.

    Read when somebody chooses a password for the first time, for it takes 12 MB.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"][:COMMON] if len(word) >= SHORTEST)


def hashed(password: str) -> str:
    """The argon2id hash that is stored."""
    return _hasher.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one behind the hash. Takes as long when there is no hash."""
    try:
        return _hasher.verify(password_hash or _nobody, password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False
