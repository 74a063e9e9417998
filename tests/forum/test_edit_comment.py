"""Changing a comment, bringing a deleted one back, and making an answer of it."""

from datetime import timedelta

import pytest
from build import a_comment, a_question, a_user, an_answer

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import convert_comment, delete_comment, edit_comment, undelete_comment
from app.forum.models import Answer, Comment

# Changing


def test_its_author_changes_it_within_fifteen_minutes(app, helper):
    remark = a_comment(on=a_question(), by=helper, created_at=now() - timedelta(minutes=14))
    edit_comment(helper, remark, "Which *firmware*?")
    assert remark.body == "Which *firmware*?"
    assert "<em>firmware</em>" in remark.body_html
    assert remark.edited_at is not None


def test_after_that_only_a_moderator_does_and_the_limit_is_said(app, helper, moderator):
    remark = a_comment(on=a_question(), by=helper, created_at=now() - timedelta(minutes=15))
    with pytest.raises(Refused, match="15 minutes"):
        edit_comment(helper, remark, "Other words")
    edit_comment(moderator, remark, "Other words")
    assert remark.body == "Other words"


def test_others_may_not(app, asker, expert, visitor):
    remark = a_comment(on=a_question(by=asker))
    for deed in (lambda who: edit_comment(who, remark, "x"), lambda who: convert_comment(who, remark)):
        for person in (asker, expert):
            with pytest.raises(NotAllowed, match="its author or a moderator"):
                deed(person)
        with pytest.raises(SignInNeeded):
            deed(visitor)


@pytest.mark.parametrize(("body", "words"), [(" ", "write something"), ("x" * 1_001, "at most 1000")])
def test_what_cannot_be_taken_is_said_and_comes_back(app, helper, browser, body, words):
    remark = a_comment(on=a_question(), by=helper)
    with pytest.raises(Invalid, match=words):
        edit_comment(helper, remark, body)
    response = browser(helper).post("/comments/1/edit", data={"comment": body})
    assert response.status_code == 400
    assert words in response.text
    assert body.strip() in response.text


def test_the_same_words_are_no_change(app, helper):
    remark = a_comment(on=a_question(), by=helper, body="Same here.")
    edit_comment(helper, remark, "Same here.\r\n")
    assert remark.edited_at is None


def test_the_form_says_the_limit_and_leads_back_to_the_comment(app, helper, browser):
    answer = an_answer()
    a_comment(on=answer, by=helper, body="Old words")
    page = browser(helper)
    text = page.get("/comments/1/edit").text
    assert "changed for 15 minutes" in text
    assert "Old words" in text
    response = page.post("/comments/1/edit", data={"comment": "New words"})
    assert response.location.endswith("#comment-1")
    text = page.get(response.location).text
    assert "New words" in text
    assert "Edited" in text


# Bringing back


def test_who_deleted_it_brings_it_back(app, helper, moderator):
    for person in (helper, moderator):
        remark = a_comment(on=a_question(), by=helper)
        delete_comment(person, remark)
        undelete_comment(person, remark)
        assert (remark.deleted_at, remark.deleted_by_id) == (None, None)


def test_what_a_moderator_deleted_its_author_does_not_bring_back(app, helper, moderator):
    remark = a_comment(on=a_question(), by=helper)
    delete_comment(moderator, remark)
    with pytest.raises(NotAllowed, match="whoever deleted it or a moderator"):
        undelete_comment(helper, remark)
    for deed in (lambda: edit_comment(moderator, remark, "x"), lambda: convert_comment(moderator, remark)):
        with pytest.raises(Refused, match="deleted"):
            deed()


def test_what_is_not_deleted_is_not_brought_back(app, moderator):
    with pytest.raises(Refused, match="not deleted"):
        undelete_comment(moderator, a_comment(on=a_question(), deleted_by_id=moderator.id))


def test_a_deleted_comment_is_a_line_to_whoever_may_bring_it_back_and_nothing_to_others(
    app, helper, moderator, browser
):
    question = a_question()
    a_comment(on=question, by=helper, body="Words that go.")
    address, page = f"/questions/{question.id}/{question.slug}", browser(helper)
    page.post("/comments/1/delete")
    for viewer in (helper, moderator):
        text = browser(viewer).get(address).text
        assert "A comment by helper is deleted." in text
        assert "Words that go." not in text
    for viewer in (None, a_user()):
        assert "is deleted" not in browser(viewer).get(address).text
    text = page.post("/comments/1/undelete", follow_redirects=True).text
    assert "Words that go." in text


# Making an answer of it


def test_a_comment_becomes_an_answer_of_its_author_once_and_leads_to_it(app, helper, moderator, browser):
    question = a_question()
    remark = a_comment(on=an_answer(to=question), by=helper, body="Hold it *ten* seconds.")
    answer = convert_comment(moderator, remark)
    assert (answer.author_id, answer.question_id, answer.score) == (helper.id, question.id, 0)
    assert "<em>ten</em>" in answer.body_html
    assert question.answer_count == 2
    assert convert_comment(helper, remark).id == answer.id
    assert db.session.query(Answer).count() == 2
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert "A comment by helper became an answer." in text
    assert f'href="/answers/{answer.id}"' in text
    with pytest.raises(Refused, match="became an answer"):
        edit_comment(moderator, remark, "x")


def test_the_button_makes_an_answer_and_leads_there(app, helper, browser):
    a_comment(on=a_question(), by=helper, body="Hold it for ten seconds.")
    response = browser(helper).post("/comments/1/convert")
    assert response.location.endswith("#answer-1")


@pytest.mark.parametrize("state", ["hidden_at", "held_at"])
def test_what_is_not_shown_becomes_no_answer(app, moderator, state):
    with pytest.raises(Refused, match="not shown"):
        convert_comment(moderator, a_comment(on=a_question(), **{state: now()}))
    with pytest.raises(Refused, match="not shown"):
        convert_comment(moderator, a_comment(on=a_question(**{state: now()})))
    assert db.session.query(Answer).count() == 0


# Long lists


def test_of_many_comments_the_thread_shows_the_first_and_the_newest_and_leads_to_all(app, browser):
    question = a_question()
    answer = an_answer(to=question)
    for number in range(120):
        a_comment(on=answer, body=f"Remark {number:03}.")
    address = f"/questions/{question.id}/{question.slug}"
    text = browser().get(address).text
    shown = [number for number in range(120) if f"Remark {number:03}." in text]
    assert shown == [0, 1, 2, 118, 119]
    assert "Show all: 115 more comments" in text
    seen, page = 0, f"/answers/{answer.id}/comments"
    for count in (50, 50, 20):
        text = browser().get(page).text
        assert text.count("Remark ") == count
        seen += count
        page = f"/answers/{answer.id}/comments?from={seen + 1}"
    assert 'rel="prev"' in text
    assert 'rel="next"' not in text


def test_the_address_of_a_comment_leads_to_where_it_is_shown(app, browser):
    question = a_question()
    for number in range(40):
        a_comment(on=question, body=f"Remark {number:03}.")
    for number, place in ((1, "/questions/1/"), (20, "/comments?from=20"), (40, "/questions/1/")):
        location = browser().get(f"/comments/{number}").location
        assert place in location
        assert location.endswith(f"#comment-{number}")
        assert f'id="comment-{number}"' in browser().get(location.partition("#")[0]).text
    assert browser().get("/comments/41").status_code == 404


def test_seven_comments_are_all_shown(app, browser):
    question = a_question()
    for number in range(7):
        a_comment(on=question, body=f"Remark {number:03}.")
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert text.count("Remark ") == 7
    assert "more comment" not in text


def test_what_one_may_not_see_is_neither_shown_nor_counted(app, browser):
    question = a_question()
    for number in range(9):
        a_comment(on=question, body=f"Remark {number}.", hidden_at=now() if number < 3 else None)
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert [number for number in range(9) if f"Remark {number}." in text] == [3, 4, 5, 6, 7, 8]
    assert db.session.query(Comment).count() == 9
