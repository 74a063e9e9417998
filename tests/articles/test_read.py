"""Reading guides: the page, its old names, what is withdrawn, and for whom a guide is meant."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import build
import pytest
from flask import Flask

from app import search
from app.accounts.models import User
from app.articles import actions, queries, sync
from app.core.db import db, now
from app.forum.models import QuestionMention
from tests.articles.guide_files import a_file, an_article, folder
from tests.build import a_question

Browse = Callable[..., Any]


def test_a_guide_shows_all_that_its_file_says(app: Flask, browser: Browse, helper: User) -> None:
    an_article(
        body="## Cause\n\nA **cable**.\n\n## Resolution\n\nSwap it.",
        type="troubleshooting",
        applies_to="Lamp 2",
        symptoms="E-104",
        tags="[wi-fi]",
        summary="When it blinks.",
        credits="[helper, Grandma]",
    )
    response = browser(None).get("/articles/reset")
    assert response.status_code == 200
    for words in (
        "<h1",
        "Reset the lamp",
        "Troubleshooting",
        "Lamp 2",
        "E-104",
        "When it blinks.",
        "<strong>cable</strong>",
        'href="#cause"',
        'href="/tags/wi-fi"',
        'href="/people/helper"',
        "Grandma",
        'href="/products/lamp"',
        'href="/ask?product=lamp"',
        "On this page",
    ):
        assert words in response.text, words


def test_a_visitors_page_carries_no_cookie_and_can_be_kept(app: Flask, browser: Browse) -> None:
    an_article()
    client = browser(None)
    first = client.get("/articles/reset")
    assert "Set-Cookie" not in first.headers
    assert "csrf" not in first.text
    assert first.headers["Cache-Control"].startswith("public")
    again = client.get("/articles/reset", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_page_takes_few_statements_however_much_it_shows(
    app: Flask, browser: Browse, statements: SimpleNamespace
) -> None:
    article = an_article(tags="[a, b, c]", credits="[one, two, three]", body="Words about blinking lamps.")
    for number in range(4):
        a_file(
            f"lamp/other-{number}.md", title=f"Blinking lamps {number}", body="Words about blinking lamps."
        )
    sync.sync(folder())
    for _number in range(3):
        db.session.add(QuestionMention(question_id=a_question().id, article_id=article.id))
    db.session.commit()
    search.rebuild()
    client = browser(None)
    statements.count, statements.seen = 0, []
    response = client.get("/articles/reset")
    assert "Related guides" in response.text
    assert "Questions that speak of this guide" in response.text
    assert statements.count <= 7, statements.seen


def test_an_old_name_leads_to_the_new_one(app: Flask, browser: Browse) -> None:
    an_article()
    (folder() / "lamp/reset.md").rename(folder() / "lamp/start-over.md")
    sync.sync(folder())
    response = browser(None).get("/articles/reset")
    assert (response.status_code, response.headers["Location"]) == (301, "/articles/start-over")


def test_a_withdrawn_guide_says_why_and_names_its_successor(
    app: Flask, browser: Browse, writer: User
) -> None:
    an_article("lamp/new.md", title="Reset the new way", body="Different.")
    actions.withdraw_article(writer, an_article(), "It was wrong.", "/articles/new", folder())
    response = browser(None).get("/articles/reset")
    assert response.status_code == 410
    assert "It was wrong." in response.text
    assert 'href="/articles/new"' in response.text
    assert "Hold the button" not in response.text


def test_an_old_name_of_a_withdrawn_guide_leads_to_its_last_page(
    app: Flask, browser: Browse, writer: User
) -> None:
    an_article()
    (folder() / "lamp/reset.md").rename(folder() / "lamp/start-over.md")
    sync.sync(folder())
    found = queries.article_by_slug("start-over")
    assert found is not None
    actions.withdraw_article(writer, found, "It was wrong.", "", folder())
    client = browser(None)
    assert client.get("/articles/reset").headers["Location"] == "/articles/start-over"
    assert client.get("/articles/start-over").status_code == 410


def test_an_unknown_name_is_not_found(app: Flask, browser: Browse) -> None:
    assert browser(None).get("/articles/nothing").status_code == 404


@pytest.mark.parametrize(
    ("audience", "visitor_sees", "member_sees", "writer_sees"),
    [("public", True, True, True), ("customers", False, True, True), ("staff", False, False, True)],
)
def test_a_guide_is_for_its_audience_everywhere(
    app: Flask,
    browser: Browse,
    asker: User,
    expert: User,
    writer: User,
    audience: str,
    visitor_sees: bool,
    member_sees: bool,
    writer_sees: bool,
) -> None:
    sees = {None: visitor_sees, asker: member_sees, expert: member_sees, writer: writer_sees}
    clients = [(browser(person), may_see) for person, may_see in sees.items()]
    an_article(title="The secret handshake", audience=audience, tags="[hands]", body="Two fingers.")
    an_article("lamp/public.md", title="The public handshake", body="Five fingers, and the secret of hands.")
    search.rebuild()
    addresses = (
        "/articles/reset",
        "/articles",
        "/articles?tag=hands",
        "/products/lamp",
        "/articles/public",
        "/",
    )
    for client, may_see in clients:
        assert client.get("/articles/reset").status_code == (200 if may_see else 404)
        for address in addresses:
            assert ("The secret handshake" in client.get(address).text) == may_see, address


def test_a_withdrawn_guide_for_staff_does_not_tell_visitors_that_it_was(
    app: Flask, browser: Browse, writer: User
) -> None:
    actions.withdraw_article(writer, an_article(audience="staff"), "It was wrong.", "", folder())
    assert browser(None).get("/articles/reset").status_code == 404
    assert browser(writer).get("/articles/reset").status_code == 410


def test_an_old_name_of_a_guide_for_staff_does_not_tell_visitors_the_new_one(
    app: Flask, browser: Browse
) -> None:
    an_article(audience="staff")
    (folder() / "lamp/reset.md").rename(folder() / "lamp/start-over.md")
    sync.sync(folder())
    assert browser(None).get("/articles/reset").status_code == 404


def test_a_successor_that_the_reader_may_not_see_is_not_named(
    app: Flask, browser: Browse, writer: User
) -> None:
    an_article("lamp/new.md", title="For staff", audience="staff", body="Different.")
    actions.withdraw_article(writer, an_article(), "It was wrong.", "new", folder())
    assert "For staff" not in browser(None).get("/articles/reset").text


def test_writers_see_what_waits_for_them_and_readers_do_not(
    app: Flask, browser: Browse, writer: User, asker: User
) -> None:
    article = an_article(review_by=(now() - timedelta(days=3)).date())
    for_writer = browser(writer).get("/articles/reset").text
    for words in ("waits for a check", "Edit this guide", "Still true: mark as checked", "Withdraw"):
        assert words in for_writer
        assert words not in browser(asker).get("/articles/reset").text
    assert article.title in browser(writer).get("/workshop").text


def test_a_checked_guide_no_longer_waits(app: Flask, browser: Browse, writer: User) -> None:
    an_article(review_by=(now() - timedelta(days=3)).date())
    client = browser(writer)
    assert client.post("/articles/reset/check").status_code == 303
    page = client.get("/articles/reset").text
    assert "waits for a check" not in page
    assert "Checked" in page
    assert "Guides that wait for a check" not in client.get("/workshop").text


@pytest.mark.parametrize(
    ("checked_days_ago", "due"), [(None, True), (2, False), (364, False), (367, True)], ids=str
)
def test_a_guide_is_due_on_its_day_and_a_year_after_each_check(
    app: Flask, writer: User, checked_days_ago: int | None, due: bool
) -> None:
    article = an_article(review_by=(now() - timedelta(days=1000)).date())
    if checked_days_ago is not None:
        article.checked_at = now() - timedelta(days=checked_days_ago)
        db.session.commit()
    assert (queries.due_since(article) is not None) == due
    assert bool(queries.workshop_page(writer).due) == due


def test_members_may_not_check_or_withdraw(app: Flask, browser: Browse, asker: User) -> None:
    an_article()
    client = browser(asker)
    assert client.post("/articles/reset/check").status_code == 403
    assert client.get("/articles/reset/withdraw").status_code == 403
    assert client.post("/articles/reset/withdraw", data={"why": "Because"}).status_code == 403
    assert client.get("/articles/reset").status_code == 200


def test_withdrawing_takes_the_file_away_and_needs_a_reason(
    app: Flask, browser: Browse, writer: User
) -> None:
    an_article()
    client = browser(writer)
    refused = client.post("/articles/reset/withdraw", data={"why": " ", "successor": "nowhere"})
    assert refused.status_code == 400
    assert 'value="nowhere"' in refused.text
    assert (
        client.post("/articles/reset/withdraw", data={"why": "x", "successor": "nowhere"}).status_code == 400
    )
    assert (folder() / "lamp/reset.md").exists()
    assert client.post("/articles/reset/withdraw", data={"why": "It was wrong."}).status_code == 303
    assert not (folder() / "lamp/reset.md").exists()
    assert sync.sync(folder()).changes == []


def test_guides_are_browsed_by_product_type_and_tag(app: Flask, browser: Browse) -> None:
    an_article(tags="[wi-fi]")
    an_article("desk/raise.md", title="Raise the desk", body="Up.", type="reference")
    client = browser(None)
    everything = client.get("/articles").text
    assert "2 guides" in everything
    assert everything.index("Raise the desk") < everything.index("Reset the lamp")
    for query, shown, hidden in (
        ("product=lamp", "Reset the lamp", "Raise the desk"),
        ("type=reference", "Raise the desk", "Reset the lamp"),
        ("tag=wi-fi", "Reset the lamp", "Raise the desk"),
    ):
        page = client.get(f"/articles?{query}").text
        assert f">{shown}<" in page
        assert f">{hidden}<" not in page
    assert "Nothing fits" in client.get("/articles?tag=nothing").text
    assert client.get("/articles?type=novel").status_code == 400
    assert client.get("/articles?sort=colour").status_code == 400
    assert client.get("/articles?after=%FF").status_code == 400


def test_a_shelf_of_an_unknown_product_is_not_found(app: Flask, browser: Browse) -> None:
    an_article()
    response = browser(None).get("/articles?product=miracle-cure")
    assert response.status_code == 404
    assert "Guides for" not in response.text
    assert "miracle-cure" not in response.text.partition("<h1")[2]


def test_a_tag_that_nobody_uses_is_an_empty_shelf_and_a_long_one_is_cut(app: Flask, browser: Browse) -> None:
    an_article()
    word = "endless" * 40
    response = browser(None).get(f"/articles?tag={word}")
    assert response.status_code == 200
    assert "No guide here" in response.text
    assert "Show all guides" in response.text
    assert f"<strong>{word[:39]}…</strong>" in response.text


def test_a_long_shelf_is_read_page_by_page(app: Flask, browser: Browse) -> None:
    for number in range(queries.LIST_SIZE + 3):
        a_file(f"lamp/guide-{number:02}.md", title=f"Guide {number:02}", body=f"Text {number}.")
    sync.sync(folder())
    client, seen, address = browser(None), [], "/articles"
    while address:
        page = client.get(address).text
        seen += [number for number in range(queries.LIST_SIZE + 3) if f">Guide {number:02}<" in page]
        _before, found, rest = page.partition('rel="next" href="')
        address = rest.partition('"')[0].replace("&amp;", "&") if found else ""
    assert seen == list(range(queries.LIST_SIZE + 3))


def test_a_picture_beside_the_guides_is_served_so_that_it_can_run_nothing(
    app: Flask, browser: Browse
) -> None:
    picture = folder() / "lamp/images/front view.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\x89PNG\r\n\x1a\n<script>alert(1)</script>")
    with browser(None).get("/articles/media/lamp/images/front%20view.png") as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "lamp/reset.md",
        "lamp/picture.svg",
        "lamp/.hidden.png",
        "lamp/none.png",
        "../secret.png",
        "%2e%2e/secret.png",
        "lamp/..%2f..%2fsecret.png",
        "lamp/leak.png",
        "lamp%00.png",
        "x" * 5000 + ".png",
    ],
)
def test_nothing_else_in_the_folder_or_outside_is_served(app: Flask, browser: Browse, path: str) -> None:
    a_file()
    for name in ("lamp/picture.svg", "lamp/.hidden.png", "../secret.png"):
        (folder() / name).write_text("secret")
    (folder() / "lamp/leak.png").symlink_to(folder().parent / "secret.png")
    response = browser(None).get(f"/articles/media/{path}")
    assert response.status_code in (301, 308, 400, 404)
    assert "secret" not in response.text or response.status_code != 200


def test_a_picture_that_only_guides_for_some_show_is_served_to_those(
    app: Flask, browser: Browse, expert: User, writer: User
) -> None:
    (folder() / "lamp").mkdir(parents=True)
    (folder() / "lamp/inside.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    build.an_article(title="For us", audience="staff", body="![The inside](inside.png)")
    address = "/articles/media/lamp/inside.png"
    for person in (None, expert):
        assert browser(person).get(address).status_code == 404
    with browser(writer).get(address) as response:
        assert response.status_code == 200
        assert response.headers["Cache-Control"].startswith("private")
    build.an_article(title="For all", body="![The inside](inside.png)")
    with browser(None).get(address) as response:
        assert response.headers["Cache-Control"].startswith("public")


def test_questions_that_the_reader_may_not_see_are_not_shown(app: Flask, browser: Browse) -> None:
    article = an_article()
    hidden = a_question(title="A hidden question about it", deleted_at=now())
    db.session.add(QuestionMention(question_id=hidden.id, article_id=article.id))
    db.session.commit()
    assert "A hidden question" not in browser(None).get("/articles/reset").text
