"""When something fails: what happened, in plain words, and what to do next."""

import logging

import pytest
from build import a_question, a_user, an_answer
from flask import abort
from jinja2 import TemplateNotFound
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from app import create_app
from app.core.db import db, now, transaction
from app.core.errors import Refused


def is_friendly(response):
    text = response.text
    return (
        "<main" in text
        and "Search the guides" in text
        and "Go to the front page" in text
        and "Traceback" not in text
        and "Werkzeug" not in text
        and 'lang="en"' in text
    )


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/questions?sort=loudest", 400, "Questions can be sorted by"),
        ("/questions?tag=%00", 400, "NUL character"),
        ("/people/a%00b", 400, "NUL character"),
        ("/no-such-page", 404, "nothing here"),
        ("/questions/" + "9" * 30, 404, "nothing here"),
        ("/answers/2147483648", 404, "nothing here"),
        ("/sign-out", 405, "not possible here"),
    ],
)
def test_what_cannot_be_answered_is_said_kindly(app, browser, address, status, words):
    response = browser().get(address)
    assert response.status_code == status
    assert words in response.text
    assert is_friendly(response)


def test_a_post_where_none_is_taken_says_what_is(app, browser):
    response = browser().post("/questions")
    assert response.status_code == 405
    assert is_friendly(response)
    assert "GET" in response.headers["Allow"]
    assert "POST" not in response.headers["Allow"]


def test_what_one_may_not_do_says_who_may(app, browser):
    response = browser(a_user()).post(f"/questions/{a_question().id}/delete")
    assert response.status_code == 403
    assert "This is open to its author or a moderator." in response.text
    assert is_friendly(response)


def test_what_is_gone_says_so(app, browser):
    response = browser().get(f"/questions/{a_question(deleted_at=now()).id}")
    assert response.status_code == 410
    assert is_friendly(response)


def test_what_a_thing_itself_refuses_is_a_conflict(app, asker, browser):
    question = an_answer(to=a_question(by=asker)).question
    response = browser(asker).post(f"/questions/{question.id}/delete")
    assert response.status_code == 409
    assert "only a moderator can delete it" in response.text
    assert is_friendly(response)


@pytest.mark.parametrize("person", [None, "asker"])
def test_what_is_too_large_is_said_before_it_is_read(app, request, browser, person):
    page = browser(request.getfixturevalue(person) if person else None)
    response = page.post("/ask", data={"title": "x", "body": "y" * (3 * 1024 * 1024)})
    assert response.status_code == 413
    assert "too large" in response.text
    assert is_friendly(response)


def test_a_file_that_is_too_large_too(app, browser):
    kind = "multipart/form-data; boundary=x"
    response = browser().post("/ask", data=b"--x\r\n" + b"z" * (3 * 1024 * 1024), content_type=kind)
    assert response.status_code == 413
    assert is_friendly(response)


# A site as in production, where bugs become pages


@pytest.fixture
def site(app):
    """The same database behind a site that is not under test."""
    live = create_app(
        SECRET_KEY="test",
        HOME=app.config["HOME"],
        SQLALCHEMY_DATABASE_URI=app.config["SQLALCHEMY_DATABASE_URI"],
        PROPAGATE_EXCEPTIONS=False,
    )
    live.jinja_env.bytecode_cache = app.jinja_env.bytecode_cache
    live.logger.setLevel(logging.CRITICAL + 1)
    yield live
    live.logger.setLevel(logging.NOTSET)  # It is everybody's: the parent of all our loggers.
    with live.app_context():
        db.engine.dispose()


def failing(site, error):
    def view():
        raise error

    site.add_url_rule("/fails", view_func=view)
    return site.test_client().get("/fails")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("secret detail"),
        KeyError("secret detail"),
        TemplateNotFound("secret detail"),
        RecursionError(),
    ],
)
def test_a_bug_is_told_without_its_details(site, error):
    response = failing(site, error)
    assert response.status_code == 500
    assert "It is not your fault" in response.text
    assert "secret detail" not in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert is_friendly(response)
    assert "default-src" in response.headers["Content-Security-Policy"]


def test_a_bug_is_written_to_the_log_in_full(site, caplog):
    site.logger.setLevel(logging.ERROR)
    failing(site, RuntimeError("secret detail"))
    assert "GET /fails" in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("code", "words"), [(429, "A little slower, please"), (503, "Back in a moment"), (418, "did not work")]
)
def test_other_codes_have_their_page_too(site, code, words):
    site.add_url_rule("/fails", view_func=lambda: abort(code))
    response = site.test_client().get("/fails")
    assert response.status_code == code
    assert words in response.text
    assert is_friendly(response)


def test_when_to_try_again_comes_along(site):
    response = failing(site, TooManyRequests(retry_after=60))
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"


def test_a_deed_that_fails_half_way_saves_nothing(site, asker):
    def view():
        with transaction():
            asker_again = db.session.get_one(type(asker), asker_id)
            asker_again.about = "half"
            db.session.flush()
            raise Refused("No.")

    asker_id = asker.id
    site.add_url_rule("/fails", view_func=view)
    assert site.test_client().get("/fails").status_code == 409
    db.session.expire_all()
    assert asker.about == ""


def test_even_without_a_database_there_is_a_page_for_people_who_are_signed_in(site, asker, monkeypatch):
    def no_database(*_args, **_kwargs):
        raise OperationalError("SELECT secret detail", {}, Exception("the disk is on fire"))

    client = site.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "a token"
    monkeypatch.setattr(site.login_manager, "_user_callback", no_database)
    response = client.get("/questions")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "database does not answer" in response.text
    assert "on fire" not in response.text
    assert is_friendly(response)


def test_an_answer_that_is_ready_is_sent_also_if_the_database_goes_before_the_end(site, asker):
    page = site.test_client()
    gone = []

    def die(_connection):
        gone.append(True)
        raise OperationalError("ROLLBACK", {}, Exception("server closed the connection unexpectedly"))

    with site.app_context():
        engine = db.engine
    event.listen(engine, "rollback", die)
    try:
        response = page.get("/questions")
    finally:
        event.remove(engine, "rollback", die)
    assert gone
    assert response.status_code == 200
