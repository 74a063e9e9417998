"""Writers see which guides are read most, and which of those leave their readers without help."""

import re
from datetime import timedelta

import pytest
from build import an_article

from app.articles import view_queries
from app.articles.models import ArticleViews
from app.core.db import db, now, transaction
from app.core.errors import Invalid


def opened(title, times, *, yes=0, no=0, days_ago=0, **fields):
    """A guide that was opened so often on a day, with what its readers said."""
    guide = an_article(title=title, **fields)
    with transaction() as session:
        guide.helpful_yes, guide.helpful_no = yes, no
        session.add(
            ArticleViews(article_id=guide.id, day=now().date() - timedelta(days=days_ago), count=times)
        )
    return guide


def titles(page):
    return [guide.title for guide in page.guides]


@pytest.fixture
def guides(app, writer):
    """One that is read most and helps, one that is read less and does not, one of long ago, one of somebody else."""
    opened("Good", 100, yes=90, no=10, owner=writer.username)
    opened("Wrong", 60, yes=2, no=18, owner=writer.username)
    opened("Old", 500, days_ago=30, owner=writer.username)
    opened("Of another", 80, yes=1, no=1)


def test_the_most_opened_of_the_last_thirty_days_come_first(guides, writer):
    page = view_queries.guides_in_use(writer)
    assert titles(page) == ["Good", "Of another", "Wrong", "Old"]
    assert [guide.view_count for guide in page.guides] == [100, 80, 60, 0]
    assert [guide.helped for guide in page.guides] == [
        "At least 82 % found this helpful (100 answers)",
        "1 of 2 readers found this helpful",
        "At least 2 % found this helpful (20 answers)",
        "Nobody has said whether it helped",
    ]


def test_those_that_left_most_readers_without_help_come_first_if_one_likes(guides, writer):
    assert titles(view_queries.guides_in_use(writer, order="unhelped")) == [
        "Wrong",
        "Of another",
        "Good",
        "Old",
    ]


def test_a_writer_can_look_at_their_own(guides, writer):
    own = view_queries.guides_in_use(writer, order="unhelped", owner=writer.username)
    assert titles(own) == ["Wrong", "Good", "Old"]


@pytest.mark.parametrize("order", view_queries.ORDERS)
def test_pages_of_the_list_leave_out_and_repeat_no_guide(app, writer, monkeypatch, order):
    monkeypatch.setattr(view_queries, "LIST_SIZE", 3)
    for number in range(8):
        opened(f"Guide {number}", 10 * (number // 3), no=number % 2)
    seen, after = [], None
    while True:
        page = view_queries.guides_in_use(writer, order=order, after=after)
        seen += titles(page)
        after = page.next_cursor
        if after is None:
            break
    assert sorted(seen) == [f"Guide {number}" for number in range(8)]
    assert page.previous_cursor


def test_another_order_is_not_known(app, writer):
    with pytest.raises(Invalid):
        view_queries.guides_in_use(writer, order="colour")


def test_the_page_offers_orders_and_whose_and_keeps_what_was_chosen(guides, browser, writer):
    text = browser(writer).get("/workshop/guides?order=unhelped&mine=1").text
    assert re.findall(r'<a href="/articles/(\w+)">', text) == ["wrong", "good", "old"]
    for address in ("/workshop/guides?mine=1", "/workshop/guides?order=unhelped"):
        assert f'href="{address}"' in text
    assert 'href="/workshop/guides?order=unhelped&amp;mine=1" aria-current="true"' in text


def test_the_page_says_so_when_no_guide_is_there_or_ones_own(app, browser, writer):
    assert "There is no guide yet" in browser(writer).get("/workshop/guides").text
    assert "No guide is yours" in browser(writer).get("/workshop/guides?mine=1").text


def test_members_do_not_see_it(guides, browser, asker):
    assert browser(asker).get("/workshop/guides").status_code == 403


def test_the_list_takes_as_many_statements_for_many_guides_as_for_one(app, browser, writer, statements):
    opened("Guide", 1)
    page = browser(writer)
    page.get("/workshop/guides")
    statements.count = 0
    page.get("/workshop/guides")
    few = statements.count
    for number in range(20):
        opened(f"Guide {number}", number)
    db.session.rollback()
    statements.count = 0
    page.get("/workshop/guides")
    assert statements.count == few
