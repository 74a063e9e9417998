"""The Workshop: from the first word of a draft to the published guide, and all that may get in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.articles import actions, drafts, files, queries, sync
from app.articles.actions import MergeNeeded, SavedMeanwhile
from app.articles.drafts import DraftText
from app.articles.events import ArticlePublished
from app.articles.models import Article, ArticleRevision, Draft, Stage
from app.core import events
from app.core.db import db
from app.core.errors import Invalid, NotAllowed, Refused
from tests.articles.guide_files import a_file, an_article, folder
from tests.build import a_product

TEXT = DraftText(
    title="Reset the lamp",
    body="## Resolution\n\nHold the button.",
    product="lamp",
    type="how-to",
    symptoms="E-104\nIt blinks, twice",
    tags="wi-fi, hub",
    review_by="2027-03-31",
)
SECTIONS = "\n\n".join(f"## Part {number}\n\nText {number}." for number in range(1, 6))
Browse = Callable[..., Any]


@pytest.fixture(autouse=True)
def lamp(app: Flask) -> None:
    a_product(name="Lamp")


def approved(
    writer: User, second_writer: User, text: DraftText = TEXT, article: Article | None = None
) -> Draft:
    """A draft of `writer` that `second_writer` approved."""
    draft = actions.start_draft(writer, article=article, text=None if article else text)
    if article is not None:
        actions.save_draft(writer, draft, text, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    return draft


# Writing


def test_a_draft_goes_from_writer_to_reviewer_to_reader(
    app: Flask, writer: User, second_writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ArticlePublished] = []
    monkeypatch.setitem(events._reactions, ArticlePublished, [heard.append])
    draft = actions.start_draft(writer, text=TEXT)
    assert draft.stage == Stage.WRITING
    actions.send_draft_for_review(writer, draft)
    assert draft.stage == Stage.IN_REVIEW
    actions.approve_draft(second_writer, draft)
    assert draft.stage == Stage.APPROVED
    article = actions.publish_draft(writer, draft, folder())
    assert draft.stage == Stage.PUBLISHED
    assert (article.path, article.title, article.symptoms) == (
        "lamp/reset-the-lamp.md",
        "Reset the lamp",
        ["E-104", "It blinks, twice"],
    )
    assert article.checked_by_id == second_writer.id
    assert [(event.article, event.by, event.draft, event.is_new) for event in heard] == [
        (article, writer, draft, True)
    ]
    found = files.read(folder(), article.path)
    assert isinstance(found, files.FileFound)
    assert found.source == drafts.as_source(draft)
    assert found.content_hash == article.content_hash
    assert sync.sync(folder()).changes == []


def test_a_draft_may_be_saved_unfinished_but_not_sent(app: Flask, writer: User) -> None:
    draft = actions.start_draft(writer, text=DraftText(title="Only a title"))
    with pytest.raises(Invalid) as caught:
        actions.send_draft_for_review(writer, draft)
    assert caught.value.field in ("product", "type", "body")
    assert set(drafts.problems(DraftText.of(draft), complete=True)) == {"product", "type", "body"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 301),
        ("summary", "x" * 501),
        ("owner", "x" * 41),
        ("review_by", "soon"),
        ("type", "novel"),
        ("audience", "nobody"),
        ("product", "unknown"),
        ("symptoms", "x" * 301),
        ("body", "x" * 1_000_001),
        ("body", "a\0b"),
    ],
)
def test_what_cannot_be_taken_is_told_by_field(app: Flask, writer: User, field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.start_draft(writer, text=replace(TEXT, **{field: value}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "Ask ⟦Mrs. Price⟧ for it."),
        ("title", "Mail to ⟦a@b.example⟧"),
        ("body", "a\n<<<<<<< yours\nb"),
    ],
)
def test_a_draft_with_open_marks_is_not_sent(app: Flask, writer: User, field: str, value: str) -> None:
    draft = actions.start_draft(writer, text=replace(TEXT, **{field: value}))
    with pytest.raises(Invalid) as caught:
        actions.send_draft_for_review(writer, draft)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        ("## Cause\n\n## Resolution\n\nHold it.", "Cause"),
        ("## Cause\n\nDust.\n\n## Resolution ##\n", "Resolution"),
        ("# All\n\n### Deep\n\n## Next\n\nText", "Deep"),
        ("## Code\n\n```\nls\n```\n\n##\n", "##"),
        ("## Cause\n\n### Dust\n\nClean it.\n\n## Code\n\n~~~\n# a comment\n# another\n~~~\n", ""),
        ("## Script\n\n    # indented code\n\n## Picture\n\n![](a.png)\n\n## Tag\n\n#tag", ""),
        ("Only text.", ""),
    ],
)
def test_a_heading_with_nothing_under_it_is_not_sent(app: Flask, writer: User, body: str, bare: str) -> None:
    found = drafts.problems(replace(TEXT, body=body), complete=True).get("body", "")
    assert (f"nothing under “{bare}”" in found) if bare else found == ""
    assert drafts.problems(replace(TEXT, body=body), complete=False) == {}


def test_saving_the_same_text_changes_nothing(app: Flask, writer: User) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    version = draft.version
    same = replace(TEXT, body=TEXT.body.replace("\n", "\r\n") + "\r\n", tags="wi-fi,hub")
    assert not actions.save_draft(writer, draft, same, version)
    assert draft.version == version


def test_two_who_save_at_once_lose_nothing(app: Flask, writer: User, second_writer: User) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    opened = draft.version
    actions.save_draft(second_writer, draft, replace(TEXT, body="Theirs."), opened)
    with pytest.raises(SavedMeanwhile):
        actions.save_draft(writer, draft, replace(TEXT, body="Mine."), opened)
    assert draft.body == "Theirs."


def test_changing_the_text_takes_an_approval_back(app: Flask, writer: User, second_writer: User) -> None:
    draft = approved(writer, second_writer)
    actions.save_draft(writer, draft, replace(TEXT, body="Something else."), draft.version)
    assert draft.stage == Stage.IN_REVIEW
    with pytest.raises(Refused, match="approve"):
        actions.publish_draft(writer, draft, folder())


# Reviewing


def test_nobody_approves_or_returns_their_own_draft(app: Flask, writer: User) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    actions.send_draft_for_review(writer, draft)
    with pytest.raises(NotAllowed):
        actions.approve_draft(writer, draft)
    with pytest.raises(NotAllowed):
        actions.return_draft(writer, draft, "No.")
    assert draft.stage == Stage.IN_REVIEW


def test_a_returned_draft_tells_why_and_can_be_sent_again(
    app: Flask, writer: User, second_writer: User
) -> None:
    draft = approved(writer, second_writer)
    with pytest.raises(Invalid):
        actions.return_draft(second_writer, draft, "  ")
    actions.return_draft(second_writer, draft, "Please name the cable.")
    assert (draft.stage, draft.returned_why) == (Stage.WRITING, "Please name the cable.")
    actions.send_draft_for_review(writer, draft)
    assert (draft.stage, draft.returned_why) == (Stage.IN_REVIEW, "")


@pytest.mark.parametrize("deed", ["approve", "publish", "return"])
def test_a_draft_that_was_not_sent_is_not_approved_published_or_returned(
    app: Flask, writer: User, second_writer: User, deed: str
) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    with pytest.raises(Refused):
        {
            "approve": lambda: actions.approve_draft(second_writer, draft),
            "publish": lambda: actions.publish_draft(writer, draft, folder()),
            "return": lambda: actions.return_draft(second_writer, draft, "No."),
        }[deed]()


@pytest.mark.parametrize("end", ["published", "discarded"])
def test_a_closed_draft_takes_no_more_deeds(app: Flask, writer: User, second_writer: User, end: str) -> None:
    draft = approved(writer, second_writer)
    if end == "published":
        actions.publish_draft(writer, draft, folder())
    else:
        actions.discard_draft(writer, draft)
    for deed in (
        lambda: actions.save_draft(writer, draft, DraftText(title="New"), draft.version),
        lambda: actions.send_draft_for_review(writer, draft),
        lambda: actions.approve_draft(second_writer, draft),
        lambda: actions.return_draft(second_writer, draft, "No."),
        lambda: actions.publish_draft(writer, draft, folder()),
        lambda: actions.discard_draft(writer, draft),
    ):
        with pytest.raises(Refused):
            deed()


def test_members_and_visitors_may_do_nothing_in_the_workshop(
    app: Flask, writer: User, expert: User, visitor: Any
) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    for person in (expert, visitor):
        for deed in (
            lambda: actions.start_draft(person, text=TEXT),  # noqa: B023
            lambda: actions.save_draft(person, draft, TEXT, 1),  # noqa: B023
            lambda: actions.send_draft_for_review(person, draft),  # noqa: B023
            lambda: actions.approve_draft(person, draft),  # noqa: B023
            lambda: actions.return_draft(person, draft, "No."),  # noqa: B023
            lambda: actions.publish_draft(person, draft, folder()),  # noqa: B023
            lambda: actions.discard_draft(person, draft),  # noqa: B023
        ):
            with pytest.raises(NotAllowed):
                deed()


# Publishing


def test_two_guides_with_one_title_get_two_names(app: Flask, writer: User, second_writer: User) -> None:
    a_product(name="Desk")
    first = actions.publish_draft(writer, approved(writer, second_writer), folder())
    other = replace(TEXT, product="desk", body="Another one.")
    second = actions.publish_draft(writer, approved(writer, second_writer, other), folder())
    assert (first.path, second.path) == ("lamp/reset-the-lamp.md", "desk/reset-the-lamp-2.md")


def test_a_name_that_a_guide_once_had_is_not_taken_from_its_readers(
    app: Flask, writer: User, second_writer: User
) -> None:
    an_article("lamp/reset-the-lamp.md", title="Old", body="Old.")
    (folder() / "lamp/reset-the-lamp.md").rename(folder() / "lamp/elsewhere.md")
    sync.sync(folder())
    assert actions.publish_draft(writer, approved(writer, second_writer), folder()).slug == "reset-the-lamp-2"


def test_a_published_guide_is_edited_and_keeps_its_name(
    app: Flask, writer: User, second_writer: User
) -> None:
    article = an_article(body="Old words.", tags="[a]", origin="answer:7")
    draft = actions.start_draft(writer, article=article)
    assert DraftText.of(draft) == DraftText(
        title="Reset the lamp", body="Old words.", product="lamp", type="how-to", tags="a"
    )
    assert actions.start_draft(second_writer, article=article).id == draft.id
    text = replace(DraftText.of(draft), title="A better title", body="New words.")
    actions.save_draft(writer, draft, text, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    published = actions.publish_draft(writer, draft, folder())
    assert (published.id, published.slug, published.title) == (article.id, "reset", "A better title")
    assert published.body_text == "New words."
    assert published.origin == "answer:7"
    assert db.session.scalars(select(ArticleRevision.author_id).order_by(ArticleRevision.id)).all() == [
        None,
        writer.id,
    ]
    assert sync.sync(folder()).changes == []


def test_another_product_moves_the_file_and_keeps_the_address(
    app: Flask, writer: User, second_writer: User
) -> None:
    a_product(name="Desk")
    article = an_article()
    draft = approved(writer, second_writer, replace(TEXT, product="desk"), article)
    published = actions.publish_draft(writer, draft, folder())
    assert (published.id, published.slug, published.path) == (article.id, "reset", "desk/reset.md")
    assert not (folder() / "lamp/reset.md").exists()
    assert sync.sync(folder()).changes == []


def test_typing_habits_are_brought_to_one_form(app: Flask, writer: User, second_writer: User) -> None:
    draft = approved(writer, second_writer, replace(TEXT, body="Do this:\n* one\n* two\n\nTitle\n====="))
    article = actions.publish_draft(writer, draft, folder())
    assert article.body_html.count("<li>") == 2


def test_an_edit_in_git_and_a_draft_are_merged(app: Flask, writer: User, second_writer: User) -> None:
    article = an_article(body=SECTIONS)
    draft = actions.start_draft(writer, article=article)
    text = replace(DraftText.of(draft), body=SECTIONS.replace("Text 1.", "Mine."), tags="mine")
    actions.save_draft(writer, draft, text, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    a_file(body=SECTIONS.replace("Text 5.", "Theirs."), tags="[theirs]")
    published = actions.publish_draft(writer, draft, folder())
    assert "Mine." in published.body
    assert "Theirs." in published.body
    assert sorted(tag.slug for tag in queries.article_to_change(published.id).tags) == ["mine", "theirs"]  # type: ignore[union-attr]
    assert sync.sync(folder()).changes == []


def test_a_true_conflict_goes_back_to_a_person_with_both_texts(
    app: Flask, writer: User, second_writer: User
) -> None:
    article = an_article(body=SECTIONS)
    draft = actions.start_draft(writer, article=article)
    actions.save_draft(
        writer, draft, replace(DraftText.of(draft), body=SECTIONS.replace("Text 3.", "Mine.")), draft.version
    )
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    a_file(body=SECTIONS.replace("Text 3.", "Theirs."))
    sync.sync(folder())
    with pytest.raises(MergeNeeded):
        actions.publish_draft(writer, draft, folder())
    assert draft.stage == Stage.WRITING
    assert "<<<<<<< your text\nMine.\n=======\nTheirs.\n>>>>>>> published meanwhile" in draft.body
    assert "Theirs." in (folder() / "lamp/reset.md").read_text()
    with pytest.raises(Invalid):
        actions.send_draft_for_review(writer, draft)
    decided = replace(DraftText.of(draft), body=SECTIONS.replace("Text 3.", "Both."))
    actions.save_draft(writer, draft, decided, draft.version)
    actions.send_draft_for_review(writer, draft)
    actions.approve_draft(second_writer, draft)
    assert "Both." in actions.publish_draft(writer, draft, folder()).body


@pytest.mark.parametrize("meanwhile", ["file gone", "withdrawn"])
def test_a_guide_that_went_meanwhile_is_not_published_over(
    app: Flask, writer: User, second_writer: User, meanwhile: str
) -> None:
    article = an_article()
    draft = approved(writer, second_writer, TEXT, article)
    if meanwhile == "withdrawn":
        actions.withdraw_article(second_writer, article, "Wrong.", "", folder())
    else:
        (folder() / "lamp/reset.md").unlink()
    with pytest.raises(Refused):
        actions.publish_draft(writer, draft, folder())
    assert draft.stage == Stage.APPROVED
    assert not (folder() / "lamp/reset.md").exists()


def test_a_withdrawn_guide_cannot_be_edited(app: Flask, writer: User) -> None:
    article = an_article()
    actions.withdraw_article(writer, article, "Wrong.", "", folder())
    with pytest.raises(Refused):
        actions.start_draft(writer, article=article)


@pytest.mark.parametrize("is_edit", [False, True])
def test_when_the_commit_fails_after_the_file_was_written_sync_and_a_second_try_finish(
    app: Flask, writer: User, second_writer: User, is_edit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = an_article("lamp/reset-the-lamp.md", body="Old words.") if is_edit else None
    draft = approved(writer, second_writer, TEXT, article)
    write = files.write

    def write_and_lose_power(*args: Any) -> None:
        write(*args)
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as storm:
        storm.setattr(files, "write", write_and_lose_power)
        with pytest.raises(RuntimeError, match="power"):
            actions.publish_draft(writer, draft, folder())
    assert draft.stage == Stage.APPROVED
    assert sync.sync(folder()).done == 1
    found = queries.article_by_slug("reset-the-lamp")
    assert found is not None
    assert found.body == "## Resolution\n\nHold the button."
    published = actions.publish_draft(writer, draft, folder())
    assert published.id == found.id
    assert draft.stage == Stage.PUBLISHED
    assert db.session.scalar(select(func.count()).select_from(Article)) == 1
    assert len(list(folder().glob("*/*.md"))) == 1


def test_when_the_database_says_no_no_file_is_written(
    app: Flask, writer: User, second_writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_event: ArticlePublished) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(events._reactions, ArticlePublished, [fail])
    draft = approved(writer, second_writer)
    with pytest.raises(RuntimeError, match="a bug"):
        actions.publish_draft(writer, draft, folder())
    assert list(folder().glob("**/*.md")) == []
    assert queries.article_by_slug("reset-the-lamp") is None


def test_many_who_publish_at_once_publish_once(app: Flask, writer: User, second_writer: User) -> None:
    draft_id, writer_id = approved(writer, second_writer).id, writer.id
    together = Barrier(6)

    def publish(_number: int) -> str:
        with app.app_context():
            try:
                person, draft = db.session.get(User, writer_id), db.session.get(Draft, draft_id)
                assert person is not None
                assert draft is not None
                together.wait()
                actions.publish_draft(person, draft, folder())
            except Refused:
                return "refused"
            finally:
                db.session.remove()
            return "published"

    with ThreadPoolExecutor(6) as threads:
        outcomes = sorted(threads.map(publish, range(6)))
    db.session.rollback()
    assert outcomes == ["published"] + ["refused"] * 5
    assert db.session.scalar(select(func.count()).select_from(ArticleRevision)) == 1
    assert len(list(folder().glob("*/*.md"))) == 1


# The pages


def form(text: DraftText = TEXT, **more: Any) -> dict[str, Any]:

    return {**asdict(text), **more}


def test_the_whole_way_through_the_pages(
    app: Flask, browser: Browse, writer: User, second_writer: User
) -> None:
    one, two = browser(writer), browser(second_writer)
    started = one.post("/drafts", data=form())
    assert started.status_code == 303
    address = started.headers["Location"]
    page = one.get(address).text
    for words in ("Save draft", "Send for review", "Preview", "Discard"):
        assert f">{words}<" in page
    for words in ("Approve", "Publish", "Return with a note"):
        assert f">{words}<" not in page
    assert one.post(f"{address}/send", data=form(version=1)).status_code == 303
    assert ">Approve<" not in one.get(address).text
    assert one.post(f"{address}/approve").status_code == 403
    assert "Reset the lamp" in two.get("/workshop").text
    assert ">Approve<" in two.get(address).text
    assert two.post(f"{address}/approve").status_code == 303
    assert ">Publish<" in one.get(address).text
    published = one.post(f"{address}/publish")
    assert (published.status_code, published.headers["Location"]) == (303, "/articles/reset-the-lamp")
    assert "Hold the button." in browser(None).get("/articles/reset-the-lamp").text
    assert "This draft is closed" in one.get(address).text


def test_typed_text_is_saved_with_every_button(app: Flask, browser: Browse, writer: User) -> None:
    draft = actions.start_draft(writer, text=DraftText(title="Short"))
    client = browser(writer)
    response = client.post(f"/drafts/{draft.id}/send", data=form(replace(TEXT, type=""), version=1))
    assert response.status_code == 400
    assert "Please choose what kind of guide it is." in response.text
    found = db.session.get(Draft, draft.id)
    assert found is not None
    assert found.body == TEXT.body


def test_what_was_typed_comes_back_when_it_cannot_be_taken(app: Flask, browser: Browse, writer: User) -> None:
    bad = replace(TEXT, review_by="soon", title="x" * 301, body="Precious words.")
    draft = actions.start_draft(writer, text=TEXT)
    client = browser(writer)
    for address in ("/drafts", f"/drafts/{draft.id}"):
        response = client.post(address, data=form(bad, version=1))
        assert response.status_code == 400
        for words in (
            "Precious words.",
            "Please write a day such as 2027-03-31.",
            "300 characters are the most",
        ):
            assert words in response.text


def test_a_concurrent_save_shows_both_texts(
    app: Flask, browser: Browse, writer: User, second_writer: User
) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    address, opened = f"/drafts/{draft.id}", draft.version
    one, two = browser(writer), browser(second_writer)
    assert two.post(address, data=form(replace(TEXT, body="Theirs."), version=opened)).status_code == 303
    response = one.post(address, data=form(replace(TEXT, body="Mine."), version=opened))
    assert response.status_code == 409
    assert "Mine." in response.text
    assert "Theirs." in response.text
    assert one.post(address, data=form(replace(TEXT, body="Mine."), version=opened + 1)).status_code == 303


def test_a_preview_shows_the_unsaved_text_and_saves_nothing(
    app: Flask, browser: Browse, writer: User
) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    client = browser(writer)
    typed = replace(TEXT, body="Some **strong** words, a [link](other.md) <script>alert(1)</script>")
    for address in (f"/drafts/{draft.id}/preview", "/drafts/new/preview"):
        page = client.post(address, data=form(typed, version=1)).text
        assert "<strong>strong</strong>" in page
        assert 'href="/articles/other"' in page
        assert "<script>alert" not in page
        assert "Some **strong** words" in page
    found = db.session.get(Draft, draft.id)
    assert found is not None
    assert found.body == TEXT.body


def test_the_edit_page_shows_what_the_draft_changes(app: Flask, browser: Browse, writer: User) -> None:
    article = an_article(body=SECTIONS)
    draft = actions.start_draft(writer, article=article)
    changed = replace(DraftText.of(draft), body=SECTIONS.replace("Text 3.", "Mine."))
    actions.save_draft(writer, draft, changed, draft.version)
    page = browser(writer).get(f"/drafts/{draft.id}").text
    assert "<del>− Text 3.</del>" in page
    assert "<ins>+ Mine.</ins>" in page


def test_the_guides_page_names_its_open_draft(app: Flask, browser: Browse, writer: User) -> None:
    an_article()
    client = browser(writer)
    response = client.post("/articles/reset/edit")
    assert response.status_code == 303
    assert response.headers["Location"] in client.get("/articles/reset").text
    assert client.post("/articles/reset/edit").headers["Location"] == response.headers["Location"]


@pytest.mark.parametrize("address", ["/workshop", "/drafts/new", "/drafts/1", "/drafts/999"])
def test_the_workshop_is_for_writers(
    app: Flask, browser: Browse, asker: User, writer: User, address: str
) -> None:
    member, visitor = browser(asker), browser(None)
    actions.start_draft(writer, text=TEXT)
    assert member.get(address).status_code == 403
    response = visitor.get(address)
    assert response.status_code == 302
    assert "/sign-in" in response.headers["Location"]


def test_a_discarded_draft_leaves_the_workshop(app: Flask, browser: Browse, writer: User) -> None:
    draft = actions.start_draft(writer, text=TEXT)
    client = browser(writer)
    assert "Reset the lamp" in client.get("/workshop").text
    assert client.post(f"/drafts/{draft.id}/discard").status_code == 303
    page = client.get("/workshop").text
    assert "My drafts" not in page
    assert page.index("Discarded in the last 30 days") < page.index("Reset the lamp")
