"""Who may do what. One rule per deed; the rule, the function and the endpoint share a name."""

import enum
from collections.abc import Callable, Mapping
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


# Abilities


PRESETS: Mapping[str, Any] = {"new": _l("New"), "growing": _l("Growing"), "established": _l("Established")}
"""How far a site has come. A young site is usable at once; a busy one asks for more."""


@dataclass(frozen=True)
class Ability:
    """Something that reputation opens: its words, the points it takes under each preset, and the role that needs none."""

    words: Any
    new: int
    growing: int
    established: int
    role: Role = Role.EXPERT

    def points(self, preset: str) -> int:
        """The reputation it takes on a site that has come so far."""
        return int(getattr(self, preset))


ABILITIES: Mapping[str, Ability] = {
    "vote_up": Ability(_l("Vote up"), 0, 5, 15),
    "comment_anywhere": Ability(_l("Comment in threads of others"), 0, 10, 50),
    "upload_pictures": Ability(_l("Upload pictures"), 0, 5, 10),
    "suggest_edits": Ability(_l("Suggest changes to what others wrote"), 0, 5, 10),
    "suggest_duplicates": Ability(_l("Suggest that a question was asked before"), 0, 15, 50),
    "vote_down": Ability(_l("Vote down"), 0, 50, 125),
    "link_freely": Ability(_l("Post links without a moderator looking first"), 10, 20, 50),
    "more_per_day": Ability(_l("Post, vote and report more in a day"), 20, 50, 100),
    "edit_wiki": Ability(_l("Edit community answers"), 10, 50, 100),
    "see_vote_counts": Ability(_l("See how many voted up and how many down"), 20, 200, 1000),
    "approve_edits": Ability(_l("Decide about suggested changes"), 100, 500, 1500),
    "edit_others": Ability(_l("Edit questions and answers of others"), 200, 1000, 2000, Role.MODERATOR),
}
"""What reputation opens, from the first to the last."""

_current_preset: Callable[[], str] = lambda: "new"  # noqa: E731


def follow_preset(read: Callable[[], str]) -> None:
    """Say where the preset of this site is read."""
    global _current_preset
    _current_preset = read


def threshold(ability: str) -> int:
    """The reputation that an ability takes on this site now."""
    return ABILITIES[ability].points(_current_preset())


_staff_need_second_factor: Callable[[], bool] = lambda: False  # noqa: E731


def follow_staff_rule(read: Callable[[], bool]) -> None:
    """Say where it is read whether staff must have a second factor."""
    global _staff_need_second_factor
    _staff_need_second_factor = read


def is_held_back(who: Any) -> bool:
    """Whether somebody has a role of staff that does not count until they have set up a second factor."""
    return who.role >= Role.WRITER and who.second_factor_at is None and _staff_need_second_factor()


def standing(who: Any) -> int:
    """The role that counts: that of an expert for staff who lack the second factor they must have."""
    return Role.EXPERT if is_held_back(who) else who.role


def has(who: Any, ability: str) -> bool:
    """Whether this person has an ability that is no deed of its own, such as to see how many voted."""
    return reputation(ability).holds(who, None)


# Rules


@dataclass(frozen=True)
class Rule:
    """A yes-or-no question about a person and a thing. Combine with `|` and `&`.

    Where more reputation could turn a no into a yes, `price` says how much it takes in all.
    """

    words: Any
    holds: Callable[[Any, Any], bool]
    price: Callable[[Any, Any], int | None] = lambda _who, _it: None

    def needs(self, who: Any, it: Any) -> int | None:
        """The least reputation with which the rule holds: 0 if it does, None if no reputation is enough."""
        return 0 if self.holds(who, it) else self.price(who, it)

    def __or__(self, other: "Rule") -> "Rule":
        def price(who: Any, it: Any) -> int | None:
            enough = [points for rule in (self, other) if (points := rule.needs(who, it)) is not None]
            return min(enough, default=None)

        return Rule(
            Lazy(lambda: _either(str(self.words), str(other.words))),
            lambda who, it: self.holds(who, it) or other.holds(who, it),
            price,
        )

    def __and__(self, other: "Rule") -> "Rule":
        def price(who: Any, it: Any) -> int | None:
            one, two = self.needs(who, it), other.needs(who, it)
            return None if one is None or two is None else max(one, two)

        return Rule(
            Lazy(lambda: _both(str(self.words), str(other.words))),
            lambda who, it: self.holds(who, it) and other.holds(who, it),
            price,
        )


def _either(one: str, two: str) -> str:
    everyone = str(member.words)
    return everyone if everyone in (one, two) else _("%(one)s or %(two)s", one=one, two=two)


def _both(one: str, two: str) -> str:
    """The words of two rules at once; an ability that takes no points adds nothing to the other."""
    if str(member.words) in (one, two):
        return one if two == str(member.words) else two
    return _("%(one)s, being %(two)s", one=one, two=two)


def is_member(who: Any) -> bool:
    """Whether this is a person with an account who is not suspended."""
    return bool(who.is_authenticated and not who.is_suspended)


def when(words: Any, holds: Callable[[Any, Any], bool]) -> Rule:
    """A rule about members: signed-out and suspended people never pass."""
    return Rule(words, lambda who, it: is_member(who) and holds(who, it))


def role(least: Role, words: Any) -> Rule:
    """At least this role."""
    return when(words, lambda who, _it: standing(who) >= least)


def reputation(ability: str) -> Rule:
    """At least the points that this ability takes now, or a role that has it without any.

    Raises:
        KeyError: there is no such ability.
    """
    least = ABILITIES[ability].role

    def words() -> str:
        points = threshold(ability)
        return _("a member with %(points)d reputation", points=points) if points > 0 else str(member.words)

    return Rule(
        Lazy(words),
        # What takes no reputation is open also to people whose votes are below it.
        lambda who, _it: (
            is_member(who) and (standing(who) >= least or max(who.reputation, 0) >= threshold(ability))
        ),
        lambda who, _it: threshold(ability) if is_member(who) else None,
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
oneself = Rule(
    _l("the person themselves, also while suspended"),
    lambda who, it: bool(who.is_authenticated and (it is None or it.id == who.id)),
)
expert = role(Role.EXPERT, _l("an expert or staff"))
writer = role(Role.WRITER, _l("a support writer"))
moderator = role(Role.MODERATOR, _l("a moderator"))
admin = role(Role.ADMIN, _l("an administrator"))
experienced = reputation("edit_others")
in_own_thread = when(
    _l("whoever wrote the post or asked the question"),
    lambda who, it: who.id in (it.author_id, getattr(it, "question", it).author_id),
)
open_to_all = when(_l("anybody where an answer is open to all"), lambda _who, it: it.wiki_at is not None)
owner = when(_l("whoever wrote the text"), lambda who, it: it.owner_id == who.id)
of_post = when(_l("about a question or an answer"), lambda _who, it: it.article_id is None)
of_guide = when(_l("about a guide"), lambda _who, it: it.article_id is not None)
judge = (owner | (reputation("approve_edits") & of_post) | (writer & of_guide)) & somebody_else

RULES: dict[str, Rule] = {
    # Accounts
    "sign_up": visitor,
    "sign_up_with_identity": visitor,
    "confirm_email": anyone,
    "request_password_reset": anyone,
    "reset_password": anyone,
    "change_password": oneself,
    "confirm_identity": oneself,
    "set_up_app": oneself,
    "confirm_app": oneself,
    "remove_app": oneself,
    "renew_recovery_codes": oneself,
    "register_passkey": oneself,
    "remove_passkey": oneself,
    "link_identity": oneself,
    "unlink_identity": oneself,
    "end_session": oneself,
    "end_other_sessions": oneself,
    "send_confirmation": themselves,
    "change_email": themselves,
    "change_profile": themselves,
    "change_avatar": themselves,
    "export_data": oneself,
    "delete_account": oneself,
    "upload_image": reputation("upload_pictures"),
    "upload_sign": member,
    "preview_text": member,
    "keep_unsent": member,
    "discard_unsent": member,
    # Asking and answering
    "ask_question": member,
    "note_solved_while_asking": anyone,
    "note_search": anyone,
    "note_result_opened": anyone,
    "note_outcome": anyone,
    "pin_result": writer,
    "unpin_result": writer,
    "keep_golden_query": writer,
    "drop_golden_query": writer,
    "keep_synonym": writer,
    "drop_synonym": writer,
    "edit_question": author | experienced | moderator,
    "delete_question": author | moderator,
    "undelete_question": deleter | moderator,
    "answer_question": member,
    "edit_answer": author | experienced | moderator | (open_to_all & reputation("edit_wiki")),
    "delete_answer": author | moderator,
    "undelete_answer": deleter | moderator,
    "comment": in_own_thread | reputation("comment_anywhere"),
    "edit_comment": author | moderator,
    "delete_comment": author | moderator,
    "undelete_comment": deleter | moderator,
    "convert_comment": author | moderator,
    "make_wiki": author | moderator,
    "end_wiki": moderator,
    "suggest_duplicate": author | reputation("suggest_duplicates"),
    "confirm_duplicate": asker | moderator,
    "decline_duplicate": asker | moderator,
    "withdraw_duplicate": asker | moderator,
    "merge_question": moderator,
    "suggest_edit": reputation("suggest_edits"),
    "withdraw_suggested_edit": author,
    "approve_suggested_edit": judge,
    "reject_suggested_edit": judge,
    "vote": stranger & reputation("vote_up"),
    "vote_down": stranger & reputation("vote_down"),
    "void_votes": admin,
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
    # Tags
    "edit_tag": writer,
    "merge_tags": moderator,
    "rename_tag": moderator,
    # Moderation
    "report": member,
    "approve_post": moderator,
    "hide_post": moderator,
    "hide_all_posts": moderator,
    "restore_post": moderator,
    "answer_reports": moderator,
    "suspend": moderator,
    "lift_suspension": moderator,
    "note_on_person": moderator,
    # Looking after the site
    "rename_site": admin,
    "set_logo": admin,
    "set_colours": admin,
    "change_limits": admin,
    "choose_preset": admin,
    "announce": admin,
    "end_announcement": admin,
    "give_role": admin,
    "require_second_factor": admin,
    "create_product": admin,
    "edit_product": admin,
    "retire_product": admin,
    "restore_product": admin,
    "send_test_mail": admin,
    "retry_job": admin,
    # Notifications
    "read_notifications": themselves,
    "choose_mail": themselves,
    "follow": member,
    "unfollow": member,
    "await_answer": member,
    "stop_awaiting": when(_l("whoever waits for it"), lambda who, it: it.user_id == who.id),
}


def may(who: Any, deed: str, it: Any = None) -> bool:
    """Whether `who` may do `deed` to `it`. A deed without a rule is a KeyError, never a yes."""
    return RULES[deed].holds(who, it)


def allow(who: Any, deed: str, it: Any = None) -> None:
    """Let `who` do `deed` to `it`, or say what is missing.

    Raises:
        SignInNeeded: nobody is signed in.
        NotAllowed: the rule does not hold; the message says what is missing.
    """
    if may(who, deed, it):
        return
    if not who.is_authenticated:
        raise SignInNeeded(_("Please sign in to go on."))
    raise NotAllowed(missing(who, deed, it))


def missing(who: Any, deed: str, it: Any = None) -> str:
    """What somebody who is signed in lacks to do `deed` to `it`, in a sentence or two; "" if nothing."""
    if may(who, deed, it):
        return ""
    if who.is_authenticated and who.is_suspended:
        return _("Your account is suspended, so this is not open to you for now.")
    if who.is_authenticated and is_held_back(who):
        return needs_second_factor()
    return short_of(who, deed, it) or _("This is open to %(people)s.", people=str(RULES[deed].words))


def needs_second_factor() -> str:
    """What staff are told who lack the second factor that they must have."""
    return _("Staff of this site need a second factor. Please set one up under “Security” in your settings.")


def short_of(who: Any, deed: str, it: Any = None) -> str:
    """How much reputation somebody lacks to do `deed` to `it`, in words; "" if it is not reputation that is lacking."""
    points = RULES[deed].needs(who, it)
    if not points:
        return ""
    return _(
        "You need %(need)d reputation for this; you have %(have)d. Votes for what you write bring it.",
        need=points,
        have=who.reputation,
    )
