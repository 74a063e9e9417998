"""Who may do what, as a whole: what holds for every rule."""

from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from build import a_user

from app.core.db import now
from app.core.errors import NotAllowed, SignInNeeded
from app.policy import RULES, Role, allow, anyone, may, oneself
from app.web.session import Visitor

OF_SOMEBODY_ELSE = SimpleNamespace(
    id=0,
    author_id=0,
    edited_by_id=0,
    deleted_by_id=0,
    returned_by_id=0,
    owner_id=0,
    user_id=0,
    article_id=None,
    wiki_at=None,
    question=SimpleNamespace(author_id=0),
)


def of(person):
    """A thing that is this person's own in every way."""
    return SimpleNamespace(
        id=person.id,
        author_id=person.id,
        edited_by_id=person.id,
        deleted_by_id=person.id,
        returned_by_id=person.id,
        owner_id=person.id,
        user_id=person.id,
        article_id=None,
        wiki_at=None,
        question=SimpleNamespace(author_id=person.id),
    )


def allowed(person, thing=OF_SOMEBODY_ELSE):
    return {deed for deed in RULES if may(person, deed, thing)}


def test_a_visitor_may_open_an_account_and_say_what_helped(app):
    assert allowed(Visitor()) == {"sign_up", "sign_up_with_identity"} | {
        deed for deed, rule in RULES.items() if rule is anyone
    }


def test_who_is_suspended_may_do_what_everybody_may_and_look_after_their_own_account(app):
    for role in Role:
        person = a_user(role=role, reputation=9000, suspended_until=now() + timedelta(days=1))
        open_to_all = {deed for deed, rule in RULES.items() if rule is anyone}
        assert allowed(person) == open_to_all
        assert allowed(person, of(person)) == open_to_all | {
            deed for deed, rule in RULES.items() if rule is oneself
        }


def test_each_role_may_all_that_the_ones_before_it_may(app):
    people = [a_user(role=role) for role in Role]
    for lower, higher in pairwise(people):
        assert allowed(lower) <= allowed(higher)
        assert allowed(lower, of(lower)) <= allowed(higher, of(higher))


@pytest.mark.parametrize("role", [Role.WRITER, Role.MODERATOR, Role.ADMIN])
def test_staff_without_the_second_factor_that_they_must_have_may_do_what_experts_may(app, role):
    app.config["STAFF_SECOND_FACTOR"] = True
    expert, bare, guarded = (
        a_user(role=Role.EXPERT),
        a_user(role=role),
        a_user(role=role, second_factor_at=now()),
    )
    assert allowed(bare) == allowed(expert)
    assert allowed(bare, of(bare)) == allowed(expert, of(expert))
    assert allowed(guarded) > allowed(bare)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_judges_their_own_work(app, role):
    person = a_user(role=role, reputation=9000)
    own = {"vote", "mark_affected", "verify_answer", "approve_draft", "return_draft"}
    assert not own & allowed(person, of(person))


def test_members_ask_answer_comment_and_vote_and_touch_nothing_of_others(app):
    may_do = allowed(a_user())
    assert {"ask_question", "answer_question", "comment", "vote", "mark_affected"} <= may_do
    assert not [
        deed for deed in may_do if deed.startswith(("edit_", "delete_", "undelete_", "accept_answer"))
    ]


def test_the_knowledge_base_is_the_writers(app):
    deeds = {deed for deed in RULES if "draft" in deed or "article" in deed or "promote" in deed}
    assert not deeds & allowed(a_user(role=Role.EXPERT, reputation=99_999))
    assert deeds - {"discard_draft", "restore_draft"} <= allowed(a_user(role=Role.WRITER))


def test_a_deed_without_a_rule_is_a_mistake_of_ours_and_never_a_yes(app, moderator):
    for ask in (may, allow):
        with pytest.raises(KeyError):
            ask(moderator, "no_such_deed")


def test_who_may_not_is_told_who_may(app, asker, visitor):
    with pytest.raises(NotAllowed, match=r"^This is open to a support writer\.$"):
        allow(asker, "promote_answer", OF_SOMEBODY_ELSE)
    with pytest.raises(SignInNeeded, match="sign in"):
        allow(visitor, "promote_answer", OF_SOMEBODY_ELSE)
