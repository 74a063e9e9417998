"""One-time codes: those of authenticator apps (RFC 6238), and those one keeps for the day the app is gone."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # None that looks like another
_GROUPS, _GROUP = 4, 4  # 16 signs out of 32 are 80 bits, so a plain fast hash protects them.
DRIFT = 1

_sealer: Fernet | None = None


def configure(secret: str) -> None:
    """Set what secrets are sealed with, so that who reads the database, or a backup of it, can make no codes."""
    global _sealer
    key = hmac.digest(secret.encode(), b"secrets of authenticator apps", "sha256")
    _sealer = Fernet(base64.urlsafe_b64encode(key))


def new_secret() -> str:
    """A secret for an app: 160 random bits in base 32."""
    return pyotp.random_base32()


def sealed(secret: str) -> str:
    """The form in which a secret is stored."""
    return _the_sealer().encrypt(secret.encode()).decode()


def unsealed(text: str) -> str | None:
    """The secret again; None if it was sealed with another key of the site."""
    try:
        return _the_sealer().decrypt(text.encode()).decode()
    except InvalidToken:
        return None


def _the_sealer() -> Fernet:
    if _sealer is None:
        raise RuntimeError("Nothing to seal with; call codes.configure.")
    return _sealer


def address(secret: str, username: str, site: str) -> str:
    """The otpauth address that an app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=site)


def picture(address: str) -> str:
    """A QR code as SVG, dark on light in either look, for cameras need it so."""
    drawn: str = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return drawn


def in_groups(secret: str) -> str:
    """A secret as people type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def fitting_step(secret: str, code: str, moment: datetime, after: int) -> int | None:
    """The half minute, counted since 1970, that a code belongs to: the present one, or the one before or after.

    Args:
        after: the last one of which a code was taken; neither it nor those before it count.
    """
    app = pyotp.TOTP(secret)
    present = app.timecode(moment)
    for step in range(max(present - DRIFT, after + 1), present + DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step), code):
            return step
    return None


def plain(code: str) -> str:
    """A code without what people put between its signs."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes, as they are shown."""
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _sign in range(_GROUP)) for _group in range(_GROUPS))
        for _code in range(RECOVERY_CODES)
    )


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()


def as_text(codes: Iterable[str]) -> str:
    """The codes, a line each, for a file."""
    return "\n".join(codes) + "\n"
