"""The queue, one thing with its story, a person, and the log: what they show, to whom, and in how many statements."""

from datetime import timedelta

import pytest
from build import a_comment, a_question, a_user, an_answer, an_article

from app.core.db import db, now
from app.moderation.actions import (
    answer_reports,
    approve_post,
    hide_post,
    note_on_person,
    report,
    restore_post,
    suspend,
)
from app.moderation.models import Act, Case

WORDS = "Zebra crossing"


@pytest.fixture
def busy(app, asker, helper):
    """One case of each kind, from mild to severe, and a held answer."""
    question = a_question(by=asker, title="The lamp blinks")
    answer = an_answer(to=question, by=asker, body=WORDS)
    remark = a_comment(on=question, by=asker, body="Call me at 555 0100")
    held = an_answer(to=question, by=asker, body="Held words", held_at=now(), held_why="links")
    report(helper, question, "wrong-place", "Belongs to the hub")
    report(helper, answer, "spam")
    report(helper, remark, "private", "A phone number")
    report(helper, an_article(), "dangerous")
    report(helper, asker, "rude")
    db.session.add(Case.open(held, 3, is_held=True))
    db.session.commit()
    return {"question": question, "answer": answer, "comment": remark, "held": held}


def places(text, *words):
    return [text.index(word) for word in words]


def test_the_queue_shows_the_most_severe_first_and_why(browser, busy, moderator):
    text = browser(moderator).get("/moderation").text
    order = places(text, "case-comment-1", "case-answer-2", "case-answer-1", "case-question-1")
    assert order == sorted(order)
    for words in ("A phone number", "Call me at 555 0100", "Held words", "helper", "Close as duplicate"):
        assert words in text
    oldest = browser(moderator).get("/moderation?sort=oldest").text
    order = places(oldest, "case-question-1", "case-answer-1", "case-comment-1", "case-answer-2")
    assert order == sorted(order)


def test_it_is_filtered_and_counted(browser, busy, moderator):
    page = browser(moderator)
    text = page.get("/moderation?which=held").text
    assert "Held words" in text
    assert "555 0100" not in text
    assert "Held words" not in page.get("/moderation?which=reported").text
    for label, count in (("All", 6), ("Held posts", 1), ("Reports", 5)):
        assert f'{label} <span class="count">{count}</span>' in text
    assert page.get("/moderation?which=none").status_code == 400
    assert page.get("/moderation?after=x").status_code == 400


def test_it_goes_on_page_by_page_and_shows_each_case_once(browser, helper, moderator):
    for number in range(45):
        db.session.add(Case.open(a_question(by=helper, title=f"Question {number:02}."), 1 + number % 4))
    db.session.commit()
    for sort in ("urgent", "oldest"):
        page, address, seen = browser(moderator), f"/moderation?sort={sort}", []
        while address:
            text = page.get(address).text
            seen += [f"{number:02}." for number in range(45) if f"Question {number:02}." in text]
            _rest, found, after = text.partition('rel="next" href="')
            address = after.partition('"')[0].replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize(
    "address",
    [
        "/moderation",
        "/moderation/answer/1",
        "/moderation/people/asker",
        "/moderation/log",
        "/report/answer/1",
    ],
)
def test_no_page_takes_more_than_twelve_statements(browser, busy, moderator, statements, address):
    note_on_person(moderator, busy["question"].author, "A note")
    answer_reports(moderator, busy["question"], "Fine", helped=False)
    page = browser(moderator)
    page.get(address)
    statements.seen.clear()
    assert page.get(address).status_code == 200
    assert len(statements.seen) <= 12, "\n".join(statements.seen)


def test_each_deed_is_one_form_that_leads_back_to_the_queue(browser, busy, moderator):
    page = browser(moderator)
    back = {"seen": "0", "back": "/moderation?which=held"}
    response = page.post("/moderation/answer/2/approve", data=back)
    assert (response.status_code, response.location) == (303, "/moderation?which=held")
    assert busy["held"].is_here
    response = page.post("/moderation/answer/1/hide", data={**back, "why": ""})
    assert response.status_code == 400
    assert "Please say in a sentence why." in response.text
    page.post("/moderation/answer/1/hide", data={**back, "why": "Advertising"})
    assert not busy["answer"].is_here
    page.post("/moderation/question/1/answer", data={**back, "why": "Moved it", "outcome": "settle"})
    page.post("/moderation/answer/1/restore", data={"why": "It was none"})
    assert busy["answer"].is_here
    assert {one.deed for one in db.session.query(Act)} == {"approve", "hide", "settle", "restore"}
    assert page.post("/moderation/article/1/hide", data={"why": "No"}).status_code == 404
    assert page.post("/moderation/answer/1/hide", data={"why": "x", "back": "//evil.example"}).location == (
        "/moderation/answer/1"
    )


def test_who_comes_second_sees_what_the_first_one_did(browser, busy, moderator):
    mira = a_user(username="mira", role=4)
    page = browser(moderator)
    assert 'name="seen" value="0"' in page.get("/moderation/answer/2").text
    approve_post(mira, busy["held"])
    act = db.session.query(Act).one()
    act.done_at = now() - timedelta(seconds=70)
    db.session.commit()
    for deed, typed in (("approve", {}), ("hide", {"why": "Spam"})):
        data = {"seen": "0", "back": "/moderation", **typed}
        text = page.post(f"/moderation/answer/2/{deed}", data=data, follow_redirects=True).text
        assert "mira approved this 1 minute ago." in text
    assert busy["held"].is_here
    assert db.session.query(Act).count() == 1


def test_the_page_of_one_thing_tells_its_story(browser, busy, moderator):
    answer_reports(moderator, busy["answer"], "It is on topic.", helped=False)
    text = browser(moderator).get("/moderation/answer/1").text
    for words in (WORDS, "Looked at and kept", "It is on topic.", "Reported before", "Spam or advertising"):
        assert words in text
    assert 'href="/moderation/answer/1"' in browser(moderator).get("/questions/1/the-lamp-blinks").text


def test_the_page_of_a_person_gathers_what_there_is(browser, busy, moderator):
    page = browser(moderator)
    hide_post(moderator, busy["answer"], "Advertising")
    page.post("/moderation/people/asker/notes", data={"words": "Knows a lot about lamps."})
    page.post("/moderation/people/asker/suspend", data={"days": "1", "why": "A day to think."})
    text = page.get("/moderation/people/asker").text
    for words in ("Knows a lot about lamps.", "A day to think.", "Hidden: Advertising", "A phone number"):
        assert words in text
    assert "Lift the suspension" in text
    page.post("/moderation/people/asker/lift", data={"why": "Thought."})
    assert not busy["question"].author.is_suspended
    response = page.post("/moderation/people/asker/suspend", data={"days": "soon", "why": "x"})
    assert response.status_code == 400
    assert page.get(f"/moderation/person/{busy['question'].author_id}").location.endswith("/people/asker")
    assert page.get("/moderation/people/nobody").status_code == 404


def test_the_log_is_public_and_names_nobody_and_shows_no_hidden_words(browser, busy, moderator, asker):
    hide_post(moderator, busy["answer"], "It is advertising.")
    suspend(moderator, asker, 7, "Three advertisements.")
    answer_reports(moderator, busy["comment"], "A private reply.", helped=True)
    for page in (browser(), browser(a_user())):
        text = page.get("/moderation/log").text
        assert "It is advertising." in text
        assert "A member" in text
        assert "Three advertisements." in text
        for words in (WORDS, "asker", "A private reply."):
            assert words not in text
    text = browser(moderator).get("/moderation/log").text
    assert "asker" in text
    assert "A private reply." in text


def test_a_title_of_a_hidden_thread_does_not_stand_in_the_log(browser, busy, moderator):
    hide_post(moderator, busy["comment"], "Phone number")
    assert "The lamp blinks" not in browser().get("/moderation/log").text
    hide_post(moderator, busy["question"], "Spam")
    assert "The lamp blinks" not in browser().get("/moderation/log").text
    assert "The lamp blinks" in browser(moderator).get("/moderation/log").text


def test_the_log_leads_everybody_to_what_is_shown_again(browser, busy, moderator):
    for kind in ("answer", "comment"):
        hide_post(moderator, busy[kind], "It looked like spam.")
        restore_post(moderator, busy[kind], "It was on topic after all.")
    text = browser().get("/moderation/log").text
    assert text.count("The lamp blinks") >= 2
    hide_post(moderator, busy["question"], "Spam")
    assert "The lamp blinks" not in browser().get("/moderation/log").text


def test_moderators_see_how_much_waits_and_others_no_such_entry(browser, busy, moderator, writer):
    assert 'Moderation <span class="count">6</span>' in browser(moderator).get("/").text
    assert 'href="/moderation"' not in browser(writer).get("/").text
