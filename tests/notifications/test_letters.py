"""Letters about messages: one for each event and person, later, and only if it is still news."""

import re
from datetime import timedelta

import pytest
from build import a_question, a_tag, a_user, an_article

from app.core.db import db, now
from app.forum.actions import (
    QuestionText,
    accept_answer,
    answer_question,
    ask_question,
    comment,
    mark_affected,
)
from app.jobs import queue
from app.jobs.models import Job
from app.moderation import actions as moderation
from app.notifications.actions import choose_mail, read_notifications
from app.notifications.following import follow, unfollow
from app.notifications.mailing import latest_morning
from app.notifications.models import Notification
from app.worker.working import Worker


@pytest.fixture
def asker(app):
    return a_user(username="asker", email_verified_at=now())


@pytest.fixture
def question(asker):
    return a_question(by=asker, title="It hums")


sent = []


@pytest.fixture(autouse=True)
def post(app, monkeypatch):
    """What leaves is kept for the test to look at."""
    sent.clear()
    monkeypatch.setitem(queue._handlers, "mail", lambda work: sent.append(work.payload))


def letters_to(address):
    return [letter for letter in sent if letter["to"] == address]


def pass_ten_minutes():
    """Let the time come for all that waits."""
    for job in db.session.query(Job).filter(Job.due_at.is_not(None)):
        job.due_at = now() - timedelta(seconds=1)
    db.session.commit()
    while queue.work_one():
        pass
    assert not db.session.query(Job).filter(Job.problem != "").count()


def subjects(person):
    return [letter["subject"] for letter in letters_to(person.email)]


def test_an_answer_is_told_by_one_letter_after_ten_minutes(app, asker, helper, question):
    mark_affected(helper, question, is_affected=True)
    answer = answer_question(helper, question, "Hold it.\n\n**Ten** seconds.")
    while queue.work_one():
        pass
    assert subjects(asker) == []
    waiting = db.session.query(Job).filter(Job.due_at.is_not(None)).one()
    assert timedelta(minutes=9) < waiting.due_at - now() <= timedelta(minutes=10)
    pass_ten_minutes()
    (letter,) = letters_to("asker@example.com")
    assert letter["subject"] == "helper answered “It hums”"
    text = letter["text"]
    assert text.startswith("Hello asker,\n\nhelper answered “It hums”.\n\n> Hold it.\n")
    assert f"Read it here: http://127.0.0.1:8000/answers/{answer.id}\n" in text
    assert "Aftercare writes to you because you asked this question." in text
    assert "http://127.0.0.1:8000/settings/notifications" in text
    assert letter["unsubscribe_url"].startswith("http://127.0.0.1:8000/unsubscribe/")
    assert letter["unsubscribe_url"] in text
    pass_ten_minutes()
    assert len(subjects(asker)) == 1


def test_who_has_seen_it_in_the_inbox_or_on_the_page_gets_no_letter(app, asker, helper, question, browser):
    answer_question(helper, question, "Hold it.")
    read_notifications(asker)
    pass_ten_minutes()
    answer_question(helper, question, "Hold it longer.")
    page = browser(asker)
    text = page.get(f"/questions/{question.id}/{question.slug}").text
    assert "data-seen" in text
    assert page.post("/notifications/seen", data={"kind": "question", "number": question.id}).text == "0"
    assert "data-seen" not in page.get(f"/questions/{question.id}/{question.slug}").text
    pass_ten_minutes()
    assert subjects(asker) == []


def test_what_was_deleted_or_hidden_meanwhile_is_told_to_nobody(app, asker, helper, moderator, question):
    hidden, deleted = (answer_question(helper, question, words) for words in ("Buy pills.", "Never mind."))
    moderation.hide_post(moderator, hidden, "Spam.")
    remark = comment(helper, question, None, "First!")
    remark.deleted_at = now()
    deleted.deleted_at = now()
    db.session.commit()
    pass_ten_minutes()
    assert subjects(asker) == []


def test_only_confirmed_addresses_of_people_who_are_still_here_get_letters(app, helper):
    unsure = a_user()
    gone = a_user(email_verified_at=now())
    for person in (unsure, gone):
        answer_question(helper, a_question(by=person), "Hold it.")
    gone.deleted_at = now()
    db.session.commit()
    pass_ten_minutes()
    assert letters_to(unsure.email) == letters_to(gone.email) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_chose_never_gets_no_letter_and_who_chose_daily_gets_it_in_the_morning(
    app, asker, helper, question, noon, when
):
    other = a_user(email_verified_at=now())
    follow(other, question)
    choose = [
        lambda: choose_mail(asker, {"answers": "off"}),
        lambda: choose_mail(other, {"answers": "daily"}),
    ]
    if when == "before":
        [one() for one in choose]
    answer_question(helper, question, "Hold it.")
    if when == "after":
        [one() for one in choose]
    pass_ten_minutes()
    assert subjects(asker) == subjects(other) == []
    the_next_morning()
    assert subjects(asker) == []
    assert subjects(other) == ["helper answered “It hums”"]


def test_each_reason_is_said_in_words(app, asker, helper, question):
    follower, sufferer, named = (a_user(email_verified_at=now()) for _ in range(3))
    follow(follower, question)
    mark_affected(sufferer, question, is_affected=True)
    answer = answer_question(helper, question, f"Hold it, @{named.username}.")
    comment(helper, question, None, "Which lamp is it?")
    accept_answer(asker, answer)
    pass_ten_minutes()

    def whys(person):
        texts = [letter["text"] for letter in letters_to(person.email)]
        return [re.search(r"because (.*)\.\n", text)[1] for text in texts]

    assert whys(asker) == ["you asked this question", "it is about what you wrote"]
    assert whys(follower) == ["you follow this question"] * 2
    assert whys(sufferer) == ["you have the same problem"] * 2
    assert whys(named) == ["you are named in it"]


def test_a_title_can_put_no_header_into_a_letter(app, asker, helper):
    question = a_question(by=asker, title="It hums\r\nBcc: all@example.com")
    answer_question(helper, question, "Hold it.")
    pass_ten_minutes()
    assert "\n" not in subjects(asker)[0]


# The daily letter


def the_next_morning():
    """It is tomorrow: what has happened so far, happened yesterday."""
    for message in db.session.query(Notification):
        message.created_at -= timedelta(days=1)
    for job in db.session.query(Job).filter(Job.kind == "daily letter"):
        job.key = f"before:{job.id}"
    db.session.commit()
    Worker.daily_letters(None)
    pass_ten_minutes()


@pytest.fixture
def noon(monkeypatch):
    """It is noon in Greenwich, so the morning has come."""
    moment = now().replace(hour=12, minute=0)
    monkeypatch.setattr("app.notifications.mailing.now", lambda: moment)
    return moment


def test_news_of_a_day_are_one_letter_with_a_line_for_each_thing(app, asker, helper, noon):
    tag = a_tag("pairing")
    follow(asker, tag)
    follow(asker, helper)
    for n in range(3):
        ask_question(a_user(), QuestionText(f"Question number {n}", "It hums.", tags=["pairing"]))
    answer_question(helper, a_question(title="It rattles"), "Hold it.")
    pass_ten_minutes()
    assert subjects(asker) == []
    the_next_morning()
    (letter,) = letters_to("asker@example.com")
    assert letter["subject"] == "New for you on Aftercare"
    assert "* helper answered “It rattles”\n  http://127.0.0.1:8000/answers/" in letter["text"]
    assert "* 3 new questions: pairing\n  http://127.0.0.1:8000/questions?tag=pairing" in letter["text"]
    the_next_morning()
    assert len(letters_to("asker@example.com")) == 1


def test_the_daily_letter_leaves_out_what_was_seen_and_is_not_sent_empty(app, asker, helper, question, noon):
    choose_mail(asker, {"answers": "daily"})
    answer_question(helper, question, "Hold it.")
    read_notifications(asker)
    the_next_morning()
    assert subjects(asker) == []


@pytest.mark.parametrize(
    ("zone", "hour", "has_come"),
    [
        ("", 6, False),
        ("", 7, True),
        ("Europe/Berlin", 5, False),
        ("Europe/Berlin", 6, True),
        ("Asia/Tokyo", 21, False),
        ("Asia/Tokyo", 23, True),
        ("America/Los_Angeles", 14, False),
        ("America/Los_Angeles", 15, True),
        ("Mars/Base", 7, True),
    ],
)
def test_the_morning_comes_at_seven_where_the_person_is(zone, hour, has_come):
    moment = now().replace(month=1, day=15, hour=hour, minute=30)
    morning = latest_morning(moment, zone)
    assert (morning is not None) == has_come
    assert morning is None or morning.hour == 7


def test_what_happened_since_this_morning_waits_for_the_next(app, asker, helper, question, noon):
    choose_mail(asker, {"answers": "daily"})
    answer_question(helper, question, "Hold it.")
    for message in db.session.query(Notification):
        message.created_at = noon - timedelta(hours=1)
    db.session.commit()
    Worker.daily_letters(None)
    pass_ten_minutes()
    assert subjects(asker) == []


# Ending letters


def unsubscribe_url(person):
    return letters_to(person.email)[0]["unsubscribe_url"].removeprefix("http://127.0.0.1:8000")


def test_one_press_without_signing_in_ends_letters_of_a_kind(app, asker, helper, question, browser):
    answer_question(helper, question, "Hold it.")
    pass_ten_minutes()
    address, visitor = unsubscribe_url(asker), browser()
    text = visitor.get(address).text
    assert "letters of this kind: Answers" in text
    assert "Set-Cookie" not in visitor.get(address).headers
    answer_question(helper, question, "Opening the link alone ends nothing.")
    pass_ten_minutes()
    assert len(subjects(asker)) == 2
    # As mail programs send it, by RFC 8058: no cookie, no Origin.
    assert visitor.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert visitor.post(address).status_code == 200
    answer_question(helper, question, "Nobody hears of this.")
    pass_ten_minutes()
    assert len(subjects(asker)) == 2
    comment(helper, question, None, "But of this.")
    pass_ten_minutes()
    assert len(subjects(asker)) == 3


def test_one_press_ends_letters_about_one_question(app, asker, helper, question, browser):
    answer_question(helper, question, "Hold it.")
    pass_ten_minutes()
    address = re.search(r"this question: \S+8000(/\S+)", letters_to(asker.email)[0]["text"])[1]
    assert "letters about this question" in browser().post(address).text
    answer_question(helper, question, "Nobody hears of this.")
    answer_question(helper, a_question(by=asker), "But of this.")
    pass_ten_minutes()
    assert len(subjects(asker)) == 2


def test_one_press_ends_the_daily_letter(app, asker, helper, question, browser, noon):
    follow(asker, helper)
    answer_question(helper, a_question(), "Hold it.")
    pass_ten_minutes()
    the_next_morning()
    assert "the daily letter" in browser().post(unsubscribe_url(asker)).text
    answer_question(helper, a_question(), "Hold it again.")
    pass_ten_minutes()
    the_next_morning()
    assert len(subjects(asker)) == 1


def test_a_link_that_somebody_made_up_leads_nowhere(app, asker, helper, question, browser):
    answer_question(helper, question, "Hold it.")
    pass_ten_minutes()
    forged = unsubscribe_url(asker)[:-2] + "xx"
    assert browser().get(forged).status_code == 404
    assert browser().post(forged).status_code == 404


def test_a_letter_ends_where_its_person_stopped_following_meanwhile(app, helper, question):
    follower = a_user(email_verified_at=now())
    follow(follower, question)
    answer_question(helper, question, "Hold it.")
    unfollow(follower, question)
    answer_question(helper, question, "Hold it longer.")
    pass_ten_minutes()
    assert len(subjects(follower)) == 1


# Feedback by visitors


def test_a_visitor_who_left_an_address_hears_when_the_guide_is_better(app, writer, browser):
    from app.articles import feedback
    from app.articles.feedback_models import Feedback
    from app.web.session import Visitor

    guide = an_article()
    said = feedback.give_feedback(
        Visitor(),
        guide,
        helped=False,
        reason="outdated",
        words="It moved.",
        email="eve@example.com",
        visitor_key="k",
    )
    feedback.fix_feedback(writer, db.session.get_one(Feedback, said.id))
    pass_ten_minutes()
    (letter,) = letters_to("eve@example.com")
    assert letter["subject"] == "“Reset the lamp” is better now because of you"
    assert "http://127.0.0.1:8000/articles/reset-the-lamp" in letter["text"]
