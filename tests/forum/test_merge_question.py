"""The answers of a duplicate are brought to its original, and come back with the link."""

import pytest
from build import a_comment, a_question, an_answer, catch_up_search

from app import search
from app.articles.models import Audience
from app.core import counters
from app.core.db import db, transaction
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum import counters as forum
from app.forum import queries
from app.forum.actions import accept_answer, delete_question, vote
from app.forum.duplicates import merge_question, suggest_duplicate, withdraw_duplicate
from app.moderation.actions import hide_post
from app.moderation.models import Act, Deed


@pytest.fixture
def pair(app, asker, helper, moderator):
    """An original with an answer, and its duplicate with two, one of them accepted, voted for and commented on."""
    original = a_question(title="The lamp blinks in red all night")
    an_answer(to=original, body="Charge it for an hour.")
    question = a_question(by=asker, title="My light shows a crimson flicker")
    best = an_answer(to=question, by=helper, body="Tighten the zigzag bolt.")
    an_answer(to=question, body="Wait a while.")
    a_comment(on=best, body="Which bolt?")
    accept_answer(asker, best)
    vote(asker, best, 1)
    duplicate = suggest_duplicate(moderator, question, original)
    return original, question, best, duplicate


def wrong():
    return counters.differences(forum.truths())


def test_answers_with_their_comments_votes_and_marks_stand_at_the_original(app, browser, moderator, pair):
    original, question, best, _duplicate = pair
    assert merge_question(moderator, question) == 2
    assert (original.answer_count, original.accepted_count) == (3, 1)
    assert (question.answer_count, question.accepted_count) == (0, 0)
    assert not wrong()
    page = browser()
    text = page.get(f"/questions/{original.id}/{original.slug}").text
    for words in ("Tighten the zigzag bolt.", "Which bolt?", "Given where this was asked in other words"):
        assert words in text
    text = page.get(f"/questions/{question.id}/{question.slug}").text
    assert "Tighten the zigzag bolt." not in text
    assert "Its answers stand at the other question" in text
    assert page.get(f"/answers/{best.id}").location.startswith(f"/questions/{original.id}/")


def test_the_search_finds_them_at_the_original(app, moderator, pair):
    original, question, _best, _duplicate = pair
    merge_question(moderator, question)
    catch_up_search()
    hits = search.find("zigzag bolt", audiences=frozenset({Audience.PUBLIC})).hits
    assert [hit.key for hit in hits] == [("question", original.id)]


def test_they_come_home_when_the_question_stands_for_itself_again(app, asker, moderator, pair):
    original, question, best, duplicate = pair
    merge_question(moderator, question)
    withdraw_duplicate(asker, duplicate)
    assert best.question_id == question.id
    assert best.moved_from_id is None
    assert question.merged_at is None
    assert (original.answer_count, question.answer_count, question.accepted_count) == (1, 2, 1)
    assert not wrong()


def test_they_follow_when_the_original_is_a_duplicate_itself_and_go_back_with_it(app, moderator, pair):
    original, question, best, duplicate = pair
    merge_question(moderator, question)
    first = a_question(title="Red blinking lamp")
    second = suggest_duplicate(moderator, original, first)
    assert best.question_id == first.id
    assert not wrong()
    withdraw_duplicate(moderator, second)
    assert best.question_id == original.id
    withdraw_duplicate(moderator, duplicate)
    assert best.question_id == question.id
    assert not wrong()


def test_what_is_hidden_moves_along_and_stays_hidden(app, browser, moderator, pair):
    original, question, best, _duplicate = pair
    hide_post(moderator, best, "It breaks the lamp")
    assert merge_question(moderator, question) == 1
    assert original.answer_count == 2
    assert "zigzag" not in browser().get(f"/questions/{original.id}/{original.slug}").text
    assert not wrong()


def test_what_is_answered_there_later_can_be_brought_too(app, moderator, pair):
    original, question, _best, _duplicate = pair
    merge_question(moderator, question)
    late = an_answer(to=question, body="Late words.")
    assert merge_question(moderator, question) == 1
    assert late.question_id == original.id


def test_other_moderators_see_who_did_it(app, moderator, pair):
    merge_question(moderator, pair[1])
    act = db.session.query(Act).filter_by(deed=Deed.MERGE).one()
    assert (act.question_id, act.moderator_id) == (pair[1].id, moderator.id)


def test_only_moderators_may(app, asker, writer, visitor, pair):
    for person in (asker, writer):
        with pytest.raises(NotAllowed):
            merge_question(person, pair[1])
    with pytest.raises(SignInNeeded):
        merge_question(visitor, pair[1])


def test_only_a_duplicate_with_answers_and_an_original_that_is_here(app, moderator, pair):
    original, question, _best, _duplicate = pair
    with pytest.raises(Refused, match="not marked as a duplicate"):
        merge_question(moderator, original)
    other = a_question()
    suggest_duplicate(moderator, other, original)
    with pytest.raises(Refused, match="no answers here"):
        merge_question(moderator, other)
    delete_question(moderator, original)
    with pytest.raises(Refused, match="not shown any more"):
        merge_question(moderator, question)


def test_a_deed_that_began_where_the_answer_stood_before_is_refused(app, moderator, pair):
    original, question, best, _duplicate = pair
    merge_question(moderator, question)
    with transaction(), pytest.raises(Refused, match="moved to another question just now"):
        queries.lock(question, best)
    with transaction():
        queries.lock(original, best)


def test_a_moderator_links_and_brings_the_answers_in_one_go(app, browser, moderator):
    original, answer = a_question(), an_answer(body="Words worth keeping.")
    page = browser(moderator)
    address = f"/questions/{answer.question_id}/duplicate"
    assert "Bring the answers there too" in page.get(address).text
    text = page.post(address, data={"address": str(original.id), "merge": "1"}, follow_redirects=True).text
    assert "1 answer stands there now." in text
    assert answer.question_id == original.id


def test_the_button_stands_at_the_duplicate_for_moderators(app, asker, browser, moderator, pair):
    address = f"/questions/{pair[1].id}/{pair[1].slug}"
    assert "Bring the answers there" not in browser(asker).get(address).text
    page = browser(moderator)
    assert "Bring the answers there" in page.get(address).text
    text = page.post(f"/questions/{pair[1].id}/merge", follow_redirects=True).text
    assert "2 answers stand there now." in text
    assert "Bring the answers there" not in text
