"""The ledger as its owner reads it, the table of points, and the abilities on the page of privileges."""

import html
from datetime import timedelta

from build import a_question, a_user, an_answer

from app.core.db import db, now, transaction
from app.forum.actions import accept_answer, delete_answer, vote
from app.policy import ABILITIES, Role
from app.reputation.ledger import settle
from app.reputation.models import ReputationEntry
from app.reputation.points import CAUSES
from app.reputation.queries import ENTRIES_SIZE


def page_of(browser, person, address="/reputation"):
    return html.unescape(browser(person).get(address).text)


def test_its_owner_sees_each_point_with_its_cause_and_a_link(browser, asker, helper):
    question = a_question(by=asker, title="The hinge creaks in the cold")
    answer = an_answer(to=question, by=helper)
    vote(asker, answer, 1)
    accept_answer(asker, answer)
    text = page_of(browser, helper)
    assert "You have 25 points." in text
    assert f'<a href="/answers/{answer.id}">The hinge creaks in the cold</a>' in text
    assert "Your answer was voted up" in text
    assert "+15" in text
    assert "<strong>+25</strong>" in text


def test_what_does_not_count_says_why(browser, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    vote(asker, answer, 1)
    vote(asker, answer, 0)
    assert "Taken back, so it does not count." in page_of(browser, helper)
    vote(asker, answer, 1)
    delete_answer(helper, answer)
    text = page_of(browser, helper)
    assert "The post is not shown any more, so it does not count." in text
    assert "You have 0 points." in text


def test_who_voted_is_told_to_nobody(browser, asker, helper):
    vote(asker, an_answer(to=a_question(), by=helper), 1)
    assert "asker" not in page_of(browser, helper)


def test_visitors_are_asked_to_sign_in_and_nobody_sees_anothers(browser, asker, helper):
    vote(asker, an_answer(by=helper), 1)
    assert browser().get("/reputation").status_code == 302
    assert "Nothing yet" in page_of(browser, asker)


def test_a_long_ledger_comes_in_pages_and_few_statements(browser, helper, statements):
    answer = an_answer(by=helper)
    with transaction() as session:
        for number in range(ENTRIES_SIZE + 10):
            at = now() - timedelta(days=number)
            session.add(
                ReputationEntry(
                    user_id=helper.id,
                    cause="answer_up",
                    points=10,
                    answer_id=answer.id,
                    created_at=at,
                    day=at.date(),
                )
            )
        settle(helper.id)
    client = browser(helper)
    statements.seen.clear()
    first = client.get("/reputation").text
    assert len(statements.seen) <= 12
    assert first.count("Your answer was voted up") == ENTRIES_SIZE
    following = html.unescape(first.split('rel="next" href="')[1].split('"')[0])
    assert client.get(following).text.count("Your answer was voted up") == 10
    assert client.get("/reputation?after=nonsense").status_code == 400


def test_a_day_of_many_votes_says_that_more_do_not_count(browser, helper):
    with transaction() as session:
        for _ in range(25):
            session.add(ReputationEntry(user_id=helper.id, cause="answer_up", points=10))
        settle(helper.id)
    text = page_of(browser, helper)
    assert "<strong>+200</strong>" in text
    assert "The most that votes bring in a day." in text


def test_the_table_of_points_is_the_one_that_is_used(browser):
    text = page_of(browser, None, "/help/reputation")
    assert all(str(cause.words) in text for cause in CAUSES.values())
    assert "at most 200 points in a day" in text
    assert "You have" not in text


def test_the_page_of_privileges_shows_what_the_reader_has(browser, asker):
    visit = page_of(browser, None, "/help/privileges")
    assert all(f'<th scope="row">{ability.words}</th>' in visit for ability in ABILITIES.values())
    assert "Not yet" not in visit
    asker.reputation = 15
    db.session.commit()
    text = page_of(browser, asker, "/help/privileges")
    has = [ability for ability in ABILITIES.values() if ability.new <= 15]
    assert text.count("</svg>Yes</span>") == len(has)
    assert text.count("Not yet") == len(ABILITIES) - len(has)
    assert page_of(browser, a_user(role=Role.ADMIN), "/help/privileges").count("Not yet") == 0
