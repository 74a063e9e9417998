"""Guides from JSON lines."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from build import a_user
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.articles import files
from app.articles.files import FileFound
from app.articles.models import Article, ArticleType
from app.core.db import db
from app.imports.articles import guessed_type, import_articles, source_of, tags_of
from app.imports.links import Places
from app.imports.report import Report

GUIDES = Path(__file__).parent / "samples" / "guides.jsonl"


def run(app: Flask, path: Path = GUIDES, **more: Any) -> Report:
    return import_articles(path, app.config["ARTICLES"], "lamps", **more)


def article(origin: str) -> Article:
    return db.session.scalars(select(Article).where(Article.origin == f"lamps:{origin}")).one()


def set_of(tmp_path: Path, *records: dict[str, Any]) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


def test_each_guide_becomes_a_file_and_what_cannot_be_taken_is_named(app: Flask) -> None:
    report = run(app)
    assert (report.read, report.taken, report.here_already, report.skipped.total()) == (9, 5, 0, 4)
    assert report.examples["the same id again"] == ["line 6"]
    assert report.examples["without a body"] == ["line 5"]
    assert any(why.startswith("not JSON") and lines == ["line 3"] for why, lines in report.examples.items())
    assert report.examples["not an object with fields"] == ["line 9"]
    assert report.notes == []
    paths = sorted(
        path.relative_to(app.config["ARTICLES"]).as_posix() for path in app.config["ARTICLES"].glob("*/*")
    )
    assert paths == [
        "lamp-one/not-ready-yet.md",
        "lamp-one/release-notes-for-firmware-2.md",
        "lamp-one/reset-the-lamp.md",
        "lamp-one/the-lamp-blinks-three-times.md",
        "lighting/reset-the-lamp-pair.md",
    ]


def test_what_the_record_knows_stands_in_the_front_matter(app: Flask) -> None:
    run(app)
    found = files.read(app.config["ARTICLES"], "lamp-one/the-lamp-blinks-three-times.md")
    assert isinstance(found, FileFound)
    source = found.source
    assert source.title == "The lamp blinks three times"
    assert source.type == ArticleType.TROUBLESHOOTING
    assert source.product == "lamp-one"
    assert source.tags == ("blinking", "lamp", "dimmer", "lighting", "indoor")
    assert source.aliases == ("KB 4051234",)
    assert "Error 0x80070005: access denied" in source.symptoms
    assert source.summary == "What three blinks mean."
    assert source.origin == "lamps:lamps/blinks"


def test_a_first_heading_that_repeats_the_title_is_left_out(app: Flask) -> None:
    run(app)
    assert article("lamps/blinks").body.startswith("It says")


def test_links_between_guides_lead_to_where_they_are_now(app: Flask) -> None:
    run(app)
    body = article("lamps/blinks").body
    assert "[resetting](reset-the-lamp.md#how)" in body
    assert "[pairing](../lighting/reset-the-lamp-pair.md)" in body
    assert "[the shop](reset-the-lamp.md)" in body
    assert 'href="/articles/reset-the-lamp#how"' in article("lamps/blinks").body_html
    assert "[the blinking](the-lamp-blinks-three-times.md)" in article("lamps/reset").body


def test_dead_links_and_code_stay_as_they_are(app: Flask) -> None:
    run(app)
    body = article("lamps/blinks").body
    assert "[nothing](gone.md)" in body
    assert "[as it is](reset.md)" in body


def test_a_guide_is_as_old_as_it_was_where_it_comes_from(app: Flask) -> None:
    run(app)
    found = article("lamps/blinks")
    assert found.published_at == datetime(2021, 3, 4, tzinfo=UTC)
    assert found.updated_at == datetime(2022, 5, 6, 5, 8, 9, tzinfo=UTC)


def test_what_was_a_draft_is_for_staff_only(app: Flask) -> None:
    run(app)
    assert article("lamps/secret").audience == "staff"
    assert article("lamps/secret").body == "Half a sentence and a bell."


def test_scripts_in_a_body_never_reach_the_page(app: Flask) -> None:
    run(app)
    assert "<script" not in article("lamps/notes").body_html


def test_a_second_run_changes_nothing_and_keeps_what_somebody_edited(app: Flask) -> None:
    run(app)
    path = app.config["ARTICLES"] / "lamp-one" / "reset-the-lamp.md"
    path.write_text(path.read_text().replace("ten seconds", "nine seconds"))
    before = [
        (one.id, one.path, one.updated_at) for one in db.session.scalars(select(Article).order_by(Article.id))
    ]
    report = run(app)
    after = [(one.id, one.path) for one in db.session.scalars(select(Article).order_by(Article.id))]
    assert (report.taken, report.here_already) == (0, 5)
    assert after == [row[:2] for row in before]
    assert "nine seconds" in path.read_text()


def test_a_name_that_another_guide_has_gets_something_behind_it(app: Flask, tmp_path: Path) -> None:
    run(app)
    again = set_of(
        tmp_path, {"id": "x", "title": "Reset the lamp", "body_markdown": "Other.", "product": "Lamp Two"}
    )
    import_articles(again, app.config["ARTICLES"], "others")
    assert (app.config["ARTICLES"] / "lamp-two" / "reset-the-lamp-x.md").is_file()


def test_one_product_can_be_named_for_all(app: Flask) -> None:
    run(app, product="Lights & More")
    assert {path.parent.name for path in app.config["ARTICLES"].glob("*/*.md")} == {"lights-more"}
    found = db.session.scalars(
        select(Article).where(Article.origin == "lamps:lamps/reset").options(selectinload(Article.tags))
    ).one()
    assert [tag.slug for tag in found.tags] == ["lamp-one"]


def test_a_guide_of_more_than_a_megabyte_is_refused_with_its_line(app: Flask, tmp_path: Path) -> None:
    large = set_of(tmp_path, {"id": "x", "title": "Large", "body_markdown": "word " * 220_000})
    assert run(app, large).examples == {"larger than 1 MB": ["line 1"]}


def test_a_gzipped_set_that_ends_in_the_middle_gives_what_was_whole(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    lines = [
        json.dumps({"id": str(n), "title": f"Guide {n}", "body_markdown": f"Text {n} {'x' * n}"})
        for n in range(300)
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:-400])
    report = run(app, path)
    assert 0 < report.taken < 300
    assert any("damaged" in why for why in report.skipped)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"title": "How to pair a lamp"}, ArticleType.HOW_TO),
        ({"title": "Replace the bulb"}, ArticleType.HOW_TO),
        ({"title": "If the lamp does not answer"}, ArticleType.TROUBLESHOOTING),
        ({"title": "The lamp doesn’t dim"}, ArticleType.TROUBLESHOOTING),
        ({"title": "Error 0x80070005"}, ArticleType.TROUBLESHOOTING),
        ({"title": "Known issues of firmware 2"}, ArticleType.KNOWN_ISSUE),
        ({"title": "Release notes 2.1"}, ArticleType.RELEASE),
        ({"title": "Warranty for lamps"}, ArticleType.POLICY),
        ({"title": "Sizes and weights"}, ArticleType.REFERENCE),
        ({"title": "Sizes and weights", "category": "how-to/general"}, ArticleType.HOW_TO),
        ({"title": "Error codes", "topic": "reference"}, ArticleType.REFERENCE),
    ],
)
def test_the_type_is_guessed_from_topic_title_and_category(
    record: dict[str, Any], expected: ArticleType
) -> None:
    assert guessed_type(record) == expected


def test_tags_lose_what_stands_before_a_colon_and_the_product() -> None:
    record = {"product": "Lamp One", "category": "general/Lamp one", "tags": ["sap:TCP/IP", "", 7]}
    assert tags_of(record, with_product=False) == ["tcp-ip", "7"]


def test_a_record_of_nonsense_still_makes_a_file_that_can_be_read() -> None:
    record = {
        "id": "x",
        "title": 'Say: "no" — # & {yes} \u2028',
        "body_markdown": "---\ntitle: no\n---\n\r\nWords\ud83d and\x0b more",
        "tags": "one",
        "aliases": [": :", "- dash", None, 3.5],
        "kb_number": 4051234,
        "front_matter": None,
        "description": {"not": "text"},
    }
    source = source_of(record, "set:x", "p/x.md", Places())
    assert files.parse(files.dump(source), "p/x.md") == source


def test_people_and_their_guides_are_left_alone(app: Flask) -> None:
    a_user(username="ann")
    run(app)
    assert db.session.scalars(select(Article.owner)).all() == [""] * 5
