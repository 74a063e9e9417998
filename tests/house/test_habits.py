"""The habits that keep the house readable."""

import ast
import re
from collections import Counter

from house_source import APP, imported, modules

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


def test_a_module_opens_with_a_sentence_that_says_what_it_is_for():
    for path, tree in modules().items():
        words = ast.get_docstring(tree)
        assert words, f"{path} does not say what it is for"
        assert words.splitlines()[0].rstrip().endswith((".", ":")), f"{path}: a whole sentence, please"


def test_every_file_has_a_subject():
    assert not {path.rpartition("/")[2] for path in modules()} & NO_SUBJECT


def test_every_file_of_tests_has_a_name_of_its_own():
    """Two of one name cannot be run together: the second would be taken for the first."""
    names = Counter(path.name for path in (APP.parent / "tests").rglob("test_*.py"))
    assert {name for name, count in names.items() if count > 1} == set()


def test_public_functions_say_what_they_mean():
    for path, tree in modules().items():
        for node in tree.body if path.endswith(("/actions.py", "queries.py")) else ():
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node) or len(node.body) == 1, f"{path}: {node.name}"


def test_views_are_thin_and_write_nothing():
    for path in modules():
        if path.endswith("views.py"):
            source = (APP / path).read_text(encoding="utf-8")
            assert "transaction(" not in source, path
            assert set(re.findall(r"db\.session\.(\w+)", source)) <= {"rollback"}, path


def test_no_hash_is_used_that_is_broken():
    for path in modules():
        assert not re.search(r"\b(md5|sha1)\b", (APP / path).read_text(encoding="utf-8")), path


def test_nobody_draws_lots_for_a_secret():
    """What must not be guessed comes from `secrets`; `random` is for what anybody may know, such as how long to wait."""
    for path, tree in modules().items():
        names = {name.split(".")[0] for name in imported(tree)}
        assert not {"random", "secrets"} <= names, path
        assert "random" not in names or not path.startswith(("accounts/", "uploads/")), path


def test_no_template_is_made_of_text():
    for path, tree in modules().items():
        names = {name.rpartition(".")[2] for name in imported(tree)}
        assert not names & {"render_template_string", "from_string"}, path
        assert ".from_string(" not in (APP / path).read_text(encoding="utf-8"), path


def test_no_command_goes_through_a_shell():
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(f"{path}: a command is a list of words")
        assert not {"os.system", "os.popen"} & set(imported(tree)), path
        assert not re.search(r"\bos\.(system|popen)\(", (APP / path).read_text(encoding="utf-8")), path
