"""The writers' inbox of feedback: accept, fix, decline; who may; who hears of it; who sees what."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.articles import actions, feedback_queries
from app.articles.feedback import accept_feedback, decline_feedback, fix_feedback, give_feedback
from app.articles.feedback_models import Feedback, State
from app.core.db import db
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded
from app.notifications.models import Notification
from app.web.session import Visitor
from tests.articles.guide_files import an_article, folder
from tests.build import a_user

Browse = Callable[..., Any]
DEEDS: dict[str, Callable[[Any, Feedback], None]] = {
    "accept": accept_feedback,
    "fix": fix_feedback,
    "decline": lambda actor, found: decline_feedback(actor, found, "It is right."),
}


@pytest.fixture
def report(app: Flask, asker: User) -> Feedback:
    """What the asker says about a guide."""
    return give_feedback(
        asker, an_article(), helped=False, reason="missing-step", words="First unplug <b>it</b>."
    )


def messages(person: User) -> list[str]:
    return list(db.session.scalars(select(Notification.kind).where(Notification.user_id == person.id)))


# The deeds


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        ("accept", "fix", State.FIXED),
        ("accept", "decline", State.DECLINED),
        ("decline", "accept", State.ACCEPTED),
    ],
)
def test_a_report_goes_its_way(report: Feedback, writer: User, first: str, then: str, state: State) -> None:
    DEEDS[first](writer, report)
    DEEDS[then](writer, report)
    assert (report.state, report.handled_by_id) == (state, writer.id)
    assert bool(report.declined_why) == (state == State.DECLINED)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("accept", "accept"),
        ("fix", "fix"),
        ("fix", "accept"),
        ("fix", "decline"),
        ("decline", "decline"),
        ("decline", "fix"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    report: Feedback, writer: User, first: str, then: str
) -> None:
    DEEDS[first](writer, report)
    with pytest.raises(Refused, match="already"):
        DEEDS[then](writer, report)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_report_that_was_taken_back_is_not_handled(
    report: Feedback, asker: User, writer: User, deed: str
) -> None:
    give_feedback(asker, an_article(), helped=True)
    with pytest.raises(Refused, match="took this back"):
        DEEDS[deed](writer, report)


@pytest.mark.parametrize("deed", DEEDS)
def test_only_writers_handle_reports(
    report: Feedback, asker: User, expert: User, visitor: Visitor, browser: Browse, deed: str
) -> None:
    for person, error in ((asker, NotAllowed), (expert, NotAllowed), (visitor, SignInNeeded)):
        with pytest.raises(error):
            DEEDS[deed](person, report)
    address = f"/workshop/feedback/{report.id}/{deed}"
    assert browser(asker).post(address, data={"why": "No."}).status_code == 403
    assert browser(None).post(address, data={"why": "No."}).status_code == 401
    assert report.state == State.NEW


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_declining_needs_a_reason_of_some_length(report: Feedback, writer: User, why: str) -> None:
    with pytest.raises(Invalid):
        decline_feedback(writer, report, why)
    assert report.state == State.NEW


# Who hears of it


def test_whoever_reported_it_hears_that_the_guide_is_better_because_of_them(
    report: Feedback, asker: User, writer: User, browser: Browse
) -> None:
    accept_feedback(writer, report)
    assert messages(asker) == []
    fix_feedback(writer, report)
    assert messages(asker) == ["feedback_fixed"]
    text = browser(asker).get("/notifications").text
    assert "“Reset the lamp” is better now because of you. Thank you!" in text
    assert 'href="/articles/reset"' in text


def test_a_message_about_a_guide_that_one_may_not_read_any_more_is_not_shown(
    report: Feedback, asker: User, writer: User, browser: Browse
) -> None:
    fix_feedback(writer, report)
    an_article(audience="staff")
    assert "because of you" not in browser(asker).get("/notifications").text


def test_a_visitor_and_ones_own_deed_send_no_message(app: Flask, writer: User, visitor: Visitor) -> None:
    article = an_article()
    mine = give_feedback(writer, article, helped=False, reason="wrong")
    theirs = give_feedback(visitor, article, helped=False, reason="wrong", visitor_key="k")
    fix_feedback(writer, mine)
    fix_feedback(writer, theirs)
    assert db.session.scalars(select(Notification)).all() == []


# The inbox


@pytest.mark.parametrize(
    ("person", "status"), [("asker", 403), ("expert", 403), ("writer", 200), ("moderator", 200)]
)
def test_the_inbox_is_for_writers(
    app: Flask, browser: Browse, request: pytest.FixtureRequest, person: str, status: int
) -> None:
    client = browser(request.getfixturevalue(person))
    assert client.get("/workshop/feedback").status_code == status
    assert browser(None).get("/workshop/feedback").status_code == 302


def test_the_inbox_shows_what_was_said_by_guide(
    report: Feedback, app: Flask, writer: User, visitor: Visitor, browser: Browse
) -> None:
    other = an_article("lamp/other.md", title="Another guide", body="Words.")
    give_feedback(visitor, other, helped=False, reason="outdated", email="me@example.com", visitor_key="k")
    give_feedback(a_user(), other, helped=False)  # No reason, so no report.
    client = browser(writer)
    text = client.get("/workshop/feedback").text
    for words in (
        "Reset the lamp",
        "A step is missing",
        "First unplug &lt;b&gt;it&lt;/b&gt;.",
        "asker",
        "Another guide",
        "It is outdated",
        "A visitor",
        "me@example.com",
    ):
        assert words in text, words
    only = client.get("/workshop/feedback?guide=other").text
    assert "Another guide" in only
    assert "A step is missing" not in only
    assert "1 new report from readers" in client.get("/articles/reset").text
    assert '<span class="count">2</span>' in client.get("/workshop").text


def test_nobody_but_staff_sees_reports_or_addresses(
    report: Feedback, visitor: Visitor, browser: Browse, helper: User
) -> None:
    words = {"words": "Secret words.", "email": "me@example.com"}
    give_feedback(visitor, an_article(), helped=False, reason="wrong", visitor_key="k", **words)
    for person in (None, helper):
        text = browser(person).get("/articles/reset").text
        for secret in ("Secret words", "me@example.com", "First unplug", "report from readers"):
            assert secret not in text


def test_a_report_moves_from_state_to_state_by_its_buttons(
    report: Feedback, writer: User, browser: Browse
) -> None:
    client = browser(writer)
    response = client.post(f"/workshop/feedback/{report.id}/accept", follow_redirects=True)
    assert "Accepted. It waits" in response.text
    assert "A step is missing" not in client.get("/workshop/feedback").text
    assert "Seen to by writer." in client.get("/workshop/feedback?state=accepted").text
    failed = client.post(f"/workshop/feedback/{report.id}/decline", data={"why": " "})
    assert failed.status_code == 400
    assert "say in a sentence why" in failed.text
    assert "<details open>" in failed.text
    client.post(f"/workshop/feedback/{report.id}/decline", data={"why": "It is right."})
    assert "Declined by writer: It is right." in client.get("/workshop/feedback?state=declined").text


def test_what_was_said_of_an_earlier_edition_is_marked(
    report: Feedback, writer: User, browser: Browse
) -> None:
    assert "before its last change" not in browser(writer).get("/workshop/feedback").text
    an_article(body="Something else entirely, in many more words than there were here before.")
    assert "before its last change" in browser(writer).get("/workshop/feedback").text


def test_reports_of_a_withdrawn_guide_are_put_away(report: Feedback, writer: User, browser: Browse) -> None:
    actions.withdraw_article(writer, an_article(), "It was wrong.", "", folder())
    client = browser(writer)
    assert "A step is missing" not in client.get("/workshop/feedback").text
    assert client.post(f"/workshop/feedback/{report.id}/accept").status_code == 404


@pytest.mark.parametrize("address", ["?state=lost", "?after=nonsense"])
def test_an_address_that_is_none_is_told_kindly(
    app: Flask, writer: User, browser: Browse, address: str
) -> None:
    assert browser(writer).get(f"/workshop/feedback{address}").status_code == 400


def test_a_full_inbox_is_paged_and_takes_few_statements(
    app: Flask, writer: User, browser: Browse, statements: SimpleNamespace
) -> None:
    article = an_article()
    for number in range(35):
        db.session.add(
            Feedback(
                article_id=article.id,
                edition=1,
                user_id=a_user().id,
                helped=False,
                reason="wrong",
                words=f"Word number {number:02}.",
            )
        )
    db.session.commit()
    client = browser(writer)
    statements.count, statements.seen = 0, []
    first = client.get("/workshop/feedback").text
    assert statements.count <= 12, statements.seen
    assert "35 reports" in first
    page = feedback_queries.inbox_page(writer)
    second = client.get(f"/workshop/feedback?after={page.next_cursor}").text
    found = [n for n in range(35) if (f"number {n:02}." in first) != (f"number {n:02}." in second)]
    assert len(found) == 35


def test_of_very_many_reports_no_more_are_counted_than_anybody_has_to_know(
    app: Flask, browser: Browse, writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = an_article()
    for _each in range(3):
        give_feedback(a_user(), guide, helped=False, reason="wrong")
    monkeypatch.setattr(feedback_queries, "MOST_COUNTED", 2)
    page = browser(writer).get("/workshop/feedback").text
    assert '<span class="count">2+</span>' in page
    assert "2+ reports" in page
    assert feedback_queries.new_count(writer) == 2
