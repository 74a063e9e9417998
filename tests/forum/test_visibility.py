"""What is hidden or deleted is nowhere: one door for every list, page, suggestion and count."""

import pytest
from build import a_comment, a_product, a_question, a_user, an_answer, an_article, catch_up_search

from app.accounts.queries import person_named
from app.core.db import db, now
from app.forum import profile_queries, queries, tally_queries
from app.forum.models import Affected, QuestionMention
from app.notifications.models import Line, Notification

SECRET = "Zebra crossing"


@pytest.fixture(params=["deleted_at", "hidden_at"])
def state(request):
    return request.param


@pytest.fixture
def gone(app, asker, state):
    """A question that was found, listed, spoken of and indexed, and is gone now."""
    product = a_product(name="Porter")
    guide = an_article(title="Open the lock", product="porter")
    question = a_question(
        by=asker,
        title=f"{SECRET} lamp blinks",
        body=f"{SECRET} body",
        product_id=product.id,
        affected_count=3,
    )
    answer = an_answer(
        to=question, by=a_user(username="answerer"), body=f"{SECRET} answer", accepted_at=now()
    )
    a_comment(on=question, body=f"{SECRET} comment")
    db.session.add(QuestionMention(question_id=question.id, article_id=guide.id))
    reader = a_user(username="reader")
    db.session.add(Affected(user_id=reader.id, question_id=question.id))
    a_message(reader, question, actor_id=answer.author_id)
    catch_up_search()
    setattr(question, state, now())
    db.session.commit()
    return question


def a_message(person, question, **fields):
    """A message to somebody about a question, in a line of its own."""
    line = Line(user_id=person.id, key=f"answer:question-{question.id}", kind="answer")
    db.session.add(line)
    db.session.flush()
    db.session.add(
        Notification(
            line_id=line.id,
            user_id=person.id,
            kind="answer",
            event="answer-1",
            question_id=question.id,
            **fields,
        )
    )
    db.session.commit()


ADDRESSES = [
    "/",
    "/questions",
    "/questions?sort=active",
    "/questions?sort=affected",
    "/questions?solved=yes",
    "/questions?product=porter",
    "/products",
    "/products/porter",
    "/articles/open-the-lock",
    "/search?q=zebra+crossing",
    "/search?q=zebra&kind=solved",
    "/search/suggest?q=zebra",
    "/ask/suggestions?title=zebra+crossing+lamp",
    "/ask?title=zebra+crossing+lamp",
    "/people/asker",
    "/people/answerer",
]


def read(person, address):
    return person.get(address).text.replace("<mark>", "").replace("</mark>", "")


def test_strangers_find_it_nowhere(app, browser, gone):
    for person in (browser(), browser(a_user())):
        assert [address for address in ADDRESSES if SECRET in read(person, address)] == []


def test_its_pages_are_gone(app, browser, gone):
    for address in (
        f"/questions/{gone.id}",
        f"/questions/{gone.id}/{gone.slug}",
        f"/questions/{gone.id}/history",
    ):
        response = browser().get(address)
        assert response.status_code == 410
        assert SECRET not in response.text


def test_so_are_its_answers_and_their_history(app, browser, gone):
    for address in ("/answers/1", "/answers/1/history", "/answers/1/edit"):
        response = browser(a_user()).get(address)
        assert response.status_code == 410
        assert SECRET not in response.text


def test_nothing_can_be_done_to_it(app, browser, gone):
    page, typed = browser(a_user(role=3)), {"body": "Words", "comment": "Words", "value": "1"}
    for address in [
        "/questions/1/answers",
        "/questions/1/comments",
        "/questions/1/vote",
        "/questions/1/affected",
        "/answers/1/vote",
        "/answers/1/comments",
        "/answers/1/accept",
        "/answers/1/promote",
    ]:
        response = page.post(address, data=typed)
        assert response.status_code == 410, address
        assert SECRET not in response.text


def test_comments_on_it_cannot_be_reached_even_by_their_author(app, browser, gone):
    talker = a_user(username="talker")
    remark = a_comment(on=gone, by=talker)
    assert browser(talker).post(f"/comments/{remark.id}/delete").status_code == 404


def test_messages_about_it_are_neither_shown_nor_counted(app, browser, gone):
    text = browser(person_named("reader")).get("/notifications").text
    assert SECRET not in text
    assert "No messages yet" in text
    assert "Unread:" not in text


def test_it_counts_nowhere(app, visitor, gone):
    assert {tally.listed for tally in tally_queries.by_product().values()} == {0}
    assert queries.rows_by_id(visitor, [gone.id]) == {}
    assert queries.parts_of_threads(visitor, [gone.id]) == {}
    assert profile_queries.profile_page(person_named("asker"), visitor).question_count == 0
    assert profile_queries.profile_page(person_named("answerer"), visitor).answer_count == 0


def test_its_author_opens_it_and_lists_do_not_show_it(app, asker, browser, gone):
    page = browser(asker)
    assert SECRET in page.get(f"/questions/{gone.id}", follow_redirects=True).text
    assert SECRET not in page.get("/questions").text


def test_a_moderator_opens_it_and_lists_do_not_show_it(app, moderator, browser, gone):
    page = browser(moderator)
    assert SECRET in page.get(f"/questions/{gone.id}", follow_redirects=True).text
    assert SECRET not in page.get("/questions").text


# Answers


@pytest.fixture
def gone_answer(app, asker, state):
    """An answer that was found, accepted and told of, and is gone now, in a thread that is here."""
    question = a_question(by=asker, title="The lamp blinks in red")
    answer = an_answer(to=question, by=a_user(username="answerer"), body=f"{SECRET} answer")
    a_comment(on=answer, body=f"{SECRET} comment")
    a_message(asker, question, actor_id=answer.author_id, answer_id=answer.id)
    catch_up_search()
    setattr(answer, state, now())
    question.answer_count = 0
    db.session.commit()
    return answer


def test_an_answer_that_is_gone_is_not_shown(app, browser, gone_answer):
    addresses = [
        "/questions/1/the-lamp-blinks-in-red",
        "/search?q=lamp+zebra",
        "/people/answerer",
        "/questions",
    ]
    for person in (browser(), browser(a_user())):
        assert [address for address in addresses if SECRET in read(person, address)] == []


def test_the_asker_is_not_told_of_an_answer_that_is_gone(app, asker, browser, gone_answer):
    text = browser(asker).get("/notifications").text
    assert "answered" not in text.replace("When somebody answers", "")
    assert "Unread:" not in text


def test_its_author_still_sees_it_and_says_so(app, browser, gone_answer):
    page = browser(person_named("answerer"))
    assert SECRET in page.get("/questions/1/the-lamp-blinks-in-red").text


def test_the_list_counts_only_answers_that_are_here(app, browser, gone_answer):
    assert "<b>0</b> answers" in browser().get("/questions").text
    assert "No answer yet" in browser().get("/questions/1/the-lamp-blinks-in-red").text


# The door itself


def test_every_question_query_of_the_pages_goes_through_the_door(app, visitor, gone):
    asked = [
        queries.solved_lately(visitor, 10),
        queries.waiting(visitor, 10),
        queries.linking_to(visitor, 1),
        queries.question_list(visitor, sort="newest", product="", tag="", solved="", after=None).rows,
    ]
    assert asked == [(), (), (), ()]


@pytest.mark.parametrize(
    ("who", "own", "sees"),
    [
        ("visitor", False, False),
        ("member", False, False),
        ("member", True, True),
        ("expert", False, False),
        ("writer", False, False),
        ("moderator", False, True),
    ],
)
def test_who_may_open_what_is_gone(app, state, visitor, who, own, sees):
    roles = {"member": 1, "expert": 2, "writer": 3, "moderator": 4}
    person = visitor if who == "visitor" else a_user(role=roles[who])
    question = a_question(**({"by": person} if own else {}), **{state: now()})
    assert (queries.question(person, question.id) is not None) is sees
    answer = an_answer(**({"by": person} if own else {}), **{state: now()})
    assert (queries.answer(person, answer.id) is not None) is sees
