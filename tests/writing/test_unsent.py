"""What is typed and not sent is kept for its writer, on every device, until it is sent or thrown away."""

import json
from datetime import timedelta

import pytest
from build import a_question, a_user

from app.core.db import db, now, transaction
from app.core.errors import Invalid, SignInNeeded
from app.writing import actions, queries
from app.writing.actions import discard_unsent, keep_unsent


def kept(person, place="ask"):
    found = queries.unsent(person.id, place)
    return found.fields if found else None


def test_it_is_kept_renewed_and_thrown_away(app, asker):
    keep_unsent(asker, "ask", "/ask", {"title": "The lamp", "body": ""})
    keep_unsent(asker, "ask", "/ask", {"title": "The lamp hums", "body": ""})
    assert kept(asker) == {"title": "The lamp hums", "body": ""}
    keep_unsent(asker, "ask", "/ask", {"title": " ", "body": ""})
    assert kept(asker) is None
    keep_unsent(asker, "ask", "/ask", {"title": "The lamp"})
    discard_unsent(asker, "ask")
    discard_unsent(asker, "ask")
    assert kept(asker) is None


def test_nobody_else_sees_or_touches_it(app, browser, asker, helper, visitor):
    keep_unsent(asker, "ask", "/ask", {"title": "My secret"})
    assert browser(helper).get("/unsent/ask").json["fields"] is None
    assert browser().get("/unsent/ask").json["fields"] is None
    assert "My secret" not in browser(helper).get("/unsent").text
    discard_unsent(helper, "ask")
    assert kept(asker) == {"title": "My secret"}
    for deed in (lambda: keep_unsent(visitor, "ask", "/ask", {}), lambda: discard_unsent(visitor, "ask")):
        with pytest.raises(SignInNeeded):
            deed()


@pytest.mark.parametrize(
    ("place", "page", "fields"),
    [
        ("", "/ask", {"a": "x"}),
        ("x" * 81, "/ask", {"a": "x"}),
        ("ask", "/" + "x" * 300, {"a": "x"}),
        ("ask", "/ask", {"a": "x" * 100_001}),
        ("ask", "/ask", {str(number): "x" for number in range(41)}),
    ],
)
def test_what_is_too_large_is_refused(app, asker, place, page, fields):
    with pytest.raises(Invalid):
        keep_unsent(asker, place, page, fields)


def test_fifty_texts_are_kept_and_the_one_that_rests_longest_makes_room(app, asker, helper, monkeypatch):
    monkeypatch.setattr(actions, "MOST_TEXTS", 2)
    for place in ("one", "two", "one", "three"):
        keep_unsent(asker, place, "/ask", {"body": f"{place} {now()}"})
        keep_unsent(helper, place, "/ask", {"body": "theirs"})
    assert [text.place for text in queries.unsent_texts(asker.id)] == ["three", "one"]


def test_what_rests_for_two_months_is_deleted(app, asker):
    for place, age in (("old", 61), ("young", 59)):
        keep_unsent(asker, place, "/ask", {"body": "x"})
        queries.unsent(asker.id, place).updated_at = now() - timedelta(days=age)
        db.session.commit()
    with transaction():
        queries.delete_old()
    assert [text.place for text in queries.unsent_texts(asker.id)] == ["young"]


def test_a_script_sends_it_and_another_device_gets_it(app, browser, asker):
    fields = {"title": "The lamp\0", "body": "hums", "files": [1]}
    sent = browser(asker).post("/unsent/ask", data={"page": "/ask?x=1", "fields": json.dumps(fields)})
    assert sent.status_code == 204
    answer = browser(asker).get("/unsent/ask")
    assert answer.json["fields"] == {"title": "The lamp", "body": "hums"}
    assert abs(answer.json["at"] - now().timestamp() * 1000) < 60_000
    assert "no-store" in answer.headers["Cache-Control"]
    for wrong in ({"fields": "[]"}, {"fields": "{"}, {"fields": "{}", "page": "https://e.org"}):
        assert browser(asker).post("/unsent/ask", data={"page": "/ask", **wrong}).status_code == 400


def test_the_list_shows_the_words_and_leads_to_the_page(app, browser, asker):
    keep_unsent(
        asker, "ask", "/ask", {"title": "The <lamp> hums", "body": "Since yesterday, all day long, loudly"}
    )
    keep_unsent(asker, "answer-1", "/questions/1/x", {"body": "Hold the button"})
    page = browser(asker)
    shown = page.get("/unsent").text
    assert '<a href="/questions/1/x">Hold the button</a>' in shown
    assert "The &lt;lamp&gt; hums" in shown
    page.post("/unsent/ask/discard")
    page.post("/unsent/answer-1/discard")
    assert "Nothing is waiting here" in page.get("/unsent").text


def test_it_goes_when_the_form_is_taken_and_stays_when_it_is_not(app, browser, asker):
    question = a_question(by=asker)
    helper = a_user(reputation=500)
    place = f"answer-{question.id}"
    keep_unsent(helper, place, "/questions/1", {"body": "Hold the button for ten seconds."})
    address = f"/questions/{question.id}/answers"
    page = browser(helper)
    assert page.post(address, data={"unsent": place, "body": ""}).status_code == 400
    assert kept(helper, place)
    taken = page.post(address, data={"unsent": place, "body": "Hold the button for ten seconds."})
    assert taken.status_code == 303
    assert kept(helper, place) is None
