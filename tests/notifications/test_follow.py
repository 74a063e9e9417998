"""Following questions, products, tags and people, and no longer."""

import re
from datetime import timedelta

import pytest
from build import a_product, a_question, a_tag, a_user, an_article

from app.core.db import db, now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import mark_affected
from app.notifications.following import follow, unfollow
from app.notifications.models import Follow


def follows():
    return sorted(
        (one.user_id, one.kind, one.thing_id, one.ended_at is None) for one in db.session.query(Follow)
    )


@pytest.mark.parametrize("make", [a_question, a_product, lambda: a_tag("pairing"), a_user])
def test_anything_can_be_followed_twice_and_is_followed_once(app, helper, make):
    thing = make()
    follow(helper, thing)
    follow(helper, thing)
    ((_who, _kind, number, is_on),) = follows()
    assert (number, is_on) == (thing.id, True)
    unfollow(helper, thing)
    unfollow(helper, thing)
    assert [row[3] for row in follows()] == [False]
    follow(helper, thing)
    assert [row[3] for row in follows()] == [True]


def test_nobody_follows_themselves_or_what_is_not_shown(app, helper, moderator):
    with pytest.raises(Refused, match="nothing to follow"):
        follow(helper, helper)
    with pytest.raises(Refused, match="not shown"):
        follow(moderator, a_question(deleted_at=now()))
    assert follows() == []


def test_who_is_signed_out_or_suspended_follows_nothing(app, visitor):
    with pytest.raises(SignInNeeded):
        follow(visitor, a_product())
    with pytest.raises(NotAllowed):
        follow(a_user(suspended_until=now() + timedelta(days=1)), a_product())


@pytest.mark.parametrize("kind", ["question", "product", "tag", "person"])
def test_each_page_has_a_button_that_says_whether_one_follows(app, helper, browser, kind):
    an_article(tags=["pairing"])
    question = a_question(by=a_user(username="mira"))
    address = {
        "question": f"/questions/{question.id}/{question.slug}",
        "product": "/products/lamp",
        "tag": "/tags/pairing",
        "person": "/people/mira",
    }[kind]
    page = browser(helper)

    def button():
        return re.search(
            r'<form method="post" action="(/(?:un)?follow/[^"]+)".*?aria-pressed="(\w+)"',
            page.get(address).text,
            re.DOTALL,
        )

    assert button()[2] == "false"
    assert page.post(button()[1], headers={"Referer": f"http://localhost{address}"}).location == address
    assert button()[2] == "true"
    page.post(button()[1])
    assert button()[2] == "false"
    assert 'aria-pressed="false">Follow' in browser().get(address).text


def test_ones_own_profile_has_no_button(app, helper, browser):
    assert 'action="/follow' not in browser(helper).get("/people/helper").text


def test_who_asked_or_has_the_problem_follows_by_themselves(app, asker, helper, browser):
    question = a_question(by=asker)
    address = f"/questions/{question.id}/{question.slug}"
    mark_affected(helper, question, is_affected=True)
    for person in (asker, helper):
        assert f'action="/unfollow/question/{question.id}"' in browser(person).get(address).text
    unfollow(asker, question)
    unfollow(helper, question)
    for person in (asker, helper):
        assert f'action="/follow/question/{question.id}"' in browser(person).get(address).text


def test_what_one_may_not_see_cannot_be_followed(app, helper, browser):
    question = a_question(hidden_at=now(), hidden_why="spam")
    page = browser(helper)
    for address in (
        f"/follow/question/{question.id}",
        "/follow/product/99",
        "/follow/star/1",
        f"/follow/person/{2**40}",
    ):
        assert page.post(address).status_code == 404
    assert follows() == []


def test_the_list_shows_all_that_one_follows_and_ends_it(app, asker, helper, browser, statements):
    product, tag, question = a_product(name="Lamp"), a_tag("pairing"), a_question(title="It hums")
    own, too = a_question(by=asker, title="Mine blinks"), a_question(title="Ours rattles")
    hidden = a_question(title="Secret", hidden_at=now())
    for thing in (product, tag, question, helper):
        follow(asker, thing)
    mark_affected(asker, too, is_affected=True)
    db.session.add(Follow(user_id=asker.id, kind="question", thing_id=hidden.id))
    db.session.commit()
    page = browser(asker)
    statements.count = 0
    text = page.get("/following").text
    assert statements.count <= 12
    for words in (
        "Lamp",
        "pairing",
        "helper",
        "It hums",
        "Mine blinks",
        "You asked it",
        "Ours rattles",
        "You have it too",
    ):
        assert words in text
    assert "Secret" not in text
    page.post(f"/unfollow/question/{own.id}")
    page.post(f"/unfollow/question/{too.id}")
    page.post(f"/unfollow/product/{product.id}")
    text = page.get("/following").text
    assert "Mine blinks" not in text
    assert "Ours rattles" not in text
    assert "/products/lamp" not in text
    assert browser().get("/following").location == "/sign-in?next=/following"


def test_an_empty_list_says_how_to_follow(app, helper, browser):
    assert "there is a button to follow it" in browser(helper).get("/following").text


def test_a_long_list_comes_in_pages(app, asker, browser):
    for number in range(35):
        a_question(by=asker, title=f"Question number {number}")
    page, address, seen = browser(asker), "/following", set()
    while address:
        text = page.get(address).text
        seen |= set(re.findall(r">Question number (\d+)<", text))
        link = re.search(r'rel="next" href="([^"]+)"', text)
        address = link and link[1].replace("&amp;", "&")
    assert len(seen) == 35
