"""A person's public page."""

import re

import pytest
from build import a_question, a_user, an_answer, an_article

from app.core.db import now


def facts(text):
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]*)</dd>", text))


def test_it_shows_what_a_person_has_given(app, browser):
    person = a_user(username="nora", reputation=57, about="I mend kettles.", role=2)
    a_question(by=person, title="Why does it whistle")
    guide = an_article(title="Descale the kettle")
    question = a_question(title="My kettle is loud")
    an_answer(to=question, by=person, accepted_at=now(), article_id=guide.id)
    an_answer(by=person)
    text = browser().get("/people/nora").text
    assert facts(text) == {
        "Role": "Expert",
        "Reputation": "57",
        "Questions": "1",
        "Answers": "2",
        "Accepted answers": "1",
        "Answers that became guides": "1",
    }
    for words in ("I mend kettles.", "Why does it whistle", "My kettle is loud", "Descale the kettle"):
        assert words in text


def test_the_address_is_never_shown(app, asker, browser):
    assert "@" not in browser().get("/people/asker").text.partition("<main")[2]


def test_the_name_is_found_however_it_is_written(app, browser):
    a_user(username="Zoë")
    for name in ("Zoë", "zoë", "ZOË", "Zoe%CC%88"):
        assert browser().get(f"/people/{name}").status_code == 200


@pytest.mark.parametrize("name", ["nobody", "x" * 3000, "%F0%9F%98%80", "..", "a%2Fb"])
def test_nobody_of_that_name_is_404(app, browser, name):
    assert browser().get(f"/people/{name}").status_code == 404


def test_what_a_person_wrote_in_the_box_about_them_is_text(app, browser):
    a_user(username="nora", about="<script>alert(1)</script>")
    assert "<script>alert" not in browser().get("/people/nora").text


def test_a_guide_for_staff_is_not_named_to_others(app, writer, browser):
    person = a_user(username="nora")
    guide = an_article(title="For the hotline", audience="staff")
    an_answer(by=person, article_id=guide.id)
    assert "For the hotline" not in browser().get("/people/nora").text
    assert "For the hotline" in browser(writer).get("/people/nora").text


def test_the_page_asks_the_database_a_handful_of_times(app, asker, browser, statements):
    person = a_user(username="nora")
    for _ in range(12):
        an_answer(to=a_question(by=person), by=person)
    page = browser(asker)
    statements.count, statements.seen = 0, []
    assert page.get("/people/nora").status_code == 200
    assert statements.count <= 11, "\n".join(statements.seen)
