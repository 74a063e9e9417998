"""Templates decide nothing, speak through gettext, and hold no style, no script and no text that was not cleaned."""

import ast
import re

from house_source import APP, modules, templates
from jinja2 import Environment, nodes

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
TREES = {name: ENVIRONMENT.parse(source) for name, source in templates().items()}
PAGES = {
    name
    for name, tree in TREES.items()
    if "/components/" not in name and not any(isinstance(node, nodes.Macro) for node in tree.body)
}
DECISIONS = (nodes.Assign, nodes.AssignBlock, nodes.BinExpr, nodes.Compare)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
SPOKEN = ("aria-label", "title", "placeholder", "alt", "label")


def test_a_page_decides_and_counts_nothing():
    for name in sorted(PAGES):
        for node in TREES[name].find_all(DECISIONS):
            raise AssertionError(f"{name}:{node.lineno}: {type(node).__name__} belongs in the page object")


def test_only_html_that_we_cleaned_ourselves_is_safe():
    for name in sorted(TREES):
        for node in TREES[name].find_all(nodes.Filter):
            if node.name == "safe":
                inner = node.node
                field = inner.attr if isinstance(inner, nodes.Getattr) else getattr(inner, "name", "")
                assert field == "html" or field.endswith("_html"), f"{name}:{node.lineno}: {field} | safe"


def test_no_template_turns_escaping_off():
    for name in sorted(TREES):
        assert "autoescape" not in templates()[name], name


def test_nothing_is_styled_or_scripted_inline():
    for name in sorted(TREES):
        source = JINJA.sub("", templates()[name])
        found = re.search(r"<[^>]*\s(style|on\w+)\s*=|<style|javascript:", source)
        assert not found, f"{name}: {found and found[0]}"
        for attributes in re.findall(r"<script([^>]*)>", source):
            assert "src=" in attributes or 'type="application/ld+json"' in attributes, name


def test_every_word_that_people_see_goes_through_gettext():
    for name in sorted(TREES):
        source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", templates()[name], flags=re.DOTALL)
        bare = JINJA.sub("\0", source)
        attributes = re.findall(rf'\s(?:{"|".join(SPOKEN)})="([^"]*)"', bare)
        words = re.sub(r"<script.*?</script>", " ", bare, flags=re.DOTALL)
        words = re.sub(r"<[^>]*>", " ", words)
        words = re.sub(r"""[\w-]+=("[^"]*"|'[^']*')|\b(required|selected|checked)\b""", " ", words)
        for text in [words, *attributes]:
            text = re.sub(r"&\w+;", " ", text)
            found = re.search(r"[^\W\d_]{2,}[^\n]*", text)
            assert not found, f"{name} says {found[0]!r} without gettext"


def test_forms_that_send_carry_the_token():
    for name in sorted(TREES):
        for form in re.findall(
            r"<form\b[^>]*method=\"post\".*?</form>", templates()[name], re.DOTALL | re.IGNORECASE
        ):
            assert "csrf_field()" in form, f"{name}: {form[:80]}"


# The words of Python


def first_argument(node):
    return node.args[0] if node.args else None


def test_every_message_of_a_deed_goes_through_gettext():
    for path in modules():
        spoken = {"flash", "NotAllowed", "SignInNeeded", "Refused", "Invalid", "Gone"}
        for node in ast.walk(modules()[path]):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in spoken:
                words = first_argument(node)
                assert not isinstance(words, ast.Constant | ast.JoinedStr), f"{path}:{node.lineno}"


def test_what_is_translated_is_a_plain_text():
    """A text put together before it is translated is found in no catalogue."""
    for path in modules():
        for node in ast.walk(modules()[path]):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "_",
                "_l",
                "gettext",
                "ngettext",
            ):
                words = first_argument(node)
                if path != "core/i18n.py" and not isinstance(words, ast.Name):
                    assert isinstance(words, ast.Constant), f"{path}:{node.lineno}"


# Styles

PHYSICAL = re.compile(
    r"(?:^|[;{\s])("
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
    r"|left|right"
    r")\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)


def test_styles_know_no_left_and_no_right():
    for path in sorted(path.name for path in (APP / "web/static/css").glob("*.css")):
        source = (APP / "web/static/css" / path).read_text(encoding="utf-8")
        source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        found = PHYSICAL.search(source)
        assert not found, found and found[0]


def test_scripts_make_no_html_of_strings():
    for script in (APP / "web/static/js").rglob("*.js"):
        source = script.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source
        ), script.name
