"""Each request has a number, and is written down and counted when it is done, also where a kept page answered it.

This stands before all else that answers, so what it tells is what people got.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request
from sqlalchemy import inspect

from app.accounts.models import User
from app.web import log

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class Asked:
    """What is known of a request while it is answered; it travels in the request's environment.

    Attributes:
        opened: the guide ("article") or the question whose page answers it, by its number.
    """

    endpoint: str = ""
    path: str = "?"
    user_id: int | None = None
    opened: tuple[str, int] | None = None


@dataclass(frozen=True)
class Answered:
    """A request that was answered.

    Attributes:
        endpoint: what it was about, such as forum.read; "kept" where a kept page answered, "" where nothing is.
        path: the rule of the address, without what stood for its parts: those can be secrets.
        status: 200 and so on; 0 if there was none.
        seconds: until the answer began.
        user_id: who asked, if they were signed in and the page cared.
    """

    request_id: str
    method: str
    endpoint: str
    path: str
    status: int
    seconds: float
    user_id: int | None


class Seeing:
    """Answers through another application, and tells of each request."""

    def __init__(self, inner: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._inner = inner
        self.listeners: list[Callable[[Answered], None]] = []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        number = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        environ["aftercare.request_id"] = number
        asked = environ["aftercare.asked"] = Asked()
        code = 0

        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal code
            code = int(status[:3])
            return start_response(status, [*headers, ("X-Request-Id", number)], *rest)

        body = self._inner(environ, begin)
        if self.listeners:
            method, seconds = environ.get("REQUEST_METHOD", ""), time.perf_counter() - began
            answered = Answered(number, method, asked.endpoint, asked.path, code, seconds, asked.user_id)
            for listener in self.listeners:
                listener(answered)
        return body


def init_app(app: Flask) -> None:
    """Stand before the application. What comes after this stands before it."""
    seeing = app.extensions["seeing"] = Seeing(app.wsgi_app)
    app.wsgi_app = seeing  # type: ignore[method-assign]
    app.before_request(_note_what)
    app.teardown_request(_note_who)
    if app.config["LOG"] == "json":
        seeing.listeners.append(write_down)


def _note_what() -> None:
    asked: Asked = request.environ["aftercare.asked"]
    if request.url_rule:
        asked.endpoint, asked.path = request.endpoint or "", request.url_rule.rule


def _note_who(_error: BaseException | None) -> None:
    user = g.get("_login_user")  # As Flask-Login left it; asking for the person would look in the database.
    # The row may be let go of by now, and then asking it for its number would look in the database too.
    identity = inspect(user).identity if isinstance(user, User) else None
    asked = request.environ.get("aftercare.asked")
    if identity and asked:
        asked.user_id = identity[0]


def write_down(answered: Answered) -> None:
    """A line about a request: who, what, when, and what came of it."""
    log.requests.info(
        "%s %s %d",
        answered.method,
        answered.endpoint or "?",
        answered.status,
        extra={
            "request_id": answered.request_id,
            "method": answered.method,
            "endpoint": answered.endpoint,
            "path": answered.path,
            "status": answered.status,
            "ms": round(answered.seconds * 1000, 1),
            "user": answered.user_id,
        },
    )
