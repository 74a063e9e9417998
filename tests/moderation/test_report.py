"""Telling the moderators of a thing: once per person and thing, with a reason, and an answer comes back."""

from datetime import timedelta

import pytest
from build import a_comment, a_question, a_user, an_answer, an_article

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded, TooMany
from app.moderation.actions import answer_reports, hide_post, report
from app.moderation.models import Case, Report, urgency
from app.site.values import Limits


@pytest.fixture
def things(app, asker, helper):
    question = a_question(by=asker)
    answer = an_answer(to=question, by=asker)
    return {
        "question": question,
        "answer": answer,
        "comment": a_comment(on=answer, by=asker),
        "article": an_article(),
        "person": asker,
    }


@pytest.mark.parametrize("kind", ["question", "answer", "comment", "article", "person"])
def test_anything_can_be_reported_on_its_page(browser, things, helper, kind):
    page, address = browser(helper), f"/report/{kind}/{things[kind].id}"
    assert "What is wrong?" in page.get(address).text
    response = page.post(address, data={"reason": "spam", "words": "It sells pills."}, follow_redirects=True)
    assert response.status_code == 200
    assert "A moderator will look at it" in response.text
    said = db.session.query(Report).one()
    assert (said.about, said.reason, said.words) == ((kind, things[kind].id), "spam", "It sells pills.")
    assert db.session.query(Case).one().report_count == 1


def test_what_can_be_reported_has_a_link_to_do_so(browser, things, helper):
    text = browser(helper).get("/questions/1/the-lamp-blinks-and-nothing-happens").text
    assert all(f'href="/report/{kind}/1"' in text for kind in ("question", "answer", "comment"))
    assert 'href="/report/article/1"' in browser(helper).get("/articles/reset-the-lamp").text
    assert 'href="/report/person/' in browser(helper).get("/people/asker").text


def test_nobody_reports_the_same_twice_and_others_join_the_case(app, things, helper, expert):
    report(helper, things["answer"], "wrong-place")
    with pytest.raises(Refused, match="A moderator will look"):
        report(helper, things["answer"], "spam")
    report(expert, things["answer"], "dangerous", "Opens the battery")
    case = db.session.query(Case).one()
    assert (case.report_count, case.severity) == (2, 4)


def test_a_visitor_is_asked_to_sign_in_and_keeps_the_words(browser, things, visitor):
    response = browser().post("/report/answer/1", data={"reason": "rude", "words": "It shouts at me."})
    assert response.status_code == 401
    assert "It shouts at me." in response.text
    with pytest.raises(SignInNeeded):
        report(visitor, things["answer"], "rude")


@pytest.mark.parametrize(
    ("reason", "words", "field"),
    [("boring", "", "reason"), ("", "", "reason"), ("other", " ", "words"), ("spam", "x" * 1001, "words")],
)
def test_a_report_needs_a_reason_and_something_else_needs_words(
    browser, things, helper, reason, words, field
):
    with pytest.raises(Invalid) as caught:
        report(helper, things["answer"], reason, words)
    assert caught.value.field == field
    response = browser(helper).post("/report/answer/1", data={"reason": reason, "words": words})
    assert response.status_code == 400
    assert str(caught.value) in response.text


def test_ones_own_what_is_gone_and_oneself_cannot_be_reported(app, things, asker, helper, moderator):
    for kind in ("question", "answer", "comment", "person"):
        with pytest.raises(Refused):
            report(asker, things[kind], "spam")
    hide_post(moderator, things["answer"], "Spam")
    with pytest.raises(Refused, match="not shown any more"):
        report(helper, things["answer"], "spam")
    helper.suspended_until = now() + timedelta(days=1)
    db.session.commit()
    with pytest.raises(NotAllowed):
        report(helper, things["question"], "spam")


def test_a_day_has_room_for_so_many_reports_and_the_limit_says_when_it_ends(app, helper, browser):
    most = Limits().new_reports_per_day
    questions = [a_question() for _ in range(most + 1)]
    for question in questions[:most]:
        report(helper, question, "spam")
    with pytest.raises(TooMany, match=f"{most} reports a day are the most; please go on in 24 hours"):
        report(helper, questions[most], "spam")
    response = browser(helper).post(
        f"/report/question/{questions[most].id}", data={"reason": "other", "words": "Pills again"}
    )
    assert response.status_code == 429
    assert "Pills again" in response.text


def test_whoever_reported_it_hears_what_came_of_it(app, browser, things, helper, moderator):
    report(helper, things["answer"], "wrong-place")
    answer_reports(moderator, things["answer"], "It fits well here.", helped=False)
    said = db.session.query(Report).one()
    assert (said.answer, said.helped) == ("It fits well here.", False)
    assert "It fits well here." in browser(helper).get("/notifications").text
    with pytest.raises(Refused, match="It fits well here"):
        report(helper, things["answer"], "spam")


def test_the_most_severe_comes_first_and_of_those_the_oldest():
    at = now()
    order = [urgency(4, at), urgency(2, at - timedelta(days=900)), urgency(2, at), urgency(1, at)]
    assert order == sorted(order, reverse=True)
    assert max(order) < 2**31


def test_nobody_but_moderators_learns_who_reported(browser, things, helper, writer):
    report(helper, things["answer"], "spam", "It sells pills.")
    for page in (browser(writer), browser(helper), browser()):
        for address in ("/moderation", "/moderation/answer/1", "/moderation/people/helper"):
            response = page.get(address)
            assert response.status_code in (302, 403), address
            assert "It sells pills." not in response.text


def test_a_thing_that_is_not_there_cannot_be_reported(browser, helper):
    assert browser(a_user()).get("/report/question/99").status_code == 404
    assert browser(a_user()).get("/report/planet/1").status_code == 404
