"""Two moderators, or two reporters, at the same moment: real threads, and each deed happens once."""

import threading
from datetime import timedelta

from build import a_question, a_user, an_answer

from app.accounts.models import User
from app.core import counters
from app.core.db import db
from app.core.errors import Declined, Refused
from app.forum import actions as forum
from app.forum import counters as forum_counters
from app.forum.models import Answer, Question
from app.forum.screening import Sending
from app.moderation.actions import approve_post, hide_post, report
from app.moderation.models import Act, Case
from app.notifications.models import Notification
from app.policy import Role


def at_once(app, *deeds):
    """Do all deeds in threads that start together; what each gave back or raised, in the order of the deeds."""
    db.session.remove()
    start = threading.Barrier(len(deeds))
    results = [None] * len(deeds)

    def run(number, deed):
        with app.app_context():
            start.wait()
            try:
                results[number] = deed()
            except Exception as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def the(model, number):
    return db.session.get_one(model, number)


def test_one_approves_while_the_other_hides_and_one_of_them_is_told(app, asker, helper):
    question = a_question(by=asker)
    post = forum.answer_question(
        helper, question, "See https://pills.example", Sending(taken=timedelta(minutes=1))
    ).id
    mods = [a_user(username=name, role=Role.MODERATOR).id for name in ("mira", "jonas")]
    results = at_once(
        app,
        lambda: approve_post(the(User, mods[0]), the(Answer, post), seen=0),
        lambda: hide_post(the(User, mods[1]), the(Answer, post), "Spam", seen=0),
    )
    (told,) = [one for one in results if one is not None]
    assert isinstance(told, Refused)
    act = db.session.query(Act).one()
    assert str(told) == (
        "mira approved this just now." if act.deed == "approve" else "jonas hid this just now."
    )
    is_here = act.deed == "approve"
    assert the(Question, 1).answer_count == int(is_here)
    assert db.session.query(Notification).filter_by(kind="answer").count() == int(is_here)
    assert counters.differences(forum_counters.truths()) == {}


def test_four_press_approve_and_its_readers_hear_once(app, asker, helper):
    question = a_question(by=asker)
    post = forum.answer_question(
        helper, question, "See https://pills.example", Sending(taken=timedelta(minutes=1))
    ).id
    mods = [a_user(role=Role.MODERATOR).id for _ in range(4)]
    results = at_once(
        app, *(lambda who=who: approve_post(the(User, who), the(Answer, post), seen=0) for who in mods)
    )
    assert sum(one is None for one in results) == 1
    assert all(isinstance(one, Refused) for one in results if one is not None)
    assert the(Question, 1).answer_count == 1
    assert db.session.query(Notification).filter_by(kind="answer").count() == 1


def test_many_reports_at_once_are_one_case_and_one_each(app):
    post = an_answer().id
    people = [a_user().id for _ in range(3)] * 2
    results = at_once(
        app, *(lambda who=who: report(the(User, who), the(Answer, post), "spam") for who in people)
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, Declined)]
    assert db.session.query(Case).one().report_count == 3
