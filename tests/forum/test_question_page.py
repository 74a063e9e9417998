"""A question's page: its address, the order of the answers, who sees what, and how much it asks of the database."""

import re
from datetime import timedelta

import pytest
from build import a_comment, a_product, a_question, a_user, an_answer, an_article, catch_up_search

from app.core.db import db, now
from app.forum.actions import QuestionText, ask_question, vote


def answers_on(text):
    return [
        int(number) for number in re.findall(r'<article class="post answer[^"]*" id="answer-(\d+)"', text)
    ]


def page_of(browser, question, person=None, query=""):
    return browser(person).get(f"/questions/{question.id}/{question.slug}{query}").text


# Its address


@pytest.mark.parametrize("slug", ["", "/wrong", "/the-lamp", "/THE-LAMP-BLINKS-AND-NOTHING-HAPPENS"])
def test_the_number_decides_and_a_wrong_slug_leads_to_the_right_one(app, browser, slug):
    question = a_question()
    response = browser().get(f"/questions/{question.id}{slug}")
    assert response.status_code == 301
    assert response.location == f"/questions/{question.id}/{question.slug}"


def test_the_rest_of_the_address_comes_along(app, browser):
    question = a_question()
    response = browser().get(f"/questions/{question.id}/wrong?page=2&x=a+b")
    assert response.location == f"/questions/{question.id}/{question.slug}?page=2&x=a+b"


def test_a_redirect_is_asked_for_anew_each_time_because_titles_change(app, browser):
    response = browser().get(f"/questions/{a_question().id}/wrong")
    assert "no-cache" in response.headers["Cache-Control"]


def test_titles_of_other_scripts_have_addresses_that_work(app, browser):
    for title in ("Лампа мигает красным", "灯不亮怎么办呢请帮帮我", "?!?!?!?!?!"):
        question = a_question(title=title)
        response = browser().get(f"/questions/{question.id}", follow_redirects=True)
        assert response.status_code == 200
        assert title in response.text
        assert len(response.history) == 1


@pytest.mark.parametrize("number", ["99", "0", "9" * 12, "9" * 25])
def test_a_number_that_never_was_is_404(app, browser, number):
    response = browser().get(f"/questions/{number}")
    assert response.status_code == 404
    assert "nothing here" in response.text


@pytest.mark.parametrize("state", ["deleted_at", "hidden_at"])
def test_what_was_here_once_is_410(app, browser, state):
    response = browser().get(f"/questions/{a_question(**{state: now()}).id}")
    assert response.status_code == 410
    assert "deleted by its author or a moderator" in response.text


def test_an_answers_own_address_leads_to_its_place(app, browser):
    answer = an_answer()
    response = browser().get(f"/answers/{answer.id}")
    assert response.status_code == 302
    assert response.location == f"/questions/{answer.question_id}/{answer.question.slug}#answer-{answer.id}"
    assert browser().get("/answers/99").status_code == 404


def test_an_answer_far_down_a_long_thread_is_led_to_on_its_page(app, browser):
    question = a_question()
    answers = [an_answer(to=question) for _ in range(31)]
    assert browser().get(f"/answers/{answers[0].id}").location.endswith(f"#answer-{answers[0].id}")
    last = browser().get(f"/answers/{answers[-1].id}")
    path, _sign, anchor = last.location.partition("#")
    assert "?after=" in path
    assert anchor == f"answer-{answers[-1].id}"
    assert answers_on(browser().get(path).text) == [answers[-1].id]


# What it shows


def test_accepted_answers_come_first_and_then_the_surest(app, browser):
    question = a_question()
    old = an_answer(to=question)
    loved = an_answer(to=question)
    disputed = an_answer(to=question)
    accepted = an_answer(to=question, accepted_at=now())
    people = [a_user() for _ in range(5)]
    for person in people[:3]:
        vote(person, loved, 1)
    for person in people:
        vote(person, disputed, 1)
    for _ in range(4):
        vote(a_user(), disputed, -1)
    shown = answers_on(page_of(browser, question))
    assert shown == [accepted.id, loved.id, disputed.id, old.id]


def test_among_equals_the_verified_and_then_the_older_comes_first(app, expert, browser):
    question = a_question()
    first, second = an_answer(to=question), an_answer(to=question)
    vouched = an_answer(to=question, verified_at=now(), verified_by_id=expert.id)
    assert answers_on(page_of(browser, question)) == [vouched.id, first.id, second.id]


def test_several_accepted_answers_stand_above_the_others(app, browser):
    question = a_question()
    plain = an_answer(to=question, up_count=50, confidence=0.9)
    accepted = [an_answer(to=question, accepted_at=now()) for _ in range(2)]
    assert answers_on(page_of(browser, question)) == [*(one.id for one in accepted), plain.id]


def test_every_answer_is_an_article_with_a_name(app, browser):
    answer = an_answer(by=a_user(username="nora"))
    text = page_of(browser, answer.question)
    assert f'id="answer-{answer.id}" aria-label="Answer by nora"' in text


def test_comments_stand_under_what_they_are_about_oldest_first(app, browser):
    answer = an_answer()
    for post, words in ((answer, "Second"), (answer.question, "First"), (answer, "Third")):
        a_comment(on=post, body=words)
    text = page_of(browser, answer.question)
    assert text.index("First") < text.index(f'id="answer-{answer.id}"') < text.index("Second")
    assert text.index("Second") < text.index("Third")


def test_what_was_typed_cannot_break_the_page(app, browser):
    question = a_question(
        title='<script>alert("t")</script>', body='<img src=x onerror="alert(1)">', version='"><b>v</b>'
    )
    an_answer(to=question, body="[click](javascript:alert(1))")
    a_comment(on=question, body="<svg onload=alert(1)>")
    text = page_of(browser, question)
    for bad in ("<script>alert", "<img src=x", 'href="javascript:', "<svg onload", "<b>v</b>"):
        assert bad not in text


def test_a_visitor_sees_the_buttons_and_is_asked_to_sign_in_when_pressing(app, browser):
    answer = an_answer()
    text = page_of(browser, answer.question)
    for name in ("Vote up", "Vote down", "I have this problem too", "Post your answer"):
        assert name in text
    for name in ("Accept this answer", "Make this a guide", "Verified by staff", ">Edit<", ">Delete<"):
        assert name not in text
    response = browser().post(f"/answers/{answer.id}/vote", data={"value": "1"})
    assert response.status_code == 401
    assert "Please sign in" in response.text


@pytest.mark.parametrize(
    ("who", "button", "is_there"),
    [
        ("asker", "Accept this answer", True),
        ("helper", "Accept this answer", False),
        ("expert", "Accept this answer", False),
        ("moderator", "Accept this answer", True),
        ("asker", "Make this a guide", False),
        ("expert", "Make this a guide", False),
        ("writer", "Make this a guide", True),
        ("expert", "Verified by staff", True),
        ("asker", "Verified by staff", False),
        ("helper", ">Edit</a>", True),
        ("asker", ">Edit</a>", True),
        ("expert", ">Edit</a>", False),
        ("moderator", ">Edit</a>", True),
    ],
)
def test_each_sees_the_buttons_of_what_they_may(app, request, browser, asker, helper, who, button, is_there):
    answer = an_answer(to=a_question(by=asker), by=helper)
    text = page_of(browser, answer.question, request.getfixturevalue(who))
    assert (button in text) is is_there


def test_the_guide_is_named_to_those_who_may_read_it(app, writer, browser):
    public, staff = an_article(title="Reset it"), an_article(title="For the hotline", audience="staff")
    question = a_question(article_id=public.id)
    an_answer(to=question, article_id=staff.id)
    text = page_of(browser, question)
    assert 'href="/articles/reset-it"' in text
    assert "For the hotline" not in text
    assert "For the hotline" in page_of(browser, question, writer)


def test_a_withdrawn_guide_is_not_named(app, browser):
    guide = an_article(title="Reset it")
    question = a_question(article_id=guide.id)
    guide.withdraw("It was wrong.")
    db.session.commit()
    assert "/articles/reset-it" not in page_of(browser, question)


def test_similar_questions_stand_beside_it_but_not_itself(app, browser):
    question = a_question(title="The kettle whistles all night")
    other = a_question(title="My kettle whistles at night")
    hidden = a_question(title="Kettle whistles, secret", hidden_at=now())
    catch_up_search()
    aside = page_of(browser, question).partition("<aside")[2]
    assert other.title in aside
    assert question.title not in aside
    assert hidden.title not in aside


# Long threads


def test_answers_come_in_pages_of_thirty_each_once(app, browser):
    question = a_question()
    numbers = [an_answer(to=question).id for _ in range(61)]
    shown, query = [], ""
    for _ in range(3):
        text = page_of(browser, question, query=query)
        shown += answers_on(text)
        link = re.search(r'rel="next" href="[^"?]*(\?[^"]+)"', text)
        query = link[1] if link else ""
    assert shown == numbers
    assert not query


def test_the_page_of_a_long_thread_asks_the_database_a_handful_of_times(app, asker, browser, statements):
    product = a_product()
    question = a_question(by=asker, product_id=product.id)
    guide = an_article()
    for number in range(30):
        answer = an_answer(to=question, article_id=guide.id if number % 3 == 0 else None)
        a_comment(on=answer)
        vote(asker, answer, 1)
    catch_up_search()
    page, address = browser(asker), f"/questions/{question.id}/{question.slug}"
    statements.count, statements.seen = 0, []
    assert page.get(address).status_code == 200
    assert statements.count <= 14, "\n".join(statements.seen)


def test_a_visitors_page_asks_even_less(app, browser, statements):
    question = a_question()
    for _ in range(30):
        a_comment(on=an_answer(to=question))
    address = f"/questions/{question.id}/{question.slug}"
    statements.count, statements.seen = 0, []
    assert browser().get(address).status_code == 200
    assert statements.count <= 10, "\n".join(statements.seen)


def test_moments_are_written_in_utc_for_machines(app, browser):
    moment = now().replace(microsecond=0) - timedelta(days=3)
    text = page_of(browser, a_question(created_at=moment))
    assert f'datetime="{moment.strftime("%Y-%m-%dT%H:%M:%SZ")}"' in text


@pytest.mark.parametrize("title", ["Edit……..", "History???"])
def test_a_title_like_a_page_of_the_question_still_opens_the_question(app, browser, asker, title):
    asked = ask_question(asker, QuestionText(title=title, body="It does that every day."))
    response = browser().get(f"/questions/{asked.id}", follow_redirects=True)
    assert response.status_code == 200
    assert "It does that every day." in response.text
