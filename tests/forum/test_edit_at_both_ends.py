"""Two people change a post at once: the second sees what the first did, and neither loses a word."""

import html
import re

import pytest
from build import a_question, an_answer

from app.core.db import db

MINE, THEIRS = "Hold it for ten seconds, then let go.", "Hold it, and wait for the green light."


@pytest.fixture(params=["answer", "question"])
def post(request, app, helper):
    return an_answer(by=helper) if request.param == "answer" else a_question(by=helper)


def form_of(text):
    """The fields of the edit form in a page, as a browser sends them."""
    inside = next(
        inner for inner in re.findall(r"<form.*?</form>", text, re.DOTALL) if 'name="body"' in inner
    )
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', inside))
    fields["body"] = re.search(r'<textarea[^>]*name="body"[^>]*>\n?(.*?)</textarea>', inside, re.DOTALL)[1]
    return {name: html.unescape(value) for name, value in fields.items()}


def test_the_second_sees_what_the_first_did_and_may_save_then(post, helper, moderator, browser):
    address = f"/{post.__tablename__}/{post.id}/edit"
    author, other = browser(helper), browser(moderator)
    forms = [form_of(page.get(address).text) for page in (author, other)]
    assert other.post(address, data={**forms[1], "body": THEIRS}).status_code == 303
    stopped = author.post(address, data={**forms[0], "body": MINE})
    assert stopped.status_code == 409
    assert "Somebody changed this while you were writing" in stopped.text
    shown = re.search(r'<div class="diff".*?</div>', stopped.text, re.DOTALL)[0]
    assert re.search("<ins>[^<]*green[^<]*</ins>", shown)
    db.session.refresh(post)
    assert post.body == THEIRS
    again = form_of(stopped.text)
    assert again["body"] == MINE
    assert author.post(address, data=again).status_code == 303
    db.session.refresh(post)
    assert post.body == MINE


def test_saving_twice_by_a_double_press_is_no_quarrel(post, helper, browser):
    address = f"/{post.__tablename__}/{post.id}/edit"
    page = browser(helper)
    form = {**form_of(page.get(address).text), "body": MINE}
    assert [page.post(address, data=form).status_code for _press in range(2)] == [303, 303]


def test_a_mistake_does_not_forget_what_the_form_was_opened_with(post, helper, moderator, browser):
    address = f"/{post.__tablename__}/{post.id}/edit"
    author, other = browser(helper), browser(moderator)
    form = form_of(author.get(address).text)
    mistaken = form_of(author.post(address, data={**form, "body": " "}).text)
    other.post(address, data={**form_of(other.get(address).text), "body": THEIRS})
    assert author.post(address, data={**mistaken, "body": MINE}).status_code == 409
