"""Threads that link to a guide are named on the guide's page."""

from build import a_question, an_article

from app.core.db import db
from app.forum.actions import (
    QuestionText,
    answer_question,
    ask_question,
    comment,
    edit_answer,
    edit_question,
)
from app.forum.models import QuestionMention


def mentions():
    return {(one.question_id, one.article_id) for one in db.session.query(QuestionMention)}


def test_a_link_in_any_post_of_the_thread_is_noted_once(app, asker, helper):
    one, two, three = (an_article(title=title) for title in ("One guide", "Two guides", "Three guides"))
    question = ask_question(asker, QuestionText("How do I reset it?", "I read [this](/articles/one-guide#x)"))
    answer = answer_question(
        helper, question, "See /articles/none and http://localhost/articles/two-guides?x=1"
    )
    comment(asker, question, answer, "And [again](/articles/one-guide), [this](/articles/three-guides)")
    assert mentions() == {(question.id, guide.id) for guide in (one, two, three)}


def test_a_link_that_is_edited_away_is_forgotten(app, asker, helper):
    one, two = an_article(title="One guide"), an_article(title="Two guides")
    question = ask_question(asker, QuestionText("How do I reset it?", "[a](/articles/one-guide)"))
    answer = answer_question(helper, question, "[b](/articles/one-guide) [c](/articles/two-guides)")
    edit_answer(helper, answer, "Never mind.")
    assert mentions() == {(question.id, one.id)}
    edit_question(asker, question, QuestionText(question.title, "[d](/articles/two-guides)"))
    assert mentions() == {(question.id, two.id)}


def test_the_guide_names_the_threads_that_speak_of_it(app, asker, browser):
    an_article(title="One guide")
    ask_question(asker, QuestionText("How do I reset it?", "[a](/articles/one-guide)"))
    a_question(title="Something else entirely")
    text = browser().get("/articles/one-guide").text
    assert "How do I reset it?" in text
    assert "Something else entirely" not in text


def test_a_link_to_nothing_is_no_mention(app, asker):
    ask_question(asker, QuestionText("How do I reset it?", "[a](/articles/nothing) [b](/articles/)"))
    assert mentions() == set()
