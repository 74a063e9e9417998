"""How posts come and go for everybody: what is counted, noted and told then. Call inside a transaction, rows locked."""

from app.accounts.models import User
from app.core.db import db, now
from app.core.events import publish
from app.forum import mentions, queries
from app.forum.events import AnswerPosted, CommentPosted, QuestionAsked
from app.forum.models import Answer, Comment, Question


def appear(post: Question | Answer | Comment) -> None:
    """A post is here for the first time: at once, or after a moderator looked at it. Its readers hear now."""
    author = db.session.get_one(User, post.author_id)
    if isinstance(post, Question):
        publish(QuestionAsked(post, by=author))
        return
    question = db.session.get_one(Question, post.question_id)
    if isinstance(post, Answer):
        count_in(post)
        question.active_at = now()
        publish(AnswerPosted(post, by=author))
        return
    answer = db.session.get_one(Answer, post.answer_id) if post.answer_id is not None else None
    publish(CommentPosted(post, question, answer, by=author))


def count_in(post: Question | Answer | Comment) -> None:
    """A post is here again, or for the first time."""
    _count(post, 1)


def count_out(post: Question | Answer | Comment) -> None:
    """A post that was here no longer is."""
    _count(post, -1)


def _count(post: Question | Answer | Comment, step: int) -> None:
    if isinstance(post, Answer):
        post.question.answer_count += step
        post.question.accepted_count += step * post.is_accepted


def note_guides(post: Question | Answer | Comment) -> None:
    """Note afresh which guides the thread of a post links to, now that it came or went."""
    db.session.flush()
    mentions.recount(post.question_id)


def lock_with_question(post: Question | Answer | Comment) -> None:
    """Read a post afresh and let nobody else change it or what stands above it, the question first."""
    if isinstance(post, Question):
        queries.lock(post)
        return
    question = db.session.get_one(Question, post.question_id)
    answer_id = post.answer_id if isinstance(post, Comment) else None
    answer = db.session.get_one(Answer, answer_id) if answer_id is not None else None
    queries.lock(question, *([answer] if answer else []), post)
