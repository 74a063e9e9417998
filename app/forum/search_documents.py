"""How questions are found: each with its answers as one document, and a duplicate within that of its original."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, event, exists, func, inspect, literal, or_, select
from sqlalchemy.orm import Session, UOWTransaction, aliased, joinedload, selectinload

from app.accounts.models import User
from app.core.db import db, in_parts
from app.forum.models import Answer, Comment, Question
from app.search.changes import note_change
from app.search.documents import SearchDocument

_original = aliased(Question)
HERE = (
    *Question.here(),
    # A duplicate is found by its original's document; without an original to be seen it has its own.
    or_(
        Question.duplicate_of_id.is_(None),
        ~exists(select(_original.id).where(_original.id == Question.duplicate_of_id, *_original.here())),
    ),
)
MOST_ALIASES = 50


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
                Comment.became_answer_id.is_(None),
                *Comment.here(),
                *Answer.here(),
            )
            .order_by(Comment.id)
        ):
            answers[question_id].append(text)
        people: dict[int, list[str]] = defaultdict(list)
        for question_id, name in db.session.execute(
            select(Answer.question_id, User.username)
            .join(User, User.id == Answer.author_id)
            .where(Answer.question_id.in_(ids), *Answer.here(), User.deleted_at.is_(None))
            .order_by(Answer.id)
        ):
            people[question_id].append(name)
        aliases: dict[int, list[str]] = defaultdict(list)
        for question_id, title, text in db.session.execute(_words_of_duplicates(ids)):
            if len(aliases[question_id]) < MOST_ALIASES:
                aliases[question_id].append(title)
            answers[question_id] += [title, text]
        stamps = {row[0]: _stamp(row) for row in db.session.execute(_stamps().where(Question.id.in_(ids)))}
        statement = (
            select(Question)
            .where(Question.id.in_(ids), *HERE)
            .options(joinedload(Question.product), joinedload(Question.author), selectinload(Question.tags))
        )
        for found in db.session.scalars(statement):
            asker = () if found.author.deleted_at else (found.author.username,)
            yield SearchDocument(
                kind="question",
                id=found.id,
                title=found.title,
                body="\n".join([found.body_text, found.version, found.environment, *answers[found.id]]),
                aliases=tuple(dict.fromkeys(aliases[found.id])),
                product=found.product.slug if found.product else "",
                tags=tuple(tag.slug for tag in found.tags),
                people=tuple(dict.fromkeys((*asker, *people[found.id]))),
                audience="public",
                is_solved=found.is_solved,
                votes=found.score,
                folds_into=("article", found.article_id) if found.article_id else None,
                created_at=found.created_at,
                updated_at=found.active_at,
                stamp=stamps[found.id],
            )


def _words_of_duplicates(ids: Sequence[int]) -> Select[Any]:
    """For each duplicate of these questions a row for its own text and one for each answer: whose, title, text."""
    own = select(Question.duplicate_of_id, Question.title, Question.body_text, Question.id, literal(0)).where(
        Question.duplicate_of_id.in_(ids), *Question.here()
    )
    answered = (
        select(Question.duplicate_of_id, Question.title, Answer.body_text, Question.id, Answer.id)
        .join(Answer, Answer.question_id == Question.id)
        .where(Question.duplicate_of_id.in_(ids), *Question.here(), *Answer.here())
    )
    rows = own.union_all(answered).subquery()
    whose, title, text, question_id, answer_id = rows.c
    return select(whose, title, text).order_by(question_id, answer_id)


def _stamps() -> Select[Any]:
    count, newest = (
        select(column).where(Answer.question_id == Question.id, *Answer.here()).scalar_subquery()
        for column in (func.count(), func.max(func.coalesce(Answer.edited_at, Answer.created_at)))
    )
    comments = (
        select(func.count()).where(Comment.question_id == Question.id, *Comment.here()).scalar_subquery()
    )
    duplicate = aliased(Question)
    duplicates = [
        select(column).where(duplicate.duplicate_of_id == Question.id, *duplicate.here()).scalar_subquery()
        for column in (
            func.count(),
            func.max(func.coalesce(duplicate.edited_at, duplicate.created_at)),
            func.sum(duplicate.answer_count),
            func.max(duplicate.active_at),
        )
    ]
    return select(
        Question.id,
        Question.edited_at,
        count,
        newest,
        comments,
        Question.accepted_count,
        Question.up_count - Question.down_count,
        Question.article_id,
        *duplicates,
    ).where(*HERE)


def _stamp(row: Sequence[Any]) -> str:
    return "|".join(str(value) for value in row[1:])


@event.listens_for(Session, "after_flush")
def _note_relatives(session: Session, _context: UOWTransaction) -> None:
    """An answer to a duplicate changes its original's document; an original that goes or comes, its duplicates'."""
    threads: set[int] = set()
    gone_or_back: set[int] = set()
    for each in (*session.new, *session.deleted, *session.dirty):
        if isinstance(each, Answer):
            threads.add(each.question_id)
        elif isinstance(each, Question) and each in session.dirty:
            state = inspect(each).attrs
            if any(state[name].history.has_changes() for name in ("deleted_at", "hidden_at", "held_at")):
                gone_or_back.add(each.id)
    statements: list[Select[Any]] = []
    for some in in_parts(sorted(threads)):
        statements.append(
            select(Question.duplicate_of_id).where(
                Question.id.in_(some), Question.duplicate_of_id.is_not(None)
            )
        )
    for some in in_parts(sorted(gone_or_back)):
        statements.append(select(Question.id).where(Question.duplicate_of_id.in_(some)))
    for statement in statements:
        for question_id in session.connection().execute(statement).scalars().all():
            note_change(session, "question", question_id)
