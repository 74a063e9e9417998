"""What protects every page: where a change may come from, what a page may load, what may be kept."""

from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup

from app.core.errors import Invalid, NotAllowed
from app.core.i18n import gettext as _

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types aftercare",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
OWN = (
    *("/admin", "/following", "/moderation/people", "/moderation/limits", "/notifications", "/reputation"),
    *("/settings", "/unsent"),
)
"""Pages that show what is about one person; no browser keeps them, so that whoever comes after finds nothing."""
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LARGEST_ID = 2**31 - 1

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Check every change, and dress every response."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = (
        False  # Signed-out pages carry no token; see refuse_foreign_changes.
    )
    csrf.init_app(app)
    app.before_request(refuse_impossible_values)
    app.before_request(refuse_foreign_changes)
    app.after_request(dress)
    app.jinja_env.globals["csrf_field"] = csrf_field


def refuse_impossible_values() -> ResponseReturnValue | None:
    """Numbers that no row can have lead nowhere, and no text of ours holds a NUL: databases take neither.

    Whoever looks for something with a NUL in it is sent to the same search without it.

    Raises:
        NotFound: the address holds a number that is too large.
        Invalid: there is a NUL character in the address or in the form.
    """
    values = (request.view_args or {}).values()
    if any(isinstance(value, int) and value > LARGEST_ID for value in values):
        abort(404)
    if request.method in SAFE_METHODS and "\0" in request.args.get("q", ""):
        cleaned = [
            (name, value.replace("\0", " ") if name == "q" else value)
            for name, value in request.args.items(multi=True)
        ]
        return redirect(f"{request.path}?{urlencode(cleaned)}")
    typed = [request.path, *request.args.values(), *request.form.values()]
    if any("\0" in text for text in typed):
        raise Invalid(_("There is a NUL character in the address or in the text. Please remove it."))
    return None


def refuse_foreign_changes() -> None:
    """A change must come from our own pages.

    Every browser says where a POST comes from (`Sec-Fetch-Site`, `Origin`), and that is checked for everyone.
    Signed-in people's forms carry a token besides. A request without those headers and without a session
    has no authority that somebody could borrow.

    Raises:
        NotAllowed: it comes from somewhere else.
        CSRFError: the token of a signed-in person's form is missing or wrong.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    is_foreign = site not in ("same-origin", "none") or (origin is not None and _host(origin) != request.host)
    if is_foreign:
        raise NotAllowed(_("This came from another site, so nothing was changed."))
    if current_user.is_authenticated:
        csrf.protect()


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def csrf_field() -> Markup:
    """The hidden token of a form; nothing for visitors, whose pages are the same for everyone."""
    found: Markup | None = g.get("csrf_field")  # A page has dozens of forms, and one token.
    if found is None:
        is_somebody = current_user.is_authenticated
        found = g.csrf_field = _csrf_input(generate_csrf()) if is_somebody else Markup("")
    return found


def _csrf_input(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def dress(response: Response) -> Response:
    """Security headers for all; an ETag and public keeping for what visitors get, privacy for the rest."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" in response.headers or request.method not in SAFE_METHODS:
        return response
    if current_user.is_authenticated or session.modified or "Set-Cookie" in response.headers:
        response.headers["Cache-Control"] = (
            "no-store" if request.path.startswith(OWN) else "private, no-cache"
        )
    else:
        # Also redirects and errors: a title changes and with it an address; what is gone may come back.
        response.headers["Cache-Control"] = "public, no-cache"
        if response.status_code == 200 and not response.is_streamed:
            response.add_etag(weak=True)  # The same page goes out plain and packed.
            response.make_conditional(request)
    response.vary.add("Cookie")
    return response


__all__ = ["CSRFError", "csrf_field", "init_app"]
