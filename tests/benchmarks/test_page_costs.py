"""The measurements of pages stand in one table: ours, and those of other forums where they are installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from build import a_question, a_user, an_answer, an_article
from flask import Flask

from app.core.db import now
from benchmarks import peers
from benchmarks.pages import Asked, _as_table, rows_of_peers
from benchmarks.peers import PEERS, Made, Peer, absence, installed, make

OTHER = Made(
    "Other 1.0",
    "python",
    Path("folder"),
    "other:app",
    {},
    {"the front page": "/", "a search": "/search"},
    form="q=power",
)


def test_a_peer_that_is_not_installed_is_said_with_how_to_install_it(tmp_path: Path) -> None:
    nowhere = {"FLASKBB_PYTHON": str(tmp_path / "bin" / "python")}
    assert list(installed(nowhere)) == [(peer, None) for peer in PEERS]
    told = absence(PEERS[0])
    assert told.startswith("FlaskBB: not installed here (")
    assert "pip install flaskbb" in told
    assert "FLASKBB_PYTHON=DIR/bin/python" in told


def test_a_peer_that_is_named_is_measured() -> None:
    assert dict(installed({"ASKBOT_PYTHON": sys.executable}))[PEERS[1]] == sys.executable


def test_peers_get_what_visitors_may_read(app: Flask) -> None:
    mira = a_user(username="mira")
    question = a_question(by=mira, title="It blinks", body="Why?")
    an_answer(to=question, by=a_user(username="jonas"), body="Hold it.")
    an_answer(to=question, body="Gone.", deleted_at=now())
    guide = an_article(title="Reset it", body="Hold the button.")
    an_article(title="Only among us", audience="staff")
    found = peers.content()
    assert found["questions"] == [
        {
            "id": question.id,
            "title": "It blinks",
            "tags": [],
            "posts": [{"by": "mira", "text": "Why?"}, {"by": "jonas", "text": "Hold it."}],
        }
    ]
    assert found["guides"] == [{"slug": guide.slug, "title": "Reset it", "text": "Hold the button."}]


def test_a_peers_site_is_made_by_its_script_in_its_own_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "peer_other.py").write_text(
        "import json, sys\n"
        "wanted = json.load(open('content.json'))\n"
        "made = {'version': '1.0', 'target': 'other:app', 'environment': {}, 'pages': {'a guide': wanted['guide']}}\n"
        "json.dump(made, open(sys.argv[1] + '/made.json', 'w'))\n"
    )
    monkeypatch.setattr(peers, "HERE", tmp_path)
    other = Peer("Other", "OTHER_PYTHON", "", "peer_other.py")
    made = make(other, sys.executable, tmp_path / "site", {"guide": "reset-it"})
    assert made.name == "Other 1.0"
    assert made.pages == {"a guide": "reset-it"}


def test_why_a_peers_site_could_not_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "peer_other.py").write_text("raise SystemExit('no tables')")
    monkeypatch.setattr(peers, "HERE", tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        make(Peer("Other", "OTHER_PYTHON", "", "peer_other.py"), sys.executable, tmp_path / "site", {})
    assert "no tables" in capsys.readouterr().out


def test_rows_of_peers_come_after_ours_of_the_same_kind_and_only_where_there_are_peers() -> None:
    assert rows_of_peers([]) == []
    *ours, front, search = rows_of_peers([OTHER])
    assert {row.server for row in ours} == {"drawn"}
    assert (front.name, front.path, front.server, front.form) == (
        "Other 1.0: the front page",
        "/",
        "Other 1.0",
        "",
    )
    assert (search.path, search.form) == ("/search", "q=power")


def test_the_table_says_cpu_spread_and_whether_a_goal_holds_if_there_is_one() -> None:
    table = [Asked("a guide", "/a", "≥ 85 %"), Asked("a search", "/s", "≤ 10 ×"), rows_of_peers([OTHER])[-1]]
    found = {
        "a guide": [1.2, 0.8, 0.84],
        "a search": [6.0, 5.0, 7.0],
        "Other 1.0: a search": [30.0, 20.0, 25.0],
    }
    spent = {"a guide": [0.4], "a search": [6.1], "Other 1.0: a search": [20.0, 31.0, 25.5]}
    lines = _as_table(table, found, spent).splitlines()
    assert "| a guide | 0.40 ms | 84 % | 80 % to 120 % | ≥ 85 % | no |" in lines
    assert "| a search | 6.10 ms | 6.0 × | 5.0 × to 7.0 × | ≤ 10 × | yes |" in lines
    assert "| Other 1.0: a search | 25.50 ms | 25.0 × | 20.0 × to 30.0 × |  |  |" in lines
