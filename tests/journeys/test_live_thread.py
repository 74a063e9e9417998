"""Two people have one thread open: what the one does, the other sees without asking, and loses neither place nor focus."""

import pytest
from build import a_question, a_user, an_answer
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts.models import User
from app.core.db import db
from app.forum import actions
from app.forum.models import Comment, Question
from tests.journeys.test_accessibility import violations

pytestmark = pytest.mark.browser

PLACE = "document.activeElement.getBoundingClientRect().top"


def scrolled_to(page: Page, before: float) -> float:
    """Where the focused element stands when the page has come to rest after a turn of the wheel."""
    last = before
    for _look in range(100):
        page.wait_for_timeout(200)
        place = float(page.evaluate(PLACE))
        if place == last != before:
            return place
        last = place
    raise AssertionError("the page did not move")


@pytest.fixture
def scripts() -> bool:
    return True


def test_answers_comments_and_counts_arrive_while_somebody_reads(visit, site):
    with site.app.app_context():
        question = a_question(by=a_user(username="asker", reputation=900), title="The lamp blinks in red")
        first = an_answer(to=question, body="Press it twice.\n\n" + "And wait. \n\n" * 60)
        address, number, first_id = f"/questions/{question.id}/{question.slug}", question.id, first.id
        db.session.remove()

    reader, helper = visit(), visit("mira", viewport={"width": 375, "height": 700})
    streams = []
    reader.on("request", lambda request: "/live?" in request.url and streams.append(request.url))
    reader.goto(address)
    expect(reader.locator(f"#answer-{first_id}")).to_be_visible()
    # Half way down, with the keyboard on a link: neither may move.
    reader.get_by_role("link", name="Link to this post").last.focus()
    before = reader.evaluate(PLACE)
    reader.mouse.wheel(0, 300)
    place = scrolled_to(reader, before)

    helper.goto(address)
    helper.get_by_label("Your answer").fill("Hold the button for ten seconds.")
    helper.get_by_role("button", name="Post your answer").click()
    bar = reader.get_by_role("status").filter(has_text="1 new answer")
    expect(bar).to_be_visible()
    expect(reader.get_by_role("heading", name="2 answers")).to_be_visible()
    expect(reader.get_by_text("Hold the button for ten seconds.")).to_have_count(0)
    assert reader.evaluate(PLACE) == place
    assert reader.evaluate("document.activeElement.textContent").startswith("Link")
    assert violations(reader) == []

    reader.get_by_role("button", name="Show").press("Enter")
    new = reader.get_by_role("article").filter(has_text="Hold the button for ten seconds.")
    expect(new).to_be_focused()
    expect(bar).to_have_count(0)

    # In another process all of this would come the same way: through the database.
    with site.app.app_context():
        question = db.session.get_one(Question, number)
        sam, asker = (
            db.session.scalars(select(User).where(User.username == "sam")).one(),
            db.session.get_one(User, question.author_id),
        )
        answer = actions.answer_question(sam, question, "Buy a new one.")
        actions.vote(asker, answer, 1)
        actions.comment(sam, question, answer, "It was cheap.")
        actions.accept_answer(asker, answer)
        anchor = f"#answer-{answer.id}"
        db.session.remove()
    expect(reader.get_by_role("status").filter(has_text="1 new answer")).to_be_visible()
    reader.get_by_role("button", name="Show").click()
    shown = reader.locator(anchor)
    expect(shown.get_by_text("Accepted answer")).to_be_visible()
    expect(reader.locator("#badges").get_by_text("Solved")).to_be_visible()
    expect(shown.get_by_text("It was cheap.")).to_be_visible()
    with site.app.app_context():
        found = db.session.get_one(Question, number)
        actions.comment(db.session.get_one(User, found.author_id), found, None, "It is the small lamp.")
        db.session.remove()
    expect(reader.get_by_role("status").filter(has_text="1 new comment")).to_be_visible()
    expect(reader.locator(f"#question-{number}").get_by_text("It is the small lamp.")).to_be_visible()

    # A comment that is taken back says so in its place.
    with site.app.app_context():
        found = db.session.get_one(Question, number)
        remark = db.session.scalars(select(Comment).where(Comment.answer_id.is_(None))).one()
        actions.delete_comment(db.session.get_one(User, found.author_id), remark)
        db.session.remove()
    expect(reader.get_by_text("It is the small lamp.")).to_have_count(0)

    # One stream at a time, none while nobody looks, and the next one knows what this one knew.
    assert len(streams) == 1
    reader.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    hub = site.app.extensions["live"]
    for _ in range(100):
        if hub.count <= 1:  # The helper's page still looks.
            break
        reader.wait_for_timeout(50)
    assert hub.count <= 1
    reader.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    for _ in range(100):
        if len(streams) == 2:
            break
        reader.wait_for_timeout(50)
    assert len(streams) == 2
    assert "since=0" not in streams[1]
