"""A change must come from our own pages."""

import pytest
from build import a_question

from app.core.db import db
from app.forum.models import Affected


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[::1"},
        {"Origin": "localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "something new"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_change_from_another_site_is_refused_even_with_a_token(app, asker, browser, headers):
    question = a_question()
    response = browser(asker).post(f"/questions/{question.id}/affected", headers=headers)
    assert response.status_code == 403
    assert "came from another site" in response.text
    assert db.session.query(Affected).count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_change_from_our_own_pages_is_made(app, asker, browser, headers):
    question = a_question()
    assert browser(asker).post(f"/questions/{question.id}/affected", headers=headers).status_code == 303
    assert db.session.query(Affected).count() == 1


def test_visitors_are_protected_too(app, browser):
    for address in ("/sign-in", "/sign-up", "/ask/solved", "/sign-out"):
        assert browser().post(address, headers={"Origin": "https://evil.example"}).status_code == 403


def test_reading_is_open_from_everywhere(app, browser):
    headers = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    assert browser().get("/questions", headers=headers).status_code == 200


def test_every_form_for_a_signed_in_person_carries_the_token(app, asker, browser):
    question = a_question()
    page = browser(asker)
    for address in (
        "/ask",
        f"/questions/{question.id}/{question.slug}",
        "/settings/account",
        "/notifications",
    ):
        text = page.get(address).text
        forms = text.split('<form method="post"')[1:] + text.split('<form class="votes" method="post"')[1:]
        assert forms
        assert all('name="csrf_token"' in form.partition("</form>")[0] for form in forms)
