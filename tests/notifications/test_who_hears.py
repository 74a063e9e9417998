"""Who hears of what: nobody of their own deeds, nobody twice of one."""

import pytest
from build import a_question, a_user, an_answer

from app.core import events
from app.core.db import db
from app.forum.actions import accept_answer, answer_question, comment, mark_affected, verify_answer
from app.forum.events import AnswerPosted
from app.notifications.models import Notification


def told():
    """(who, of what, by whom) for every message."""
    return sorted((one.user_id, one.kind, one.actor_id) for one in db.session.query(Notification))


def test_an_asker_who_also_marked_nothing_hears_once(app, asker, helper):
    question = a_question(by=asker)
    sufferer = a_user()
    mark_affected(sufferer, question, is_affected=True)
    mark_affected(helper, question, is_affected=True)
    answer_question(helper, question, "Hold it.")
    assert told() == sorted([(asker.id, "answer", helper.id), (sufferer.id, "answer", helper.id)])


def test_who_no_longer_has_the_problem_hears_nothing(app, asker, helper):
    question, healed = a_question(by=asker), a_user()
    mark_affected(healed, question, is_affected=True)
    mark_affected(healed, question, is_affected=False)
    answer_question(helper, question, "Hold it.")
    assert told() == [(asker.id, "answer", helper.id)]


def test_deeds_to_ones_own_posts_are_told_to_nobody(app, asker, moderator):
    answer = answer_question(asker, a_question(by=asker), "I found it.")
    comment(asker, answer.question, answer, "And it lasts.")
    accept_answer(asker, answer)
    assert told() == []


def test_a_moderators_acceptance_names_the_moderator(app, helper, moderator, expert):
    answer = an_answer(by=helper)
    accept_answer(moderator, answer)
    verify_answer(expert, answer)
    asker = answer.question.author_id
    assert told() == sorted(
        [
            (helper.id, "accepted", moderator.id),
            (helper.id, "verified", expert.id),
            (asker, "solved", moderator.id),
        ]
    )


def test_a_deed_that_fails_tells_nobody(app, asker, helper, monkeypatch):
    question = a_question(by=asker)

    def fail(_event):
        raise RuntimeError("No.")

    monkeypatch.setitem(events._reactions, AnswerPosted, [*events._reactions[AnswerPosted], fail])
    with pytest.raises(RuntimeError):
        answer_question(helper, question, "Hold it.")
    assert told() == []
    assert db.session.get_one(type(question), question.id).answer_count == 0
