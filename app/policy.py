"""Who may do what. One rule per deed; the rule, the function and the endpoint share a name."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.errors import NotAllowed, SignInNeeded
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l


class Role(enum.IntEnum):
    """What a person is to the site. Each role may do all that the ones before it may."""

    MEMBER = 1
    EXPERT = 2
    WRITER = 3
    MODERATOR = 4
    ADMIN = 5

    @property
    def label(self) -> str:
        return str(_ROLE_WORDS[self])


_ROLE_WORDS = {
    Role.MEMBER: _l("Member"),
    Role.EXPERT: _l("Expert"),
    Role.WRITER: _l("Support writer"),
    Role.MODERATOR: _l("Moderator"),
    Role.ADMIN: _l("Administrator"),
}


class Lazy:
    """Words joined when they are read, in the reader's language."""

    def __init__(self, say: Callable[[], str]) -> None:
        self._say = say

    def __str__(self) -> str:
        return self._say()


@dataclass(frozen=True)
class Rule:
    """A yes-or-no question about a person and a thing. Combine with `|` and `&`."""

    words: Any
    holds: Callable[[Any, Any], bool]

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(
            Lazy(lambda: _("%(one)s or %(two)s", one=str(self.words), two=str(other.words))),
            lambda who, it: self.holds(who, it) or other.holds(who, it),
        )

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(
            Lazy(lambda: _("%(one)s, being %(two)s", one=str(self.words), two=str(other.words))),
            lambda who, it: self.holds(who, it) and other.holds(who, it),
        )


def is_member(who: Any) -> bool:
    """Whether this is a person with an account who is not suspended."""
    return bool(who.is_authenticated and not who.is_suspended)


def when(words: Any, holds: Callable[[Any, Any], bool]) -> Rule:
    """A rule about members: signed-out and suspended people never pass."""
    return Rule(words, lambda who, it: is_member(who) and holds(who, it))


def role(least: Role, words: Any) -> Rule:
    """At least this role."""
    return when(words, lambda who, _it: who.role >= least)


def reputation(points: int) -> Rule:
    """At least so many points."""
    return when(
        Lazy(lambda: _("a member with %(points)d reputation", points=points)),
        lambda who, _it: who.reputation >= points,
    )


anyone = Rule(_l("anyone"), lambda _who, _it: True)
visitor = Rule(_l("anyone who is signed out"), lambda who, _it: not who.is_authenticated)
member = when(_l("any member"), lambda _who, _it: True)
author = when(_l("its author"), lambda who, it: it.author_id == who.id)
deleter = when(_l("whoever deleted it"), lambda who, it: it.deleted_by_id == who.id)
other_expert = when(
    _l("an expert or staff other than its author"),
    lambda who, it: who.role >= Role.EXPERT and it.author_id != who.id,
)
asker = when(_l("the person who asked"), lambda who, it: it.question.author_id == who.id)
somebody_else = when(_l("someone other than its author"), lambda who, it: it.author_id != who.id)
stranger = when(_l("any member other than its author"), lambda who, it: it.author_id != who.id)
other_hand = when(_l("someone who did not change its text last"), lambda who, it: it.edited_by_id != who.id)
themselves = when(_l("the person themselves"), lambda who, it: it is None or it.id == who.id)
expert = role(Role.EXPERT, _l("an expert or staff"))
writer = role(Role.WRITER, _l("a support writer"))
moderator = role(Role.MODERATOR, _l("a moderator"))
admin = role(Role.ADMIN, _l("an administrator"))
experienced = reputation(2000)

RULES: dict[str, Rule] = {
    # Accounts
    "sign_up": visitor,
    "change_password": themselves,
    # Asking and answering
    "ask_question": member,
    "note_solved_while_asking": anyone,
    "edit_question": author | experienced | moderator,
    "delete_question": author | moderator,
    "undelete_question": deleter | moderator,
    "answer_question": member,
    "edit_answer": author | experienced | moderator,
    "delete_answer": author | moderator,
    "undelete_answer": deleter | moderator,
    "comment": member,
    "delete_comment": author | moderator,
    "vote": stranger,
    "mark_affected": stranger,
    "accept_answer": asker | moderator,
    "unaccept_answer": asker | moderator,
    "verify_answer": other_expert,
    "unverify_answer": expert,
    # The knowledge base
    "promote_answer": writer,
    "link_to_article": writer,
    "unlink_from_article": writer,
    "start_draft": writer,
    "save_draft": writer,
    "discard_draft": writer & (author | moderator),
    "restore_draft": writer & (author | moderator),
    "send_draft_for_review": writer,
    "approve_draft": writer & somebody_else & other_hand,
    "return_draft": writer & somebody_else,
    "publish_draft": writer,
    "withdraw_article": writer,
    "restore_article": writer,
    "check_article": writer,
    "give_feedback": anyone,
    "accept_feedback": writer,
    "fix_feedback": writer,
    "decline_feedback": writer,
    # Notifications
    "read_notifications": themselves,
}


def may(who: Any, deed: str, it: Any = None) -> bool:
    """Whether `who` may do `deed` to `it`. A deed without a rule is a KeyError, never a yes."""
    return RULES[deed].holds(who, it)


def allow(who: Any, deed: str, it: Any = None) -> None:
    """Let `who` do `deed` to `it`, or say what is missing.

    Raises:
        SignInNeeded: nobody is signed in.
        NotAllowed: the rule does not hold; the message says who may.
    """
    if may(who, deed, it):
        return
    if not who.is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    if who.is_suspended:
        raise NotAllowed(_("Your account is suspended, so this is not open to you for now."))
    raise NotAllowed(_("This is open to %(people)s.", people=str(RULES[deed].words)))
