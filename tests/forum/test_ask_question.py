"""Asking: what can be taken, what comes of it, and the look at what is known already."""

import re
from datetime import timedelta

import pytest
from build import a_product, a_question, a_user, an_article, catch_up_search

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, SignInNeeded
from app.forum.actions import QuestionText, ask_question
from app.forum.models import Question
from app.forum.queries import tags_of
from app.insights.models import SolvedWhileAsking

TITLE, BODY = "The door lock beeps three times", "It beeps and stays open. The app says E-104."


def asked(actor, **fields):
    return ask_question(actor, QuestionText(**{"title": TITLE, "body": BODY, **fields}))


def test_a_member_asks_and_the_question_holds_what_was_typed(app, asker):
    product = a_product(name="Porter")
    question = asked(
        asker, product=product, version="2.1", environment="iPhone 15", tags=["Battery", "door lock"]
    )
    assert (question.title, question.body, question.author_id) == (TITLE, BODY, asker.id)
    assert (question.product_id, question.version, question.environment) == (product.id, "2.1", "iPhone 15")
    assert "E-104" in question.body_html
    assert question.slug == "the-door-lock-beeps-three-times"
    assert db.session.query(Question).count() == 1


def test_tags_become_slugs_each_once(app, asker):
    question = asked(asker, tags=["Wi-Fi", "Battery", "battery"])
    assert [tag.slug for tag in tags_of(question.id)] == ["battery", "wi-fi"]


def test_a_word_of_signs_only_is_no_tag(app, asker):
    question = asked(asker, tags=["???", "battery"])
    assert [tag.slug for tag in tags_of(question.id)] == ["battery"]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title": "Help"}, "title", "8 characters or more"),
        ({"title": "        \u200b      "}, "title", "8 characters or more"),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"body": ""}, "body", "write something"),
        ({"body": " \n ... \n"}, "body", "write something"),
        ({"body": "x" * 30_001}, "body", "30,000"),
        ({"tags": ["a", "b", "c", "d", "e", "f"]}, "tags", "At most 5"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(app, asker, fields, field, words):
    with pytest.raises(Invalid, match=words) as refusal:
        asked(asker, **fields)
    assert refusal.value.field == field
    assert db.session.query(Question).count() == 0


def test_the_limits_themselves_are_taken(app, asker):
    question = asked(asker, title="x" * 200, body="y" * 30_000, tags=["a", "b", "c", "d", "e"])
    assert len(question.title) == 200
    assert len(question.slug) <= 100


def test_a_title_of_several_lines_becomes_one(app, asker):
    assert asked(asker, title="  The lock\n\tbeeps \u202eand beeps ").title == "The lock beeps and beeps"


def test_raw_html_is_shown_as_text(app, asker):
    html = asked(asker, body="<script>alert(1)</script> <b>bold</b>").body_html
    assert "<script" not in html
    assert "&lt;b&gt;" in html


def test_sending_it_twice_gives_one_question(app, asker):
    assert asked(asker).id == asked(asker).id
    assert db.session.query(Question).count() == 1


def test_the_same_words_of_another_person_are_another_question(app, asker, helper):
    assert asked(asker).id != asked(helper).id


def test_the_same_words_after_deleting_are_a_new_question(app, asker):
    first = asked(asker)
    first.deleted_at = now()
    db.session.commit()
    assert asked(asker).id != first.id


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        asked(visitor)


def test_a_suspended_person_may_not(app):
    with pytest.raises(NotAllowed, match="suspended"):
        asked(a_user(suspended_until=now() + timedelta(days=1)))


def test_a_suspension_ends(app):
    assert asked(a_user(suspended_until=now() - timedelta(seconds=1))).id


# The page


def form(**fields):
    return {"title": TITLE, "body": BODY, "product": "", "tags": "", **fields}


def test_the_form_posts_a_question_and_leads_to_it(app, asker, browser):
    a_product(name="Porter")
    page = browser(asker)
    response = page.post(
        "/ask",
        data=form(product="porter", version="2.1", environment="iPhone", tags="battery, door-lock"),
        follow_redirects=True,
    )
    assert response.status_code == 200
    assert response.request.path == "/questions/1/the-door-lock-beeps-three-times"
    for words in (TITLE, "Porter", "2.1", "iPhone", "battery", "door-lock", "Your question is posted"):
        assert words in response.text


def test_the_names_that_screen_readers_rely_on_are_on_the_form(app, asker, browser):
    text = browser(asker).get("/ask").text
    for label in ("Title", "Product", "Details", "Tags"):
        assert re.search(rf"<label[^>]*>{label}</label>", text)
    assert "Post your question</button>" in text
    assert 'aria-labelledby="similar-title"' in text
    assert ">Similar</h2>" in text


def test_an_address_may_bring_the_title_and_the_product(app, browser):
    a_product(name="Porter")
    text = browser().get("/ask?title=The+lock+beeps&product=porter").text
    assert 'value="The lock beeps"' in text
    assert '<option value="porter" selected>' in text


def test_a_form_with_a_mistake_comes_back_as_typed(app, asker, browser):
    response = browser(asker).post("/ask", data=form(title="Help", tags="battery", version="9.9"))
    assert response.status_code == 400
    for words in ("8 characters or more", BODY, 'value="Help"', 'value="battery"', 'value="9.9"'):
        assert words in response.text


def test_a_product_that_is_not_on_the_list_is_refused_kindly(app, asker, browser):
    response = browser(asker).post("/ask", data=form(product="toaster"))
    assert response.status_code == 400
    assert "choose a product from the list" in response.text


# What is known already


@pytest.fixture
def known(app):
    """A guide and a solved question about the same."""
    guide = an_article(
        title="Door lock beeps three times", product="porter", body="The battery is low: E-104."
    )
    solved = a_question(title="My door lock beeps three times", body="Why does it beep?", accepted_count=1)
    catch_up_search()
    return guide, solved


def test_similar_guides_and_questions_are_shown_once_before_posting(app, asker, browser, known):
    guide, solved = known
    page = browser(asker)
    first = page.post("/ask", data=form(tags="battery"))
    assert first.status_code == 200
    assert guide.title in first.text
    assert solved.title in first.text
    assert "have a look" in first.text
    assert 'name="looked" value="1"' in first.text
    assert 'value="battery"' in first.text
    assert db.session.query(Question).count() == 1
    second = page.post("/ask", data=form(tags="battery", looked="1"), follow_redirects=True)
    assert second.request.path.endswith("/the-door-lock-beeps-three-times")
    assert db.session.query(Question).count() == 2


def test_where_nothing_is_similar_it_is_posted_at_once(app, asker, browser):
    assert browser(asker).post("/ask", data=form()).status_code == 303


def test_what_is_alike_is_shown_while_typing_also_to_visitors(app, browser, known):
    text = browser().get("/ask/suggestions?title=door+lock+beeps&details=three+times").text
    assert known[0].title in text
    assert known[1].title in text
    assert text.count("This answered it") == 2
    assert "<html" not in text


def test_hidden_and_deleted_questions_are_not_suggested_even_by_a_stale_index(app, browser, known):
    known[1].hidden_at = now()
    db.session.commit()
    assert known[1].title not in browser().get("/ask/suggestions?title=door+lock+beeps").text


def test_a_guide_for_staff_is_suggested_to_staff_only(app, asker, writer, browser):
    an_article(title="Door lock beeps, for the hotline", product="porter", audience="staff")
    catch_up_search()
    address = "/ask/suggestions?title=door+lock+beeps"
    assert "for the hotline" not in browser().get(address).text
    assert "for the hotline" not in browser(asker).get(address).text
    assert "for the hotline" in browser(writer).get(address).text


def test_this_answered_it_is_counted_and_leads_there(app, browser, known):
    guide, solved = known
    for suggestion, place in (
        (f"article-{guide.id}", "/articles/door-lock-beeps-three-times"),
        (f"question-{solved.id}", f"/questions/{solved.id}/"),
    ):
        response = browser().post("/ask/solved", data={"suggestion": suggestion, "title": TITLE})
        assert response.status_code == 303
        assert response.location.startswith(place)
    counted = db.session.query(SolvedWhileAsking).order_by(SolvedWhileAsking.id).all()
    assert [(one.title, one.article_id, one.question_id) for one in counted] == [
        (TITLE, guide.id, None),
        (TITLE, None, solved.id),
    ]


@pytest.mark.parametrize(
    "suggestion", ["", "article", "article-", "article-x", "article-999", "user-1", "question-" + "9" * 15]
)
def test_what_was_never_suggested_is_not_counted(app, browser, suggestion):
    response = browser().post("/ask/solved", data={"suggestion": suggestion, "title": TITLE})
    assert response.status_code == 404
    assert db.session.query(SolvedWhileAsking).count() == 0


def test_a_visitor_sees_suggestions_before_being_asked_to_sign_in(app, browser, asker):
    ask_question(asker, QuestionText(title="The lamp hums at night", body="All night long."))
    catch_up_search()
    typed = {"title": "My lamp hums at night too", "body": "All night long."}
    first = browser().post("/ask", data=typed)
    assert first.status_code == 200
    assert "The lamp hums at night" in first.text
    assert browser().post("/ask", data={**typed, "looked": "1"}).status_code == 401
