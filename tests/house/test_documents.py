"""What the documents say of the program is true: libraries, commands, tests and settings that they name are there."""

import ast
import re
import tomllib

import pytest
from house_source import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def rows(text):
    """The cells of each row of the tables in a text."""
    table = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def part(text, heading):
    """What stands under a heading."""
    return re.split(r"^#+ ", text.partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_each_library_has_its_reason_its_state_and_what_would_replace_it():
    extras = [each for listed in PROJECT["optional-dependencies"].values() for each in listed]
    needed = {re.split(r"[\[<>=~!]", each)[0] for each in [*PROJECT["dependencies"], *extras]} - {"aftercare"}
    told = rows(part(README, "## Why these libraries"))[1:]
    named = {name.strip() for row in told for name in row[0].split(",")}
    kinds = {name for name in named if name.endswith("*")}
    needed = {f"{name.split('-')[0]}-*" if f"{name.split('-')[0]}-*" in kinds else name for name in needed}
    assert named == needed
    assert all(why and state for _name, why, state, _other in told)


def test_every_make_target_that_a_document_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")))
        assert named <= targets, f"{path.name} names {named - targets}"


def test_every_setting_is_listed_and_every_listed_setting_is_read():
    source = (ROOT / "app/config.py").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(AFTERCARE_\w+|DATABASE_URL)`", source.partition('"""')[2]))
    tree = ast.parse(source)
    read = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"AFTERCARE_\w+|DATABASE_URL", node.value)
    }
    assert read == listed
    for path in DOCUMENTS:
        named = set(re.findall(r"`(AFTERCARE_[A-Z_]+[A-Z])", path.read_text(encoding="utf-8")))
        of_development = {"AFTERCARE_SHARED", "AFTERCARE_CHROMIUM"}
        assert named - of_development <= listed, f"{path.name} names {named - listed}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_test_that_a_document_names_is_there():
    for path in DOCUMENTS:
        for named in re.findall(r"\btests/[\w/]+(?:\.py)?", path.read_text(encoding="utf-8")):
            assert (ROOT / named).exists(), f"{path.name} names {named}"


# The table of requirements

ASVS = [row for row in rows((ROOT / "docs/asvs.md").read_text(encoding="utf-8")) if row[0][:1].isdigit()]


def test_every_requirement_of_both_levels_is_in_the_table_once():
    numbers = [row[0] for row in ASVS]
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"\d{1,2}\.\d\.\d{1,2}", number) for number in numbers)
    assert [sum(row[1] == level for row in ASVS) for level in ("1", "2")] == [70, 183]


@pytest.mark.parametrize("row", ASVS, ids=lambda row: row[0])
def test_a_requirement_has_its_tests_or_its_reason(row):
    _number, _level, gist, state, proof = row
    assert gist
    assert state in ("holds", "in part", "does not apply", "of whoever runs it")
    assert len(proof) > 5
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof):
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path} has no {name}"
