"""How questions are found: each with its answers as one document."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.forum.models import Answer, Comment, Question
from app.search.documents import SearchDocument

HERE = Question.here()


class QuestionDocuments:
    """The community, as the search index wants to see it."""

    def ids(self) -> Iterable[int]:
        """The numbers of all questions that can be found, in ascending order."""
        return db.session.scalars(select(Question.id).where(*HERE).order_by(Question.id)).yield_per(5_000)

    def fingerprints(self) -> Iterable[tuple[int, str]]:
        """For each question that can be found, a stamp that changes when its document does."""
        for row in db.session.execute(_stamps().order_by(Question.id)).yield_per(5_000):
            yield row[0], _stamp(row)

    def documents(self, ids: Sequence[int]) -> Iterable[SearchDocument]:
        """The documents of those of these questions that can be found."""
        answers: dict[int, list[str]] = defaultdict(list)
        for question_id, text in db.session.execute(
            select(Answer.question_id, Answer.body_text)
            .where(Answer.question_id.in_(ids), *Answer.here())
            .order_by(Answer.accepted_at.is_(None), Answer.confidence.desc(), Answer.id)
        ):
            answers[question_id].append(text)
        for question_id, text in db.session.execute(
            select(Comment.question_id, Comment.body)
            .outerjoin(Answer, Comment.answer_id == Answer.id)
            .where(
                Comment.question_id.in_(ids),
                *Comment.here(),
                *Answer.here(),
            )
            .order_by(Comment.id)
        ):
            answers[question_id].append(text)
        stamps = {row[0]: _stamp(row) for row in db.session.execute(_stamps().where(Question.id.in_(ids)))}
        statement = (
            select(Question)
            .where(Question.id.in_(ids), *HERE)
            .options(joinedload(Question.product), selectinload(Question.tags))
        )
        for found in db.session.scalars(statement):
            yield SearchDocument(
                kind="question",
                id=found.id,
                title=found.title,
                body="\n".join([found.body_text, found.version, found.environment, *answers[found.id]]),
                product=found.product.slug if found.product else "",
                tags=tuple(tag.slug for tag in found.tags),
                audience="public",
                is_solved=found.is_solved,
                votes=found.score,
                created_at=found.created_at,
                updated_at=found.active_at,
                stamp=stamps[found.id],
            )


def _stamps() -> Select[Any]:
    count, newest = (
        select(column).where(Answer.question_id == Question.id, *Answer.here()).scalar_subquery()
        for column in (func.count(), func.max(func.coalesce(Answer.edited_at, Answer.created_at)))
    )
    comments = (
        select(func.count()).where(Comment.question_id == Question.id, *Comment.here()).scalar_subquery()
    )
    return select(
        Question.id,
        Question.edited_at,
        count,
        newest,
        comments,
        Question.accepted_count,
        Question.up_count - Question.down_count,
    ).where(*HERE)


def _stamp(row: Sequence[Any]) -> str:
    return "|".join(str(value) for value in row[1:])
