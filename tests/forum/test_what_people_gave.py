"""What a person gave is counted along: as their page shows it to everybody, and as moderators see it."""

import pytest
from build import a_comment, a_question, a_user, an_answer, an_article
from sqlalchemy import func, select
from tallying import differing

from app.articles.feedback import give_feedback
from app.core import tallies
from app.core.db import db, transaction
from app.core.tallies import Tally
from app.forum import actions, contribution_queries, suggested_edits
from app.forum.models import Answer, Question
from app.forum.profile_queries import profile_page
from app.moderation.actions import hide_post
from app.policy import Role
from app.web.session import Visitor


def gave(person):
    return {what: count for what, count in contribution_queries.given(person.id).items() if count}


def sent(person):
    return {what: count for what, count in contribution_queries.sent(person.id).items() if count}


def test_whoever_asked_and_all_who_have_the_problem_are_helped_by_an_accepted_answer(app, asker, helper):
    question = a_question(by=asker)
    answer = an_answer(to=question, by=helper)
    actions.mark_affected(a_user(), question, is_affected=True)
    actions.accept_answer(asker, answer)
    assert gave(helper) == {"answered": 1, "accepted": 1, "helped": 2}
    actions.unaccept_answer(asker, answer)
    assert gave(helper) == {"answered": 1}


def test_two_accepted_answers_to_one_question_help_its_people_once(app, asker, helper):
    question = a_question(by=asker)
    for _ in range(2):
        actions.accept_answer(asker, an_answer(to=question, by=helper))
    assert gave(helper) == {"answered": 2, "accepted": 2, "helped": 1}


def test_a_question_that_goes_takes_along_what_others_gave_to_it(app, asker, helper, moderator):
    question = a_question(by=asker)
    answer = an_answer(to=question, by=helper)
    actions.accept_answer(asker, answer)
    hide_post(moderator, question, "spam")
    assert gave(helper) == gave(asker) == {}
    assert sent(asker) == {"posts": 1, "hidden": 1}
    assert sent(helper) == {"posts": 1}


def test_a_change_that_was_taken_over_counts_while_the_text_is_here(app, asker, helper, moderator):
    question = a_question(by=asker)
    editor = a_user(reputation=50)
    text = suggested_edits.EditText(title=question.title, body="Better words.", why="A slip")
    suggestion = suggested_edits.suggest_edit(editor, question, text)
    suggested_edits.approve_suggested_edit(asker, suggestion)
    assert gave(editor) == {"edited": 1}
    actions.delete_question(moderator, question)
    assert gave(editor) == {}


def test_comments_are_among_what_moderators_see_sent(app, asker, helper):
    question = a_question(by=asker)
    remark = a_comment(on=question, by=helper)
    actions.delete_comment(helper, remark)
    assert sent(helper) == {"posts": 1, "deleted": 1}


def test_readers_whom_a_guide_helped_count_for_those_whose_answers_it_grew_from_but_not_they_themselves(
    app, asker, helper
):
    guide = an_article()
    an_answer(to=a_question(by=asker), by=helper, article_id=guide.id)
    give_feedback(asker, guide, helped=True)
    give_feedback(helper, guide, helped=True)
    give_feedback(a_user(), guide, helped=False)
    facts = dict(profile_page(helper, Visitor()).facts)
    assert facts["People helped"] == "1"


def test_the_best_answers_are_the_accepted_ones_and_then_the_surest_however_old(app, asker, helper):
    question = a_question(by=asker)
    for number in range(6):
        an_answer(to=question, by=helper, body=f"Answer {number}", confidence=0.1 * (6 - number))
    accepted = an_answer(to=question, by=helper, body="The accepted one", confidence=0)
    actions.accept_answer(asker, accepted)
    found = [row.snippet for row in profile_page(helper, Visitor()).answers]
    assert found == ["The accepted one", "Answer 0", "Answer 1", "Answer 2", "Answer 3"]


def test_joining_rows_changes_no_sum(app, asker, helper):
    for _ in range(3):
        an_answer(to=a_question(by=asker), by=helper)
    before = gave(helper), sent(asker), tallies.of_each(list(Role), "people")
    tallies.join_rows()
    most = (
        select(func.count(Tally.id)).group_by(Tally.of_id, Tally.what).order_by(func.count().desc()).limit(1)
    )
    assert db.session.scalar(most) == 1
    assert (gave(helper), sent(asker), tallies.of_each(list(Role), "people")) == before


@pytest.mark.parametrize("what", ["answered", "people", "posts"])
def test_a_wrong_tally_is_found_and_set_right(app, helper, what):
    an_answer(by=helper)
    of_id = int(Role.MEMBER) if what == "people" else helper.id
    with transaction() as session:
        tallies.write(session, {(what, of_id): 3})
    assert differing() == {(what, of_id): -3}
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert result.exit_code == 0, result.output
    assert ": 1 set right" in result.output
    assert differing() == {}


def test_several_threads_that_change_in_one_flush_are_all_counted(app, asker, helper):
    questions = [a_question(by=asker) for _ in range(3)]
    answers = [an_answer(to=one, by=helper) for one in questions]
    with transaction() as session:
        for answer in session.query(Answer).filter(Answer.id.in_([one.id for one in answers])):
            answer.question_id = questions[0].id
        session.get(Question, questions[1].id).delete(helper)
    assert gave(helper) == {"answered": 3}
    assert gave(asker) == {"asked": 2}
