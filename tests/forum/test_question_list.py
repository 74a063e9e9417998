"""The community's list: its orders, its filters, and the way to its end."""

import base64
import json
import re
from datetime import timedelta

import pytest
from build import a_product, a_question, a_tag, an_answer

from app.catalog.models import Tag
from app.core.db import db, now
from app.forum.queries import load_tags


def shown(text):
    return [int(number) for number in re.findall(r'<h\d><a href="/questions/(\d+)/', text)]


def listed(browser, query="", person=None):
    return shown(browser(person).get(f"/questions{query}").text)


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def tag(question, word):
    label = db.session.query(Tag).filter_by(slug=word).one_or_none() or Tag(slug=word)
    db.session.add(label)
    db.session.flush()
    load_tags(question)
    question.tags.append(label)
    db.session.commit()


def test_the_newest_come_first(app, browser):
    moment = now()
    older, newest, oldest = (
        a_question(created_at=moment - timedelta(days=days), active_at=moment) for days in (2, 1, 3)
    )
    assert listed(browser) == [newest.id, older.id, oldest.id]


def test_active_means_lately_answered_or_changed(app, browser):
    quiet, lively = a_question(), a_question()
    lively.active_at, quiet.active_at = now(), now() - timedelta(days=1)
    db.session.commit()
    assert listed(browser, "?sort=active") == [lively.id, quiet.id]


def test_unanswered_are_those_without_any_answer(app, browser):
    a_question().answer_count = 1
    waiting = a_question()
    db.session.commit()
    assert listed(browser, "?sort=unanswered") == [waiting.id]


def test_a_question_whose_only_answer_is_hidden_is_unanswered(app, browser):
    waiting = an_answer(hidden_at=now()).question
    assert listed(browser, "?sort=unanswered") == [waiting.id]


def test_most_affected_first_and_only_those_with_any(app, browser):
    some, many, _none = (a_question(affected_count=count) for count in (2, 7, 0))
    assert listed(browser, "?sort=affected") == [many.id, some.id]


def test_an_unknown_order_is_refused_kindly(app, browser):
    response = browser().get("/questions?sort=loudest")
    assert response.status_code == 400
    assert "newest, unanswered, active, affected" in response.text


def test_filters_by_product_tag_and_solved_work_alone_and_together(app, browser):
    porter = a_product(name="Porter")
    one, two, three = a_question(product_id=porter.id), a_question(product_id=porter.id), a_question()
    one.accepted_count = three.accepted_count = 1
    db.session.commit()
    tag(one, "battery")
    tag(three, "battery")
    assert listed(browser, "?product=porter") == [two.id, one.id]
    assert listed(browser, "?tag=battery") == [three.id, one.id]
    assert listed(browser, "?solved=yes") == [three.id, one.id]
    assert listed(browser, "?solved=no") == [two.id]
    assert listed(browser, "?product=porter&tag=battery&solved=yes") == [one.id]
    assert listed(browser, "?product=porter&tag=battery&solved=no") == []


@pytest.mark.parametrize("sort", ["newest", "unanswered", "active", "affected"])
def test_a_list_with_a_tag_is_the_list_of_all_less_what_has_not_the_tag(app, browser, sort):
    moment, hub, lamp = now(), a_product(name="Hub"), a_tag("lamp")
    for number in range(12):
        a_question(
            created_at=moment - timedelta(hours=number % 5),
            active_at=moment - timedelta(hours=number % 7),
            affected_count=number % 3,
            answer_count=number % 2,
            accepted_count=number % 4 == 3,
            product_id=hub.id if number % 2 else None,
            tags=[lamp] if number > 3 else [],
            hidden_at=moment if number == 6 else None,
        )
    with_it = set(listed(browser, "?tag=lamp"))
    assert len(with_it) == 7
    for more in ("", "&product=hub", "&solved=yes", "&solved=no", "&product=hub&solved=no"):
        everything = listed(browser, f"?sort={sort}{more}")
        assert listed(browser, f"?sort={sort}{more}&tag=lamp") == [
            number for number in everything if number in with_it
        ]


@pytest.mark.parametrize("query", ["?product=nothing", "?tag=nothing", "?tag=%F0%9F%98%80", "?product=%27--"])
def test_what_nothing_fits_is_said_kindly_with_a_way_on(app, browser, query):
    a_question()
    response = browser().get(f"/questions{query}")
    assert response.status_code == 200
    assert "Show all questions" in response.text


def test_an_empty_community_invites(app, browser):
    assert "Be the first" in browser().get("/questions").text


@pytest.mark.parametrize("sort", ["newest", "unanswered", "active", "affected"])
@pytest.mark.parametrize("chosen", ["", "&tag=lamp", "&tag=lamp&product=hub"])
def test_walking_to_the_end_shows_each_question_once_also_where_values_are_equal(app, browser, sort, chosen):
    moment, lamp, hub = now(), a_tag("lamp"), a_product(name="Hub")
    for number in range(47):
        later = moment + timedelta(seconds=number // 15)
        counts = {"created_at": later, "active_at": later, "affected_count": 1 + number // 20}
        a_question(tags=[lamp], product_id=hub.id, **counts)
    seen, address = [], f"/questions?sort={sort}{chosen}"
    pages = 0
    while address and pages < 9:
        text, pages = browser().get(address).text, pages + 1
        seen += shown(text)
        link = re.search(r'rel="next" href="([^"]+)"', text)
        address = link[1].replace("&amp;", "&") if link else ""
    assert pages == 3
    assert len(seen) == 47
    assert sorted(set(seen)) == sorted(seen)


def test_a_question_asked_meanwhile_does_not_shift_the_next_page(app, browser):
    for _ in range(25):
        a_question()
    first = browser().get("/questions")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    a_question()
    assert not set(shown(first.text)) & set(shown(browser().get(link).text))


def test_filters_stay_on_the_next_page(app, browser):
    porter = a_product(name="Porter")
    for _ in range(21):
        a_question(product_id=porter.id)
    a_question()
    link = re.search(r'rel="next" href="([^"]+)"', browser().get("/questions?product=porter").text)[1]
    assert "product=porter" in link
    assert len(shown(browser().get(link.replace("&amp;", "&")).text)) == 1


@pytest.mark.parametrize("sort", ["newest", "affected"])
@pytest.mark.parametrize(
    "after",
    [
        "x",
        "%F0%9F%98%80",
        "AAAA",
        cursor(),
        cursor({"v": 1}),
        cursor({"t": "yesterday"}, 1),
        cursor({"t": "2026-01-01T00:00:00"}, 1),
        cursor({"t": 5}, 1),
        cursor({"t": "0001-01-01T00:00:00+23:59"}, 1),
        cursor({"t": "9999-12-31T23:59:59-23:59"}, 1),
        cursor({"v": "\ud800"}, 1),
        cursor({"v": "text"}, 1),
        cursor({"v": None}, 1),
        cursor({"v": [1]}, 1),
        cursor({"v": 10**30}, 1),
        cursor({"v": 1.5}, 1),
        cursor({"v": 1}, 10**30),
        cursor({"v": 1}, "1"),
        cursor({"v": 1}, True),
        cursor({"v": 1}, None),
        cursor({"v": "\0"}, 1),
        cursor("v", 1),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(b"9" * 6000).decode(),
    ],
)
def test_a_made_up_place_in_the_list_is_answered_kindly(app, browser, sort, after):
    response = browser().get(f"/questions?sort={sort}&after={after}")
    assert response.status_code == 400
    assert "start from its first page" in response.text


def test_a_place_of_another_order_is_answered_kindly(app, browser):
    moment = cursor({"t": now().isoformat()}, 1)
    assert browser().get(f"/questions?sort=affected&after={moment}").status_code == 400
    assert browser().get(f"/questions?after={cursor({'v': 3}, 1)}").status_code == 400


def test_rows_say_what_one_wants_to_know(app, browser):
    question = a_question(title="It hums", affected_count=2, up_count=3, body="A deep hum. " * 40)
    an_answer(to=question, accepted_at=now())
    text = browser().get("/questions").text
    for words in ("It hums", "Solved", "2 people have this problem too", "<b>3</b> votes", "<b>1</b> answer"):
        assert words in text
    assert "…" in text


def test_the_list_asks_the_database_a_handful_of_times(app, asker, browser, statements):
    for number in range(20):
        tag(a_question(product_id=a_product().id), f"tag-{number}")
    page = browser(asker)
    statements.count, statements.seen = 0, []
    assert page.get("/questions").status_code == 200
    assert statements.count <= 8, "\n".join(statements.seen)


def test_a_row_names_the_product_where_the_list_is_of_several(app, browser):
    product = a_product(name="Porter", slug="porter")
    a_question(product_id=product.id)
    row = re.compile(r'<div class="row small soft">.*?</div>', re.DOTALL)
    assert "Porter" in row.search(browser().get("/questions").text)[0]
    assert "Porter" not in row.search(browser().get("/questions?product=porter").text)[0]
