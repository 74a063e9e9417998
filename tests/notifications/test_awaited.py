"""Who found nothing is told once when there is an answer, and may stop waiting."""

import pytest
from build import a_question, a_user, an_answer, an_article, catch_up_search

from app.core.db import db
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum import actions as forum
from app.notifications import awaiting
from app.notifications.models import AwaitedAnswer, Notification


def told(user):
    db.session.rollback()
    return [
        (message.kind, message.article_id, message.question_id)
        for message in db.session.query(Notification).filter_by(user_id=user.id)
    ]


def test_a_member_who_found_nothing_asks_to_be_told_and_may_stop(app, browser, asker):
    catch_up_search()
    client = browser(asker)
    assert "Tell me when there is an answer" in client.get("/search?q=zebra+cable").text
    assert "Tell me when" not in browser().get("/search?q=zebra+cable").text
    for _time in range(2):
        assert client.post("/search/awaited", data={"q": "zebra cable"}).location == "/following"
    (waiting,) = db.session.query(AwaitedAnswer).all()
    page = client.get("/following").text
    assert "/search?q=zebra+cable" in page
    assert browser(a_user()).post(f"/search/awaited/{waiting.id}/end").status_code == 404
    assert client.post(f"/search/awaited/{waiting.id}/end").status_code == 303
    assert db.session.query(AwaitedAnswer).count() == 0


def test_a_new_guide_with_all_the_words_is_told_once(app, asker, browser):
    awaiting.await_answer(asker, "zebra cables")
    an_article(title="The zebra", body="It is striped.")
    assert told(asker) == []
    guide = an_article(title="The zebra cable", body="It is striped.")
    assert told(asker) == [("awaited", guide.id, None)]
    an_article(title="Another zebra cable", body="It is striped too.")
    assert len(told(asker)) == 1
    inbox = browser(asker).get("/notifications").text
    assert "There is an answer to what you looked for: “The zebra cable”" in inbox


def test_a_guide_for_others_is_not_told_and_still_awaited(app, asker, writer):
    awaiting.await_answer(asker, "zebra cable")
    awaiting.await_answer(writer, "zebra cable")
    guide = an_article(title="The zebra cable", body="Hush.", audience="staff")
    assert told(asker) == []
    assert told(writer) == [("awaited", guide.id, None)]
    assert [each.user_id for each in db.session.query(AwaitedAnswer)] == [asker.id]


@pytest.mark.parametrize("deed", ["accept_answer", "verify_answer"])
def test_a_question_that_is_solved_is_told(app, asker, expert, helper, deed):
    waiting = a_user()
    awaiting.await_answer(waiting, "zebra cable")
    asked = a_question(title="The zebra hums", by=asker)
    answer = an_answer(to=asked, by=helper, body="Turn the cable.")
    assert told(waiting) == []
    getattr(forum, deed)(asker if deed == "accept_answer" else expert, answer)
    assert told(waiting) == [("awaited", None, asked.id)]


def test_what_cannot_be_awaited_is_refused(app, browser, asker, visitor, monkeypatch):
    for query in ("", "the", "is:guide", "x" * 201):
        with pytest.raises(Invalid):
            awaiting.await_answer(asker, query)
    with pytest.raises(SignInNeeded):
        awaiting.await_answer(visitor, "zebra")
    monkeypatch.setattr(awaiting, "MOST_AWAITED", 1)
    waiting = awaiting.await_answer(asker, "zebra")
    with pytest.raises(Refused):
        awaiting.await_answer(asker, "cable")
    with pytest.raises(NotAllowed):
        awaiting.stop_awaiting(a_user(), waiting)
