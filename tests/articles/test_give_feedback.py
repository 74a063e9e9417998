"""A reader says whether a guide helped: once per guide and change, the last word counts, and nobody is followed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.articles import actions, counters, feedback, queries
from app.articles.drafts import DraftText
from app.articles.feedback import give_feedback, visitor_key
from app.articles.feedback_models import Feedback, Reason, State
from app.articles.feedback_queries import share_words
from app.articles.models import Article
from app.core import counters as repairing
from app.core.confidence import Z_95, lower_bound
from app.core.db import db, now
from app.core.errors import Invalid, Refused
from app.search.changes import SearchChange
from app.web.session import Visitor
from tests.articles.guide_files import an_article, folder
from tests.build import a_user

Browse = Callable[..., Any]
ADDRESS = "/articles/reset/feedback"


def said() -> list[Feedback]:
    return list(db.session.scalars(select(Feedback).order_by(Feedback.id)))


def score() -> tuple[int, int]:
    db.session.rollback()
    row = db.session.execute(select(Article.helpful_yes, Article.helpful_no)).one()
    return row[0], row[1]


# The deed


def test_a_yes_and_a_no_are_counted(app: Flask, asker: User, helper: User) -> None:
    article = an_article()
    give_feedback(asker, article, helped=True)
    give_feedback(helper, article, helped=False)
    assert score() == (1, 1)


def test_changing_ones_mind_replaces_the_vote(app: Flask, asker: User) -> None:
    article = an_article()
    for helped, expected in ((True, (1, 0)), (True, (1, 0)), (False, (0, 1)), (True, (1, 0))):
        give_feedback(asker, article, helped=helped)
        assert score() == expected
    assert len(said()) == 1


def test_a_no_takes_a_reason_then_words_and_keeps_each(app: Flask, asker: User) -> None:
    article = an_article()
    give_feedback(asker, article, helped=False)
    give_feedback(asker, article, helped=False, reason="outdated")
    give_feedback(asker, article, helped=False, words="The button is gone.")
    (found,) = said()
    assert (found.reason, found.words, found.state) == ("outdated", "The button is gone.", State.NEW)
    assert score() == (0, 1)


def test_it_helped_after_all_takes_a_report_back(app: Flask, asker: User) -> None:
    article = an_article()
    give_feedback(asker, article, helped=False, reason="outdated", words="No such button.")
    give_feedback(asker, article, helped=True)
    assert not said()[0].is_report


def test_words_of_a_visitor_stay_when_somebody_with_the_same_key_says_yes(
    app: Flask, visitor: Visitor
) -> None:
    article = an_article()
    give_feedback(visitor, article, helped=False, reason="wrong", words="It is 20 s.", visitor_key="k")
    give_feedback(visitor, article, helped=True, visitor_key="k")
    assert (said()[0].words, score()) == ("It is 20 s.", (1, 0))


def test_a_report_that_was_taken_up_stays(app: Flask, asker: User, writer: User) -> None:
    article = an_article()
    feedback.accept_feedback(writer, give_feedback(asker, article, helped=False, reason="outdated"))
    give_feedback(asker, article, helped=True)
    assert said()[0].state == State.ACCEPTED
    assert said()[0].is_report


def test_something_new_about_a_closed_report_opens_it_again(app: Flask, asker: User, writer: User) -> None:
    article = an_article()
    feedback.decline_feedback(
        writer, give_feedback(asker, article, helped=False, reason="wrong"), "It is right."
    )
    give_feedback(asker, article, helped=False, reason="wrong")
    assert said()[0].state == State.DECLINED
    give_feedback(asker, article, helped=False, words="Not on the Lamp 3.")
    assert said()[0].state == State.NEW


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": "boring"}, "reason"),
        ({"words": "No reason given."}, "reason"),
        ({"reason": "wrong", "words": "x" * 2001}, "words"),
        ({"reason": "wrong", "email": "nobody"}, "email"),
        ({"reason": "wrong", "email": "a@" + "b" * 250 + ".com"}, "email"),
    ],
)
def test_what_cannot_be_taken_changes_nothing(
    app: Flask, visitor: Visitor, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        give_feedback(visitor, an_article(), helped=False, visitor_key="k", **fields)
    assert caught.value.field == field
    assert (said(), score()) == ([], (0, 0))


@pytest.mark.parametrize("audience", ["customers", "staff"])
def test_a_guide_that_one_may_not_read_takes_no_feedback(
    app: Flask, visitor: Visitor, browser: Browse, audience: str
) -> None:
    article = an_article(audience=audience, title="A secret lamp")
    with pytest.raises(Refused):
        give_feedback(visitor, article, helped=True, visitor_key="k")
    response = browser(None).post(ADDRESS, data={"helped": "yes"})
    assert response.status_code == 404
    assert "secret" not in response.text
    assert said() == []


def test_a_withdrawn_guide_takes_no_feedback(app: Flask, asker: User, writer: User, browser: Browse) -> None:
    article = an_article()
    actions.withdraw_article(writer, article, "It was wrong.", "", folder())
    with pytest.raises(Refused):
        give_feedback(asker, article, helped=True)
    assert browser(asker).post(ADDRESS, data={"helped": "yes"}).status_code == 404


def test_a_vote_does_not_send_the_guide_to_the_index_again(app: Flask, asker: User) -> None:
    article = an_article()
    before = db.session.scalar(select(func.count()).select_from(SearchChange))
    give_feedback(asker, article, helped=True)
    assert db.session.scalar(select(func.count()).select_from(SearchChange)) == before


# Once


def test_many_presses_at_once_are_one_vote_and_every_other_vote_counts(app: Flask, asker: User) -> None:
    article_id, asker_id = an_article().id, asker.id
    others = [a_user().id for _ in range(6)]
    together = Barrier(12)

    def press(user_id: int) -> None:
        with app.app_context():
            try:
                person, article = db.session.get(User, user_id), db.session.get(Article, article_id)
                assert person is not None
                assert article is not None
                together.wait()
                give_feedback(person, article, helped=user_id != others[0])
            finally:
                db.session.remove()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(press, [asker_id] * 6 + others))
    assert score() == (6, 1)
    assert len(said()) == 7
    assert repairing.differences(counters.truths()) == {}


def test_many_presses_of_one_visitor_at_once_are_one_vote(app: Flask) -> None:
    article_id = an_article().id
    together = Barrier(6)

    def press(_number: int) -> None:
        with app.app_context():
            try:
                article = db.session.get(Article, article_id)
                assert article is not None
                together.wait()
                give_feedback(Visitor(), article, helped=True, visitor_key="same")
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(press, range(6)))
    assert (score(), len(said())) == ((1, 0), 1)


@pytest.mark.parametrize("reader", ["user_id", "visitor_key"])
def test_the_database_itself_takes_no_second_vote(app: Flask, asker: User, reader: str) -> None:
    who = {reader: asker.id if reader == "user_id" else "key"}
    article = an_article()
    for _ in range(2):
        db.session.add(Feedback(article_id=article.id, edition=1, helped=True, **who))
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


# Visitors


def test_a_visitors_key_tells_browsers_apart_and_changes_with_the_month() -> None:
    key = visitor_key("s", "192.0.2.7", "Firefox", date(2026, 11, 3))
    assert key == visitor_key("s", "192.0.2.7", "Firefox", date(2026, 11, 30))
    others = [
        visitor_key("other", "192.0.2.7", "Firefox", date(2026, 11, 3)),
        visitor_key("s", "192.0.2.8", "Firefox", date(2026, 11, 3)),
        visitor_key("s", "192.0.2.7", "Chromium", date(2026, 11, 3)),
        visitor_key("s", "192.0.2.7", "Firefox", date(2026, 12, 3)),
        visitor_key("s", "192.0.2.7", "Firefox", date(2027, 11, 3)),
    ]
    assert len({key, *others}) == 6
    assert len(key) == 32
    assert "192" not in key


def test_an_ipv6_reader_keeps_the_key_when_the_last_half_of_the_address_changes() -> None:
    day = date(2026, 11, 3)
    first = visitor_key("s", "2001:db8:1:2:aaaa::1", "x", day)
    assert first == visitor_key("s", "2001:db8:1:2:bbbb::9", "x", day)
    assert first != visitor_key("s", "2001:db8:1:3::1", "x", day)


def test_keys_of_months_gone_by_are_forgotten_and_what_was_said_stays(app: Flask, visitor: Visitor) -> None:
    article = an_article()
    old = give_feedback(visitor, article, helped=True, visitor_key="old")
    give_feedback(visitor, article, helped=True, visitor_key="new")
    old.said_at = now() - timedelta(days=32)
    db.session.commit()
    assert feedback.forget_visitors() == 1
    assert [one.visitor_key for one in said()] == [None, "new"]
    assert feedback.forget_visitors() == 0
    assert score() == (2, 0)


# Editions

LONG = " ".join(f"word{number}" for number in range(100))
OTHER = LONG.replace("word1", "changed").replace("word2", "rewritten")


def test_a_typo_fix_keeps_the_score_and_a_real_change_begins_anew(app: Flask, asker: User) -> None:
    article = an_article(body=LONG)
    give_feedback(asker, article, helped=True)
    an_article(body=LONG.replace("word7 ", "word-seven "))
    assert (score(), db.session.scalar(select(Article.edition))) == ((1, 0), 1)
    an_article(body=OTHER)
    assert (score(), db.session.scalar(select(Article.edition))) == ((0, 0), 2)
    article = queries.article_by_slug("reset")
    assert article is not None
    give_feedback(asker, article, helped=False)
    assert (score(), [one.edition for one in said()]) == ((0, 1), [1, 2])
    assert repairing.differences(counters.truths()) == {}


def test_one_word_of_a_short_guide_is_no_new_edition(app: Flask) -> None:
    an_article(body="Hold the buton.")
    an_article(body="Hold the button.")
    assert db.session.scalar(select(Article.edition)) == 1


def test_front_matter_and_formatting_are_no_new_edition(app: Flask) -> None:
    an_article(body=LONG)
    an_article(body=LONG.replace("word1", "**word1**"), tags="[a, b]")
    assert db.session.scalar(select(Article.edition)) == 1


@pytest.mark.parametrize(("is_material", "edition"), [(True, 2), (False, 1), (None, 1)])
def test_who_publishes_says_whether_it_is_a_new_edition(
    app: Flask, writer: User, second_writer: User, is_material: bool | None, edition: int
) -> None:
    draft = actions.start_draft(writer, article=an_article(body=LONG))
    text = replace(DraftText.of(draft), body=LONG.replace("word7 ", "word-seven "))
    actions.save_draft(writer, draft, text, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    assert actions.publish_draft(writer, draft, folder(), is_material).edition == edition


@pytest.mark.parametrize(("change", "edition"), [("material", 2), ("small", 1)])
def test_the_draft_page_asks_for_it_with_the_likely_answer_chosen(
    app: Flask, browser: Browse, writer: User, second_writer: User, change: str, edition: int
) -> None:
    draft = actions.start_draft(writer, article=an_article(body=LONG))
    text = replace(DraftText.of(draft), body=OTHER)
    actions.save_draft(writer, draft, text, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    client = browser(writer)
    page = client.get(f"/drafts/{draft.id}").text
    assert 'value="material" checked' in page
    assert 'value="small" checked' not in page
    response = client.post(f"/drafts/{draft.id}/publish", data={"change": change})
    assert response.status_code == 303
    assert db.session.scalar(select(Article.edition)) == edition


# The share


@pytest.mark.parametrize(
    ("yes", "no", "share"), [(8, 0, 0.6756), (0, 8, 0.0), (10, 0, 0.7225), (80, 20, 0.7111)]
)
def test_the_share_is_wilsons_lower_bound_at_95_per_cent(yes: int, no: int, share: float) -> None:
    assert lower_bound(yes, no, Z_95) == pytest.approx(share, abs=0.0005)


def test_the_share_is_hidden_under_eight_votes(app: Flask, browser: Browse) -> None:
    article = an_article()
    client = browser(None)
    for number in range(8):
        assert "found this helpful" not in client.get("/articles/reset").text
        give_feedback(a_user(), article, helped=number > 0)
    assert "At least 52 % found this helpful (8 answers)" in client.get("/articles/reset").text


def test_the_words_of_the_share(app: Flask) -> None:
    with app.test_request_context():
        assert share_words(7, 0) == ""
        assert share_words(80, 20) == "At least 71 % found this helpful (100 answers)"


@pytest.mark.parametrize("column", ["helpful_yes", "helpful_no"])
def test_a_wrong_counter_is_found_and_set_right(app: Flask, asker: User, column: str) -> None:
    article = an_article()
    give_feedback(asker, article, helped=True)
    setattr(article, column, 9)
    db.session.commit()
    assert repairing.differences(counters.truths()) == {f"articles.{column}": 1}
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert f"articles.{column}: 1 set right" in result.output
    assert score() == (1, 0)


# The pages


def test_a_visitor_goes_from_no_to_thanks_without_a_cookie(app: Flask, browser: Browse) -> None:
    an_article()
    client = browser(None)
    assert "Did this fix your problem?" in client.get("/articles/reset").text
    first = client.post(ADDRESS, data={"helped": "no"})
    assert first.status_code == 200
    assert "What went wrong?" in first.text
    assert all(str(one.label) in first.text for one in Reason)
    second = client.post(ADDRESS, data={"helped": "no", "reason": "missing-step"})
    assert "In your words" in second.text
    assert "E-mail (optional)" in second.text
    third = client.post(
        ADDRESS,
        data={"helped": "no", "reason": "missing-step", "words": "Unplug first.", "email": "me@example.com"},
    )
    assert "inbox" in third.text
    assert "In your words" not in third.text
    assert "me@example.com" not in third.text
    for response in (first, second, third):
        assert "Set-Cookie" not in response.headers
        assert "csrf" not in response.text
    (found,) = said()
    assert (found.reason, found.words, found.email, found.user_id) == (
        "missing-step",
        "Unplug first.",
        "me@example.com",
        None,
    )


def test_the_visitors_guide_is_the_same_for_whoever_voted(app: Flask, browser: Browse) -> None:
    an_article()
    client = browser(None)
    before = client.get("/articles/reset")
    client.post(ADDRESS, data={"helped": "no", "reason": "wrong", "words": "Secret words."})
    after = client.get("/articles/reset")
    assert after.data == before.data
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Cache-Control"].startswith("public")


def test_what_a_visitor_typed_is_shown_to_no_other_visitor(app: Flask, browser: Browse) -> None:
    an_article()
    words = {"words": "Secret words.", "email": "me@example.com"}
    browser(None).post(ADDRESS, data={"helped": "no", "reason": "wrong", **words})
    for data in (
        {"helped": "no"},
        {"helped": "yes"},
        {"helped": "no", "reason": "wrong"},
        {"helped": "no", "words": "x" * 2001},
    ):
        text = browser(None).post(ADDRESS, data=data).text
        assert "Secret words" not in text
        assert "me@example.com" not in text
        assert ('value="wrong" aria-pressed="true"' in text) == ("reason" in data)


def test_a_member_sees_what_they_said_and_is_not_asked_for_an_address(
    app: Flask, browser: Browse, asker: User
) -> None:
    an_article()
    client = browser(asker)
    client.post(ADDRESS, data={"helped": "no"})
    response = client.post(ADDRESS, data={"helped": "no", "reason": "outdated", "email": "x@example.com"})
    assert "E-mail (optional)" not in response.text
    assert said()[0].email == ""
    page = client.get("/articles/reset").text
    assert 'value="no" aria-pressed="true"' in page
    assert 'value="outdated" aria-pressed="true"' in page


def test_typed_words_come_back_with_what_is_wrong(app: Flask, browser: Browse) -> None:
    an_article()
    client = browser(None)
    client.post(ADDRESS, data={"helped": "no", "reason": "wrong"})
    response = client.post(
        ADDRESS, data={"helped": "no", "reason": "wrong", "words": "It is <b>20</b> s.", "email": "nobody"}
    )
    assert response.status_code == 400
    assert "It is &lt;b&gt;20&lt;/b&gt; s." in response.text
    assert "does not look like an e-mail address" in response.text
    assert 'name="reason" value="wrong"' in response.text


@pytest.mark.parametrize("value", ["", "maybe", "1"])
def test_an_answer_that_is_none_is_told_kindly(app: Flask, browser: Browse, value: str) -> None:
    an_article()
    response = browser(None).post(ADDRESS, data={"helped": value})
    assert response.status_code == 400
    assert "yes or no" in response.text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_another_site_cannot_vote_for_a_visitor(app: Flask, browser: Browse, headers: dict[str, str]) -> None:
    an_article()
    assert browser(None).post(ADDRESS, data={"helped": "yes"}, headers=headers).status_code == 403
    assert said() == []


def test_opening_the_address_of_the_answer_leads_to_the_guide(app: Flask, browser: Browse) -> None:
    an_article()
    response = browser(None).get(ADDRESS)
    assert (response.status_code, response.headers["Location"]) == (302, "/articles/reset#feedback")
    assert said() == []


def test_the_box_costs_a_visitor_no_statement_and_a_member_one(
    app: Flask, browser: Browse, asker: User, statements: SimpleNamespace
) -> None:
    an_article()
    statements.count, statements.seen = 0, []
    browser(None).get("/articles/reset")
    assert not any("article_feedback" in one for one in statements.seen)
    browser(asker).get("/articles/reset")
    assert sum("article_feedback" in one for one in statements.seen) == 1
