"""What each deed is worth. Every point is a row with its cause; taking a deed back takes its points back."""

from app.accounts.models import User
from app.articles.events import ArticlePublished
from app.core.db import db
from app.forum.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    AnswerUnverified,
    AnswerVerified,
    VoteCast,
)
from app.forum.models import Answer
from app.reputation.models import ReputationEntry

POINTS = {
    "question_up": 5,
    "answer_up": 10,
    "vote_down": -2,
    "accepted": 15,
    "verified": 10,
    "became_guide": 30,
}


def give(user_id: int, cause: str, points: int, **about: int | None) -> None:
    """Write points into a person's ledger and into their sum. Call inside a transaction."""
    # For changing, not for removing: each of two people may write a row that points to the other meanwhile.
    user = db.session.get_one(User, user_id, with_for_update={"key_share": True})
    db.session.add(ReputationEntry(user_id=user_id, cause=cause, points=points, **about))
    user.reputation += points


def _worth(kind: str, vote: int) -> int:
    return POINTS[f"{kind}_up"] if vote == 1 else POINTS["vote_down"] if vote == -1 else 0


def reward_vote(event: VoteCast) -> None:
    """Up votes are worth points to the author, down votes cost some; a change counts its difference."""
    kind = "answer" if isinstance(event.post, Answer) else "question"
    points = _worth(kind, event.new) - _worth(kind, event.old)
    about = {f"{kind}_id": event.post.id}
    give(event.post.author_id, f"{kind}_vote", points, **about)


def reward_accepted_answer(event: AnswerAccepted) -> None:
    """The answer solved somebody's problem. One's own answer earns nothing."""
    answer = event.answer
    if answer.author_id != answer.question.author_id:
        give(answer.author_id, "accepted", POINTS["accepted"], answer_id=answer.id)


def take_back_accepted(event: AnswerUnaccepted) -> None:
    answer = event.answer
    if answer.author_id != answer.question.author_id:
        give(answer.author_id, "unaccepted", -POINTS["accepted"], answer_id=answer.id)


def reward_verified_answer(event: AnswerVerified) -> None:
    """Staff or an expert vouched for it."""
    give(event.answer.author_id, "verified", POINTS["verified"], answer_id=event.answer.id)


def take_back_verified(event: AnswerUnverified) -> None:
    give(event.answer.author_id, "unverified", -POINTS["verified"], answer_id=event.answer.id)


def reward_promoted_answer(event: ArticlePublished) -> None:
    """An answer became, or became part of, a guide."""
    if event.draft is None or event.draft.answer_id is None:
        return
    answer = db.session.get(Answer, event.draft.answer_id)
    if answer is not None:
        give(
            answer.author_id,
            "became_guide",
            POINTS["became_guide"],
            answer_id=answer.id,
            article_id=event.article.id,
        )
