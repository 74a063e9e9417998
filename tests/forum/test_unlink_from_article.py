"""Taking back that a guide says what an answer says, and what a withdrawn guide leaves behind."""

import pytest
from build import a_question, an_answer, an_article

from app.articles.models import Article
from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.promotion import link_to_article, promote_answer, unlink_from_article
from app.notifications.models import Notification


@pytest.fixture
def linked(app, asker, writer):
    answer = an_answer(to=a_question(by=asker, title="The lamp hums when it is dimmed"))
    link_to_article(writer, answer, an_article())
    return answer


def test_linking_tells_the_asker(linked, asker):
    told = db.session.query(Notification).filter_by(user_id=asker.id).one()
    assert (told.kind, told.article_id) == ("guide", linked.article_id)


def test_the_thread_stands_by_itself_again(linked, writer):
    unlink_from_article(writer, linked)
    assert linked.article_id is None
    assert linked.question.article_id is None


def test_the_guide_of_another_answer_stays_shown(linked, writer):
    other = an_answer(to=linked.question)
    second = an_article(title="Second")
    link_to_article(writer, other, second)
    unlink_from_article(writer, other)
    assert linked.question.article_id == linked.article_id


def test_without_a_guide_there_is_nothing_to_take_back(app, writer):
    with pytest.raises(Refused, match="no guide"):
        unlink_from_article(writer, an_answer())


def test_members_may_not_and_visitors_are_asked_to_sign_in(linked, asker, visitor):
    with pytest.raises(NotAllowed, match="support writer"):
        unlink_from_article(asker, linked)
    with pytest.raises(SignInNeeded):
        unlink_from_article(visitor, linked)


def test_the_button_works(linked, writer, browser):
    page = browser(writer)
    thread = f"/questions/{linked.question_id}"
    assert "Has a guide" in page.get(thread, follow_redirects=True).text
    page.post(f"/answers/{linked.id}/unlink")
    assert "Has a guide" not in page.get(thread, follow_redirects=True).text


def test_a_withdrawn_guide_is_spoken_of_no_more_and_a_new_one_may_grow(linked, writer, browser):
    db.session.get(Article, linked.article_id).withdrawn_at = now()
    db.session.commit()
    page = browser(writer).get(f"/questions/{linked.question_id}", follow_redirects=True).text
    assert "Has a guide" not in page
    assert "Make this a guide" in page
    assert promote_answer(writer, linked).answer_id == linked.id


def test_a_guide_for_staff_is_not_betrayed_to_others(linked, writer, browser):
    db.session.get(Article, linked.article_id).audience = "staff"
    db.session.commit()
    for address in ("/questions", f"/questions/{linked.question_id}", "/"):
        assert "Has a guide" not in browser().get(address, follow_redirects=True).text
    assert "Has a guide" in browser(writer).get("/questions").text
