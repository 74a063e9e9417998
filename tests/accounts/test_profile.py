"""A person's public page."""

import html
import re

import pytest
from build import a_question, a_user, an_answer, an_article

from app.articles.feedback_models import Feedback
from app.core.db import db, now
from app.forum.models import SuggestedEdit


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
        "People helped": "1",
        "Accepted answers": "1",
    }
    assert re.findall(r'<a href="/people/nora[^"]*"[^>]*>(\w+) <span class="count">(\d+)', text) == [
        ("Answers", "2"),
        ("Questions", "1"),
        ("Guides", "1"),
    ]
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
    page.get("/people/nora")
    for show in ("", "?show=answers", "?show=questions"):
        statements.count, statements.seen = 0, []
        assert page.get(f"/people/nora{show}").status_code == 200
        assert statements.count <= 12, "\n".join(statements.seen)


def test_people_helped_are_those_whose_problem_it_solved(app, browser):
    person, guide = a_user(username="nora"), an_article(title="Descale the kettle")
    accepted = a_question(affected_count=4)
    an_answer(to=accepted, by=person, accepted_at=now(), article_id=guide.id)
    an_answer(to=accepted, by=person, verified_at=now(), verified_by_id=a_user().id)  # The same people again.
    own = a_question(by=person, affected_count=2)
    an_answer(to=own, by=person, accepted_at=now())
    an_answer(to=a_question(affected_count=50), by=person)  # Nobody says that this helped.
    gone = an_answer(to=a_question(affected_count=9), by=person, accepted_at=now(), deleted_at=now())
    said = [
        Feedback(article_id=guide.id, edition=1, helped=True, visitor_key="a"),
        Feedback(article_id=guide.id, edition=1, helped=True, user_id=a_user().id),
        Feedback(article_id=guide.id, edition=1, helped=True, user_id=person.id),
        Feedback(article_id=guide.id, edition=1, helped=False, visitor_key="b"),
    ]
    db.session.add_all(said)
    guide.helped_count = 3
    db.session.commit()
    assert gone.deleted_at
    # The asker and four more, two with the person's own problem, and two readers of the guide.
    assert facts(browser().get("/people/nora").text)["People helped"] == "9"


def test_each_kind_is_listed_in_full_page_by_page(app, browser):
    person = a_user(username="nora")
    for number in range(23):
        an_answer(to=a_question(title=f"Problem number {number:02d}"), by=person)
    page, seen = browser(), []
    address = "/people/nora?show=answers"
    while address:
        text = page.get(address).text
        seen += re.findall(r"Problem number \d\d", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = html.unescape(following[1]) if following else ""
    assert seen == [f"Problem number {number:02d}" for number in reversed(range(23))]
    assert page.get("/people/nora?show=answers&after=made-up").status_code == 400
    assert page.get("/people/nora?show=secrets").status_code == 400


def test_changes_that_were_taken_over_are_credited(app, browser):
    person, question = a_user(username="nora"), a_question(title="Why does it whistle")
    for fields in ({"approved_at": now()}, {"rejected_at": now()}):
        db.session.add(
            SuggestedEdit(
                author_id=person.id,
                question_id=question.id,
                base_body="It wistles.",
                body="It whistles.",
                why="A letter was missing",
                **fields,
            )
        )
    db.session.commit()
    text = browser().get("/people/nora?show=edits").text
    assert text.count("Why does it whistle") == 1
    assert "A letter was missing" in text
    question.hidden_at = now()
    db.session.commit()
    assert "Why does it whistle" not in browser().get("/people/nora?show=edits").text


def test_a_page_without_anything_says_so(app, asker, browser):
    assert "Nothing yet" in browser().get("/people/asker").text
