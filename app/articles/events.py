"""What happens to guides and drafts."""

from dataclasses import dataclass

from app.accounts.models import User
from app.articles.feedback_models import Feedback
from app.articles.models import Article, Draft
from app.core.events import Event


@dataclass(frozen=True)
class ArticlePublished(Event):
    """Readers see a new guide, or a new form of one.

    `by` is nobody and `draft` is none when it came from an edit of the files; `is_new` when readers did not
    have it before.
    """

    article: Article
    by: User | None
    draft: Draft | None
    is_new: bool


@dataclass(frozen=True)
class ArticleWithdrawn(Event):
    """A guide was taken off the shelves; `by` is nobody when its file was removed."""

    article: Article
    by: User | None


@dataclass(frozen=True)
class FeedbackGiven(Event):
    """Somebody said whether a guide helped, or said more about it, or something else than before."""

    feedback: Feedback


@dataclass(frozen=True)
class FeedbackAccepted(Event):
    """A writer will see to what a reader said."""

    feedback: Feedback
    by: User


@dataclass(frozen=True)
class FeedbackFixed(Event):
    """The guide is better now, because of what a reader said."""

    feedback: Feedback
    by: User


@dataclass(frozen=True)
class FeedbackDeclined(Event):
    """What a reader said will not be followed; the feedback says why."""

    feedback: Feedback
    by: User
