"""A held post is not lost and not seen: its author sees it with the reason, and its events wait for a moderator."""

import re
from datetime import timedelta

import pytest
from build import a_comment, a_product, a_question, a_user, an_answer, an_article, catch_up_search

from app.accounts.queries import person_named
from app.core import addresses, counters
from app.core.db import db, now
from app.forum import actions, queries, tally_queries
from app.forum import counters as forum
from app.forum.models import Answer, Comment, Question, QuestionMention
from app.forum.profile_queries import profile_page
from app.forum.screening import Sending
from app.moderation.actions import approve_post
from app.moderation.models import Case
from app.notifications.models import Notification

SECRET = "Zebra crossing"
LINK = "https://pills.example/now"
SLOWLY = Sending(taken=timedelta(minutes=1))


def held_question(by, **fields):
    text = actions.QuestionText(f"{SECRET} lamp blinks", f"{SECRET} body, see {LINK}", **fields)
    return actions.ask_question(by, text, SLOWLY)


def messages():
    return db.session.query(Notification).count()


def test_a_first_question_with_a_link_is_held_and_one_without_is_not(app, asker):
    question = held_question(asker)
    assert (question.held_why, question.is_here) == ("links", False)
    assert db.session.query(Case).one().is_held
    plain = actions.ask_question(asker, actions.QuestionText("The hub is silent", "It was loud."), SLOWLY)
    assert plain.is_here


def test_an_answer_and_a_comment_are_held_uncounted_and_nobody_hears(app, asker, helper):
    question = a_question(by=asker)
    answer = actions.answer_question(helper, question, f"See {LINK}", SLOWLY)
    remark = actions.comment(helper, question, None, f"See {LINK}", SLOWLY)
    assert not answer.is_here
    assert not remark.is_here
    assert question.answer_count == 0
    assert messages() == 0
    assert counters.differences(forum.truths()) == {}


def test_approval_is_when_it_counts_and_its_readers_hear(app, asker, helper, moderator):
    guide = an_article(title="Open the lock")
    question = a_question(by=asker)
    answer = actions.answer_question(
        helper, question, f"[This]({addresses.article(guide.slug)}) and {LINK}", SLOWLY
    )
    remark = actions.comment(helper, question, None, f"See {LINK}", SLOWLY)
    assert db.session.query(QuestionMention).count() == 0
    approve_post(moderator, answer)
    approve_post(moderator, remark)
    assert answer.is_here
    assert question.answer_count == 1
    told = {one.kind: one for one in db.session.query(Notification).filter_by(user_id=asker.id)}
    assert {"answer", "comment"} <= set(told)
    assert told["answer"].actor_id == helper.id
    assert db.session.query(QuestionMention).count() == 1
    assert counters.differences(forum.truths()) == {}


@pytest.mark.parametrize("record", [{"reputation": 50}, {"role": 2}])
def test_who_has_a_record_is_not_held_for_links(app, record):
    assert held_question(a_user(**record)).is_here


def test_three_shown_posts_are_a_record(app, asker):
    for number in range(3):
        a_question(by=asker, title=f"Question {number} of mine", created_at=now() - timedelta(hours=1))
    assert held_question(asker).is_here


def test_the_same_words_in_another_thread_are_held_and_in_the_same_one_come_once(app, asker, helper):
    words = "Hold the button for ten seconds until the light turns white."
    first, second = a_question(by=asker), a_question(by=asker)
    answer = actions.answer_question(helper, first, words, SLOWLY)
    assert actions.answer_question(helper, first, words, SLOWLY).id == answer.id
    assert actions.answer_question(helper, second, words, SLOWLY).held_why == "repeated"


def test_what_commands_and_imports_write_is_not_screened(app, asker):
    text = actions.QuestionText("The lamp blinks", f"See {LINK}")
    assert actions.ask_question(asker, text).is_here


# The forms


def fields_of(page, address):
    """What the page's own form sends along."""
    text = page.get(address).text
    return {"opened": re.search(r'name="opened" value="([^"]+)"', text)[1], "referral": ""}


def test_a_form_sent_at_once_is_held_and_its_author_sees_so_and_why(app, browser, helper):
    question = a_question()
    page, address = browser(helper), f"/questions/{question.id}/{question.slug}"
    typed = {"body": "A robot wrote this.", **fields_of(page, address)}
    text = page.post(f"/questions/{question.id}/answers", data=typed, follow_redirects=True).text
    assert "a moderator looks at it first" in text
    assert "Only you see this until a moderator has looked at it. It was sent within seconds" in text
    assert "A robot wrote this." in text
    assert "A robot" not in browser().get(address).text


def test_a_form_that_was_open_for_a_while_is_taken(app, browser, helper, monkeypatch):
    question = a_question()
    page, address = browser(helper), f"/questions/{question.id}/{question.slug}"
    typed = {"body": "A person wrote this.", **fields_of(page, address)}
    monkeypatch.setattr("app.web.sending.now", lambda: now() + timedelta(seconds=10))
    page.post(f"/questions/{question.id}/answers", data=typed)
    assert db.session.query(Answer).one().is_here


def test_a_form_shown_again_remembers_when_it_was_opened_first(app, browser, helper):
    question = a_question()
    page = browser(helper)
    typed = fields_of(page, f"/questions/{question.id}/{question.slug}")
    again = page.post(f"/questions/{question.id}/answers", data={"body": "", **typed}).text
    assert f'value="{typed["opened"]}"' in again


def test_a_time_of_somebody_else_or_of_ones_own_making_counts_for_nothing(app, browser, helper, asker):
    question = a_question()
    typed = fields_of(browser(asker), f"/questions/{question.id}/{question.slug}")
    page = browser(helper)
    page.post(f"/questions/{question.id}/answers", data={"body": "One.", **typed})
    page.post(f"/questions/{question.id}/answers", data={"body": "Two.", "opened": "yesterday"})
    assert all(answer.is_here for answer in db.session.query(Answer))


def test_who_fills_in_what_people_do_not_see_is_held(app, browser, helper):
    question = a_question()
    page = browser(helper)
    page.post(f"/questions/{question.id}/comments", data={"comment": "Nice site", "referral": "x"})
    page.post("/ask", data={"title": "A fine lamp", "body": "Nice site", "referral": "x", "looked": "1"})
    assert db.session.query(Comment).one().held_why == "trap"
    assert db.session.query(Question).filter_by(title="A fine lamp").one().held_why == "trap"


def test_pages_of_visitors_carry_no_such_fields(app, browser):
    question = a_question()
    text = browser().get(f"/questions/{question.id}/{question.slug}").text
    assert 'name="opened"' not in text
    assert 'name="referral"' not in text


def test_who_posts_too_fast_keeps_the_text_and_hears_when_it_goes_on(app, browser, helper):
    question = a_question()
    for number in range(3):
        an_answer(by=helper, body=f"Answer {number}")
    page = browser(helper)
    for address, typed in [
        (f"/questions/{question.id}/answers", {"body": "The fourth one"}),
        (f"/questions/{question.id}/comments", {"comment": "The fourth one"}),
        ("/ask", {"title": "The fourth one", "body": "In a minute", "looked": "1"}),
    ]:
        response = page.post(address, data=typed)
        assert response.status_code == 429, address
        assert "The fourth one" in response.text
        assert "3 posts a minute are the most for now" in response.text
    assert db.session.query(Answer).count() == 3


# The doors


@pytest.fixture(params=["held_at", "hidden_at"])
def state(request):
    return request.param


@pytest.fixture
def furnished(app, asker, state):
    """A question, an answer and comments that nobody but their authors may see, beside a thread that is here."""
    product = a_product(name="Porter")
    guide = an_article(title="Open the lock", product="porter")
    gone = a_question(
        by=asker,
        title=f"{SECRET} lamp blinks",
        body=f"{SECRET} body",
        product_id=product.id,
        affected_count=3,
    )
    here = a_question(by=a_user(username="other"), title="The door is stuck", product_id=product.id)
    talker = a_user(username="talker")
    answer = an_answer(to=here, by=talker, body=f"{SECRET} answer")
    remark = a_comment(on=here, by=talker, body=f"{SECRET} comment")
    for question in (gone, here):
        db.session.add(QuestionMention(question_id=question.id, article_id=guide.id))
    db.session.commit()
    catch_up_search()
    for post in (gone, answer, remark):
        setattr(post, state, now())
    here.answer_count = 0
    db.session.commit()
    return gone


ADDRESSES = [
    "/",
    "/questions",
    "/questions?sort=active",
    "/questions?sort=affected",
    "/questions?product=porter",
    "/questions/2/the-door-is-stuck",
    "/products",
    "/products/porter",
    "/articles/open-the-lock",
    "/search?q=zebra+crossing",
    "/search?q=door+zebra",
    "/search/suggest?q=zebra",
    "/ask/suggestions?title=zebra+crossing+lamp",
    "/ask?title=zebra+crossing+lamp",
    "/people/asker",
    "/people/talker",
    "/questions.atom",
    "/questions.atom?sort=active",
    "/sitemaps/questions-1.xml",
    "/questions/2/answers.atom",
    "/people/asker/posts.atom",
    "/people/talker/posts.atom",
    "/people/talker?show=answers",
    "/people",
    "/tags",
    "/sitemap.xml",
    "/moderation/log",
]


def test_no_page_list_feed_map_search_or_suggestion_tells_of_it(app, browser, furnished):
    for person in (browser(), browser(a_user())):
        for address in ADDRESSES:
            response = person.get(address)
            assert response.status_code == 200, address
            text = re.sub(r"</?mark>", "", response.text)
            assert SECRET not in text, address
            assert "zebra-crossing" not in text, address


def test_its_own_address_gives_nothing_away(app, browser, furnished):
    response = browser().get(f"/questions/{furnished.id}", follow_redirects=True)
    assert response.status_code in (404, 410)
    assert SECRET not in response.text


def test_it_counts_nowhere(app, visitor, furnished):
    assert {tally.listed for tally in tally_queries.by_product().values()} == {1}
    assert queries.parts_of_threads(visitor, [furnished.id]) == {}
    assert SECRET not in str(queries.parts_of_threads(visitor, [2]))
    assert profile_page(person_named("talker"), visitor).answer_count == 0
    assert counters.differences({k: v for k, v in forum.truths().items() if "answer_count" in k}) == {}


def test_maps_and_structured_data_leave_it_out(app, browser, visitor, furnished):
    assert [row[0] for row in queries.changes_in_range(visitor, 1, 100)] == [2]
    text = browser().get("/questions/2/the-door-is-stuck").text
    assert '"answerCount":0' in text.replace(" ", "")


def test_each_author_sees_theirs_with_a_word(app, browser, asker, furnished, state):
    word = "Only you see this until" if state == "held_at" else "Hidden by a moderator"
    text = browser(asker).get(f"/questions/{furnished.id}", follow_redirects=True).text
    assert SECRET in text
    assert word in text
    text = browser(person_named("talker")).get("/questions/2/the-door-is-stuck").text
    assert f"{SECRET} answer" in text
    assert f"{SECRET} comment" in text
    assert text.count(word) == 2


def test_a_moderator_sees_all_of_it(app, browser, moderator, furnished):
    assert SECRET in browser(moderator).get("/questions/1", follow_redirects=True).text
    text = browser(moderator).get("/questions/2/the-door-is-stuck").text
    assert f"{SECRET} answer" in text
    assert f"{SECRET} comment" in text


def test_nothing_can_be_done_to_it_by_others(app, browser, furnished):
    page = browser(a_user(reputation=500))
    for address in ("/questions/1/vote", "/answers/1/vote", "/answers/1/accept", "/questions/1/answers"):
        assert page.post(address, data={"value": "1", "body": "Words"}).status_code in (404, 410), address
    assert page.get("/report/question/1").status_code == 404
    assert page.get("/report/comment/1").status_code == 404


# Changes


def test_links_that_a_newcomer_adds_later_wait_too_and_appear_when_approved(app, asker, helper, moderator):
    question = a_question(by=asker)
    text = actions.QuestionText(question.title, f"See {LINK}")
    talker = a_user()
    answer, remark = an_answer(to=question, by=helper), a_comment(on=question, by=talker)
    actions.edit_answer(helper, answer, f"See {LINK}", SLOWLY)
    actions.edit_comment(talker, remark, f"See {LINK}", SLOWLY)
    actions.edit_question(asker, question, text, SLOWLY)
    assert [post.held_why for post in (question, answer, remark)] == ["links"] * 3
    assert counters.differences(forum.truths()) == {}
    for post in (question, answer, remark):
        approve_post(moderator, post)
    assert question.answer_count == 1
    assert counters.differences(forum.truths()) == {}


def test_a_plain_change_a_link_that_was_there_and_another_hand_hold_nothing(app, helper, moderator):
    answer = an_answer(by=helper, body=f"See {LINK}")
    actions.edit_answer(helper, answer, f"Do see {LINK}", SLOWLY)
    actions.edit_answer(moderator, answer, "See https://elsewhere.example", SLOWLY)
    assert answer.is_here
