"""A person's messages."""

import re
from datetime import timedelta
from itertools import count

import pytest
from build import a_question, a_user, an_answer, an_article
from sqlalchemy import insert

from app.core.db import db, now
from app.core.errors import SignInNeeded
from app.forum.actions import answer_question
from app.moderation.actions import hide_post
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
    answer = an_answer(
        to=a_question(title="It hums"),
        by=helper,
        accepted_at=now(),
        verified_at=now(),
        verified_by_id=helper.id,
    )
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


def test_six_answers_to_one_question_are_one_line_with_the_latest_people(app, asker, browser):
    question = a_question(by=asker, title="It hums")
    people = [a_user(username=name) for name in ("ann", "bob", "cem", "dora", "eve")]
    for person in [*people, people[0]]:
        answer_question(person, question, f"Hold it, says {person.username} {next(_number)}.")
    page = browser(asker)
    text = page.get("/notifications").text
    assert "ann, eve and 3 others answered “It hums”</a>" in text
    assert "6 messages" in text
    assert f'<a href="/questions/{question.id}/it-hums">' in text
    assert unread_count(asker) == 1


def test_a_line_that_was_read_opens_again_with_what_is_new(app, asker, browser):
    question = a_question(by=asker, title="It hums")
    answer_question(a_user(username="ann"), question, "Hold it.")
    page = browser(asker)
    line = db.session.query(Line).one()
    page.post(f"/notifications/{line.id}/read")
    assert unread_count(asker) == 0
    answer = answer_question(a_user(username="bob"), question, "Hold it longer.")
    assert unread_count(asker) == 1
    text = page.get("/notifications").text
    assert f'<a href="/answers/{answer.id}">bob answered “It hums”</a>' in text
    read_notifications(asker)
    assert "bob and ann answered “It hums”</a>" in page.get("/notifications").text


def test_reading_one_line_leaves_the_others_and_those_of_other_people(app, asker, helper, browser):
    mine, another, foreign = a_message(asker), a_message(asker), a_message(helper)
    browser(asker).post(f"/notifications/{mine.line_id}/read")
    browser(asker).post(f"/notifications/{foreign.line_id}/read")
    db.session.expire_all()
    assert [one.read_at is None for one in (mine, another, foreign)] == [False, True, True]


def test_messages_can_be_looked_through_by_kind(app, asker, browser):
    for kind in ("answer", "comment"):
        a_message(asker, kind=kind, question_id=a_question(title=f"About {kind}s").id)
    text = browser(asker).get("/notifications?topic=comments").text
    assert "About comments" in text
    assert "About answers" not in text
    assert "Nothing of this kind" in browser(asker).get("/notifications?topic=guides").text
    assert browser(asker).get("/notifications?topic=weather").status_code == 400


def test_what_was_hidden_disappears_from_its_line_and_from_the_count(app, asker, helper, moderator, browser):
    question = a_question(by=asker, title="It hums")
    good, bad = (answer_question(helper, question, words) for words in ("Hold it.", "Buy pills."))
    hide_post(moderator, bad, "Spam.")
    text = browser(asker).get("/notifications").text
    assert "2 messages" not in text
    assert f'<a href="/answers/{good.id}">' in text
    good.deleted_at = now()
    db.session.commit()
    assert "It hums" not in browser(asker).get("/notifications").text
    assert unread_count(asker) == 0
    assert "It hums" not in browser(moderator).get("/notifications").text


def test_reading_a_guide_makes_its_messages_read(app, asker, browser):
    guide = an_article()
    a_message(asker, kind="new_guide", article_id=guide.id)
    page = browser(asker)
    assert "data-seen" in page.get("/articles/reset-the-lamp").text
    assert page.post("/notifications/seen", data={"kind": "article", "number": guide.id}).text == "0"
    assert "data-seen" not in page.get("/articles/reset-the-lamp").text
    for number in ("", "x", "0", str(2**70)):
        assert page.post("/notifications/seen", data={"number": number}).status_code == 200


def test_ten_thousand_messages_are_as_quick_as_ten(app, asker, helper, browser, statements):
    questions = [a_question(by=asker) for _ in range(5)]
    moment = now()
    db.session.execute(
        insert(Line),
        [
            {
                "user_id": asker.id,
                "key": f"k{n}",
                "kind": "answer",
                "label": "",
                "url": "",
                "happened_at": moment,
            }
            for n in range(5000)
        ],
    )
    lines = [row[0] for row in db.session.query(Line.id)]
    db.session.execute(
        insert(Notification),
        [
            {
                "line_id": lines[n // 2],
                "user_id": asker.id,
                "kind": "answer",
                "event": f"e{n}",
                "actor_id": helper.id,
                "question_id": questions[n % 5].id,
                "created_at": moment,
            }
            for n in range(10_000)
        ],
    )
    db.session.commit()
    page = browser(asker)
    statements.count = 0
    text = page.get("/notifications").text
    assert statements.count <= 12
    assert text.count("2 messages") == 30
    assert "99+" in text
    statements.count = 0
    page.post("/notifications/read")
    assert statements.count <= 12
    assert unread_count(asker) == 0
