"""Making a guide of an answer: the choice first, then a draft from the words of the thread."""

from pathlib import Path

import pytest
from build import a_comment, a_product, a_question, a_user, an_answer, an_article, catch_up_search

from app.articles.actions import approve_draft, publish_draft, save_draft, send_draft_for_review, start_draft
from app.articles.drafts import DraftText
from app.articles.models import Draft
from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.forum.actions import mark_affected
from app.forum.promotion import promote_answer, promotion_page
from app.notifications.models import Notification


@pytest.fixture
def answer(app, asker, helper):
    """An answer worth keeping, in a thread that names people."""
    product = a_product(name="Porter")
    question = a_question(
        by=asker,
        title="The lock beeps and shows E-104",
        body='It says "Error: battery not found". My serial number: PX-99812-A.\n\nThanks, Rita Moor',
        product_id=product.id,
        version="2.1",
        environment="iPhone 15",
    )
    a_comment(on=question, by=a_user(username="nosy-neighbour"))
    return an_answer(
        to=question, by=helper, body="Hello asker, write to rita@example.com.\n\n1. Open it\n2. Close it"
    )


def test_a_writer_gets_a_draft_filled_with_the_words_of_the_thread(app, writer, answer):
    draft = promote_answer(writer, answer)
    assert draft.author_id == writer.id
    assert (draft.question_id, draft.answer_id) == (answer.question_id, answer.id)
    assert draft.title == "The lock beeps and shows E-104"
    assert draft.fields["product"] == "porter"
    assert draft.fields["applies_to"] == ["2.1"]
    assert draft.fields["symptoms"] == ["Error: battery not found", "E-104"]
    assert draft.fields["aliases"] == ["The lock beeps and shows E-104"]
    assert draft.fields["credits"] == ["helper"]
    assert draft.fields["origin"] == f"answer:{answer.id}"
    headings = [line for line in draft.body.splitlines() if line.startswith("## ")]
    assert headings == ["## Symptoms", "## Environment", "## Cause", "## Resolution"]
    assert "- Porter\n- 2.1\n- iPhone 15" in draft.body
    assert draft.body.rstrip().endswith("1. Open it\n2. Close it")


def test_what_names_a_person_is_marked_for_removal(app, writer, answer):
    body = promote_answer(writer, answer).body
    for personal in ("⟦rita@example.com⟧", "⟦asker⟧", "⟦Rita Moor⟧", "⟦serial number: PX-99812-A⟧"):
        assert personal in body


def test_words_of_ours_that_ask_for_the_cause_cannot_be_published(app, writer, answer):
    draft = promote_answer(writer, answer)
    draft.title, draft.body = "It beeps", draft.body.partition("## Cause")[2].partition("## Resolution")[0]
    draft.fields = {**draft.fields, "symptoms": [], "aliases": []}
    db.session.commit()
    with pytest.raises(Invalid, match="Say in a sentence why it happens"):
        send_draft_for_review(writer, draft)


def test_what_names_a_person_is_marked_in_the_title_too(app, writer, asker):
    question = a_question(by=asker, title="Why does asker@example.com get E-104?")
    draft = promote_answer(writer, an_answer(to=question))
    assert draft.title == "Why does ⟦asker@example.com⟧ get E-104?"
    assert draft.fields["aliases"] == [draft.title]


def test_a_draft_with_marks_cannot_be_sent_for_review(app, writer, answer):
    with pytest.raises(Invalid, match="Personal details"):
        send_draft_for_review(writer, promote_answer(writer, answer))


def test_a_thread_without_a_product_still_makes_a_draft(app, writer):
    draft = promote_answer(writer, an_answer())
    assert draft.fields["product"] == ""
    assert "- " not in draft.body.partition("## Environment")[2].partition("## Cause")[0]


def test_an_open_draft_is_used_again_and_a_discarded_one_is_not(app, writer, second_writer, answer):
    first = promote_answer(writer, answer)
    assert promote_answer(second_writer, answer).id == first.id
    first.discard()
    db.session.commit()
    assert promote_answer(writer, answer).id != first.id
    assert db.session.query(Draft).count() == 2


def test_it_can_be_added_to_a_guide_that_is_there(app, writer, answer):
    guide = an_article(title="Open the lock", product="porter", symptoms=("E-104",), credits=("asker",))
    draft = promote_answer(writer, answer, into=guide)
    assert draft.article_id == guide.id
    assert draft.title == "Open the lock"
    assert draft.base_hash == guide.content_hash
    assert draft.body.startswith("Hold the button for ten seconds.")
    assert "\n## The lock beeps and shows E-104\n" in draft.body
    assert "1. Open it" in draft.body
    assert draft.fields["symptoms"] == ["E-104", "Error: battery not found"]
    assert draft.fields["credits"] == ["asker", "helper"]
    assert draft.answer_id == answer.id


def test_a_withdrawn_guide_takes_no_addition(app, writer, answer):
    guide = an_article()
    guide.withdraw("It was wrong.")
    db.session.commit()
    with pytest.raises(Refused, match="withdrawn"):
        promote_answer(writer, answer, into=guide)
    assert db.session.query(Draft).count() == 0


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_from_an_answer_that_is_not_shown_no_guide_grows(app, writer, state):
    with pytest.raises(Refused, match="not shown any more"):
        promote_answer(writer, an_answer(**{state: now()}))


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_nor_from_a_thread_that_is_not_shown(app, moderator, state):
    with pytest.raises(Refused, match="not shown any more"):
        promote_answer(moderator, an_answer(to=a_question(**{state: now()})))


def test_an_answer_that_has_its_guide_is_refused(app, writer):
    with pytest.raises(Refused, match="has its guide already"):
        promote_answer(writer, an_answer(article_id=an_article().id))


def test_members_and_experts_may_not(app, expert, answer):
    for person in (expert, a_user(reputation=9000)):
        with pytest.raises(NotAllowed, match="a support writer"):
            promote_answer(person, answer)
        with pytest.raises(NotAllowed):
            promotion_page(person, answer)


def test_a_visitor_is_asked_to_sign_in(app, visitor, answer):
    with pytest.raises(SignInNeeded):
        promote_answer(visitor, answer)


# The choice


def test_guides_that_may_cover_it_are_shown_first(app, writer, answer):
    covering = an_article(title="The lock beeps and shows E-104", product="porter", symptoms=("E-104",))
    staff = an_article(title="Lock beeps, for the hotline", product="porter", audience="staff")
    withdrawn = an_article(title="The lock beeps, old guide", product="porter")
    a_question(title="My lock beeps and shows E-104")
    catch_up_search()
    withdrawn.withdraw("Old.")
    db.session.commit()
    page = promotion_page(writer, answer)
    assert page.candidates[0].title == covering.title
    assert {card.title for card in page.candidates} == {covering.title, staff.title}
    assert "Open it" in page.answer_excerpt


def test_the_choice_offers_to_create_to_add_and_to_link(app, writer, answer, browser):
    an_article(title="The lock beeps and shows E-104", product="porter")
    catch_up_search()
    text = browser(writer).get(f"/answers/{answer.id}/promote").text
    assert "Create a new guide</button>" in text
    assert "Add to this guide</button>" in text
    assert "It is covered: link it</button>" in text
    assert db.session.query(Draft).count() == 0


def test_the_button_leads_to_the_choice_and_from_there_to_the_draft(app, writer, answer, browser):
    page = browser(writer)
    thread = page.get(f"/questions/{answer.question_id}", follow_redirects=True).text
    assert f'action="/answers/{answer.id}/promote"' in thread
    response = page.post(f"/answers/{answer.id}/promote")
    draft = db.session.query(Draft).one()
    assert response.status_code == 303
    assert response.location == f"/drafts/{draft.id}"
    assert draft.title in page.get(response.location).text


def test_a_guide_is_chosen_by_its_slug_and_must_be_there(app, writer, answer, browser):
    guide = an_article()
    page = browser(writer)
    assert page.post(f"/answers/{answer.id}/promote", data={"into": "no-such-guide"}).status_code == 404
    assert page.post(f"/answers/{answer.id}/promote", data={"into": guide.slug}).status_code == 303
    assert db.session.query(Draft).one().article_id == guide.id


def test_a_members_post_is_answered_with_403(app, answer, browser):
    page = browser(a_user())
    assert page.get(f"/answers/{answer.id}/promote").status_code == 403
    assert page.post(f"/answers/{answer.id}/promote").status_code == 403


# What follows when it is published


def test_when_it_is_published_the_thread_shows_the_guide_and_its_people_are_told_and_rewarded(
    app, asker, helper, writer, second_writer, answer, browser
):
    sufferer = a_user()
    mark_affected(sufferer, answer.question, is_affected=True)
    draft = promote_answer(writer, answer)
    text = DraftText.of(draft)
    clean = {name: getattr(text, name) for name in ("product", "type", "symptoms", "credits", "aliases")}
    save_draft(
        writer,
        draft,
        DraftText(title="The lock beeps", body="## Symptoms\n\nIt beeps.", **clean),
        draft.version,
    )
    send_draft_for_review(writer, draft)
    approve_draft(second_writer, draft)
    article = publish_draft(writer, draft, Path(app.config["ARTICLES"]))
    assert answer.article_id == article.id
    assert answer.question.article_id == article.id
    assert helper.reputation == 30
    told = {(one.user_id, one.kind) for one in db.session.query(Notification)}
    assert told == {(helper.id, "became_guide"), (asker.id, "guide"), (sufferer.id, "guide")}
    thread = browser().get(f"/questions/{answer.question_id}", follow_redirects=True).text
    assert "There is a guide for this:" in thread
    assert 'href="/articles/the-lock-beeps"' in thread
    assert "Has a guide" in thread
    assert 'href="/people/helper"' in browser().get("/articles/the-lock-beeps").text


def test_publishing_a_second_form_rewards_nobody_again(app, helper, writer, second_writer, answer):
    guide = an_article(title="Open the lock", product="porter")
    for begin in (
        lambda: promote_answer(writer, answer, into=guide),
        lambda: start_draft(writer, article=guide),
    ):
        draft = begin()
        text = DraftText(title="Open the lock", body=f"Words {draft.id}", product="porter", type="how-to")
        save_draft(writer, draft, text, draft.version)
        file = Path(app.config["ARTICLES"], guide.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(draft.base_source, encoding="utf-8")
        send_draft_for_review(writer, draft)
        approve_draft(second_writer, draft)
        publish_draft(writer, draft, Path(app.config["ARTICLES"]))
    assert helper.reputation == 30
