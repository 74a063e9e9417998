"""From the files to the site: each kind of change, twice without effect, and what is broken is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import search
from app.articles import queries, sync
from app.articles.events import ArticlePublished, ArticleWithdrawn
from app.articles.files import FileFound
from app.articles.models import Article, ArticleRedirect, ArticleRevision
from app.articles.queries import Known
from app.articles.sync import Added, Broken, Changed, Removed, Renamed, Rerendered, Restored, plan
from app.core import events
from app.core.db import db
from app.core.errors import Refused
from app.core.markup import RENDERER_VERSION, RenderFailed
from tests.articles.guide_files import a_file, an_article, folder

LONG_BODY = "\n\n".join(f"Step {number}: turn the screw {number} times." for number in range(20))


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that were published."""
    published: list[Any] = []
    for kind in (ArticlePublished, ArticleWithdrawn):
        monkeypatch.setitem(events._reactions, kind, [published.append])
    return published


def planned() -> list[sync.Change]:
    from app.articles.files import read_all

    return plan(read_all(folder()), queries.known_articles(), queries.bodies)


def kinds() -> list[type]:
    return [type(change) for change in planned()]


def article(slug: str) -> Article:
    found = queries.article_by_slug(slug)
    assert found is not None
    return found


def test_a_new_file_becomes_a_guide(app: Flask, heard: list[Any]) -> None:
    a_file(tags="[wi-fi, Hub]", symptoms="E-104", body="## Cause\n\nA **cable**.")
    result = sync.sync(folder())
    found = article("reset")
    assert (result.done, result.problems) == (1, [])
    assert (found.title, found.type, found.symptoms, found.path) == (
        "Reset the lamp",
        "how-to",
        ["E-104"],
        "lamp/reset.md",
    )
    assert "<strong>cable</strong>" in found.body_html
    assert found.headings == [{"level": 2, "id": "cause", "title": "Cause"}]
    assert db.session.scalars(select(ArticleRevision.source)).one() == (folder() / found.path).read_text()
    [event] = heard
    assert (event.article, event.by, event.draft, event.is_new) == (found, None, None, True)


def test_the_second_run_changes_nothing(app: Flask, heard: list[Any]) -> None:
    an_article(tags="[b, a]")
    heard.clear()
    before = article("reset").updated_at
    assert planned() == []
    assert sync.sync(folder()).done == 0
    assert article("reset").updated_at == before
    assert heard == []


def test_a_dry_run_touches_nothing(app: Flask, heard: list[Any]) -> None:
    a_file()
    told: list[str] = []
    result = sync.sync(
        folder(), dry_run=True, report=lambda change, *_rest: told.append(sync.describe(change))
    )
    assert (result.done, len(result.changes)) == (0, 1)
    assert told == ["added      lamp/reset.md"]
    assert queries.article_by_slug("reset") is None
    assert heard == []


def test_a_changed_file_changes_the_guide_and_keeps_what_it_said(app: Flask, heard: list[Any]) -> None:
    an_article(body="Old words.", tags="[a]")
    number = article("reset").id
    a_file(body="New words.", title="Reset it", tags="[b]")
    sync.sync(folder())
    found = article("reset")
    assert (found.id, found.title, found.body_text) == (number, "Reset it", "New words.")
    assert db.session.scalar(select(func.count()).select_from(ArticleRevision)) == 2
    assert [event.is_new for event in heard] == [True, False]
    assert "b" in [tag.slug for tag in queries.article_to_change(number).tags]  # type: ignore[union-attr]


def test_a_removed_file_withdraws_its_guide_and_erases_nothing(app: Flask, heard: list[Any]) -> None:
    an_article()
    an_article("lamp/other.md", title="Other", body="Quite different.")
    (folder() / "lamp/reset.md").unlink()
    assert kinds() == [Removed]
    sync.sync(folder())
    found = article("reset")
    assert found.is_withdrawn
    assert found.withdrawn_why == "Its file was removed."
    assert found.body == "Hold the button for ten seconds."
    assert isinstance(heard[-1], ArticleWithdrawn)
    assert planned() == []


def test_a_file_that_comes_back_puts_its_guide_back(app: Flask, heard: list[Any]) -> None:
    an_article()
    an_article("lamp/other.md", title="Other", body="Quite different.")
    file = folder() / "lamp/reset.md"
    text = file.read_text()
    file.unlink()
    sync.sync(folder())
    file.write_text(text)
    assert kinds() == [Restored]
    sync.sync(folder())
    assert not article("reset").is_withdrawn
    assert heard[-1].is_new


def test_a_renamed_file_keeps_its_guide_and_its_readers(app: Flask) -> None:
    number = an_article().id
    (folder() / "lamp/reset.md").rename(folder() / "lamp/start-over.md")
    assert kinds() == [Renamed]
    sync.sync(folder())
    assert article("start-over").id == number
    assert db.session.get(ArticleRedirect, "reset").article_id == number  # type: ignore[union-attr]
    assert planned() == []


def test_a_file_renamed_twice_is_found_under_each_name_and_back_again(app: Flask) -> None:
    number = an_article().id
    for old, new in (("reset", "b"), ("b", "c"), ("c", "reset")):
        (folder() / f"lamp/{old}.md").rename(folder() / f"lamp/{new}.md")
        sync.sync(folder())
    assert article("reset").id == number
    assert set(db.session.scalars(select(ArticleRedirect.slug))) == {"b", "c"}


def test_a_file_moved_to_another_product_is_the_same_guide(app: Flask) -> None:
    number = an_article(body=LONG_BODY).id
    (folder() / "lamp/reset.md").unlink()
    a_file("desk/reset.md", body="Something else entirely.", title="Another title")
    assert kinds() == [Renamed]
    sync.sync(folder())
    found = article("reset")
    assert (found.id, found.path) == (number, "desk/reset.md")
    assert db.session.scalar(select(func.count()).select_from(ArticleRedirect)) == 0


def test_a_rename_is_seen_by_its_title_and_type_although_the_text_changed(app: Flask) -> None:
    number = an_article(body="Old.").id
    (folder() / "lamp/reset.md").unlink()
    a_file("lamp/new-name.md", body="Entirely new.")
    assert kinds() == [Renamed]
    sync.sync(folder())
    assert article("new-name").id == number


def test_a_rename_is_seen_by_a_text_that_is_mostly_the_same(app: Flask) -> None:
    number = an_article(body=LONG_BODY).id
    (folder() / "lamp/reset.md").unlink()
    a_file("lamp/new-name.md", title="A new title", body=LONG_BODY + "\n\nAnd one more step.")
    a_file("lamp/stranger.md", title="A stranger", body="Nothing in common.")
    assert kinds() == [Renamed, Added]
    sync.sync(folder())
    assert article("new-name").id == number


def test_a_different_file_in_place_of_a_removed_one_is_no_rename(app: Flask) -> None:
    an_article(body=LONG_BODY)
    (folder() / "lamp/reset.md").unlink()
    a_file("lamp/stranger.md", title="A stranger", body="Nothing in common.")
    assert kinds() == [Removed, Added]


def test_a_new_guide_may_take_a_name_that_another_one_gave_up(app: Flask) -> None:
    an_article(body=LONG_BODY)
    (folder() / "lamp/reset.md").rename(folder() / "lamp/start-over.md")
    sync.sync(folder())
    a_file("lamp/reset.md", title="Reset the new lamp", body="Nothing in common.")
    sync.sync(folder())
    assert article("reset").id != article("start-over").id
    assert db.session.get(ArticleRedirect, "reset") is None


def test_of_two_files_with_one_name_the_second_is_told_so(app: Flask) -> None:
    a_file("desk/reset.md", title="Reset the desk")
    a_file("lamp/reset.md")
    result = sync.sync(folder())
    [(broken, message)] = result.problems
    assert isinstance(broken, Broken)
    assert (broken.path, broken.line) == ("lamp/reset.md", 1)
    assert "desk/reset.md" in message
    assert "lamp-reset.md" in message
    assert article("reset").title == "Reset the desk"


def test_a_broken_file_is_told_by_line_and_the_old_guide_stands(app: Flask) -> None:
    an_article()
    a_file(type="howto")
    a_file("lamp/other.md", title="Other", body="Fine.")
    result = sync.sync(folder())
    [(change, message)] = result.problems
    assert isinstance(change, Broken)
    assert (change.path, change.line) == ("lamp/reset.md", 3)
    assert "how-to" in message
    assert sync.describe(change).startswith("broken     lamp/reset.md:3: “type” is “howto”")
    assert not article("reset").is_withdrawn
    assert article("other").title == "Other"


def test_a_file_that_cannot_be_decoded_holds_its_place(app: Flask) -> None:
    an_article()
    (folder() / "lamp/reset.md").write_bytes(b"---\ntitle: \xff\n---\n")
    result = sync.sync(folder())
    assert len(result.problems) == 1
    assert not article("reset").is_withdrawn


def test_an_empty_folder_does_not_withdraw_everything_unless_told(app: Flask) -> None:
    an_article()
    an_article("lamp/other.md", title="Other", body="Different.")
    for file in folder().glob("*/*.md"):
        file.unlink()
    with pytest.raises(Refused, match="--allow-empty"):
        sync.sync(folder())
    assert not article("reset").is_withdrawn
    sync.sync(folder(), allow_empty=True)
    assert article("reset").is_withdrawn


def test_a_guide_that_cannot_be_rendered_keeps_its_old_form(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_article(body="Old words.")

    def too_slow(*_args: Any, **_kw: Any) -> None:
        raise RenderFailed("too slow")

    a_file(body="New words.")
    with monkeypatch.context() as slow:
        slow.setattr(sync, "render_guide", too_slow)
        for _run in range(2):
            result = sync.sync(folder())
            assert [problem for _change, problem in result.problems] == ["too slow"]
        found = article("reset")
        assert (found.body_text, found.render_problem) == ("Old words.", "too slow")
    sync.sync(folder())
    assert (article("reset").body_text, article("reset").render_problem) == ("New words.", "")


def test_the_problem_is_forgotten_when_the_file_is_as_it_was(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_article(body="Old words.")
    a_file(body="New words.")
    with monkeypatch.context() as slow:
        slow.setattr(sync, "render_guide", lambda *_a, **_k: (_ for _ in ()).throw(RenderFailed("too slow")))
        sync.sync(folder())
    a_file(body="Old words.")
    assert kinds() == [Rerendered]
    sync.sync(folder())
    assert article("reset").render_problem == ""


def test_a_new_guide_that_cannot_be_rendered_is_told_and_not_published(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file()
    monkeypatch.setattr(
        sync, "render_guide", lambda *_a, **_k: (_ for _ in ()).throw(RenderFailed("too slow"))
    )
    assert len(sync.sync(folder()).problems) == 1
    assert queries.article_by_slug("reset") is None


def test_what_an_older_renderer_made_is_rendered_anew_without_a_word(app: Flask, heard: list[Any]) -> None:
    found = an_article()
    found.renderer_version, found.body_html = RENDERER_VERSION - 1, "old"
    db.session.commit()
    heard.clear()
    assert kinds() == [Rerendered]
    sync.sync(folder())
    assert "Hold the button" in article("reset").body_html
    assert heard == []
    assert db.session.scalar(select(func.count()).select_from(ArticleRevision)) == 1


def test_a_plan_that_is_out_of_date_changes_nothing(app: Flask) -> None:
    an_article(body="One.")
    a_file(body="Two.")
    stale = planned()
    sync.sync(folder())
    a_file(body="Three.")
    sync.sync(folder())
    assert "meanwhile" in sync.apply(stale[0])
    assert article("reset").body_text == "Three."


def test_two_syncs_at_once_add_a_guide_once(app: Flask) -> None:
    a_file()
    first, second = planned(), planned()
    assert sync.apply(first[0]) == ""
    assert "meanwhile" in sync.apply(second[0])
    assert db.session.scalar(select(func.count()).select_from(Article)) == 1


def test_an_error_in_a_reaction_undoes_the_whole_change(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_event: ArticlePublished) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(events._reactions, ArticlePublished, [fail])
    a_file()
    with pytest.raises(RuntimeError, match="a bug"):
        sync.sync(folder())
    assert queries.article_by_slug("reset") is None
    assert db.session.scalar(select(func.count()).select_from(ArticleRevision)) == 0


def test_links_between_files_lead_to_pages(app: Flask) -> None:
    found = an_article(
        body="[a](../desk/Raise%20it.md#legs) [b](other.md) ![c](images/front view.png 'x') "
        "![d](images/front.png) [e](https://example.com/x.md) [f](#cause) [g](/ask) [h](../../../etc/passwd.png)"
    )
    for link in (
        'href="/articles/raise-it#legs"',
        'href="/articles/other"',
        'src="/articles/media/lamp/images/front.png"',
        'href="https://example.com/x.md"',
        'href="#cause"',
        'href="/ask"',
        'href="../../../etc/passwd.png"',
    ):
        assert link in found.body_html


def test_a_published_guide_can_be_found_and_a_withdrawn_one_cannot(app: Flask) -> None:
    an_article(symptoms="Blinkenlight 4711")
    an_article("lamp/other.md", title="Other", body="Different.")
    search.rebuild()
    everyone = frozenset({"public"})
    assert [hit.id for hit in search.find("blinkenlight", audiences=everyone).hits] == [article("reset").id]
    (folder() / "lamp/reset.md").unlink()
    sync.sync(folder())
    search.catch_up()
    assert search.find("blinkenlight", audiences=everyone).hits == ()
    assert search.check() == []


def known(**fields: Any) -> Known:
    return replace(
        Known(1, "lamp/reset.md", "reset", "hash", "Reset", "how-to", RENDERER_VERSION, "", False), **fields
    )


def test_a_plan_is_made_from_values_alone() -> None:
    text = "---\ntitle: Reset\ntype: how-to\n---\nHold."
    file = FileFound("lamp/reset.md", text)
    assert plan([file], []) == [Added(file)]
    assert plan([file], [known()]) == [Changed(file, known())]
    assert plan([file], [known(content_hash=file.content_hash)]) == []
    assert plan([], [known()]) == [Removed(known())]
    assert plan([], [known(is_withdrawn=True)]) == []
    withdrawn = known(is_withdrawn=True, content_hash=file.content_hash)
    assert plan([file], [withdrawn]) == [Restored(file, withdrawn)]


def test_renames_are_made_before_new_guides_so_that_names_are_free() -> None:
    same = "---\ntitle: Reset\ntype: how-to\n---\nHold."
    moved, new = FileFound("lamp/b.md", same), FileFound("lamp/c.md", same.replace("Reset", "New"))
    changes = plan([new, moved], [known(content_hash=moved.content_hash)])
    assert [type(change) for change in changes] == [Renamed, Added]


def test_the_command_prints_the_plan_and_tells_broken_files(app: Flask, tmp_path: Path) -> None:
    a_file()
    a_file("lamp/broken.md", type="nonsense")
    run = app.test_cli_runner().invoke
    dry = run(args=["articles", "sync", "--dry-run"])
    assert "added      lamp/reset.md\n" in dry.output
    assert "broken     lamp/broken.md:3: “type” is “nonsense”" in dry.output
    assert "2 changes planned, nothing done." in dry.output
    real = run(args=["articles", "sync"])
    assert "1 changes made, 1 problems." in real.output
    assert real.exit_code == 0
    assert run(args=["articles", "sync", "--strict"]).exit_code == 1


def test_everything_can_be_rendered_anew(app: Flask) -> None:
    from tests.build import a_comment, a_question, an_answer

    guide, question = an_article(), a_question()
    answer = an_answer(to=question)
    things = [guide, question, answer, a_comment(on=answer)]
    for thing in things:
        thing.body_html, thing.renderer_version = "old", RENDERER_VERSION - 1
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["render"])
    assert result.exit_code == 0, result.output
    for thing in things:
        db.session.refresh(thing)
        assert thing.body_html != "old"
        assert thing.renderer_version == RENDERER_VERSION
