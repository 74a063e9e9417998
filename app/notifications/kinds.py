"""What people hear of: the kinds of messages, the topics under which they are set, and the reasons why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext

NEVER, AT_ONCE, DAILY = "off", "now", "daily"
CHOICES: Mapping[str, Any] = {
    AT_ONCE: _l("At once"),
    DAILY: _l("Once a day"),
    NEVER: _l("Never"),
}


@dataclass(frozen=True)
class Topic:
    """Messages that people set, and look through, together.

    Attributes:
        label: in lists; hint: what they are, for the settings.
        kinds: the kinds of messages in it.
        default: what reaches people by mail who have not chosen.
    """

    label: Any
    hint: Any
    kinds: tuple[str, ...]
    default: str = AT_ONCE


TOPICS: Mapping[str, Topic] = {
    "answers": Topic(
        _l("Answers"),
        _l("To questions that you asked, have too, or follow."),
        ("answer", "solved", "duplicate_suggested", "duplicate"),
    ),
    "comments": Topic(_l("Comments"), _l("On what you wrote."), ("comment",)),
    "mentions": Topic(_l("Mentions"), _l("Somebody writes your name with an @ before it."), ("mention",)),
    "thanks": Topic(
        _l("Accepted and verified"),
        _l("An answer of yours solved the problem, or an expert vouched for it."),
        ("accepted", "verified"),
    ),
    "guides": Topic(
        _l("Guides"),
        _l(
            "There is a guide for your problem, an answer to what you looked for, or a guide grew from your words."
        ),
        ("guide", "became_guide", "awaited"),
    ),
    "feedback": Topic(
        _l("Your feedback"), _l("A guide is better now because of what you said."), ("feedback_fixed",)
    ),
    "edits": Topic(
        _l("Suggested edits"),
        _l("To what you wrote, and what became of those that you suggested."),
        ("edit_suggested", "edit_approved", "edit_rejected"),
    ),
    "moderation": Topic(
        _l("From the moderators"),
        _l("What became of a report of yours, or of a post of yours that waited."),
        ("report_answered", "post_shown", "post_hidden"),
    ),
    "following": Topic(
        _l("News from what you follow"),
        _l("New questions, answers and guides of products, tags and people."),
        ("new_question", "new_answer", "new_guide"),
        DAILY,
    ),
}
TOPIC_OF: Mapping[str, str] = {kind: name for name, topic in TOPICS.items() for kind in topic.kinds}

ABOUT_ONES_OWN = (
    "report_answered",
    "post_shown",
    "post_hidden",
    "edit_suggested",
    "edit_approved",
    "edit_rejected",
)
"""Kinds that may speak of what its author, and not everybody, may see."""

REASONS: Mapping[str, Any] = {
    "asked": _l("you asked this question"),
    "affected": _l("you have the same problem"),
    "chosen": _l("you follow this question"),
    "author": _l("it is about what you wrote"),
    "mentioned": _l("you are named in it"),
    "reported": _l("you reported it"),
    "suggested": _l("you suggested it"),
    "told": _l("you told us what was wrong"),
    "awaited": _l("you looked for it and wanted to hear"),
}


def reason(name: str, label: str) -> str:
    """Why somebody hears of it, to follow "because"; `label` is the product, tag or person that they follow."""
    return str(REASONS[name]) if name in REASONS else _("you follow %(what)s", what=label)


def people(names: tuple[str, ...], count: int) -> str:
    """Some of `count` people by name, the others as a number."""
    if not names:
        return _("Somebody")
    if count <= 1:
        return names[0]
    if count == 2 and len(names) > 1:
        return _("%(one)s and %(two)s", one=names[0], two=names[1])
    shown = names[:2]
    return ngettext(
        "%(names)s and one other",
        "%(names)s and %(num)d others",
        count - len(shown),
        names=", ".join(shown),
    )


@dataclass(frozen=True)
class Said:
    """What a sentence is made of.

    Attributes:
        kind: of the messages.
        who: who did it.
        count: how many messages there are.
        question, guide: the titles; "" where it is about none.
        label: the product, tag or person that somebody follows.
        words: what a moderator wrote.
    """

    kind: str
    who: str
    count: int = 1
    question: str = ""
    guide: str = ""
    label: str = ""
    words: str = ""


def sentence(said: Said) -> str:
    """What happened, in one sentence."""
    who, about, guide, count = said.who, said.question, said.guide, said.count
    match said.kind:
        case "answer":
            return _("%(who)s answered “%(about)s”", who=who, about=about)
        case "comment":
            return _("%(who)s commented on your post in “%(about)s”", who=who, about=about)
        case "mention":
            return _("%(who)s mentioned you in “%(about)s”", who=who, about=about)
        case "accepted":
            return _("%(who)s accepted your answer to “%(about)s”", who=who, about=about)
        case "verified":
            return _("%(who)s verified your answer to “%(about)s”", who=who, about=about)
        case "solved":
            return _("“%(about)s” has an accepted answer", about=about)
        case "duplicate_suggested":
            return _(
                "%(who)s thinks that “%(about)s” was asked before. Is it the same?", who=who, about=about
            )
        case "duplicate":
            return _("“%(about)s” was asked before; all its answers are in one place now", about=about)
        case "became_guide":
            return _(
                "Your answer to “%(about)s” became the guide “%(guide)s”. Thank you!",
                about=about,
                guide=guide,
            )
        case "guide":
            return _("There is now a guide for “%(about)s”: “%(guide)s”", about=about, guide=guide)
        case "awaited":
            return _("There is an answer to what you looked for: “%(about)s”", about=guide or about)
        case "feedback_fixed":
            return _("“%(guide)s” is better now because of you. Thank you!", guide=guide)
        case "edit_suggested":
            return _(
                "%(who)s suggests a change to what you wrote in “%(about)s”", who=who, about=about or guide
            )
        case "edit_approved":
            about = about or guide
            return _(
                "%(who)s took the change that you suggested to “%(about)s”. Thank you!", who=who, about=about
            )
        case "edit_rejected":
            about = about or guide
            return _(
                "%(who)s did not take the change that you suggested to “%(about)s”", who=who, about=about
            )
        case "report_answered":
            return _("The moderators have looked at what you reported. Thank you!")
        case "post_shown":
            return _("Everybody can see your post in “%(about)s” now", about=about)
        case "post_hidden":
            return _("A moderator has hidden your post in “%(about)s”", about=about)
        case "new_question" if count > 1:
            return ngettext(
                "%(num)d new question: %(label)s", "%(num)d new questions: %(label)s", count, label=said.label
            )
        case "new_question":
            return _("%(who)s asked “%(about)s”", who=who, about=about)
        case "new_answer" if count > 1:
            return ngettext(
                "%(num)d new answer: %(label)s", "%(num)d new answers: %(label)s", count, label=said.label
            )
        case "new_answer":
            return _("%(who)s answered “%(about)s”", who=who, about=about)
        case "new_guide" if count > 1:
            return ngettext(
                "%(num)d new guide: %(label)s", "%(num)d new guides: %(label)s", count, label=said.label
            )
        case "new_guide":
            return _("A new guide: “%(guide)s”", guide=guide)
    raise KeyError(said.kind)
