"""Who hears of what: nobody of their own deeds, nobody twice of one."""

import pytest
from build import a_product, a_question, a_tag, a_user, an_answer, an_article
from sqlalchemy import insert

from app.accounts.models import User
from app.articles.events import ArticlePublished
from app.articles.models import Article
from app.catalog.models import Product
from app.core import events
from app.core.db import db, now, transaction
from app.core.markup import render_post
from app.forum.actions import (
    QuestionText,
    accept_answer,
    answer_question,
    ask_question,
    comment,
    edit_answer,
    mark_affected,
    unaccept_answer,
    verify_answer,
)
from app.forum.events import AnswerPosted
from app.forum.promotion import link_to_article
from app.forum.suggested_edits import EditText, reject_suggested_edit, suggest_edit
from app.jobs import queue
from app.moderation import actions as moderation
from app.notifications import mentions
from app.notifications.following import follow, unfollow
from app.notifications.models import Follow, Line, Notification


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


def hearing_of(person):
    """(kind, reason) of what somebody heard."""
    rows = db.session.query(Notification).filter_by(user_id=person.id).order_by(Notification.id)
    return [(one.kind, one.reason) for one in rows]


def do_all_jobs():
    while queue.work_one():
        pass


def test_each_hears_once_with_the_first_reason(app, asker, helper):
    tagged, follower, sufferer = a_user(username="ann.b"), a_user(), a_user()
    question = a_question(by=asker)
    follow(follower, question)
    follow(tagged, question)
    mark_affected(sufferer, question, is_affected=True)
    answer_question(helper, question, "Hold it, @ann.b. And @asker, and @helper: see `@nobody`.")
    assert hearing_of(asker) == [("answer", "asked")]
    assert hearing_of(sufferer) == [("answer", "affected")]
    assert hearing_of(follower) == [("answer", "chosen")]
    assert hearing_of(tagged) == [("mention", "mentioned")]
    assert hearing_of(helper) == []


def test_who_unfollowed_their_own_question_hears_no_more_until_they_have_the_problem_again(
    app, asker, helper
):
    question, sufferer = a_question(by=asker), a_user()
    mark_affected(sufferer, question, is_affected=True)
    for person in (asker, sufferer):
        unfollow(person, question)
    answer_question(helper, question, "Hold it.")
    assert told() == []
    mark_affected(sufferer, question, is_affected=False)
    mark_affected(sufferer, question, is_affected=True)
    answer_question(helper, question, "Hold it longer.")
    assert told() == [(sufferer.id, "answer", helper.id)]


def test_followers_of_a_duplicate_hear_of_answers_to_the_original(app, asker, helper):
    original = a_question()
    same = a_question(by=asker, duplicate_of_id=original.id)
    follower, tired = a_user(), a_user()
    follow(follower, same)
    follow(tired, same)
    unfollow(tired, original)
    answer_question(helper, original, "Hold it.")
    assert hearing_of(asker) == [("answer", "affected")]
    assert hearing_of(follower) == [("answer", "affected")]
    assert hearing_of(tired) == []


def test_an_accepted_answer_is_news_for_those_who_wait_for_one(app, asker, helper):
    answer, sufferer = an_answer(to=a_question(by=asker), by=helper), a_user()
    mark_affected(sufferer, answer.question, is_affected=True)
    mark_affected(helper, answer.question, is_affected=True)
    accept_answer(asker, answer)
    assert hearing_of(sufferer) == [("solved", "affected")]
    assert hearing_of(helper) == [("accepted", "author")]
    assert hearing_of(asker) == []


def test_followers_of_person_product_and_tag_hear_once_of_a_new_question(app, asker):
    product, tag = a_product(name="Lamp"), a_tag("pairing")
    everything, of_product, of_tag = a_user(), a_user(), a_user()
    for thing in (asker, product, tag):
        follow(everything, thing)
    follow(of_product, product)
    follow(of_tag, tag)
    follow(asker_friend := a_user(), a_user())
    text = QuestionText("It does not pair with the hub", "I tried.", product=product, tags=["pairing"])
    question = ask_question(asker, text)
    assert told() == []
    do_all_jobs()
    assert {person.id for person in (everything, of_product, of_tag)} == {who for who, _, _ in told()}
    line = db.session.query(Line).filter_by(user_id=everything.id).one()
    assert (line.kind, line.label, line.url) == ("new_question", "asker", "/people/asker")
    assert hearing_of(asker_friend) == []
    answer = answer_question(asker, question, "I found it.")
    do_all_jobs()
    assert hearing_of(everything)[-1] == ("new_answer", "following")
    assert answer.author_id == asker.id


def test_followers_of_a_product_hear_of_a_new_guide_and_not_of_its_next_edition(app, writer, second_writer):
    an_article(title="First guide")
    product = db.session.query(Product).one()
    follower = a_user()
    follow(follower, product)
    an_article(title="Second guide")
    do_all_jobs()
    # As the sync does: `an_article` writes the row without publishing; the event is what tells.
    with transaction():
        article = db.session.query(Article).filter_by(title="Second guide").one()
        events.publish(ArticlePublished(article, by=None, draft=None, is_new=True))
        events.publish(ArticlePublished(article, by=None, draft=None, is_new=False))
    do_all_jobs()
    assert hearing_of(follower) == [("new_guide", "following")]


def test_a_guide_for_the_problem_is_told_to_all_who_have_it(app, asker, helper, writer):
    answer, sufferer = an_answer(to=a_question(by=asker), by=helper), a_user()
    mark_affected(sufferer, answer.question, is_affected=True)
    guide = an_article()
    link_to_article(writer, answer, guide)
    assert {(who, kind) for who, kind, _ in told()} == {(asker.id, "guide"), (sufferer.id, "guide")}


def test_commenting_tells_the_author_and_who_is_named(app, asker, helper):
    answer, named = an_answer(to=a_question(by=asker), by=helper), a_user(username="mira")
    comment(asker, answer.question, answer, "Thanks! @mira, look. @helper too.")
    assert hearing_of(helper) == [("comment", "author")]
    assert hearing_of(named) == [("mention", "mentioned")]


def test_a_post_that_waits_for_a_moderator_is_told_when_it_is_shown(app, asker, helper, moderator):
    question = a_question(by=asker)
    answer = an_answer(to=question, by=helper, held_at=now(), held_why="links")
    assert told() == []
    moderation.approve_post(moderator, answer)
    assert hearing_of(asker) == [("answer", "asked")]
    assert ("post_shown", "author") in hearing_of(helper)


def test_a_hidden_post_is_told_to_its_author_with_the_reason_and_without_a_name(
    app, helper, moderator, browser
):
    answer = an_answer(by=helper, to=a_question(title="It hums"))
    moderation.hide_post(moderator, answer, "It names a private address.")
    assert hearing_of(helper) == [("post_hidden", "author")]
    text = browser(helper).get("/notifications").text
    assert "A moderator has hidden your post in “It hums”" in text
    assert "It names a private address." in text
    assert db.session.query(Notification).one().actor_id is None


def test_telling_a_thousand_people_takes_a_handful_of_statements(app, asker, helper, statements):
    question = a_question(by=asker)
    numbers = range(1000)
    db.session.execute(
        insert(User),
        [
            {
                "username": f"n{n}",
                "username_key": f"n{n}",
                "role": 1,
                "reputation": 0,
                "about": "",
                "created_at": now(),
            }
            for n in numbers
        ],
    )
    db.session.commit()
    people = [one.id for one in db.session.query(User).filter(User.username.like("n%"))]
    db.session.execute(
        insert(Follow),
        [
            {"user_id": one, "kind": "question", "thing_id": question.id, "created_at": now()}
            for one in people
        ],
    )
    db.session.commit()
    statements.count = 0
    answer_question(helper, question, "Hold it.")
    assert statements.count < 60
    assert db.session.query(Notification).count() == 1001


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("@mira and @jo.han.", ["mira", "jo.han.", "jo.han"]),
        ("mail me: a@example.com, or https://x.test/@mira", []),
        ("`@mira` [@jonas](https://x.test)\n\n> @quoted said so", []),
        ("(@mira) @mira,@jonas", ["mira", "jonas"]),
        ("@ü2 @a", ["ü2"]),
    ],
)
def test_names_are_found_outside_of_code_links_and_quotations(body, found):
    assert mentions.names(render_post(body).html) == found


def test_one_post_calls_ten_people_at_most(app, asker):
    people = [a_user(username=f"mira{n}") for n in range(12)]
    ask_question(
        asker, QuestionText("Does anybody know this?", " ".join(f"@{one.username}" for one in people))
    )
    assert len(told()) == 10


def test_who_is_named_only_after_an_edit_hears_then_and_nobody_hears_twice(app, asker, helper):
    named, question = a_user(username="mira"), a_question(by=asker)
    answer = answer_question(helper, question, "Hold it.")
    edit_answer(helper, answer, "Hold it, @asker and @mira.")
    edit_answer(helper, answer, "Hold it, @asker and @mira and @helper!")
    assert hearing_of(asker) == [("answer", "asked")]
    assert hearing_of(named) == [("mention", "mentioned")]
    assert hearing_of(helper) == []


def test_a_suggested_edit_is_told_to_the_owner_and_its_end_to_whoever_suggested_it(
    app, asker, helper, browser
):
    answer = an_answer(to=a_question(title="It hums"), by=asker, body="Hold it for ten seconds.")
    suggestion = suggest_edit(helper, answer, EditText(body="Hold it for twelve seconds.", why="I measured."))
    assert hearing_of(asker) == [("edit_suggested", "author")]
    text = browser(asker).get("/notifications").text
    assert f'<a href="/suggested-edits/{suggestion.id}">helper suggests a change to what you wrote' in text
    reject_suggested_edit(asker, suggestion, "Ten is enough.")
    assert hearing_of(helper) == [("edit_rejected", "suggested")]
    assert "Ten is enough." in browser(helper).get("/notifications").text


def test_an_acceptance_that_was_taken_back_is_no_news_any_more(app, asker, helper, browser):
    answer = an_answer(to=a_question(by=asker), by=helper)
    accept_answer(asker, answer)
    assert "accepted your answer" in browser(helper).get("/notifications").text
    unaccept_answer(asker, answer)
    assert "accepted your answer" not in browser(helper).get("/notifications").text
