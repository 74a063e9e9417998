"""What pages always say is put into their templates once for each language."""

import pytest
from jinja2 import DictLoader, FileSystemBytecodeCache
from markupsafe import Markup

from app.web import wording
from app.web.wording import WordedEnvironment

TEMPLATES = {
    "page": '{% from "parts" import button %}{{ _("Edit") }} {{ button(_("Delete")) }} {{ _("By %(name)s", name=name) }}',
    "parts": '{% macro button(label) %}[{{ label }} {{ _("now") }}]{% endmacro %}',
}
GERMAN = {
    "Edit": "Ändern",
    "Delete": "Löschen <b>",
    "now": "jetzt",
    "By %(name)s": "Von %(name)s",
}


@pytest.fixture
def speaker(app, tmp_path, monkeypatch):
    """`speaker(code)` draws the page in that language; the compiled templates are kept as in production they may be."""
    spoken, asked = [""], []

    def say(text, **words):
        asked.append(text)
        said = GERMAN.get(text, text) if spoken[0] == "de" else text
        return Markup(said) % words  # noqa: S704 - words of this file.

    monkeypatch.setattr(wording, "language", lambda: spoken[0])
    monkeypatch.setattr(wording, "marked_gettext", say)
    cache = FileSystemBytecodeCache(str(tmp_path))
    environment = WordedEnvironment(app, loader=DictLoader(TEMPLATES), autoescape=True, bytecode_cache=cache)
    environment.globals["_"] = say

    def speak(code):
        spoken[0] = code
        asked.clear()
        return environment.get_template("page").render(name="<i>"), list(asked)

    return speak


def test_each_language_has_templates_with_its_own_words(speaker):
    for _time in range(2):
        assert speaker("en")[0] == "Edit [Delete now] By &lt;i&gt;"
        assert speaker("de")[0] == "Ändern [Löschen <b> jetzt] Von &lt;i&gt;"


def test_words_that_never_change_are_looked_up_once(speaker):
    assert sorted(speaker("en")[1]) == ["By %(name)s", "Delete", "Edit", "now"]
    assert speaker("en")[1] == ["By %(name)s"]
