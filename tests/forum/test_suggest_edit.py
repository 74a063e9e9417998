"""Changes that people suggest: sent, taken over, improved, turned down, taken back, credited."""

import pytest
from build import a_product, a_question, a_user, an_answer, an_article

from app.articles.actions import approve_draft, send_draft_for_review, start_draft
from app.articles.models import Draft
from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import QuestionText, edit_answer, edit_question
from app.forum.history import history_page
from app.forum.models import PostRevision, SuggestedEdit
from app.forum.suggested_edits import (
    ChangedMeanwhile,
    EditText,
    approve_suggested_edit,
    reject_suggested_edit,
    stamp,
    suggest_edit,
    withdraw_suggested_edit,
)
from app.policy import threshold

TEXT = "Hold the button.\n\nWait for ten seconds.\n\nLet it go."
BETTER = TEXT.replace("ten", "twelve")


@pytest.fixture
def member(app):
    """Somebody who may suggest and not edit."""
    return a_user(username="member")


@pytest.fixture
def answer(app, helper):
    return an_answer(by=helper, body=TEXT)


def suggested(member, post, body=BETTER, **fields):
    return suggest_edit(member, post, EditText(body=body, **fields))


# Suggesting


def test_a_member_suggests_and_nothing_changes_yet(app, member, answer):
    suggestion = suggested(member, answer, why="Ten is too short.")
    assert suggestion.is_open
    assert (suggestion.base_body, suggestion.body, answer.body) == (TEXT, BETTER, TEXT)


def test_suggesting_again_replaces_ones_open_suggestion(app, member, answer):
    first = suggested(member, answer)
    second = suggested(member, answer, body=TEXT + "\n\nDone.")
    assert first.id == second.id
    assert second.body.endswith("Done.")
    assert db.session.query(SuggestedEdit).count() == 1


def test_who_may_edit_is_told_to_do_so(app, helper, moderator, writer, answer):
    for person, post in ((helper, answer), (moderator, answer), (writer, an_article())):
        with pytest.raises(Refused, match="change this yourself"):
            suggested(person, post)


@pytest.mark.parametrize(
    ("body", "words"), [(" \n", "write something"), (TEXT, "Nothing is changed"), ("<<<<<<< x", "two people")]
)
def test_what_cannot_be_taken_is_said(app, member, answer, body, words):
    with pytest.raises(Invalid, match=words):
        suggested(member, answer, body=body)


def test_a_questions_title_can_be_changed_and_has_its_limits(app, member):
    question = a_question(title="lamp blinks", body=TEXT)
    for title in ("Short", "x" * 201):
        with pytest.raises(Invalid, match="8 to 200") as refusal:
            suggested(member, question, title=title)
        assert refusal.value.field == "title"
    assert suggested(member, question, body=TEXT, title="The lamp blinks").title == "The lamp blinks"


def test_ten_suggestions_of_one_person_may_wait(app, member):
    for _ in range(10):
        suggested(member, an_answer(body=TEXT))
    with pytest.raises(Refused, match="10 of your suggestions wait"):
        suggested(member, an_answer(body=TEXT))


def test_what_is_not_shown_takes_no_suggestion(app, member):
    for post in (
        an_answer(hidden_at=now()),
        an_answer(to=a_question(deleted_at=now())),
        an_article(title="Old guide"),
    ):
        if not hasattr(post, "question_id"):
            post.withdrawn_at = now()
            db.session.commit()
        with pytest.raises(Refused, match="not shown any more"):
            suggested(member, post)


def test_a_visitor_is_asked_to_sign_in(app, visitor, answer):
    with pytest.raises(SignInNeeded):
        suggested(visitor, answer)


def test_a_text_that_changed_under_the_form_is_shown_beside_what_was_typed(
    app, member, helper, answer, browser
):
    page = browser(member)
    seen = stamp(answer)
    edit_answer(helper, answer, TEXT + "\n\nAnd relax.")
    response = page.post("/answers/1/suggest-edit", data={"body": BETTER, "seen": seen})
    assert response.status_code == 409
    assert "Somebody changed the text while you were writing" in response.text
    assert "twelve" in response.text
    assert "And relax." in response.text
    response = page.post("/answers/1/suggest-edit", data={"body": BETTER, "seen": stamp(answer)})
    assert response.status_code == 303


# Taking over


def test_its_owner_takes_it_over_and_the_history_credits_both(app, member, helper, answer):
    suggestion = suggested(member, answer)
    approve_suggested_edit(helper, suggestion)
    assert (answer.body, answer.edited_by_id) == (BETTER, member.id)
    assert "twelve" in answer.body_html
    assert db.session.query(PostRevision).one().body == TEXT
    newest, oldest = history_page(answer).revisions
    assert (newest.username, newest.note) == ("member", "Suggested; taken over by helper")
    assert (oldest.username, oldest.note) == ("helper", "")
    assert member.reputation == 2


@pytest.mark.parametrize("who", ["expert", "moderator", "able"])
def test_whoever_may_approve_does(app, request, member, answer, who):
    person = a_user(reputation=threshold("approve_edits")) if who == "able" else request.getfixturevalue(who)
    approve_suggested_edit(person, suggested(member, answer))
    assert answer.body == BETTER


def test_others_do_not_decide_and_nobody_decides_their_own(app, member, answer):
    suggestion = suggested(member, answer)
    member.reputation = 99_999
    db.session.commit()
    for person in (a_user(), member):
        with pytest.raises(NotAllowed):
            approve_suggested_edit(person, suggestion)
        with pytest.raises(NotAllowed):
            reject_suggested_edit(person, suggestion, "No.")
    with pytest.raises(NotAllowed):
        withdraw_suggested_edit(a_user(), suggestion)
    assert answer.body == TEXT


def test_a_questions_title_text_and_address_change_and_its_tags_stay(app, asker, member):
    question = a_question(by=asker, title="lamp blinks", body=TEXT)
    edit_question(asker, question, QuestionText("lamp blinks", TEXT, tags=("lamp",)))
    approve_suggested_edit(asker, suggested(member, question, title="The lamp blinks in red"))
    assert (question.title, question.slug, question.body) == (
        "The lamp blinks in red",
        "the-lamp-blinks-in-red",
        BETTER,
    )
    kept = db.session.query(PostRevision).order_by(PostRevision.id.desc()).first()
    assert (kept.title, kept.tags) == ("lamp blinks", ["lamp"])


def test_it_is_improved_before_it_is_taken_over(app, member, helper, answer):
    suggestion = suggested(member, answer)
    approve_suggested_edit(helper, suggestion, EditText(body=BETTER + "\n\nDone."))
    assert answer.body.endswith("Done.")
    assert suggestion.was_improved
    assert history_page(answer).revisions[0].note == "Suggested; improved and taken over by helper"


def test_changes_in_other_places_are_merged(app, member, helper, answer):
    suggestion = suggested(member, answer)
    edit_answer(helper, answer, TEXT.replace("Let it go", "Release it"))
    approve_suggested_edit(helper, suggestion)
    assert answer.body == BETTER.replace("Let it go", "Release it")


def test_changes_in_the_same_place_go_to_a_person(app, member, helper, answer, browser):
    suggestion = suggested(member, answer)
    edit_answer(helper, answer, TEXT.replace("ten", "fifteen"))
    with pytest.raises(Refused, match="very places"):
        approve_suggested_edit(helper, suggestion)
    page = browser(helper)
    assert "Take it over" not in page.get("/suggested-edits/1").text
    text = page.get("/suggested-edits/1/improve").text
    assert "twelve" in text
    assert "fifteen" in text
    typed = {"body": "<<<<<<< suggested\nHm", "seen": stamp(answer)}
    response = page.post("/suggested-edits/1/approve", data=typed)
    assert response.status_code == 400
    assert "delete its marks" in response.text
    response = page.post("/suggested-edits/1/approve", data={"body": BETTER, "seen": stamp(answer)})
    assert response.status_code == 303
    assert answer.body == BETTER


def test_what_changed_while_it_was_improved_is_not_overwritten(app, member, helper, answer):
    suggestion, seen = suggested(member, answer), stamp(answer)
    edit_answer(helper, answer, TEXT + "\n\nNews.")
    with pytest.raises(ChangedMeanwhile):
        approve_suggested_edit(helper, suggestion, EditText(body=BETTER, seen=seen))
    assert answer.body.endswith("News.")


# Turning down and taking back


def test_turning_down_needs_a_reason_which_its_author_reads(app, member, helper, answer, browser):
    suggestion = suggested(member, answer)
    response = browser(helper).post("/suggested-edits/1/reject", data={"why": " "})
    assert response.status_code == 400
    assert "Please say why" in response.text
    reject_suggested_edit(helper, suggestion, "Ten is right for this model.")
    text = browser(member).get("/suggested-edits/1").text
    assert "Turned down by helper." in text
    assert "Ten is right for this model." in text
    assert answer.body == TEXT
    assert member.reputation == 0


def test_what_was_decided_stays_decided_and_says_by_whom(app, member, helper, expert, answer):
    suggestion = suggested(member, answer)
    approve_suggested_edit(helper, suggestion)
    for deed in (
        lambda: approve_suggested_edit(expert, suggestion),
        lambda: reject_suggested_edit(expert, suggestion, "No."),
        lambda: withdraw_suggested_edit(member, suggestion),
    ):
        with pytest.raises(Refused, match="helper has taken this over already"):
            deed()


def test_its_author_takes_it_back_and_may_suggest_anew(app, member, helper, answer):
    suggestion = suggested(member, answer)
    withdraw_suggested_edit(member, suggestion)
    with pytest.raises(Refused, match="taken back"):
        approve_suggested_edit(helper, suggestion)
    assert suggested(member, answer).id != suggestion.id


# Guides


def test_for_a_guide_it_goes_into_a_draft_that_another_writer_approves(
    app, member, writer, second_writer, browser
):
    article = an_article(body=TEXT)
    suggestion = suggested(member, article)
    response = browser(writer).post("/suggested-edits/1/approve")
    assert response.location == "/drafts/1"
    draft = db.session.query(Draft).one()
    assert (draft.body, draft.fields["credits"], draft.edited_by_id) == (BETTER, ["member"], writer.id)
    assert suggestion.draft_id == draft.id
    assert article.body == TEXT
    send_draft_for_review(writer, draft)
    with pytest.raises(NotAllowed):
        approve_draft(writer, draft)
    approve_draft(second_writer, draft)
    assert "/drafts/1" in browser(writer).get("/suggested-edits/1").text


def test_it_joins_the_draft_that_somebody_is_writing(app, member, writer, second_writer):
    article = an_article(body=TEXT)
    draft = start_draft(second_writer, article=article)
    draft.body = TEXT.replace("Let it go", "Release it")
    db.session.commit()
    suggestion = suggested(member, article)
    approve_suggested_edit(writer, suggestion)
    assert draft.body == BETTER.replace("Let it go", "Release it")
    other = suggested(a_user(), article, body=TEXT.replace("Let it go", "Drop it"))
    with pytest.raises(Refused, match="changes the same lines"):
        approve_suggested_edit(writer, other)
    assert other.is_open


def test_posts_of_members_are_not_the_writers_and_guides_not_the_members(app, member, answer):
    able = a_user(reputation=threshold("approve_edits"))
    with pytest.raises(NotAllowed):
        approve_suggested_edit(able, suggested(member, an_article(body=TEXT)))


# The pages


def test_a_suggestion_is_sent_seen_word_by_word_and_taken_over(app, member, helper, answer, browser):
    page = browser(member)
    thread = f"/questions/{answer.question_id}/{answer.question.slug}"
    assert "/answers/1/suggest-edit" in page.get(thread).text
    assert TEXT in page.get("/answers/1/suggest-edit").text
    assert page.post("/answers/1/suggest-edit", data={"body": BETTER, "why": "Too short."}).status_code == 303
    assert BETTER in page.get("/answers/1/suggest-edit").text  # One's own suggestion can be changed.
    assert "Waiting" in page.get("/suggested-edits?mine=1").text
    owner = browser(helper)
    assert "A change to this is suggested" in owner.get(thread).text
    assert "A change to this is suggested" not in page.get(thread).text
    assert "Too short." in owner.get("/suggested-edits").text
    assert "<del>ten</del><ins>twelve</ins>" in owner.get("/suggested-edits/1").text
    text = owner.post("/suggested-edits/1/approve", follow_redirects=True).text
    assert "twelve seconds" in text
    assert "Suggested; taken over by helper" in owner.get("/answers/1/history").text
    assert "Taken over by helper." in page.get("/suggested-edits/1").text


def test_the_queue_shows_what_one_may_decide_product_by_product_and_few_statements(
    app, member, helper, expert, writer, browser, statements
):
    lamp, hub = a_product(name="Lamp"), a_product(name="Hub")
    for product in (lamp, hub):
        for number in range(20):
            question = a_question(product_id=product.id, title=f"{product.name} question {number}")
            db.session.add(
                SuggestedEdit(
                    author_id=member.id,
                    answer_id=an_answer(to=question, by=helper, body=TEXT).id,
                    owner_id=helper.id,
                    product_id=product.id,
                    base_body=TEXT,
                    body=BETTER,
                )
            )
    db.session.commit()
    db.session.add(
        SuggestedEdit(
            author_id=member.id,
            product_id=lamp.id,
            article_id=an_article(product="lamp").id,
            base_body="a",
            body="b",
        )
    )
    hidden = an_answer(by=helper, body=TEXT, hidden_at=now())
    db.session.add(
        SuggestedEdit(author_id=expert.id, answer_id=hidden.id, owner_id=helper.id, base_body="a", body="b")
    )
    db.session.commit()
    page = browser(expert)
    page.get("/suggested-edits")
    statements.seen = []
    text = page.get("/suggested-edits").text
    assert len(statements.seen) <= 12
    assert text.count('href="/suggested-edits/') == 30
    following = text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert page.get(following).text.count('href="/suggested-edits/') == 10
    assert page.get("/suggested-edits?product=hub").text.count('href="/suggested-edits/') == 20
    assert browser(a_user()).get("/suggested-edits").text.count('href="/suggested-edits/') == 0
    assert "Nothing waits for you" in browser(a_user()).get("/suggested-edits").text
    assert "Reset the lamp" in browser(writer).get("/suggested-edits?product=lamp").text


def test_strangers_do_not_see_it(app, member, answer, browser):
    suggested(member, answer)
    assert browser(a_user()).get("/suggested-edits/1").status_code == 404
    assert browser().get("/suggested-edits/1").status_code == 302
