"""What happens in the community."""

from dataclasses import dataclass

from app.accounts.models import User
from app.core.events import Event
from app.forum.models import Answer, Comment, Duplicate, Question, SuggestedEdit


@dataclass(frozen=True)
class QuestionAsked(Event):
    question: Question
    by: User


@dataclass(frozen=True)
class AnswerPosted(Event):
    answer: Answer
    by: User


@dataclass(frozen=True)
class CommentPosted(Event):
    comment: Comment
    question: Question
    answer: Answer | None
    by: User


@dataclass(frozen=True)
class PostHeld(Event):
    """A post waits for a moderator; what follows from posting it happens when it is approved."""

    post: Question | Answer | Comment


@dataclass(frozen=True)
class PostEdited(Event):
    """A post says something else than before."""

    post: Question | Answer | Comment
    by: User


@dataclass(frozen=True)
class VoteCast(Event):
    """Somebody's vote went from `old` to `new`; each is -1, 0 (no vote) or 1."""

    post: Question | Answer
    by: User
    old: int
    new: int


@dataclass(frozen=True)
class PostCameOrWent(Event):
    """A question or an answer is not shown any more, or is again: deleted, hidden, brought back."""

    post: Question | Answer
    by: User


@dataclass(frozen=True)
class AnswerAccepted(Event):
    answer: Answer
    by: User


@dataclass(frozen=True)
class AnswerUnaccepted(Event):
    answer: Answer
    by: User


@dataclass(frozen=True)
class AnswerVerified(Event):
    answer: Answer
    by: User


@dataclass(frozen=True)
class AnswerUnverified(Event):
    answer: Answer
    by: User


@dataclass(frozen=True)
class AnswerLinkedToArticle(Event):
    """A writer found that a guide already says what the answer says."""

    answer: Answer
    by: User


@dataclass(frozen=True)
class CommentDeleted(Event):
    """A comment went; what was told of it need not be read any more."""

    comment: Comment
    by: User


@dataclass(frozen=True)
class CommentUndeleted(Event):
    comment: Comment
    by: User


@dataclass(frozen=True)
class DuplicateSuggested(Event):
    """Somebody thinks that a question was asked before; its asker should look."""

    duplicate: Duplicate
    by: User


@dataclass(frozen=True)
class DuplicateConfirmed(Event):
    """A question points to `original` now, and whoever follows it should hear of what happens there."""

    duplicate: Duplicate
    original: Question
    by: User


@dataclass(frozen=True)
class DuplicateDeclined(Event):
    duplicate: Duplicate
    by: User


@dataclass(frozen=True)
class DuplicateWithdrawn(Event):
    """A question stands for itself again; until now it pointed to `original`."""

    duplicate: Duplicate
    original: Question
    by: User


@dataclass(frozen=True)
class QuestionMerged(Event):
    """The answers of a duplicate were brought to its original."""

    question: Question
    original: Question
    by: User


@dataclass(frozen=True)
class EditSuggested(Event):
    suggestion: SuggestedEdit
    by: User


@dataclass(frozen=True)
class SuggestedEditApproved(Event):
    suggestion: SuggestedEdit
    by: User


@dataclass(frozen=True)
class SuggestedEditRejected(Event):
    suggestion: SuggestedEdit
    by: User
