"""Whoever typed something and was not signed in, or waited too long, gets it back and sends it with one press."""

import html
import re
from datetime import timedelta

import pytest
from build import a_question, a_user
from markupsafe import escape

from app.accounts import passwords
from app.core.db import db, now
from app.forum.models import Answer, Question

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)
TYPED = 'A long text with "quotes" & <tags>\nand a second line'


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH)


def fields_of(text, action):
    """The hidden fields of the form that sends to `action`, as a browser would send them."""
    forms = re.findall(r'<form method="post" action="([^"]+)"(.*?)</form>', text, re.DOTALL)
    inside = next(inner for where, inner in forms if where == action)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', inside)
    fields = {}
    for name, value in found:
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def test_an_answer_typed_while_signed_out_is_offered_again_and_sent(app, rita, browser):
    question = a_question()
    address = f"/questions/{question.id}/answers"
    page = browser()
    first = page.post(address, data={"body": TYPED})
    assert first.status_code == 401
    assert "Please sign in to go on." in first.text
    assert "What you typed is kept" in first.text
    kept = fields_of(first.text, "/sign-in")
    second = page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD})
    assert second.status_code == 200
    assert html.escape(TYPED, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in second.text
    again = fields_of(second.text, address)
    assert again["csrf_token"]
    assert page.post(address, data=again).status_code == 303
    assert db.session.query(Answer).one().body == TYPED


def test_what_is_offered_again_shows_the_words_and_nothing_that_only_forms_know(app, rita, browser):
    question = a_question()
    page = browser()
    marks = {"unsent": f"answer-{question.id}", "opened": "MTA.signed.by-us", "referral": ""}
    kept = fields_of(
        page.post(f"/questions/{question.id}/answers", data={"body": TYPED, **marks}).text, "/sign-in"
    )
    offered = page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD}).text
    again = fields_of(offered, f"/questions/{question.id}/answers")
    assert again["unsent"] == [marks["unsent"]]
    assert again["opened"] == [marks["opened"]]
    assert re.findall(r'<p class="panel kept">(.*?)</p>', offered, re.DOTALL) == [str(escape(TYPED))]


def test_who_only_pressed_a_button_is_not_asked_to_look_over_words(app, rita, browser):
    page, address = browser(), f"/questions/{a_question().id}/affected"
    kept = fields_of(page.post(address, data={"value": "yes"}).text, "/sign-in")
    offered = page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD}).text
    assert fields_of(offered, address)["value"] == ["yes"]
    assert "press the button, and it is done" in offered
    assert "Look over what you typed" not in offered
    assert 'class="panel kept"' not in offered


def test_a_mistaken_password_in_between_loses_nothing(app, rita, browser):
    page = browser()
    data = {"title": "The lamp blinks red", "body": TYPED, "tags": "lamp", "looked": "1"}
    kept = fields_of(page.post("/ask", data=data).text, "/sign-in")
    wrong = page.post("/sign-in", data={**kept, "username": "rita", "password": "wrong words"})
    assert wrong.status_code == 400
    kept = fields_of(wrong.text, "/sign-in")
    right = page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD})
    assert page.post("/ask", data=fields_of(right.text, "/ask")).status_code == 303
    question = db.session.query(Question).one()
    assert (question.title, question.body, question.author_id) == ("The lamp blinks red", TYPED, rita.id)


def test_who_has_no_account_yet_may_open_one_and_loses_nothing(app, browser):
    page = browser()
    data = {"title": "The lamp blinks red", "body": TYPED, "looked": "1"}
    first = page.post("/ask", data=data)
    assert "Create an account</button>" in first.text
    begin = {**fields_of(first.text, "/sign-up"), "begin": "1"}
    empty = page.post("/sign-up", data=begin)
    assert empty.status_code == 200
    assert "Create account</button>" in empty.text
    assert "Please look at this again" not in empty.text
    kept = fields_of(empty.text, "/sign-up")
    wrong = page.post(
        "/sign-up", data={**kept, "username": "r", "email": "r@example.com", "password": PASSWORD}
    )
    assert wrong.status_code == 400
    kept = fields_of(wrong.text, "/sign-up")
    right = page.post(
        "/sign-up", data={**kept, "username": "rita", "email": "r@example.com", "password": PASSWORD}
    )
    assert "You are signed in" in right.text
    assert page.post("/ask", data=fields_of(right.text, "/ask")).status_code == 303
    assert db.session.query(Question).one().body == TYPED


def test_who_turns_back_to_signing_in_loses_nothing(app, rita, browser):
    page = browser()
    first = page.post("/ask", data={"title": "The lamp blinks red", "body": TYPED, "looked": "1"})
    sign_up = page.post("/sign-up", data={**fields_of(first.text, "/sign-up"), "begin": "1"})
    sign_in = page.post("/sign-in", data={**fields_of(sign_up.text, "/sign-in"), "begin": "1"})
    assert sign_in.status_code == 200
    kept = fields_of(sign_in.text, "/sign-in")
    right = page.post("/sign-in", data={**kept, "username": "rita", "password": PASSWORD})
    assert page.post("/ask", data=fields_of(right.text, "/ask")).status_code == 303
    assert db.session.query(Question).one().body == TYPED


@pytest.mark.parametrize("token", [None, "", "made up", "a.b.c"])
def test_a_form_without_a_good_token_is_offered_again(app, asker, browser, token):
    question = a_question()
    address = f"/questions/{question.id}/answers"
    page = browser(asker)
    good = page.csrf_token
    page.csrf_token = None
    data = {"body": TYPED} if token is None else {"body": TYPED, "csrf_token": token}
    response = page.post(address, data=data)
    assert response.status_code == 400
    assert "Please send this once more" in response.text
    assert db.session.query(Answer).count() == 0
    again = fields_of(response.text, address)
    assert again["csrf_token"] != [token]
    assert again["body"] == [TYPED]
    assert good
    assert page.post(address, data=again).status_code == 303
    assert db.session.query(Answer).one().body == TYPED


def test_a_token_of_another_persons_session_is_none(app, asker, helper, browser):
    other = browser(helper)
    with other.session_transaction() as session:
        session["csrf_token"] = "another raw token"
    other.csrf_token = browser(asker).csrf_token
    assert other.post(f"/questions/{a_question().id}/affected").status_code == 400


def test_signing_in_with_a_waiting_deed_of_another_site_does_not_go_there(app, rita, browser):
    data = {"kept_action": "//evil.example/x", "kept_name": "a", "kept_value": "b"}
    response = browser().post("/sign-in", data={**data, "username": "rita", "password": PASSWORD})
    assert response.status_code == 303
    assert response.location == "/"


def test_passwords_are_never_kept(app, rita, browser):
    secret = "my very secret password"
    data = {"current_password": secret, "new_password": secret}
    assert secret not in browser().post("/settings/password", data=data).text
    page = browser(rita)
    page.csrf_token = None
    assert secret not in page.post("/settings/password", data=data).text
    assert secret not in page.post("/sign-in", data={"username": "x", "password": secret}).text


@pytest.mark.parametrize("way", ["suspended meanwhile", "the question is gone"])
def test_a_deed_that_is_refused_gives_the_words_back(app, asker, helper, browser, way):
    question = a_question(by=asker)
    if way == "suspended meanwhile":
        helper.suspended_until = now() + timedelta(days=1)
    else:
        question.deleted_at = now()
    db.session.commit()
    data = {"body": TYPED, "opened": "MTA.signed by-us"}
    response = browser(helper).post(f"/questions/{question.id}/answers", data=data)
    assert response.status_code in (403, 404, 410)
    assert re.findall(r'<p class="panel kept">(.*?)</p>', response.text, re.DOTALL) == [str(escape(TYPED))]


def test_a_refused_press_of_a_button_shows_no_field_of_its_form(app, asker, browser):
    response = browser(asker).post(f"/questions/{a_question(by=asker).id}/vote", data={"value": "1"})
    assert response.status_code == 403
    assert "What you typed" not in response.text
