"""The habits that keep the house readable."""

import ast
import re

import pytest
from house_source import APP, modules

NO_SUBJECT = {
    "utils.py",
    "util.py",
    "helpers.py",
    "helper.py",
    "services.py",
    "service.py",
    "manager.py",
    "misc.py",
    "common.py",
}


@pytest.mark.parametrize("path", sorted(modules()))
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(path):
    words = ast.get_docstring(modules()[path])
    assert words, f"{path} does not say what it is for"
    assert words.splitlines()[0].rstrip().endswith((".", ":")), f"{path}: a whole sentence, please"


def test_every_file_has_a_subject():
    assert not {path.rpartition("/")[2] for path in modules()} & NO_SUBJECT


@pytest.mark.parametrize(
    "path", sorted(path for path in modules() if path.endswith(("/actions.py", "queries.py")))
)
def test_public_functions_say_what_they_mean(path):
    for node in modules()[path].body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node) or len(node.body) == 1, f"{path}: {node.name}"


@pytest.mark.parametrize("path", sorted(path for path in modules() if path.endswith("views.py")))
def test_views_are_thin_and_write_nothing(path):
    source = (APP / path).read_text(encoding="utf-8")
    assert "transaction(" not in source
    assert set(re.findall(r"db\.session\.(\w+)", source)) <= {"rollback"}
