"""What is asked about duplicates: who points where, who waits, and how many people a question speaks for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.accounts.models import User
from app.core import addresses
from app.core.db import db
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.prepared import given, prepared
from app.forum.models import Affected, Answer, Comment, Duplicate, Question
from app.forum.queries import Duplicates, Related, Suggested, listed_questions, visible_answers
from app.policy import may

ALSO_ASKED = 8
MOST_WAITING = 3
"""So many suggestions may wait at one question; the asker should not have to read a list."""


def question(question_id: int) -> Question:
    """The question of that number, for the deeds."""
    return db.session.get_one(Question, question_id)


def lock(ids: Sequence[int]) -> None:
    """Read these questions afresh, and let nobody else change them until the transaction ends.

    They are taken by number, so no two deeds wait for each other.
    """
    statement = select(Question).where(Question.id.in_(ids)).order_by(Question.id)
    statement = statement.with_for_update(key_share=True, of=Question)
    db.session.scalars(statement.execution_options(populate_existing=True)).all()


def question_named(viewer: Any, kind: str, number: int) -> Question | None:
    """The question that an address of a question or of an answer names, if this person finds it in lists."""
    statement = listed_questions(viewer)
    if kind == "answers":
        answers = visible_answers(viewer).where(Answer.id == number).with_only_columns(Answer.question_id)
        return db.session.scalar(statement.where(Question.id.in_(answers)))
    return db.session.scalar(statement.where(Question.id == number))


def relatives(ids: Sequence[int]) -> Sequence[Question]:
    """These questions, what they lead to, and all that lead to the same or to them; read afresh."""
    roots = select(Question.duplicate_of_id).where(
        Question.id.in_(ids), Question.duplicate_of_id.is_not(None)
    )
    statement = select(Question).where(
        or_(
            Question.id.in_(ids),
            Question.duplicate_of_id.in_(ids),
            Question.id.in_(roots),
            Question.duplicate_of_id.in_(roots),
        )
    )
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def pointing_to(question_id: int) -> Sequence[Question]:
    """The questions that lead to this one."""
    return db.session.scalars(
        select(Question).where(Question.duplicate_of_id == question_id).order_by(Question.id)
    ).all()


def direct_originals(original_id: int) -> dict[int, int]:
    """For each question that leads to this one: what it was confirmed to be a duplicate of."""
    around = select(Question.id).where(Question.duplicate_of_id == original_id)
    confirmed = select(Duplicate.question_id, Duplicate.original_id).where(
        Duplicate.question_id.in_(around), Duplicate.confirmed_at.is_not(None), Duplicate.ended_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(confirmed)}


def flush() -> None:
    """Let the database know of what was changed, so that it can be counted."""
    db.session.flush()


def answers_given_at(question_ids: Sequence[int]) -> Sequence[Answer]:
    """The answers that were moved away from these questions; nobody else changes them until the transaction ends."""
    return _locked_answers(Answer.moved_from_id.in_(question_ids))


def answers_standing_at(question_id: int) -> Sequence[Answer]:
    """The answers at a question, whatever their state; nobody else changes them until the transaction ends."""
    return _locked_answers(Answer.question_id == question_id)


def _locked_answers(which: ColumnElement[bool]) -> Sequence[Answer]:
    statement = select(Answer).where(which).order_by(Answer.id).with_for_update(key_share=True, of=Answer)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def remarks_on(answer_ids: Sequence[int]) -> Sequence[Comment]:
    """The comments on these answers, whatever their state."""
    return db.session.scalars(select(Comment).where(Comment.answer_id.in_(answer_ids))).all()


def answer_counts(question_id: int) -> tuple[int, int]:
    """How many answers of a question are here, and how many of them are accepted."""
    statement = select(func.count(), func.count(Answer.accepted_at)).where(
        Answer.question_id == question_id, *Answer.here()
    )
    answers, accepted = db.session.execute(statement).one()
    return answers, accepted


def refresh(found: Duplicate) -> None:
    """Read a suggestion afresh, and let nobody else decide it meanwhile."""
    db.session.refresh(found, with_for_update={"key_share": True, "of": Duplicate})


def duplicate(duplicate_id: int) -> Duplicate | None:
    """The suggestion of that number."""
    return db.session.get(Duplicate, duplicate_id, options=[joinedload(Duplicate.question)])


def open_between(question_id: int, original_id: int) -> Duplicate | None:
    """What waits for a decision between these two questions."""
    return db.session.scalar(
        select(Duplicate).where(
            Duplicate.question_id == question_id,
            Duplicate.original_id == original_id,
            Duplicate.ended_at.is_(None),
        )
    )


def waiting(question_id: int) -> Sequence[Duplicate]:
    """What was suggested at a question and not decided yet."""
    return db.session.scalars(
        select(Duplicate).where(
            Duplicate.question_id == question_id,
            Duplicate.confirmed_at.is_(None),
            Duplicate.ended_at.is_(None),
        )
    ).all()


def count_waiting(question_id: int) -> int:
    """How many suggestions wait at a question."""
    return len(waiting(question_id))


def confirmed(question_id: int) -> Duplicate | None:
    """What made this question a duplicate."""
    return db.session.scalar(
        select(Duplicate)
        .where(
            Duplicate.question_id == question_id,
            Duplicate.confirmed_at.is_not(None),
            Duplicate.ended_at.is_(None),
        )
        .options(joinedload(Duplicate.question))
    )


# How many people have the problem


def people_with_the_problem() -> ColumnElement[int]:
    """What `questions.affected_count` must equal.

    Everyone but the asker who marked the question or one of its duplicates, and the askers of those; each once.
    """
    member, asked, marked_in = aliased(Question), aliased(Question), aliased(Question)
    marks = (
        select(func.count(Affected.user_id.distinct()))
        .join(member, member.id == Affected.question_id)
        .where(
            or_(member.id == Question.id, member.duplicate_of_id == Question.id),
            Affected.user_id != Question.author_id,
        )
        .correlate(Question)
        .scalar_subquery()
    )
    mark = aliased(Affected)
    has_marked = exists(
        select(mark.user_id)
        .join(marked_in, marked_in.id == mark.question_id)
        .where(
            mark.user_id == asked.author_id,
            or_(marked_in.id == Question.id, marked_in.duplicate_of_id == Question.id),
        )
        .correlate(Question, asked)
    )
    askers = (
        select(func.count(asked.author_id.distinct()))
        .where(asked.duplicate_of_id == Question.id, asked.author_id != Question.author_id, ~has_marked)
        .correlate(Question)
        .scalar_subquery()
    )
    return marks + askers


def affected_count(question_id: int) -> int:
    """How many people have the problem of a question or of one of its duplicates."""
    return db.session.scalar(select(people_with_the_problem()).where(Question.id == question_id)) or 0


def marks_of(user_id: int, question_id: int) -> Sequence[Affected]:
    """This person's marks at a question and at its duplicates."""
    family = select(Question.id).where(
        or_(Question.id == question_id, Question.duplicate_of_id == question_id)
    )
    return db.session.scalars(
        select(Affected).where(Affected.user_id == user_id, Affected.question_id.in_(family))
    ).all()


# What the question's page shows


def duplicates_of_page(viewer: Any, asked: Question) -> Duplicates:
    """What a question's page says about duplicates, in one statement.

    A question whose original this viewer may not open stands for itself. Visitors are not told what only waits.
    """
    root_id = asked.duplicate_of_id or 0
    original: Question | None = None
    also_asked: list[Related] = []
    waiting: list[Suggested] = []
    withdraw_id = None
    may_decide = (
        may(viewer, "confirm_duplicate", Duplicate(question=asked)) if viewer.is_authenticated else False
    )
    rows = db.session.execute(
        _relatives_of_page(viewer), given(viewer, question_id=asked.id, root_id=root_id)
    )
    for found, duplicate, by in rows:
        if found.id == root_id:
            original = found
        if found.duplicate_of_id == asked.id and len(also_asked) < ALSO_ASKED:
            also_asked.append(_related(found))
        if duplicate is not None and duplicate.is_confirmed and may_decide:
            withdraw_id = duplicate.id
        elif duplicate is not None and duplicate.is_open:
            url = addresses.question(found.id, found.slug)
            waiting.append(Suggested(duplicate.id, found.title, url, by, may_decide))
    return Duplicates(
        original=_related(original) if original else None,
        also_asked=tuple(also_asked),
        waiting=tuple(waiting),
        merge_url=f"/questions/{asked.id}/merge"
        if original and asked.answer_count and may(viewer, "merge_question", asked)
        else "",
        withdraw_id=withdraw_id,
        affected_count=original.affected_count if original else None,
    )


@prepared
def _relatives_of_page(reader: Any) -> Select[Any]:
    question_id, root_id = bindparam("question_id", type_=Integer), bindparam("root_id", type_=Integer)
    said = and_(
        Duplicate.question_id == question_id,
        Duplicate.original_id == Question.id,
        Duplicate.ended_at.is_(None),
        reader.is_authenticated,
    )
    # Each of these has an index; whether something was said, asked of every question, has none.
    related = [Question.duplicate_of_id == question_id, Question.id == root_id]
    if reader.is_authenticated:
        suggested = select(Duplicate.original_id).where(
            Duplicate.question_id == question_id, Duplicate.ended_at.is_(None)
        )
        related.append(Question.id.in_(suggested))
    return (
        listed_questions(reader)
        .select_from(Question)
        .outerjoin(Duplicate, said)
        .outerjoin(User, User.id == Duplicate.by_id)
        .add_columns(Duplicate, User.username)
        .where(or_(*related))
        # What must not fall off the end comes first.
        .order_by(Question.id != root_id, Duplicate.id.is_(None), Question.answer_count.desc(), Question.id)
        .limit(ALSO_ASKED + MOST_WAITING + 1)
    )


def _related(found: Question) -> Related:
    note = ngettext("%(num)d answer", "%(num)d answers", found.answer_count)
    if not found.answer_count:
        note = _("No answer yet")
    elif found.is_solved:
        note = _("Solved")
    return Related(found.id, found.title, addresses.question(found.id, found.slug), note)
