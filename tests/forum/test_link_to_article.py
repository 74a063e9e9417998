"""A guide says it already: the thread leads to it, and nothing is written twice."""

import pytest
from build import a_question, a_user, an_answer, an_article

from app.articles.models import Draft
from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.promotion import link_to_article


def test_the_thread_leads_to_the_guide(app, writer, browser):
    answer, guide = an_answer(), an_article()
    link_to_article(writer, answer, guide)
    assert (answer.article_id, answer.question.article_id) == (guide.id, guide.id)
    assert db.session.query(Draft).count() == 0
    assert (
        "There is a guide for this:"
        in browser().get(f"/questions/{answer.question_id}", follow_redirects=True).text
    )
    assert answer.question.title in browser().get(f"/articles/{guide.slug}").text


def test_members_may_not(app):
    with pytest.raises(NotAllowed, match="a support writer"):
        link_to_article(a_user(), an_answer(), an_article())


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        link_to_article(visitor, an_answer(), an_article())


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_an_answer_that_is_not_shown_is_refused(app, writer, state):
    with pytest.raises(Refused, match="not shown any more"):
        link_to_article(writer, an_answer(**{state: now()}), an_article())


def test_linking_twice_is_refused(app, writer):
    answer, guide = an_answer(), an_article()
    link_to_article(writer, answer, guide)
    with pytest.raises(Refused, match="already"):
        link_to_article(writer, answer, guide)


def test_a_withdrawn_guide_is_refused(app, writer):
    answer, guide = an_answer(), an_article()
    guide.withdraw("Wrong.")
    db.session.commit()
    with pytest.raises(Refused, match="withdrawn"):
        link_to_article(writer, answer, guide)
    assert answer.article_id is None


def test_the_button_works(app, writer, browser):
    answer, guide = an_answer(), an_article()
    response = browser(writer).post(
        f"/answers/{answer.id}/link", data={"into": guide.slug}, follow_redirects=True
    )
    assert "Linked." in response.text
    assert guide.title in response.text


@pytest.mark.parametrize("into", ["", "no-such-guide", "../secret"])
def test_a_guide_that_is_not_there_is_404(app, writer, browser, into):
    assert browser(writer).post(f"/answers/{an_answer().id}/link", data={"into": into}).status_code == 404


def test_a_members_post_is_answered_with_403(app, browser):
    answer, guide = an_answer(to=a_question()), an_article()
    response = browser(a_user()).post(f"/answers/{answer.id}/link", data={"into": guide.slug})
    assert response.status_code == 403
    assert answer.article_id is None
