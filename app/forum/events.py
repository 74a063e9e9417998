"""What happens in the community."""

from dataclasses import dataclass

from app.accounts.models import User
from app.core.events import Event
from app.forum.models import Answer, Comment, Question


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
class VoteCast(Event):
    """Somebody's vote went from `old` to `new`; each is -1, 0 (no vote) or 1."""

    post: Question | Answer
    by: User
    old: int
    new: int


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
