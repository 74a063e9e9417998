"""One deed, one name: the rule, the action and the endpoint share it, and each action opens with its rule."""

import ast
import re
from urllib.parse import quote

import pytest
from build import a_comment, a_product, a_question, an_answer, an_article

from app.articles.models import Draft
from app.core.db import db
from app.forum.models import Duplicate, SuggestedEdit
from app.policy import RULES, may
from app.web.session import Visitor
from tests.house.house_source import imported, is_roof, modules

WITHOUT_A_RULE = {
    "accounts/actions.py": {
        "create_person": "sign_up and the command line ask before it",
        "sign_in": "who is signed out has no rights to ask about; the password decides",
        "start_session": "whoever calls it is certain of the person",
        "open_session": "as start_session",
        "go_in": "whoever calls it has seen a first proof",
        "sign_out": "ending one's own session is open to whoever holds its token",
        "end_all_sessions": "suspending, resetting and leaving ask before it",
        "forget_what_is_over": "the worker does it every night",
        "send_reset_link": "the worker's part of request_password_reset",
        "change_role": "only the command line calls it",
    },
    "forum/actions.py": {"check_question": "it changes nothing"},
}
DEED_OF_ENDPOINT = {
    "searches.add_alias": "start_draft",
    "accounts.do_sign_in": None,
    "accounts.sign_out": None,
    "second_step.finish_sign_in": None,
    "identities.begin_sign_in": None,
    "passkeys.sign_in_options": None,
    "passkeys.sign_in": None,
    "passkeys.second_step_options": None,
    "passkeys.finish_sign_in": None,
    "passkeys.proof_options": "confirm_identity",
    "security.passkey_options": "register_passkey",
    "forum.solved_while_asking": "note_solved_while_asking",
    "forum.vote_on_question": "vote",
    "forum.vote_on_answer": "vote",
    "forum.comment_on_question": "comment",
    "forum.comment_on_answer": "comment",
    "suggested_edits.do_suggest_for_question": "suggest_edit",
    "suggested_edits.do_suggest_for_answer": "suggest_edit",
    "suggested_edits.do_suggest_for_article": "suggest_edit",
    "articles.start_draft_of": "start_draft",
    "articles.preview_draft": "save_draft",
    "articles.preview_new_draft": "start_draft",
    "notifications.read_line": "read_notifications",
    "notifications.see": "read_notifications",
    "notifications.unsubscribe": None,  # Whoever holds the signed link of a letter may.
}
TYPED = {
    "title": "The lamp blinks in red",
    "into": "reset-the-lamp",
    "body": "Words",
    "comment": "Words",
    "value": "1",
}
SAMPLE = {
    "pin_id": 1,
    "synonym_id": 1,
    "awaited_id": 1,
    "golden_id": 1,
    "place": "ask",
    "name": f"{0:032}-1x1.png",
    "question_id": 1,
    "answer_id": 1,
    "comment_id": 1,
    "duplicate_id": 1,
    "suggestion_id": 1,
    "draft_id": 1,
    "session_id": 1,
    "passkey_id": 1,
    "identity_id": 1,
    "feedback_id": 1,
    "slug": "reset-the-lamp",
    "username": "asker",
    "version": "x",
    "path": "css/app.css",
    "number": 1,
    "line_id": 1,
    "thing_id": 1,
    "token": "x",
    "kind": "question",
    "job_id": 1,
    "announcement_id": 1,
    "_deed": "send",
}


def actions():
    """The public functions of every module in which deeds are done."""
    for path, tree in modules().items():
        if not is_roof(path) and "app.policy.allow" in imported(tree):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield path, node


def rule_of(function):
    """The deed that a function's first statement after its docstring asks about; None if it asks nothing."""
    for node in function.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "allow":
            return call.args[1].value
        return None
    return None


ASKS = {(path, node.name): rule_of(node) for path, node in actions()}


@pytest.mark.parametrize(("path", "name"), sorted(ASKS))
def test_an_action_opens_with_its_own_rule(path, name):
    deed = ASKS[path, name]
    if path.endswith("/actions.py"):
        assert deed == (None if name in WITHOUT_A_RULE.get(path, {}) else name)
    else:
        assert deed == name or name not in RULES


def test_every_rule_has_its_action():
    doing = {name for (_path, name), deed in ASKS.items() if deed == name}
    assert set(RULES) == doing


def test_the_exceptions_are_all_still_there():
    for path, names in WITHOUT_A_RULE.items():
        assert {(path, name) for name in names} <= set(ASKS)


# The endpoints


def rules_of(app, method):
    return [rule for rule in app.url_map.iter_rules() if method in rule.methods]


def deed_of(rule):
    """The deed behind an endpoint that takes a POST."""
    if rule.endpoint in DEED_OF_ENDPOINT:
        return DEED_OF_ENDPOINT[rule.endpoint]
    return rule.endpoint.rpartition(".")[2].removeprefix("do_")


def address(rule):
    def value(match):
        name = match[1].rpartition(":")[2]
        return quote(str(SAMPLE[name]))

    return re.sub(r"<([^>]+)>", value, rule.rule)


def test_every_route_that_changes_something_has_a_deed(app):
    for rule in rules_of(app, "POST"):
        deed = deed_of(rule)
        assert deed is None or deed in RULES, f"{rule.rule}: say in DEED_OF_ENDPOINT which deed this is"


def test_no_route_changes_anything_by_other_means(app):
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods}
    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_route_takes_get_or_post_and_never_both(app):
    assert not [rule.rule for rule in app.url_map.iter_rules() if {"GET", "POST"} <= rule.methods]


@pytest.fixture
def furnished(app, asker, writer):
    """One of each thing that an address may name."""
    article = an_article()
    a_product(name="Porter")
    question = a_question(by=asker)
    answer = an_answer(to=question)
    a_comment(on=answer, by=asker)
    db.session.add(Duplicate(question_id=question.id, original_id=a_question().id, by_id=asker.id))
    db.session.add(SuggestedEdit(answer_id=answer.id, author_id=asker.id, base_body="a", body="b"))
    db.session.add(Draft(author_id=writer.id, title="A draft", fields={}, article_id=article.id))
    db.session.commit()


def test_what_takes_only_a_post_answers_a_get_with_405(app, browser, furnished, moderator):
    routes = app.url_map.bind("localhost")
    page = browser(moderator)
    for rule in rules_of(app, "POST"):
        if not routes.test(address(rule), "GET"):
            response = page.get(address(rule))
            assert response.status_code == 405, rule.rule
            assert "POST" in response.headers["Allow"]


def test_a_visitor_who_presses_is_asked_to_sign_in_and_nothing_changes(app, browser, furnished, statements):
    for rule in rules_of(app, "POST"):
        deed = deed_of(rule)
        if deed is None or may(Visitor(), deed):
            continue
        statements.seen.clear()
        response = browser().post(address(rule), data=TYPED)
        # What only writers may know of is not there for others.
        assert response.status_code in (401, 404), rule.rule
        if response.status_code == 404:
            assert rule.endpoint.startswith(("articles.", "feedback."))
        assert all(one.lstrip().startswith(("SELECT", "WITH")) for one in statements.seen), rule.rule


@pytest.mark.parametrize("who", ["visitor", "asker", "moderator"])
def test_reading_any_page_changes_nothing_and_none_breaks(app, request, browser, furnished, statements, who):
    page = browser(None if who == "visitor" else request.getfixturevalue(who))
    for rule in rules_of(app, "GET"):
        statements.seen.clear()
        response = page.get(address(rule), buffered=True)
        # The tables of a test are made without migrations, so nothing is ready.
        expected = (503,) if rule.rule == "/readyz" else (200, 301, 302, 403, 404)
        assert response.status_code in expected, rule.rule
        writing = [one for one in statements.seen if not one.lstrip().startswith(("SELECT", "WITH"))]
        assert not writing, f"{rule.rule} ran {writing}"
