"""What feeds of single threads and people hold."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import User
from app.core.db import db
from app.forum.models import Answer, Question
from app.forum.queries import listed_questions, with_row_details

FEED_SIZE = 20


def latest_answers(viewer: Any, question_id: int) -> Sequence[Answer]:
    """The answers to a question that are here, the newest first."""
    return _answers(viewer, Answer.question_id == question_id)


def answers_by(viewer: Any, person: User) -> Sequence[Answer]:
    """What a person answered to questions that are here, the newest first."""
    return _answers(viewer, Answer.author_id == person.id)


def questions_by(viewer: Any, person: User) -> Sequence[Question]:
    """What a person asked, the newest first."""
    statement = listed_questions(viewer).where(Question.author_id == person.id)
    newest = statement.order_by(Question.created_at.desc(), Question.id.desc()).limit(FEED_SIZE)
    return db.session.scalars(with_row_details(newest)).unique().all()


def _answers(viewer: Any, which: Any) -> Sequence[Answer]:
    statement = (
        listed_questions(viewer)
        .join(Answer, Answer.question_id == Question.id)
        .where(which, *Answer.here())
        .with_only_columns(Answer)
        .options(contains_eager(Answer.question), joinedload(Answer.author))
        .order_by(Answer.created_at.desc(), Answer.id.desc())
        .limit(FEED_SIZE)
    )
    return db.session.scalars(statement).unique().all()
