"""Each deed on each thing by each kind of person: who gets through, on what, and what the others are told.

No deed is really done here: once its rule has let somebody through, the request ends. What follows then has tests of
its own. So a thousand requests find the same site.
"""

import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from app import policy
from app.accounts.models import User, UserSession
from app.core.db import db
from app.notifications.models import Line
from app.writing.models import PostDraft
from tests.house.for_whom import ADMIN, FOR_WHOM, MEMBER, MODERATOR, NOTHING_HERE, WRITER
from tests.house.test_deeds import deed_of, rules_of
from tests.permissions.addresses import filled
from tests.permissions.world import EVERYBODY, MEMBERS, MODERATORS, PEOPLE, STAFF, VISITOR

WITH_EVERYTHING = tuple(name for name in (VISITOR, *PEOPLE) if name != "colleague")
ORDER = (VISITOR, MEMBER, "expert", WRITER, MODERATOR, ADMIN)
WITH_WHAT_IS_AWAY = (VISITOR, "stranger", "asker", "helper", "writer", "moderator")
THINGS = {
    "question_id": "question",
    "answer_id": "answer",
    "comment_id": "comment",
    "duplicate_id": "duplicate",
    "suggestion_id": "suggestion",
    "draft_id": "draft",
    "feedback_id": "feedback",
    "synonym_id": "synonym",
    "golden_id": "golden",
    "pin_id": "pin",
    "awaited_id": "awaited",
    "job_id": "job",
    "announcement_id": "announcement",
    "session_id": "session",
    "line_id": "line",
    "passkey_id": "passkey",
    "identity_id": "identity",
}
TYPED = {
    "title": "The lamp blinks in red",
    "body": "Words",
    "words": "Words",
    "why": "Words",
    "comment": "Words",
    "value": "1",
    "into": "reset-the-lamp",
    "seen": "",
    "suggestion": "question-1",
    "looked": "yes",
    "preview": "body /ask",
    "original": "1",
    "article": "reset-the-lamp",
    "q": "lamp",
    "query": "lamp",
    "target": "question-1",
    "id": "",
    "reason": "spam",
    "password": "x",
    "version": "1",
    "helped": "yes",
    "remove": "yes",
}


OF_ONES_OWN = {
    "notifications.read_line",
    "settings.end_session",
    "security.remove_passkey",
    "identities.unlink_identity",
}
"""Deeds that are about the person; that the number in the address is one of theirs, the deed itself finds out."""


OPEN = {
    **dict.fromkeys(THINGS, 1),
    "username": "asker",
    "slug": "reset-the-lamp",
    "kind": "question",
    "number": 1,
    "thing_id": 1,
    "place": "ask",
    "token": "x",
    "version": "x",
    "path": "css/app.css",
    "name": f"{0:032}-1x1.png",
    "_deed": "send",
}
"""What stands for the parts of an address that leads to what everybody may see."""
OPEN_AT = {
    "tags": {"slug": "pairing"},
    "catalog": {"slug": "lamp"},
    "admin_catalog": {"slug": "lamp"},
}


class Permitted(Exception):
    """The rule of the deed let somebody through, on this thing."""


def who_sees(kind: str, name: str) -> frozenset[str]:
    """Who may know of a thing, said once more and in another way than the queries say it."""
    away = next((state for state in ("hidden", "held", "deleted") if state in name), "")
    if kind in ("draft", "feedback", "synonym", "golden", "pin"):
        return STAFF
    if kind == "job":
        return frozenset({"admin"})
    if kind == "article":
        return STAFF if "staff" in name else MEMBERS if "customers" in name else EVERYBODY
    if kind == "suggestion" and "guide" in name:
        return STAFF if "staff" in name or "withdrawn" in name else MEMBERS
    if kind == "question" and away:
        return MODERATORS | {"asker"}
    if away and "question" in name:
        return MODERATORS | {"asker"}
    if kind in ("answer", "comment", "suggestion") and away:
        return MODERATORS | {"helper"}
    if kind in ("awaited", "line"):
        return frozenset({name.split()[0]})
    return EVERYBODY


def choices(rule, world) -> list[tuple[dict, str, str]]:
    """The addresses of a rule: the values in it, and the kind and name of the thing that it is about."""
    if "kind" in rule.arguments and "number" in rule.arguments:
        some = [(kind, name) for kind in ("question", "answer", "comment") for name in ("here", "hidden")]
        some += [("article", "public"), ("article", "staff"), ("person", "stranger")]
        return [({"kind": kind, "number": world.things[kind][name].id}, kind, name) for kind, name in some]
    if "kind" in rule.arguments:
        some = [("question", "here"), ("question", "hidden"), ("person", "stranger"), ("product", "lamp")]
        return [({"kind": kind, "thing_id": world.things[kind][name].id}, kind, name) for kind, name in some]
    for argument in rule.arguments:
        if argument in THINGS:
            kind = THINGS[argument]
            return [({argument: thing.id}, kind, name) for name, thing in world.things[kind].items()]
        if argument == "username":
            return [({argument: name}, "person", name) for name in ("asker", "moderator")]
        if argument == "slug" and "articles" in rule.rule:
            return [
                ({argument: thing.slug}, "article", name) for name, thing in world.things["article"].items()
            ]
        if argument == "slug":
            return [({argument: "lamp" if "products" in rule.rule else "pairing"}, "label", "here")]
        if argument == "place":
            return [({argument: "ask"}, "", "")]
        if argument == "token":
            return [({argument: "x"}, "", "")]
    return [({}, "", "")]


@pytest.fixture
def stop_at(monkeypatch):
    """`stop_at.deed` is the deed before which a request ends; `stop_at.about` what it would have been done to."""
    wanted = SimpleNamespace(deed="", about=None, allow=policy.allow)

    def allow(who, deed, it=None):
        wanted.allow(who, deed, it)
        if deed == wanted.deed:
            wanted.about = None if it is None else (type(it), it.id)
            raise Permitted(deed)

    for module in [one for name, one in sys.modules.items() if name.startswith("app.")]:
        if getattr(module, "allow", None) is wanted.allow:
            monkeypatch.setattr(module, "allow", allow)
    return wanted


@pytest.fixture
def writes(app):
    """What was written to the database, but for the count of tries."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        is_reading = statement.lstrip().startswith(("SELECT", "WITH", "BEGIN", "PRAGMA"))
        if not is_reading and " attempts" not in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_deed_is_done_only_by_those_who_see_the_thing_and_may(app, world, browser, stop_at, writes):
    pages = {
        name: browser(None if name == VISITOR else db.session.get(User, world.people[name].id))
        for name in WITH_EVERYTHING
    }
    writes.clear()
    wrong, through, asked = [], set(), 0
    for rule in rules_of(app, "POST"):
        deed = deed_of(rule)
        if deed is None:
            continue
        stop_at.deed = deed
        for values, kind, name in choices(rule, world):
            address, thing = filled(rule.rule, values), world.things.get(kind, {}).get(name)
            is_away = MODERATORS <= who_sees(kind, name) != EVERYBODY
            for person in WITH_WHAT_IS_AWAY if is_away else WITH_EVERYTHING:
                asked += 1
                try:
                    response = pages[person].post(address, data=TYPED)
                except Permitted:
                    through.add(deed)
                    writes.clear()  # Some save a text before they send it.
                    if rule.endpoint in OF_ONES_OWN:
                        continue
                    if name and person not in who_sees(kind, name):
                        wrong.append(f"{person} got through to {address}, {name}, which they cannot see")
                    if stop_at.about and thing and stop_at.about != (type(thing), thing.id):
                        wrong.append(f"{address} asked about another thing than {name}")
                    continue
                text = response.get_data(as_text=True)
                # Those who see a thing may hear that it is not at the point where this can be done.
                turned_down = (401, 403, 404, 410) + ((409,) if person in who_sees(kind, name) else ())
                if response.status_code not in turned_down:
                    wrong.append(f"{person} got {response.status_code} from {address}, {name}")
                leaked = world.leaked(
                    person, text.replace(address.split("/")[2] if "zq" in address else "\0", "")
                )
                if leaked:
                    wrong.append(f"{person} read {leaked} at {address}")
                if writes:
                    wrong.append(f"{person} changed something by {address}: {writes[0][:60]}")
                writes.clear()
    assert not wrong, "\n".join(map(str, wrong))
    assert asked > 1000
    assert through == {deed_of(rule) for rule in rules_of(app, "POST")} - {None}


def test_what_is_somebody_elses_is_out_of_reach_also_by_its_number(app, world, browser):
    """For the deeds whose rule only asks who somebody is."""
    page = browser(db.session.get(User, world.people["helper"].id))
    line, session = world.things["line"]["asker answer:1"], world.things["session"]["asker"]
    page.post(f"/notifications/{line.id}/read")
    page.post(f"/settings/sessions/{session.id}/end")
    assert db.session.get(Line, line.id).read_at is None
    assert db.session.get(UserSession, session.id) is not None
    for awaited in world.ids("awaited"):
        assert page.post(f"/search/awaited/{awaited}/end").status_code == 404
    assert page.get("/unsent/ask").status_code in (200, 204, 404)
    page.post("/unsent/ask/discard")
    assert db.session.query(PostDraft).count() == 2


# Reading


def test_an_address_opens_for_those_for_whom_it_is_and_for_nobody_else(app, world, browser):
    wrong = []
    for name in ORDER:
        page = browser(None if name == VISITOR else db.session.get(User, world.people[name].id))
        for rule in rules_of(app, "GET"):
            sample = OPEN | OPEN_AT.get(rule.endpoint.partition(".")[0], {})
            values = {argument: sample[argument] for argument in rule.arguments}
            response = page.get(filled(rule.rule, values), buffered=True)
            where, status = response.headers.get("Location", ""), response.status_code
            is_open = status < 300 or (status < 400 and "/sign-in" not in where)
            expected = FOR_WHOM[rule.endpoint] != NOTHING_HERE and ORDER.index(name) >= ORDER.index(
                FOR_WHOM[rule.endpoint]
            )
            if is_open != expected:
                wrong.append((name, rule.endpoint, status))
    assert not wrong, "\n".join(map(str, wrong))
