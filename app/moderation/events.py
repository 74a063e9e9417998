"""What happens in moderation."""

from dataclasses import dataclass

from app.accounts.models import User
from app.core.events import Event
from app.forum.models import Answer, Comment, Question
from app.moderation.models import Report


@dataclass(frozen=True)
class ReportAnswered(Event):
    """Moderators looked at what somebody reported; `report.answer` is what they have to say to them."""

    report: Report
    by: User


@dataclass(frozen=True)
class PostApproved(Event):
    """A post that waited for a moderator is shown now."""

    post: Question | Answer | Comment
    by: User


@dataclass(frozen=True)
class PostHidden(Event):
    """A post is shown only to its author now, with the reason."""

    post: Question | Answer | Comment
    by: User


@dataclass(frozen=True)
class PostRestored(Event):
    post: Question | Answer | Comment
    by: User


@dataclass(frozen=True)
class PersonSuspended(Event):
    """Somebody may only read until `person.suspended_until`."""

    person: User
    by: User


@dataclass(frozen=True)
class SuspensionLifted(Event):
    person: User
    by: User
