"""Every setting, its default and its meaning. A bad value stops the start with a sentence."""

import os
import secrets
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


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
    | `AFTERCARE_HOSTS` | any | the names under which the site may be asked for, with commas between |
    | `AFTERCARE_PROXIES` | 0 | how many trusted proxies stand in front |

    Raises:
        BadSetting: a value cannot be used.
    """
    home = Path(overrides.get("HOME") or os.environ.get("AFTERCARE_HOME") or ROOT).resolve()
    var = home / "var"
    values: dict[str, Any] = {
        "HOME": home,
        "VAR": var,
        "ARTICLES": home / "content" / "articles",
        "SEARCH_INDEX": home / "search_index",
        "SQLALCHEMY_DATABASE_URI": _database_url(os.environ.get("DATABASE_URL"), var),
        "SITE_NAME": os.environ.get("AFTERCARE_SITE_NAME", "Aftercare"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": _yes_or_no("AFTERCARE_SECURE_COOKIES", default=False),
        "PROXIES": _number("AFTERCARE_PROXIES", default=0),
        "TRUSTED_HOSTS": [name for name in os.environ.get("AFTERCARE_HOSTS", "").split(",") if name] or None,
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "app" / "translations"),
        "LANGUAGES": ("en",),
    }
    values.update(overrides)
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


def _number(name: str, *, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit():
        raise BadSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)
