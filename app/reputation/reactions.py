"""Every point is a row with its cause; taking a deed back takes its points back."""

from app.articles.events import ArticlePublished
from app.core.db import db
from app.forum.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    AnswerUnverified,
    AnswerVerified,
    PostCameOrWent,
    SuggestedEditApproved,
    VoteCast,
)
from app.forum.models import Answer
from app.reputation.ledger import give, settle_about, take_back


def reward_vote(event: VoteCast) -> None:
    """Up votes are worth points to the author, down votes cost some; another vote takes the place of the first."""
    kind = "answer" if isinstance(event.post, Answer) else "question"
    author_id, about = event.post.author_id, {f"{kind}_id": event.post.id}
    if event.old:
        take_back(author_id, f"{kind}_up", f"{kind}_down", by_id=event.by.id, **about)
    is_wiki = isinstance(event.post, Answer) and event.post.wiki_at is not None
    if event.new and not is_wiki:  # What belongs to everybody earns nobody points.
        give(author_id, f"{kind}_up" if event.new == 1 else f"{kind}_down", by_id=event.by.id, **about)


def reward_accepted_answer(event: AnswerAccepted) -> None:
    """The answer solved somebody's problem. One's own answer earns nothing."""
    answer = event.answer
    if answer.author_id != answer.question.author_id:
        give(answer.author_id, "accepted", by_id=event.by.id, answer_id=answer.id)


def take_back_accepted(event: AnswerUnaccepted) -> None:
    take_back(event.answer.author_id, "accepted", answer_id=event.answer.id)


def reward_verified_answer(event: AnswerVerified) -> None:
    """Staff or an expert vouched for it."""
    give(event.answer.author_id, "verified", by_id=event.by.id, answer_id=event.answer.id)


def take_back_verified(event: AnswerUnverified) -> None:
    take_back(event.answer.author_id, "verified", answer_id=event.answer.id)


def reward_promoted_answer(event: ArticlePublished) -> None:
    """An answer became, or became part of, a guide."""
    if event.draft is None or event.draft.answer_id is None:
        return
    answer = db.session.get(Answer, event.draft.answer_id)
    if answer is not None:
        give(answer.author_id, "became_guide", answer_id=answer.id, article_id=event.article.id)


def reward_suggested_edit(event: SuggestedEditApproved) -> None:
    """Somebody made what another person wrote better."""
    suggested = event.suggestion
    about = {"question_id": suggested.question_id, "answer_id": suggested.answer_id}
    give(suggested.author_id, "edit_approved", by_id=event.by.id, **about)


def settle_post(event: PostCameOrWent) -> None:
    """While a post is not shown, what it brought its author, and who made it better, does not count."""
    kind = "answer" if isinstance(event.post, Answer) else "question"
    settle_about(**{f"{kind}_id": event.post.id})
