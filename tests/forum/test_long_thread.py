"""A thread of two thousand posts: paged, few statements on each page, and every anchor leads to the right page."""

import html
import re
import time

import pytest
from build import a_product, a_question, an_article, catch_up_search
from sqlalchemy import insert
from tallying import set_right

from app.core.db import db, now
from app.core.markup import RENDERER_VERSION
from app.forum.actions import edit_answer, make_wiki, mark_affected, vote
from app.forum.duplicates import suggest_duplicate
from app.forum.models import Answer, Comment


@pytest.fixture
def long_thread(app, asker, helper, expert, moderator):
    """A question of everything: 1,000 answers, 1,000 comments, a duplicate, a suggestion, an open answer, guides."""
    guide = an_article(title="The lamp blinks and nothing happens")
    question = a_question(by=asker, product_id=a_product().id, article_id=guide.id)
    words = {"body": "Hold it.", "body_html": "<p>Hold it.</p>", "renderer_version": RENDERER_VERSION}
    post = {"author_id": helper.id, "created_at": now(), **words}
    answers = [{**post, "body_text": "Hold it.", "question_id": question.id} for _ in range(1_000)]
    db.session.execute(insert(Answer), answers)
    comments = [
        {**post, "question_id": question.id, "answer_id": 1 + number % 20 if number % 2 else None}
        for number in range(1_000)
    ]
    db.session.execute(insert(Comment), comments)
    question.answer_count = 1_000
    db.session.commit()
    set_right()
    first = db.session.get_one(Answer, 1)
    make_wiki(helper, first)
    edit_answer(expert, first, "Hold it for longer.")
    suggest_duplicate(moderator, a_question(title="Blinking lamp, nothing happens"), question)
    suggest_duplicate(helper, question, a_question(title="The lamp does nothing but blink"))
    catch_up_search()
    vote(asker, first, 1)
    mark_affected(expert, question, is_affected=True)
    db.session.rollback()
    return question


# What a process reads once a second for all of its pages.
KEPT = ("FROM public_version", "FROM site_settings")


def test_no_page_of_it_takes_more_than_twelve_statements_or_long(
    app, asker, expert, moderator, browser, long_thread, statements
):
    address = f"/questions/{long_thread.id}/{long_thread.slug}"
    pages = [address, *(browser(None).get(f"/answers/{number}").location for number in (31, 999))]
    pages += [f"/questions/{long_thread.id}/comments?from=700", "/answers/2/comments", "/answers/999"]
    for viewer in (asker, expert, moderator, None):
        page = browser(viewer)
        page.get(address)
        start = time.process_time()
        for each in pages:
            db.session.rollback()
            statements.seen = []
            assert page.get(each).status_code in (200, 302)
            asked = [one for one in statements.seen if not any(kept in one for kept in KEPT)]
            assert len(asked) <= 12, "\n".join(asked)
        assert time.process_time() - start < 4  # About a third of that is usual.


def test_every_post_of_it_has_an_address_that_leads_to_its_page(app, asker, browser, long_thread):
    page, address = browser(asker), f"/questions/{long_thread.id}/{long_thread.slug}"
    text = page.get(address).text
    assert "Show all: 495 more comments" in text
    assert "data-anchors" in text  # A script seeks #answer-7 on the other pages.
    for number, has_page in (
        (1, False),
        (2, False),
        (30, False),
        (31, True),
        (60, True),
        (61, True),
        (500, True),
    ):
        location = page.get(f"/answers/{number}").location
        assert ("?after=" in location) is has_page
        text = page.get(location.partition("#")[0]).text
        first = (number - 1) // 30 * 30 + 1
        assert [f'id="answer-{each}"' in text for each in (first - 1, first, number, first + 29, first + 30)] == [
            False, True, True, True, False
        ]  # fmt: skip
    response = page.post("/answers/600/comments", data={"comment": "Words at the far end."})
    path, _sign, anchor = response.location.partition("#")
    text = page.get(path).text
    assert f'id="{anchor}"' in text
    assert "Words at the far end." in text


def test_its_pages_lead_on_to_the_last_one_and_back_to_the_first(app, browser, long_thread):
    page, path = browser(None), f"/questions/{long_thread.id}/{long_thread.slug}"
    seen, way = [], [path]
    while path:
        text = page.get(path).text
        seen += re.findall(r'<article[^>]* id="answer-(\d+)"', text)
        path = _link(text, "next")
        way.append(path)
    assert [int(number) for number in seen] == list(range(1, 1_001))
    path, back = way[-2], []
    while path:
        text = page.get(path).text
        back = re.findall(r'<article[^>]* id="answer-(\d+)"', text) + back
        path = _link(text, "prev")
    assert back == seen


def test_a_vote_between_two_pages_neither_repeats_nor_leaves_out_an_answer(app, browser, expert, long_thread):
    page, path = browser(None), f"/questions/{long_thread.id}/{long_thread.slug}"
    second = _link(page.get(path).text, "next")
    vote(
        expert, db.session.get_one(Answer, 30), 1
    )  # The last of the first page rises, and all behind it move up.
    text = page.get(second).text
    assert 'id="answer-31"' in text
    assert 'id="answer-30"' not in text


def test_a_page_that_does_not_exist_says_so(app, browser, long_thread):
    for cursor in ("?", "~", "WzFd", "W10"):
        response = browser(None).get(f"/questions/{long_thread.id}/{long_thread.slug}?after={cursor}")
        assert response.status_code == 400
        assert "Please start from its first page" in response.text


def _link(text, relation):
    found = re.search(rf'<a [^>]*rel="{relation}"[^>]*>', text)
    return html.unescape(re.search(r'href="([^"]+)"', found[0])[1]) if found else ""
