"""What `make` does before anything is installed."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app.config import ROOT


@pytest.fixture
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_where_python_cannot_make_environments_it_says_what_to_install(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match=r"apt-get install python3\.\d+-venv"):
        install.make()


def test_an_old_python_is_turned_away_with_a_way_out(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer[^\n]*3\.9\.\n.*PYTHON="):
        install.main()


def test_nothing_is_installed_when_the_list_has_not_changed(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(install, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(install, "works", lambda: True)
    calls: list[tuple[object, ...]] = []

    def run(*command: object, **_more: object) -> object:
        calls.append(command)
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(install, "run", run)
    install.main()
    install.main()
    assert len(calls) == 1
    assert "--require-hashes" in calls[0]


def test_the_lock_file_names_no_index_and_has_a_hash_for_everything() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    pinned = [block for block in text.split("\n") if block and not block.startswith((" ", "#"))]
    assert len(pinned) > 40
    assert all("==" in line and line.endswith("\\") for line in pinned)
