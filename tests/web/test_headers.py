"""The headers that protect: on every response, whatever it is."""

import pytest
from build import a_question

from app.config import settings
from app.core.db import now
from app.web.protection import CONTENT_SECURITY_POLICY
from app.web.static import asset

ADDRESSES = [
    ("/", 200),
    ("/questions/1", 301),
    ("/notifications", 302),
    ("/questions?sort=nonsense", 400),
    ("/no-such-page", 404),
    ("/sign-out", 405),
    ("/questions/2", 410),
    ("/search/suggest?q=x", 200),
    (asset("css/app.css"), 200),
    ("/static/x/nothing.css", 404),
]


@pytest.mark.parametrize(("address", "status"), ADDRESSES)
def test_every_response_carries_them(app, browser, address, status):
    a_question()
    a_question(deleted_at=now())
    response = browser().get(address)
    assert response.status_code == status
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_the_policy_lets_nothing_inline_run(app):
    directives = dict(one.split(" ", 1) for one in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["object-src"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "aftercare"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


def test_https_is_remembered_where_it_is_spoken(app, browser):
    assert "Strict-Transport-Security" not in browser().get("/").headers
    secure = browser().get("/", base_url="https://localhost")
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]


def test_a_picture_of_a_guide_keeps_its_stricter_policy(app, browser):
    picture = app.config["ARTICLES"] / "lamp" / "front.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    response = browser().get("/articles/media/lamp/front.png", buffered=True)
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("address", ["/settings/account", "/notifications", "/unsent", "/reputation"])
def test_no_browser_keeps_what_is_about_one_person(app, browser, asker, address):
    response = browser(asker).get(address)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


def test_who_signs_out_leaves_nothing_in_the_browser(app, browser, asker):
    response = browser(asker).post("/sign-out")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert "session=;" in response.headers["Set-Cookie"]


def test_over_https_the_cookie_belongs_to_this_host_alone(monkeypatch):
    monkeypatch.setenv("AFTERCARE_SECURE_COOKIES", "1")
    found = settings(SECRET_KEY="x")
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_SECURE"]) == ("__Host-session", True)
    assert "SESSION_COOKIE_DOMAIN" not in found
    assert "SESSION_COOKIE_PATH" not in found


def test_methods_that_nobody_needs_are_refused(browser):
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "CONNECT"):
        assert browser().open("/", method=method).status_code == 405
