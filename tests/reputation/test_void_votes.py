"""Votes cast to deceive are taken back at once, and everything that followed from them."""

import pytest
from build import a_question, a_user, an_answer

from app.core import counters
from app.core.db import db
from app.core.errors import NotAllowed, Refused
from app.forum import counters as forum
from app.forum.actions import vote
from app.forum.models import Vote
from app.forum.voiding import void_votes
from app.policy import Role
from app.reputation import counters as reputation
from app.site.models import SiteChange


@pytest.fixture
def admin(app):
    return a_user(username="ada", role=Role.ADMIN)


def test_all_votes_of_one_person_go_and_those_of_others_stay(app, admin, asker, helper):
    cheat = a_user(username="cheat")
    question, answer, third = a_question(by=asker), an_answer(by=helper), an_answer(by=helper)
    for voter in (cheat, asker):
        vote(voter, answer, 1)
    vote(cheat, question, 1)
    vote(cheat, third, -1)
    assert (asker.reputation, helper.reputation) == (5, 18)
    assert void_votes(admin, cheat) == 3
    assert (asker.reputation, helper.reputation) == (0, 10)
    assert (question.score, answer.score, third.score) == (0, 1, 0)
    assert {one.user_id for one in db.session.query(Vote)} == {asker.id}
    assert counters.differences({**forum.truths(), **reputation.truths()}) == {}
    (change,) = db.session.query(SiteChange)
    assert (change.deed, change.what) == ("void_votes", "3 votes of cheat")


def test_where_there_are_none_it_is_refused(app, admin, asker):
    with pytest.raises(Refused, match="no votes of asker"):
        void_votes(admin, asker)


def test_only_administrators_may(app, moderator, asker):
    with pytest.raises(NotAllowed):
        void_votes(moderator, asker)


def test_the_button_works(browser, admin, asker):
    vote(asker, an_answer(), 1)
    assert "Take all their votes back" in browser(admin).get("/admin/people/asker").text
    assert browser(admin).post("/admin/people/asker/votes/void").status_code == 303
    assert db.session.query(Vote).count() == 0
