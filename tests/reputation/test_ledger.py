"""The ledger: every point has its cause, goes when the cause goes, and no day's cap ever loses one."""

import random
from datetime import timedelta

import pytest
from build import a_question, a_user, an_answer
from sqlalchemy import update

from app.accounts.models import User
from app.core.counters import differences, repair
from app.core.db import db, now, transaction
from app.forum.actions import (
    accept_answer,
    delete_answer,
    delete_question,
    unaccept_answer,
    undelete_answer,
    undelete_question,
    verify_answer,
    vote,
)
from app.reputation import counters, queries
from app.reputation.ledger import give, move_month_on, settle, take_back
from app.reputation.models import ReputationDay, ReputationEntry
from app.reputation.points import CAUSES, MOST_FROM_VOTES, counted


def entries(person):
    found = db.session.query(ReputationEntry).filter_by(user_id=person.id).order_by(ReputationEntry.id)
    return [(one.cause, one.points, one.cancelled_at is None) for one in found]


def test_the_day_counts_votes_to_the_cap_and_all_the_rest():
    assert [counted(votes, 0) for votes in (-6, 0, 199, 200, 201)] == [-6, 0, 199, 200, 200]
    assert counted(250, 30) == 230
    assert counted(-2, 15) == 13


def test_a_vote_names_its_voter_and_its_day(app, asker, helper):
    answer = an_answer(by=helper)
    vote(asker, answer, 1)
    (entry,) = db.session.query(ReputationEntry)
    assert (entry.cause, entry.points, entry.by_id, entry.answer_id) == ("answer_up", 10, asker.id, answer.id)
    assert entry.day == now().date()


def test_taking_a_vote_back_cancels_that_voters_entry_and_no_other(app, asker, expert, helper):
    answer = an_answer(by=helper)
    vote(asker, answer, 1)
    vote(expert, answer, 1)
    vote(asker, answer, 0)
    assert entries(helper) == [("answer_up", 10, False), ("answer_up", 10, True)]
    assert helper.reputation == 10


def test_acceptance_comes_goes_and_comes_again(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    unaccept_answer(asker, answer)
    assert helper.reputation == 0
    accept_answer(asker, answer)
    assert entries(helper) == [("accepted", 15, False), ("accepted", 15, True)]
    assert helper.reputation == 15


def test_a_deleted_answer_takes_its_points_along_and_brings_them_back(app, asker, expert, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    vote(asker, answer, 1)
    verify_answer(expert, answer)
    assert helper.reputation == 20
    delete_answer(helper, answer)
    assert helper.reputation == 0
    undelete_answer(helper, answer)
    assert helper.reputation == 20


def test_a_deleted_question_takes_only_its_own_points_along(app, asker, helper, moderator):
    question = a_question(by=asker)
    answer = an_answer(to=question, by=helper)
    vote(helper, question, 1)
    vote(asker, answer, 1)
    delete_question(moderator, question)
    assert (asker.reputation, helper.reputation) == (0, 10)
    undelete_question(moderator, question)
    assert (asker.reputation, helper.reputation) == (5, 10)


def given(person, cause, count, days_ago=0):
    """So many entries of one cause on one day, as if they had come that day."""
    day = (now() - timedelta(days=days_ago)).date()
    with transaction() as session:
        for _ in range(count):
            session.add(ReputationEntry(user_id=person.id, cause=cause, points=CAUSES[cause].points, day=day))
        settle(person.id)


def test_votes_bring_two_hundred_a_day_and_acceptance_comes_on_top(app, helper):
    given(helper, "answer_up", 25)
    assert helper.reputation == MOST_FROM_VOTES == 200
    given(helper, "accepted", 2)
    assert helper.reputation == 230
    given(helper, "answer_up", 3, days_ago=1)
    assert helper.reputation == 260


def test_a_vote_taken_back_on_a_full_day_lets_another_one_count(app, asker, helper):
    answer = an_answer(by=helper)
    vote(asker, answer, 1)
    given(helper, "answer_up", 20)
    assert helper.reputation == 200
    vote(asker, answer, 0)
    assert helper.reputation == 200
    given(helper, "answer_down", 1)
    assert helper.reputation == 198


def test_a_vote_taken_back_later_is_missing_on_its_own_day(app, asker, helper):
    """Otherwise whoever had more than the cap then would lose today what never counted."""
    given(helper, "answer_up", 30, days_ago=3)
    answer = an_answer(by=helper)
    vote(asker, answer, 1)
    (entry,) = db.session.query(ReputationEntry).filter_by(answer_id=answer.id)
    with transaction():
        entry.day = (now() - timedelta(days=3)).date()
        settle(helper.id)
    assert helper.reputation == 200
    vote(asker, answer, 0)
    assert helper.reputation == 200


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_reputation_is_what_the_ledger_comes_to(app, seed):
    """Random deeds of three voters on six posts over four days, against the arithmetic written out by hand."""
    chance = random.Random(seed)
    author, voters = a_user(), [a_user() for _ in range(3)]
    posts = [a_question(by=author) for _ in range(3)] + [an_answer(by=author) for _ in range(3)]
    about = [{"question_id": post.id} for post in posts[:3]] + [{"answer_id": post.id} for post in posts[3:]]
    today = now()
    held: dict[tuple[int, int], tuple[int, str, int]] = {}  # (voter, post) → (day, cause, points)
    gone: set[int] = set()
    extra: list[int] = []
    for _step in range(40):
        number, voter = chance.randrange(6), chance.choice(voters)
        kind = "question" if number < 3 else "answer"
        day = chance.randrange(4)
        deed = chance.choice(["vote", "vote", "vote", "take back", "go", "come", "extra"])
        with transaction() as session:
            if deed == "vote" and (voter.id, number) not in held:
                cause = f"{kind}_{chance.choice(['up', 'up', 'down'])}"
                give(author.id, cause, by_id=voter.id, **about[number])
                entry = session.query(ReputationEntry).order_by(ReputationEntry.id.desc()).first()
                # As if each vote weighed ten times as much, so that days are full soon.
                entry.points *= 10
                entry.day = (today - timedelta(days=day)).date()
                held[voter.id, number] = (day, cause, entry.points)
            elif deed == "take back" and held.pop((voter.id, number), None):
                take_back(author.id, f"{kind}_up", f"{kind}_down", by_id=voter.id, **about[number])
            elif deed in ("go", "come"):
                posts[number].deleted_at = today if deed == "go" else None
                gone = gone | {number} if deed == "go" else gone - {number}
            elif deed == "extra":
                give(author.id, "verified")
                extra.append(day)
            settle(author.id)
        votes = dict.fromkeys(range(4), 0)
        for (_voter, post), (on, _cause, points) in held.items():
            votes[on] += points if post not in gone else 0
        expected = sum(counted(sum_of_day, 0) for sum_of_day in votes.values()) + 10 * len(extra)
        assert author.reputation == expected
    assert any(sum_of_day > 0 for sum_of_day in votes.values())
    assert differences(counters.truths()) == {}
    with transaction():
        for voter_id, number in list(held):
            kind = "question" if number < 3 else "answer"
            take_back(author.id, f"{kind}_up", f"{kind}_down", by_id=voter_id, **about[number])
        take_back(author.id, "verified")
    assert author.reputation == queries.worth(author.id) == 0


def test_repairing_counters_sets_reputation_by_the_ledger(app, helper, asker):
    given(helper, "answer_up", 30)
    given(helper, "accepted", 1)
    with transaction():
        helper.reputation, asker.reputation = 7, 3
    assert differences(counters.truths()) == {"users.reputation": 2}
    with transaction():
        repair(counters.truths())
    db.session.expire_all()
    assert (helper.reputation, asker.reputation) == (215, 0)


def test_points_are_added_to_what_stands_in_the_database_now(app, helper):
    answer = an_answer(by=helper)
    with transaction() as session:
        assert helper.reputation == 0
        # Somebody else's vote was counted since this transaction read the person.
        session.connection().execute(update(User.__table__).values(reputation=50))
        give(helper.id, "answer_up", answer_id=answer.id)
    assert helper.reputation == 50 + CAUSES["answer_up"].points


def test_the_month_ends_for_a_day_and_what_is_taken_back_of_it_later_does_not_count_twice(app, asker, helper):
    answer = an_answer(to=a_question(by=asker), by=helper)
    old = now() - timedelta(days=40)
    vote(asker, answer, 1)
    with transaction() as session:
        session.query(ReputationEntry).one().day = old.date()
        settle(helper.id)
        give(helper.id, "verified")
    assert (helper.reputation, helper.points_lately) == (20, 10)
    with transaction() as session:
        # As if that day had been within the month when it was written.
        session.get(ReputationDay, (helper.id, old.date())).is_lately = True
        session.refresh(helper)
        helper.points_lately += 10
    move_month_on()
    db.session.expire_all()
    assert (helper.reputation, helper.points_lately) == (20, 10)
    vote(asker, answer, 0)
    assert (helper.reputation, helper.points_lately) == (10, 10)
    assert differences(counters.truths()) == {}
    assert counters.people_with_wrong_days() == set()


def test_when_a_post_goes_whoever_made_it_better_loses_those_points_too(app, asker, helper, expert):
    answer = an_answer(to=a_question(by=asker), by=helper)
    with transaction():
        give(expert.id, "edit_approved", answer_id=answer.id)
    delete_answer(helper, answer)
    assert (expert.reputation, expert.points_lately) == (0, 0)
    undelete_answer(helper, answer)
    assert (expert.reputation, expert.points_lately) == (2, 2)


def test_repairing_counters_settles_whoever_has_a_wrong_day(app, helper):
    given(helper, "accepted", 1)
    with transaction() as session:
        session.get(ReputationDay, (helper.id, now().date())).points = 99
    assert counters.people_with_wrong_days() == {helper.id}
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert "reputation_days: 1 set right" in result.output
    db.session.expire_all()
    assert helper.reputation == helper.points_lately == CAUSES["accepted"].points
