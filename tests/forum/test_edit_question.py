"""Changing a question, and the history that keeps what it said."""

import pytest
from build import a_product, a_question, a_user

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import QuestionText, ask_question, edit_question
from app.forum.history import compare
from app.forum.models import PostRevision
from app.policy import threshold
from app.search.changes import SearchChange

NEW = QuestionText(title="The lamp blinks in red", body="I pressed it once.", tags=["lamp"])


def test_the_author_changes_everything_and_the_old_words_are_kept(app, asker):
    product = a_product()
    question = a_question(by=asker, title="The lamp blinks", body="I pressed it.")
    text = QuestionText(NEW.title, NEW.body, product, "3", "iPad", ["lamp", "red"])
    edit_question(asker, question, text)
    assert (question.title, question.body, question.slug) == (NEW.title, NEW.body, "the-lamp-blinks-in-red")
    assert (question.product_id, question.version, question.environment) == (product.id, "3", "iPad")
    assert "once" in question.body_html
    assert "once" in question.body_text
    assert question.edited_by_id == asker.id
    kept = db.session.query(PostRevision).one()
    assert (kept.title, kept.body, kept.author_id) == ("The lamp blinks", "I pressed it.", asker.id)
    assert kept.created_at == question.created_at


def test_saving_without_a_change_keeps_no_revision(app, asker):
    question = a_question(by=asker)
    edit_question(asker, question, QuestionText(question.title, question.body))
    assert question.edited_at is None
    assert db.session.query(PostRevision).count() == 0


def test_each_revision_names_who_wrote_it(app, asker, moderator):
    question = a_question(by=asker)
    edit_question(moderator, question, NEW)
    edit_question(asker, question, QuestionText(NEW.title, "And once more."))
    written_by = [one.author_id for one in db.session.query(PostRevision).order_by(PostRevision.id)]
    assert written_by == [asker.id, moderator.id]
    assert question.edited_by_id == asker.id


def test_the_search_index_hears_of_it(app, asker):
    question = a_question(by=asker)
    db.session.query(SearchChange).delete()
    db.session.commit()
    edit_question(asker, question, NEW)
    assert ("question", question.id) in {(row.kind, row.item_id) for row in db.session.query(SearchChange)}


def test_experienced_members_and_moderators_may_and_others_may_not(app, moderator):
    question = a_question()
    edit_question(moderator, question, NEW)
    enough = threshold("edit_others")
    edit_question(a_user(reputation=enough), question, QuestionText(NEW.title, "Tidied up."))
    with pytest.raises(NotAllowed, match=f"You need {enough} reputation for this; you have {enough - 1}"):
        edit_question(a_user(reputation=enough - 1), question, NEW)
    assert question.body == "Tidied up."


def test_a_visitor_is_asked_to_sign_in(app, visitor):
    with pytest.raises(SignInNeeded):
        edit_question(visitor, a_question(), NEW)


def test_a_deleted_question_is_refused(app, asker):
    with pytest.raises(Refused, match="deleted"):
        edit_question(asker, a_question(by=asker, deleted_at=now()), NEW)


def test_what_could_not_be_asked_cannot_be_saved(app, asker):
    question = a_question(by=asker)
    with pytest.raises(Invalid):
        edit_question(asker, question, QuestionText("short", "x"))
    assert question.edited_at is None


def test_the_form_shows_what_is_there_and_saves(app, asker, browser):
    product = a_product(name="Porter")
    question = a_question(by=asker, product_id=product.id, version="2.1")
    page = browser(asker)
    form = page.get(f"/questions/{question.id}/edit")
    assert question.title in form.text
    assert '<option value="porter" selected>' in form.text
    assert 'value="2.1"' in form.text
    response = page.post(
        f"/questions/{question.id}/edit",
        data={"title": NEW.title, "body": NEW.body, "tags": "lamp"},
        follow_redirects=True,
    )
    assert response.request.path == f"/questions/{question.id}/the-lamp-blinks-in-red"
    assert NEW.body in response.text
    assert f"/questions/{question.id}/history" in response.text


def test_a_form_with_a_mistake_comes_back_as_typed(app, asker, browser):
    question = a_question(by=asker)
    response = browser(asker).post(
        f"/questions/{question.id}/edit", data={"title": "short", "body": "My long new text"}
    )
    assert response.status_code == 400
    assert "My long new text" in response.text
    assert f'action="/questions/{question.id}/edit"' in response.text


def test_a_strangers_form_is_answered_with_403(app, browser):
    question = a_question()
    page = browser(a_user())
    assert page.get(f"/questions/{question.id}/edit").status_code == 403
    assert (
        page.post(f"/questions/{question.id}/edit", data={"title": NEW.title, "body": "b b"}).status_code
        == 403
    )


# History


def test_the_history_shows_each_form_as_a_difference_to_the_one_before(app, asker, helper, browser):
    question = a_question(by=asker, title="The lamp blinks", body="One\nTwo\nThree")
    helper.reputation = 2000
    db.session.commit()
    edit_question(helper, question, QuestionText("The lamp blinks", "One\nTwo and a half\nThree"))
    text = browser().get(f"/questions/{question.id}/history").text
    assert "<del>− Two</del>" in text
    assert "<ins>+ Two and a half</ins>" in text
    assert text.index("helper") < text.index("asker")
    assert "&nbsp; Three" in text


def test_markup_in_a_history_is_shown_as_text(app, asker, browser):
    question = a_question(by=asker, body="<script>alert(1)</script>")
    edit_question(asker, question, NEW)
    text = browser().get(f"/questions/{question.id}/history").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_a_question_never_edited_has_a_history_of_one(app, browser):
    question = a_question()
    assert browser().get(f"/questions/{question.id}/history").text.count('aria-label="Version by') == 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], []),
        (["a"], ["a"], ["same a"]),
        (["a"], ["b"], ["del a", "ins b"]),
        (["a", "b"], ["b", "c"], ["del a", "same b", "ins c"]),
        ([], ["a"], ["ins a"]),
        (["a"], [], ["del a"]),
    ],
)
def test_texts_are_compared_line_by_line(before, after, expected):
    assert [f"{line.kind} {line.text}" for line in compare(before, after)] == expected


def test_the_history_shows_a_change_of_version_alone(app, asker, browser):
    asked = ask_question(
        asker, QuestionText(title="The lamp hums at night", body="All night.", version="1.0")
    )
    edit_question(
        asker, asked, QuestionText(title="The lamp hums at night", body="All night.", version="2.0")
    )
    page = browser().get(f"/questions/{asked.id}/history").text
    assert "− 1.0" in page
    assert "+ 2.0" in page
