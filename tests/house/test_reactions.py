"""When this, then these: every event has its row, every row its event, and no reaction is forgotten."""

import ast
import importlib

import pytest
from build import a_question, an_answer
from house_source import modules

from app.core import events
from app.core.db import db
from app.core.events import Event
from app.forum.actions import accept_answer
from app.forum.events import AnswerAccepted
from app.reactions import REACTIONS

EVENTS = {
    node.name: path
    for path, tree in modules().items()
    if path.endswith("events.py") and path != "core/events.py"
    for node in tree.body
    if isinstance(node, ast.ClassDef)
}


def functions(path):
    return [
        node.name
        for node in modules()[path].body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and len(node.args.args) == 1
    ]


def test_every_event_has_a_row():
    assert {event.__name__ for event in REACTIONS} == set(EVENTS)
    assert all(issubclass(event, Event) for event in REACTIONS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_is_published_somewhere(name):
    published = {
        node.args[0].func.id
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "publish"
        and isinstance(node.args[0], ast.Call)
    }
    assert name in published


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_events_are_frozen(name):
    module = importlib.import_module("app." + EVENTS[name].removesuffix(".py").replace("/", "."))
    assert getattr(module, name).__dataclass_params__.frozen


def test_every_reaction_is_in_a_row():
    in_rows = {f"{react.__module__}.{react.__name__}" for row in REACTIONS.values() for react in row}
    for path in modules():
        if path.endswith("/reactions.py"):
            module = "app." + path.removesuffix(".py").replace("/", ".")
            assert {f"{module}.{name}" for name in functions(path)} <= in_rows


def test_an_event_without_a_row_is_a_mistake_of_ours(app):
    class Unheard(Event):
        pass

    with pytest.raises(KeyError):
        events.publish(Unheard())


def test_an_error_in_a_reaction_undoes_the_whole_deed(app, asker, helper, monkeypatch):
    def fail(_event):
        raise RuntimeError("The bell is broken.")

    answer = an_answer(to=a_question(by=asker), by=helper)
    monkeypatch.setitem(events._reactions, AnswerAccepted, [*REACTIONS[AnswerAccepted], fail])
    with pytest.raises(RuntimeError, match="bell"):
        accept_answer(asker, answer)
    db.session.expire_all()
    assert not answer.is_accepted
    assert answer.question.accepted_count == 0
    assert helper.reputation == 0
