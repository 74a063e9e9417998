"""Who hears of what. Nobody hears of their own deeds, and nobody twice of one."""

from collections.abc import Iterable

from app.articles.events import ArticlePublished, FeedbackFixed
from app.core.db import db
from app.forum import queries as forum
from app.forum.events import (
    AnswerAccepted,
    AnswerLinkedToArticle,
    AnswerPosted,
    AnswerVerified,
    CommentPosted,
)
from app.forum.models import Answer
from app.notifications.models import Notification


def _tell(people: Iterable[int], kind: str, by_id: int | None, **about: int | None) -> None:
    for user_id in dict.fromkeys(people):
        if user_id != by_id:
            db.session.add(Notification(user_id=user_id, kind=kind, actor_id=by_id, **about))


def tell_people_with_the_problem(event: AnswerPosted) -> None:
    """The asker, and everyone who has the same problem."""
    answer = event.answer
    people = [answer.question.author_id, *forum.affected_people(answer.question_id)]
    _tell(people, "answer", event.by.id, question_id=answer.question_id, answer_id=answer.id)


def tell_author_of_comment(event: CommentPosted) -> None:
    """The author of what was commented on."""
    author_id = event.answer.author_id if event.answer else event.question.author_id
    answer_id = event.answer.id if event.answer else None
    _tell([author_id], "comment", event.by.id, question_id=event.question.id, answer_id=answer_id)


def tell_answerer_it_was_accepted(event: AnswerAccepted) -> None:
    answer = event.answer
    _tell([answer.author_id], "accepted", event.by.id, question_id=answer.question_id, answer_id=answer.id)


def tell_answerer_it_was_verified(event: AnswerVerified) -> None:
    answer = event.answer
    _tell([answer.author_id], "verified", event.by.id, question_id=answer.question_id, answer_id=answer.id)


def tell_people_of_the_linked_guide(event: AnswerLinkedToArticle) -> None:
    """There was a guide all along: the asker and everyone who has the problem should know."""
    answer = event.answer
    people = [answer.question.author_id, *forum.affected_people(answer.question_id)]
    _tell(
        people,
        "guide",
        event.by.id,
        question_id=answer.question_id,
        answer_id=answer.id,
        article_id=answer.article_id,
    )


def tell_people_on_the_question(event: ArticlePublished) -> None:
    """The answerer whose words became a guide, the asker, and everyone who has the problem."""
    if event.draft is None or event.draft.answer_id is None:
        return
    answer = db.session.get(Answer, event.draft.answer_id)
    if answer is None:
        return
    by_id = event.by.id if event.by else None
    about = {"question_id": answer.question_id, "answer_id": answer.id, "article_id": event.article.id}
    _tell([answer.author_id], "became_guide", by_id, **about)
    others = [answer.question.author_id, *forum.affected_people(answer.question_id)]
    _tell([person for person in others if person != answer.author_id], "guide", by_id, **about)


def tell_giver_it_was_fixed(event: FeedbackFixed) -> None:
    """The reader whose words made a guide better, if they were signed in."""
    giver = event.feedback.user_id
    _tell([giver] if giver else [], "feedback_fixed", event.by.id, article_id=event.feedback.article_id)
