"""A person's messages."""

import re
from datetime import timedelta
from itertools import count

import pytest
from build import a_question, a_user, an_answer, an_article

from app.core.db import db, now
from app.core.errors import SignInNeeded
from app.notifications.actions import read_notifications
from app.notifications.models import Line, Notification
from app.notifications.queries import unread_count


_number = count(1)


def a_message(person, **fields):
    """A message in a line of its own, unless `line` names one."""
    number, kind = next(_number), fields.pop("kind", "answer")
    moment, read_at = fields.pop("created_at", None) or now(), fields.get("read_at")
    line = fields.pop("line", None)
    if line is None:
        line = Line(user_id=person.id, key=f"line-{number}", kind=kind, happened_at=moment, read_at=read_at)
        db.session.add(line)
        db.session.flush()
    message = Notification(
        line_id=line.id, user_id=person.id, kind=kind, event=f"event-{number}", created_at=moment, **fields
    )
    db.session.add(message)
    db.session.commit()
    return message


def test_each_kind_is_a_sentence_that_leads_to_its_place(app, asker, helper, browser):
    answer = an_answer(to=a_question(title="It hums"), by=helper)
    guide = an_article(title="Stop the hum")
    about = {"question_id": answer.question_id, "answer_id": answer.id, "actor_id": helper.id}
    for kind in ("answer", "comment", "accepted", "verified"):
        a_message(asker, kind=kind, **about)
    for kind in ("became_guide", "guide"):
        a_message(asker, kind=kind, article_id=guide.id, **about)
    text = browser(asker).get("/notifications").text
    rows = re.findall(r'<p><a href="([^"]+)">([^<]+)</a></p>', text)
    assert [words for _url, words in rows] == [
        "There is now a guide for “It hums”: “Stop the hum”",
        "Your answer to “It hums” became the guide “Stop the hum”. Thank you!",
        "helper verified your answer to “It hums”",
        "helper accepted your answer to “It hums”",
        "helper commented on your post in “It hums”",
        "helper answered “It hums”",
    ]
    assert [url for url, _words in rows] == ["/articles/stop-the-hum"] * 2 + [f"/answers/{answer.id}"] * 4
    for url, _words in rows:
        assert browser(asker).get(url, follow_redirects=True).status_code == 200


def test_a_message_about_a_question_leads_to_the_question(app, asker, browser):
    question = a_question(title="It hums")
    a_message(asker, kind="comment", question_id=question.id)
    text = browser(asker).get("/notifications").text
    assert f'<a href="/questions/{question.id}/it-hums">Somebody commented' in text


def test_unread_messages_are_counted_on_every_page_until_they_are_read(app, asker, browser):
    question = a_question()
    for _ in range(3):
        a_message(asker, question_id=question.id)
    a_message(a_user(), question_id=question.id)
    page = browser(asker)
    assert re.search(r"Unread:</span> 3<", page.get("/questions").text)
    assert page.get("/notifications").text.count(">New</span>") == 3
    assert unread_count(asker) == 3
    assert page.post("/notifications/read").status_code == 303
    text = page.get("/notifications").text
    assert "Unread:" not in text
    assert "Mark all as read" not in text
    assert db.session.query(Notification).filter(Notification.read_at.is_(None)).count() == 1


def test_reading_the_page_alone_marks_nothing(app, asker, browser):
    a_message(asker, question_id=a_question().id)
    browser(asker).get("/notifications")
    assert unread_count(asker) == 1


def test_a_message_keeps_the_moment_when_it_was_first_read(app, asker):
    before = now() - timedelta(days=1)
    message = a_message(asker, question_id=a_question().id, read_at=before)
    read_notifications(asker)
    assert message.read_at == before


def test_a_visitor_is_asked_to_sign_in(app, visitor, browser):
    with pytest.raises(SignInNeeded):
        read_notifications(visitor)
    assert browser().get("/notifications").location == "/sign-in?next=/notifications"
    assert browser().post("/notifications/read").status_code == 401


def test_an_empty_inbox_is_friendly(app, asker, browser):
    assert "No messages yet" in browser(asker).get("/notifications").text


def test_a_long_inbox_comes_in_pages_each_message_once(app, asker, browser):
    moment = now()
    for number in range(65):
        about = a_question(title=f"Question number {number}")
        a_message(asker, question_id=about.id, created_at=moment - timedelta(minutes=number // 20))
    page, address, seen = browser(asker), "/notifications", []
    while address:
        text = page.get(address).text
        seen += re.findall(r"Question number (\d+)”</a>", text)
        link = re.search(r'rel="next" href="([^"]+)"', text)
        address = link[1].replace("&amp;", "&") if link else ""
    assert len(seen) == 65
    assert len(set(seen)) == 65


def test_a_made_up_page_is_answered_kindly(app, asker, browser):
    response = browser(asker).get("/notifications?after=nonsense")
    assert response.status_code == 400
    assert "start from its first page" in response.text


def test_a_message_about_a_guide_that_one_may_not_read_is_not_shown(app, asker, browser):
    guide = an_article(title="For the hotline", audience="staff")
    a_message(asker, kind="guide", question_id=a_question().id, article_id=guide.id)
    assert "For the hotline" not in browser(asker).get("/notifications").text
    assert unread_count(asker) == 0


def test_titles_are_shown_as_text(app, asker, browser):
    a_message(asker, question_id=a_question(title="<script>alert(1)</script>").id)
    assert "<script>alert" not in browser(asker).get("/notifications").text


def test_the_page_asks_the_database_a_handful_of_times(app, asker, helper, browser, statements):
    for _ in range(30):
        answer = an_answer(by=helper)
        a_message(asker, question_id=answer.question_id, answer_id=answer.id, actor_id=helper.id)
    page = browser(asker)
    statements.count, statements.seen = 0, []
    assert page.get("/notifications").status_code == 200
    assert statements.count <= 9, "\n".join(statements.seen)
