"""OpenID Connect: what is said between the site and the sign-in provider (Core 1.0, code flow with PKCE).

Nothing here knows the database. Whatever the provider says is believed only when its signature, its issuer, whom it
is meant for, its age and its nonce are right.
"""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core.claims import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, MissingKeyError
from joserfc.jwk import KeySet

from app.core import outgoing
from app.core.errors import Declined
from app.core.i18n import gettext as _
from app.core.outgoing import Unreachable

log = logging.getLogger(__name__)

SECONDS = 8.0
LARGEST = 256 * 1024
KEPT_FOR = 3600.0
NEW_KEYS_EVERY = 30.0
LEEWAY = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make: neither "none" nor those with a secret that we share."""

SCOPE = "openid profile email"


class ProviderTrouble(Declined):
    """The provider does not answer, or not as it must; the message is for people, the log has the cause."""


@dataclass(frozen=True)
class Provider:
    """Where people may sign in instead of here, as the settings name it."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    name: str = ""
    redirect_uri: str = ""


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider.

    Attributes:
        subject: never another person's at this issuer; an address may become one.
        email: "" if the provider tells none.
        name: what they are called there.
    """

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    name: str

    @property
    def label(self) -> str:
        """What its owner knows it by."""
        return (self.email or self.name or self.subject)[:254]


@dataclass(frozen=True)
class Asked:
    """What was asked of the provider, to compare its answer with."""

    nonce: str
    verifier: str


_provider = Provider()
_lock = Lock()
_known: dict[str, tuple[float, Any]] = {}


def configure(provider: Provider) -> None:
    """Set who the provider is; one without an issuer is none."""
    global _provider
    _provider = provider
    _known.clear()


def is_set_up() -> bool:
    """Whether there is a provider."""
    return bool(_provider.issuer)


def name() -> str:
    """What people call the provider."""
    return _provider.name


def issuer() -> str:
    """The provider's own name for itself."""
    return _provider.issuer


def begin(state: str, *, anew: bool = False) -> tuple[str, Asked]:
    """Where somebody has to go to sign in there.

    Args:
        state: comes back with them.
        anew: whether they have to show there once more who they are, although they are signed in.

    Raises:
        ProviderTrouble: the provider does not answer.
    """
    asked = Asked(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48))
    about = _about()
    more = {"prompt": "login"} if anew else {}
    client = _client(about)
    address, _state = client.create_authorization_url(
        about["authorization_endpoint"], state=state, code_verifier=asked.verifier, nonce=asked.nonce, **more
    )
    return str(address), asked


def finish(answer: Mapping[str, str], asked: Asked) -> Identity:
    """Who it is, by what came back in the address.

    Args:
        answer: the fields of the address to which the provider sent them back.

    Raises:
        ProviderTrouble: they did not sign in there, the provider does not answer, or what it says is not right.
    """
    about = _about()
    # RFC 9207: the answer may be another provider's, whom somebody has put between.
    if answer.get("iss", _provider.issuer) != _provider.issuer or (
        about.get("authorization_response_iss_parameter_supported") is True and "iss" not in answer
    ):
        raise _trouble("the answer says that it is from %r", answer.get("iss"))
    if "error" in answer or not answer.get("code"):
        log.info("Nobody signed in at the provider: %.200r", answer.get("error"))
        raise ProviderTrouble(
            _("You were not signed in at %(name)s. Nothing was changed.", name=_provider.name)
        )
    try:
        token = _client(about).fetch_token(
            about["token_endpoint"],
            grant_type="authorization_code",
            code=answer["code"],
            code_verifier=asked.verifier,
        )
        claims = _claims(token, asked, about)
        return _identity(claims, token, about)
    except Unreachable as error:
        raise _silent(error) from error
    # Authlib answers a response that is none with whatever it stumbles over.
    except Exception as error:
        raise _trouble("%s: %.300s", type(error).__name__, error) from error


def _claims(token: Mapping[str, Any], asked: Asked, about: Mapping[str, Any]) -> CodeIDToken:
    text = str(token["id_token"])
    try:
        decoded = jwt.decode(text, _keys(about), algorithms=ALGORITHMS)
    except (InvalidKeyIdError, MissingKeyError):  # Providers change their keys.
        decoded = jwt.decode(text, _keys(about, renew=True), algorithms=ALGORITHMS)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": _provider.issuer},
            "aud": {"essential": True, "value": _provider.client_id},
        },
        params={
            "nonce": asked.nonce,
            "client_id": _provider.client_id,
            "access_token": token.get("access_token"),
        },
    )
    claims.validate(leeway=LEEWAY)
    return claims


def _identity(claims: Mapping[str, Any], token: Mapping[str, Any], about: Mapping[str, Any]) -> Identity:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ValueError("the subject is no text of 1 to 255 signs")
    told = dict(claims)
    if "email" not in told and "userinfo_endpoint" in about and token.get("access_token"):
        more = outgoing.fetch(
            "GET",
            about["userinfo_endpoint"],
            headers={"Authorization": f"Bearer {token['access_token']}"},
            seconds=SECONDS,
            largest=LARGEST,
        ).json()
        if isinstance(more, dict) and more.get("sub") == subject:
            told = {**more, **told}
    email = told.get("email")
    called = told.get("preferred_username") or told.get("name") or ""
    return Identity(
        issuer=_provider.issuer,
        subject=subject,
        email=email if isinstance(email, str) else "",
        is_email_verified=isinstance(email, str) and told.get("email_verified") is True,
        name=called if isinstance(called, str) else "",
    )


# What the provider says of itself


def _about() -> Mapping[str, Any]:
    """The provider's description of itself, read once an hour.

    Raises:
        ProviderTrouble: there is none, or it is somebody else's.
    """

    def read() -> Any:
        found = _json(_provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != _provider.issuer:
            raise Unreachable("The description is not that of this issuer.")
        for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(endpoint), str):
                raise Unreachable(f"The description names no {endpoint}.")
        schemes = {
            urlsplit(value).scheme for name, value in found.items() if name.endswith(("_endpoint", "_uri"))
        }
        if not schemes <= {"https", urlsplit(_provider.issuer).scheme}:
            raise Unreachable("The description leads away from https.")
        return found

    try:
        found: Mapping[str, Any] = _kept("about", read, KEPT_FOR)
        return found
    except Unreachable as error:
        raise _silent(error) from error


def _keys(about: Mapping[str, Any], *, renew: bool = False) -> KeySet:
    """The provider's public keys, read once an hour, and when one is missing."""

    def read() -> KeySet:
        found = _json(about["jwks_uri"])
        fitting = [
            one for one in found["keys"] if one.get("kty") in ("RSA", "EC", "OKP") and one.get("use") != "enc"
        ]
        return KeySet.import_key_set({"keys": fitting})

    found: KeySet = _kept("keys", read, NEW_KEYS_EVERY if renew else KEPT_FOR)
    return found


def _kept(what: str, read: Any, seconds: float) -> Any:
    with _lock:
        known = _known.get(what)
    if known is not None and time.monotonic() - known[0] < seconds:
        return known[1]
    found = read()
    with _lock:
        _known[what] = (time.monotonic(), found)
    return found


def _json(url: str) -> Any:
    answer = outgoing.fetch(
        "GET", url, headers={"Accept": "application/json"}, seconds=SECONDS, largest=LARGEST
    )
    if answer.status != 200:
        raise Unreachable(f"{url} answered {answer.status}.")
    return answer.json()


# Authlib's client, speaking through our own door


class _Reply:
    """An answer as Authlib wants it."""

    def __init__(self, answer: outgoing.Answer) -> None:
        self.status_code = answer.status
        self.json = answer.json

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise Unreachable(f"The provider answered {self.status_code}.")


class _Session:
    """Sends what Authlib wants to send."""

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> _Reply:
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Reply(outgoing.fetch("POST", url, headers=sent, body=body, seconds=SECONDS, largest=LARGEST))


def _client(about: Mapping[str, Any]) -> OAuth2Client:
    ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
    return OAuth2Client(
        _Session(),
        client_id=_provider.client_id,
        client_secret=_provider.client_secret,
        token_endpoint_auth_method=way if _provider.client_secret else "none",
        scope=SCOPE,
        redirect_uri=_provider.redirect_uri,
        code_challenge_method="S256",
    )


def _silent(error: Exception) -> ProviderTrouble:
    log.warning("The sign-in provider: %s", error)
    return ProviderTrouble(
        _(
            "%(name)s does not answer at the moment. Please sign in in another way, or try again in a while.",
            name=_provider.name,
        )
    )


def _trouble(words: str, *args: object) -> ProviderTrouble:
    log.warning("The sign-in provider is not believed: " + words, *args)
    return ProviderTrouble(
        _(
            "What %(name)s answered could not be trusted. Nothing was changed; please try again.",
            name=_provider.name,
        )
    )
