"""Where a site lives, and how that place is made ready."""

import socket
from pathlib import Path

import pytest

from app.config import ROOT, BadSetting
from app.worker import home
from app.worker.home import Start, bring_guides, wanted


def test_without_any_wish_it_is_the_projects_folder_on_port_8000_with_the_demo() -> None:
    assert wanted({}) == Start(ROOT, 8000, demo=True)
    assert wanted({"PORT": "", "DEMO": "", "AFTERCARE_HOME": ""}) == Start(ROOT, 8000, demo=True)


def test_a_site_that_starts_empty_has_a_home_of_its_own() -> None:
    assert wanted({"DEMO": "0"}) == Start(ROOT / "site", 8000, demo=False)


def test_a_home_and_a_port_can_be_named(tmp_path: Path) -> None:
    start = wanted({"AFTERCARE_HOME": str(tmp_path), "PORT": "8123", "DEMO": "0"})
    assert start == Start(tmp_path, 8123, demo=False)
    assert start.address == "http://127.0.0.1:8123"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "0"), ("PORT", "70000"), ("PORT", "-1"), ("PORT", "８"), ("DEMO", "maybe")],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        wanted({name: value})


def test_a_port_in_use_is_said_in_a_sentence_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((home.ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BadSetting, match=f"Port {port} is in use.*\n.*make run PORT={port + 1}"):
            home.refuse_taken_port(Start(tmp_path, port, demo=True))
    home.refuse_taken_port(Start(tmp_path, port, demo=True))


def test_guides_are_copied_once_and_never_over_somebodys_own(tmp_path: Path) -> None:
    start = Start(tmp_path, 8000, demo=True)
    copied = bring_guides(start)
    assert copied == len(list((ROOT / "content" / "articles").glob("*/*.md"))) > 30
    for path in start.articles.rglob("*.md"):
        path.unlink()
    own = start.articles / "mine" / "own.md"
    own.parent.mkdir()
    own.write_text("mine")
    assert bring_guides(start) == 0
    assert list(start.articles.rglob("*.md")) == [own]


def test_a_copy_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    start = Start(tmp_path, 8000, demo=True)
    unfinished = start.articles.with_name(".articles-being-copied") / "hearth"
    unfinished.mkdir(parents=True)
    (unfinished / "half.md").write_text("half a gui")
    (start.articles / "hearth").mkdir(parents=True)
    assert bring_guides(start) > 30
    assert not (start.articles / "hearth" / "half.md").exists()
    assert not unfinished.exists()


def test_a_site_that_starts_empty_gets_no_guides(tmp_path: Path) -> None:
    assert bring_guides(Start(tmp_path, 8000, demo=False)) == 0
    assert not (tmp_path / "content").exists()


def test_the_projects_own_guides_are_not_copied_onto_themselves() -> None:
    assert bring_guides(Start(ROOT, 8000, demo=True)) == 0
