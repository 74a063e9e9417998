"""Scripts: modules in the sources, one file for each page on the line."""

import re

import pytest

from app.web import scripts

MODULES = sorted(path.name for path in scripts.FOLDER.glob("*.js"))
PART = re.compile(r'parts\["\./(\w+\.js)"\]\?\?=')
USED = re.compile(r'=parts\["\./(\w+\.js)"\]')


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A folder of modules to write into, in place of the site's own."""
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)
    monkeypatch.setattr(scripts, "ALWAYS", ("main.js",))
    monkeypatch.setattr(scripts, "BUNDLES", {"page.js": ("main.js", "list.js")})
    scripts._source.cache_clear()
    (tmp_path / "main.js").write_text("/* First. */\nexport const words = [1];\n")
    (tmp_path / "shared.js").write_text("export const two = 2;\n")
    (tmp_path / "list.js").write_text(
        'import { words } from "./main.js";\nimport { two } from "./shared.js";\n\n'
        'export async function start() {\n  (await import("./later.js")).go(two, words);\n}\n'
    )
    (tmp_path / "later.js").write_text(
        'import { words } from "./main.js";\nimport { two } from "./shared.js";\nexport function go() {}\n'
    )
    yield tmp_path
    scripts._source.cache_clear()


def parts(name: str) -> list[str]:
    return PART.findall(scripts.served(name).decode())


def test_a_bundle_holds_each_module_once_after_what_it_needs(modules):
    assert parts("page.js") == ["main.js", "shared.js", "list.js"]


def test_a_module_that_comes_later_brings_what_it_needs_but_not_what_every_page_has(modules):
    assert parts("later.js") == ["shared.js", "later.js"]


def test_imports_become_looks_into_the_table_and_comments_stay_here(modules):
    text = scripts.served("page.js").decode()
    assert 'const{words}=parts["./main.js"];' in text
    assert 'load("./later.js")' in text
    assert "return{start};" in text
    assert "First" not in text


def test_a_script_that_imports_nothing_and_exports_nothing_runs_by_itself(modules):
    (modules / "theme.js").write_text("document.title = 1;\n")
    assert scripts.served("theme.js") == b"document.title=1;"


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export { words };",
        'import * as all from "./main.js";',
        'import "./main.js";',
        "export let count = 1;",
        "export class Thing {}",
    ],
)
def test_what_would_be_put_together_wrongly_is_refused(modules, line):
    (modules / "odd.js").write_text(f"{line}\nexport const one = 1;\n")
    with pytest.raises(ValueError, match=re.escape(f"odd.js: {line}")):
        scripts.served("odd.js")


@pytest.mark.parametrize("name", [*scripts.BUNDLES, *MODULES])
def test_every_script_of_the_site_can_be_put_together(name):
    text = scripts.served(name).decode()
    there = set(PART.findall(text)) | set(scripts.ALWAYS)
    assert set(USED.findall(text)) <= there
    for later in re.findall(r'"\./(\w+\.js)"', text):
        assert later in MODULES, f"{name} asks for {later}"
