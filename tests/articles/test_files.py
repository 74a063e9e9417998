"""Guides as files: what is understood, what is not and how that is said, and that nothing is half written."""

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles import files
from app.articles.files import ArticleSource, BadFrontMatter, Broken, FileFound, dump, parse, read_all
from app.articles.models import ArticleType, Audience

WHOLE = """---
title: "E-104: no answer"
type: troubleshooting
product: lamp
applies_to:
  - Lamp 2
tags: [wi-fi, hub]
symptoms:
  - E-104
  - hub: no answer
aliases: What does E-104 mean?
owner: nora
review_by: 2027-03-31
audience: customers
credits: wim, dave
origin: answer:7
summary: The hub does not answer.
---

## Symptoms

It blinks.
"""


def complaint(text: str, path: str = "lamp/reset.md") -> tuple[int, str]:
    with pytest.raises(BadFrontMatter) as caught:
        parse(text, path)
    assert str(caught.value).startswith(f"{path}:{caught.value.line}: ")
    return caught.value.line, caught.value.message


def test_every_field_is_read() -> None:
    assert parse(WHOLE, "lamp/e-104.md") == ArticleSource(
        title="E-104: no answer",
        type=ArticleType.TROUBLESHOOTING,
        product="lamp",
        applies_to=("Lamp 2",),
        tags=("wi-fi", "hub"),
        symptoms=("E-104", "hub: no answer"),
        aliases=("What does E-104 mean?",),
        owner="nora",
        review_by=date(2027, 3, 31),
        audience=Audience.CUSTOMERS,
        credits=("wim", "dave"),
        origin="answer:7",
        summary="The hub does not answer.",
        body="## Symptoms\n\nIt blinks.",
    )


def test_what_is_left_out_has_a_sensible_value() -> None:
    source = parse("---\ntitle: Reset\ntype: How to\nowner:\n---\nText", "lamp/reset.md")
    assert source == ArticleSource(title="Reset", type=ArticleType.HOW_TO, product="lamp", body="Text")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    windows = "\ufeff" + WHOLE.replace("\n", "\r\n")
    assert parse(windows, "lamp/x.md") == parse(WHOLE, "lamp/x.md")
    assert files.content_hash(WHOLE.replace("\n", "\r\n")) == files.content_hash(WHOLE)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "begins with front matter"),
        ("Just text", 1, "begins with front matter"),
        ("---\ntitle: x\n", 1, "no end"),
        ("---\n---\n", 1, "title is missing"),
        ("---\ntype: how-to\n---\n", 1, "title is missing"),
        ("---\ntype: how-to\ntitle:\n---\n", 3, "title is missing"),
        ("---\ntitle: x\n---\n", 1, "how-to, troubleshooting, known-issue, reference, policy, release"),
        ("---\ntitle: x\ntype: howto\n---\n", 3, "“type” is “howto”; one of these was expected: how-to,"),
        ("---\n\n\ntitle: x\ntype: howto\n---\n", 5, "howto"),
        ("---\ntitel: x\n---\n", 2, "Did you mean “title”?"),
        ("---\ntitle: x\napplies-to: y\n---\n", 3, "Did you mean “applies_to”?"),
        ("---\ntitle: x\nzzz: y\n---\n", 3, "These are: title, type,"),
        ("---\ntitle: x\ntype: how-to\nproduct: desk\n---\n", 4, "the folder “lamp”"),
        ("---\ntitle: x\ntype: how-to\nreview_by: soon\n---\n", 4, "a day such as 2027-03-31"),
        ("---\ntitle: x\ntype: how-to\nreview_by: 2027-02-30\n---\n", 4, "a day such as 2027-03-31"),
        ("---\ntitle: x\ntype: how-to\naudience: all\n---\n", 4, "public, customers, staff"),
        ("---\ntitle: E-104: no answer\ntype: how-to\n---\n", 2, "Put quotes around the text"),
        ("---\ntitle: 'x\ntype: how-to\n---\n", 4, "quotation mark"),
        ("---\ntitle: x\n\ttype: how-to\n---\n", 3, "tab"),
        ("---\ntitle: x\ntitle: y\n---\n", 3, "twice"),
        ("---\ntitle: [a, b]\ntype: how-to\n---\n", 2, "must be one text"),
        ("---\ntitle: x\ntype: how-to\nsymptoms:\n  - fine\n  - [a]\n---\n", 6, "must be one text"),
        ("---\ntitle: x\ntype: how-to\ntags: {a: 1, b: 2}\n---\n", 4, "must be a list"),
        ("---\n- title\n---\n", 2, "lines such as"),
        ("---\ntitle: x\x07\n---\n", 2, "YAML does not know"),
        ("---\ntitle: x\ntype: how-to\n---\nbad\0byte", 5, "NUL"),
        (f"---\ntitle: {'x' * 301}\ntype: how-to\n---\n", 2, "301 characters; 300 are the most"),
        (f"---\ntitle: x\ntype: how-to\nsymptoms: [{'y' * 301}]\n---\n", 4, "301 characters"),
        (f"---\ntitle: {'[' * 3000}\n---\n", 2, "nested too deep"),
        (f"---\ntitle: x{' ' * 70_000}\n---\n", 1, "longer than 64 KB"),
    ],
)
def test_a_mistake_is_told_by_its_line_and_with_what_was_expected(text: str, line: int, words: str) -> None:
    found_line, message = complaint(text)
    assert words in message
    assert found_line == line


def test_yaml_that_would_run_code_is_only_text() -> None:
    source = parse("---\ntitle: !!python/object/apply:os.system ['id']\ntype: how-to\n---\n", "lamp/x.md")
    assert source.title == "id"


def test_what_is_written_is_read_back() -> None:
    source = parse(WHOLE, "lamp/e-104.md")
    assert parse(dump(source), "lamp/e-104.md") == source
    assert dump(parse(dump(source), "lamp/e-104.md")) == dump(source)


words = st.text(max_size=60).map(files.plain_line)
lists = st.lists(words.filter(lambda word: bool(word) and "," not in word), max_size=4, unique=True).map(
    tuple
)


@given(
    title=words.filter(bool),
    lists=st.tuples(lists, lists, lists, lists, lists),
    summary=words,
    body=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=300),
    day=st.none() | st.dates(),
)
def test_any_words_survive_being_written_and_read(
    title: str, lists: tuple[tuple[str, ...], ...], summary: str, body: str, day: date | None
) -> None:
    source = ArticleSource(
        title=title,
        type=ArticleType.POLICY,
        product="lamp",
        applies_to=lists[0],
        tags=lists[1],
        symptoms=lists[2],
        aliases=lists[3],
        credits=lists[4],
        summary=summary,
        review_by=day,
        body=re.sub(r"\A\s*\n", "", body).rstrip(),
    )
    assert parse(dump(source), "lamp/x.md") == source


@pytest.mark.parametrize("empty", ["\n", " \n", "\t\n\n", "\u2028\n"])
def test_empty_lines_before_a_body_are_left_out_and_its_first_line_stays_indented(empty: str) -> None:
    source = parse(WHOLE, "lamp/x.md")
    written = dump(replace(source, body=f"{empty}    code"))
    assert written.endswith("---\n\n    code\n")
    assert parse(written, "lamp/x.md").body == "    code"


def test_a_folder_is_read_in_order_and_what_is_nobodys_guide_is_left_out(tmp_path: Path) -> None:
    for path in ("b/two.md", "a/one.md", "README.md", ".git/x.md", "a/.one.md.swp", "a/picture.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(WHOLE)
    assert [(type(found), found.path) for found in read_all(tmp_path)] == [
        (FileFound, "a/one.md"),
        (FileFound, "b/two.md"),
    ]


@pytest.mark.parametrize(
    ("path", "content", "line", "words"),
    [
        ("lamp/latin.md", b"---\ntitle: x\n---\nCaf\xe9", 4, "byte 0xE9"),
        ("lamp/wide.md", "---\ntitle: x\n---".encode("utf-16"), 1, "UTF-16"),
        ("lamp/big.md", b"x" * (files.LONGEST_FILE + 1), 1, "larger than 1 MB"),
        ("loose.md", b"", 1, "product/name.md"),
        ("lamp/deep/down.md", b"", 1, "product/name.md"),
        ("lamp/My Guide.md", b"", 1, "my-guide"),
        ("Lamp/reset.md", b"", 1, "lamp"),
        ("lamp/re--set.md", b"", 1, "re-set"),
        (f"lamp/{'x' * 151}.md", b"", 1, "cannot stand in an address"),
    ],
)
def test_a_file_that_cannot_be_a_guide_is_told_by_name(
    tmp_path: Path, path: str, content: bytes, line: int, words: str
) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(content)
    [broken] = read_all(tmp_path)
    assert isinstance(broken, Broken)
    assert (broken.path, broken.line) == (path, line)
    assert words in broken.message


def test_a_name_may_be_longer_than_we_make_them(tmp_path: Path) -> None:
    files.write(tmp_path, "lamp/" + "-".join(["screw"] * 25) + ".md", WHOLE)
    [found] = read_all(tmp_path)
    assert isinstance(found, FileFound)


def test_a_link_to_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "guides"
    (inside / "lamp").mkdir(parents=True)
    (tmp_path / "secret.md").write_text(WHOLE)
    (inside / "lamp" / "secret.md").symlink_to(tmp_path / "secret.md")
    [broken] = read_all(inside)
    assert isinstance(broken, Broken)


def test_a_missing_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_all(tmp_path / "nowhere"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(tmp_path, "lamp/reset.md", "first")

    def fail(_descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        files.write(tmp_path, "lamp/reset.md", "second")
    assert (tmp_path / "lamp" / "reset.md").read_text() == "first"
    assert [path.name for path in (tmp_path / "lamp").iterdir()] == ["reset.md"]


@pytest.mark.parametrize(
    "path",
    [
        "../x.md",
        "lamp/../../x.md",
        "/etc/x.md",
        "lamp/x.txt",
        "x.md",
        "lamp/.x.md",
        "..\\x.md",
        "lamp/a b.md",
    ],
)
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        files.write(tmp_path, path, "x")
    with pytest.raises(ValueError, match=r"\S"):
        files.remove(tmp_path, path)


def test_a_product_folder_that_leads_elsewhere_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "lamp").symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match="leads out"):
        files.write(tmp_path / "guides", "lamp/x.md", "x")
