"""What each person has given, as everybody may see it, without counting it: kept along as threads change.

An answer counts while it and its question are here, so hiding a question changes what many people gave. Therefore a
thread is counted before and after each change of it; a thread is short, also on a large site.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    case,
    event,
    func,
    inspect,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, UOWTransaction

from app.core import tallies
from app.core.counters import FIRST, LAST
from app.core.db import flushed, in_parts
from app.core.tallies import Key
from app.forum.models import Answer, Comment, Question, SuggestedEdit

SHOWN = ("deleted_at", "hidden_at", "held_at")
MATTERS: dict[type, tuple[str, ...]] = {
    Question: (*SHOWN, "affected_count"),
    Answer: (*SHOWN, "accepted_at", "verified_at", "question_id"),
    SuggestedEdit: ("approved_at",),
}
"""What of a thread decides who gave what."""

GIVEN = ("asked", "answered", "accepted", "helped", "edited")
SENT = ("posts", "held", "hidden", "deleted")


def given(person_id: int) -> dict[str, int]:
    """What a person gave, as far as it is here: see `_parts`."""
    return tallies.of([person_id], GIVEN)


def sent(person_id: int) -> dict[str, int]:
    """How many questions, answers and comments a person sent, and how many are held, hidden and deleted."""
    return tallies.of([person_id], SENT)


def truths(first: int = FIRST, last: int = LAST) -> tallies.Truths:
    """What the tallies of people with these numbers must come to."""
    parts: dict[str, list[Select[*tuple[Any, ...]]]] = {}
    answered, edited = Answer.author_id.between(first, last), SuggestedEdit.author_id.between(first, last)
    for what, part in _parts(Question.author_id.between(first, last), answered, edited, edited):
        parts.setdefault(what, []).append(part)
    for model in (Question, Answer, Comment):
        kinds: dict[str, tuple[ColumnElement[bool], ...]] = {
            "posts": (),
            "held": (model.held_at.is_not(None),),
            "hidden": (model.hidden_at.is_not(None),),
            "deleted": (model.deleted_at.is_not(None),),
        }
        for what, where in kinds.items():
            counted = select(model.author_id.label("of_id"), func.count().label("amount"))
            counted = counted.where(model.author_id.between(first, last), *where)
            parts.setdefault(what, []).append(counted.group_by(model.author_id))
    return {what: _summed(some) for what, some in parts.items()}


def _summed(parts: list[Select[*tuple[Any, ...]]]) -> Select[*tuple[Any, ...]]:
    if len(parts) == 1:
        return parts[0]
    both = union_all(*parts).subquery().c
    return select(both.of_id, func.sum(both.amount).label("amount")).group_by(both.of_id)


def _parts(
    asked: ColumnElement[bool],
    answered: ColumnElement[bool],
    edited: ColumnElement[bool],
    edited_answer: ColumnElement[bool],
) -> Iterable[tuple[str, Select[*tuple[Any, ...]]]]:
    """What is counted, and the statement that counts it for each person, of the rows that these conditions leave.

    "helped" are people: where an answer was accepted or verified, whoever asked, and who said to have the same problem.
    """
    amount = func.count().label("amount")
    theirs = select(Answer.author_id.label("of_id"), amount).join(Question, Question.id == Answer.question_id)
    theirs = theirs.where(*Answer.here(), *Question.here(), answered).group_by(Answer.author_id)
    yield (
        "asked",
        select(Question.author_id.label("of_id"), amount)
        .where(*Question.here(), asked)
        .group_by(Question.author_id),
    )
    yield "answered", theirs
    yield "accepted", theirs.where(Answer.accepted_at.is_not(None))
    solved = (
        select(
            Answer.author_id,
            Answer.question_id,
            Question.author_id.label("asker_id"),
            Question.affected_count,
        )
        .join(Question, Question.id == Answer.question_id)
        .where(*Answer.here(), *Question.here(), answered)
        .where(or_(Answer.accepted_at.is_not(None), Answer.verified_at.is_not(None)))
        .distinct()
        .subquery()
        .c
    )
    people = solved.affected_count + case((solved.asker_id == solved.author_id, 0), else_=1)
    yield (
        "helped",
        select(solved.author_id.label("of_id"), func.sum(people).label("amount")).group_by(solved.author_id),
    )
    taken = select(SuggestedEdit.author_id.label("of_id"), amount).where(
        SuggestedEdit.approved_at.is_not(None)
    )
    taken = taken.group_by(SuggestedEdit.author_id)
    yield (
        "edited",
        taken.join(Question, Question.id == SuggestedEdit.question_id).where(*Question.here(), edited),
    )
    yield (
        "edited",
        taken.join(Answer, Answer.id == SuggestedEdit.answer_id)
        .join(Question, Question.id == Answer.question_id)
        .where(*Answer.here(), *Question.here(), edited_answer),
    )


# Keeping along


@event.listens_for(Session, "before_flush")
def _count_threads_before(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    changed = _threads(session)
    session.info["threads_before"] = _counted(session, changed) if changed else Counter()


@event.listens_for(Session, "after_flush")
def _tally_changed_threads(session: Session, _context: UOWTransaction) -> None:
    before: Counter[Key] = session.info.pop("threads_before", Counter())
    changed = _threads(session)
    if changed:
        after = _counted(session, changed)
        tallies.write(session, {key: after[key] - before[key] for key in {*after, *before}})


def _threads(session: Session) -> set[int]:
    """The threads in which something changes that decides who gave what; a new question only once it has a number."""
    found: set[int | None] = set()
    answers: set[int] = set()
    for each in flushed(session, Question | Answer | SuggestedEdit):
        state = inspect(each)
        is_other = each in session.new or each in session.deleted
        if not is_other and not any(state.attrs[name].history.has_changes() for name in MATTERS[type(each)]):
            continue
        if isinstance(each, Question):
            found.add(each.id)
        elif isinstance(each, Answer):
            found |= {each.question_id, tallies.before(each, "question_id")}
            question = state.dict.get("question")  # The number is taken from it while the session flushes.
            found.add(question.id if question is not None else None)
        elif each.approved_at is not None or not is_other:
            found.add(each.question_id)
            answers |= {each.answer_id} if each.answer_id is not None else set()
    if answers:
        of_answers = select(Answer.question_id).where(Answer.id.in_(answers))
        found.update(session.connection().scalars(of_answers))
    return {number for number in found if number is not None}


def _counted(session: Session, question_ids: set[int]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for some in in_parts(sorted(question_ids)):
        for what, of_id, amount in session.connection().execute(_of_threads(), {"threads": some}):
            sums[what, of_id] += amount
    return sums


@cache
def _of_threads() -> Any:
    threads: BindParameter[Any] = bindparam("threads", expanding=True)
    wanted = (
        Question.id.in_(threads),
        Answer.question_id.in_(threads),
        SuggestedEdit.question_id.in_(threads),
        Answer.question_id.in_(threads),
    )
    return union_all(*(select(literal(what), part.subquery()) for what, part in _parts(*wanted)))
