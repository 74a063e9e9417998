"""Questions that were asked before: somebody suggests it, the asker or a moderator decides, and can go back.

A duplicate stays where it is and can be read. It points to its original, which is found by its title from then on
and counts its people. Who marked what stays where it was said, so nothing is lost when the link is taken back.
A moderator may merge the two: then the answers stand at the original, and come back with the link.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from app.accounts.models import User
from app.core.db import db, now, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.forum import duplicate_queries as queries
from app.forum import mentions
from app.forum.events import (
    DuplicateConfirmed,
    DuplicateDeclined,
    DuplicateSuggested,
    DuplicateWithdrawn,
    QuestionMerged,
)
from app.forum.models import Answer, Duplicate, Question
from app.policy import allow, may
from app.search.changes import note_change

_QUESTION = re.compile(r"/(questions|answers)/(\d{1,9})(?:/|$)")


def suggest_duplicate(actor: User, question: Question, original: Question) -> Duplicate:
    """Say that `question` was asked before, as `original`. Who may decide decides by saying so.

    Returns:
        What was suggested; the earlier suggestion, if somebody said the same already.

    Raises:
        Invalid: both are the same question.
        Refused: one of them is not shown, it is a duplicate already, or the original leads back to it.
    """
    allow(actor, "suggest_duplicate", question)
    if question.id == original.id:
        raise Invalid(_("This is the same question. Please choose the one that was there before."), "address")
    with transaction() as session:
        _lock_with_relatives(question, original)
        if not question.is_here or not original.is_here:
            raise Refused(_("One of the two questions is not shown any more."))
        _refuse_duplicate_or_circle(question, original)
        duplicate = queries.open_between(question.id, original.id)
        if duplicate is None:
            if queries.count_waiting(question.id) >= queries.MOST_WAITING:
                raise Refused(
                    _(
                        "%(most)d suggestions wait for the asker already. Please let them be looked at first.",
                        most=queries.MOST_WAITING,
                    )
                )
            duplicate = Duplicate(question_id=question.id, original_id=original.id, by_id=actor.id)
            session.add(duplicate)
            session.flush()
            if not may(actor, "confirm_duplicate", duplicate):
                publish(DuplicateSuggested(duplicate, by=actor))
        if may(actor, "confirm_duplicate", duplicate):
            _confirm(actor, duplicate)
    return duplicate


def confirm_duplicate(actor: User, duplicate: Duplicate) -> None:
    """The asker says: yes, that is my question too.

    What pointed to this question points to the original then, so nobody has to follow a chain.

    Raises:
        Refused: it was decided already, the original is not shown any more or leads back to this question.
    """
    allow(actor, "confirm_duplicate", duplicate)
    with transaction():
        _lock_decision(duplicate)
        _refuse_decided(duplicate)
        if not duplicate.original.is_here:
            raise Refused(_("The other question is not shown any more, so nothing can point to it."))
        _refuse_duplicate_or_circle(duplicate.question, duplicate.original)
        _confirm(actor, duplicate)


def decline_duplicate(actor: User, duplicate: Duplicate) -> None:
    """The asker says: no, mine is another question.

    Raises:
        Refused: it was decided already.
    """
    allow(actor, "decline_duplicate", duplicate)
    with transaction():
        _lock_decision(duplicate)
        _refuse_decided(duplicate)
        _end(actor, duplicate)
        publish(DuplicateDeclined(duplicate, by=actor))


def withdraw_duplicate(actor: User, duplicate: Duplicate) -> None:
    """Let a question stand for itself again; what pointed to the original through it points to it again.

    Raises:
        Refused: it is no confirmed duplicate.
    """
    allow(actor, "withdraw_duplicate", duplicate)
    with transaction() as session:
        _lock_decision(duplicate)
        if not duplicate.is_confirmed:
            raise Refused(_("This question is not marked as a duplicate."))
        question = duplicate.question
        original = queries.question(question.duplicate_of_id or duplicate.original_id)
        _end(actor, duplicate)
        session.flush()
        leads_to = queries.direct_originals(original.id)
        family = queries.pointing_to(original.id)
        for each in family:
            _point(each, queries.question(_end_of(each.id, leads_to)))
        session.flush()
        _settle_merged(family)
        _count_people(original, question)
        note_change(session, "question", original.id)
        publish(DuplicateWithdrawn(duplicate, original, by=actor))


def merge_question(actor: User, question: Question) -> int:
    """Bring the answers of a duplicate to its original, with their comments, votes and marks.

    Their addresses lead there, and when the question stands for itself again they come back.

    Returns:
        How many answers that people see were moved.

    Raises:
        Refused: it is no duplicate, its original is not shown, or there is nothing to bring.
    """
    allow(actor, "merge_question", question)
    with transaction():
        _lock_with_relatives(question)
        if question.duplicate_of_id is None:
            raise Refused(_("This question is not marked as a duplicate."))
        original = queries.question(question.duplicate_of_id)
        if not original.is_here:
            raise Refused(_("The other question is not shown any more, so nothing can be brought there."))
        answers = queries.answers_standing_at(question.id)
        if not answers:
            raise Refused(_("There are no answers here that could be brought there."))
        for answer in answers:
            answer.moved_from_id = question.id
        question.merged_at = now()
        original.active_at = max(original.active_at, question.active_at)
        _move(answers, {question.id: original.id})
        publish(QuestionMerged(question, original, by=actor))
    return sum(answer.is_here for answer in answers)


def _settle_merged(questions: Iterable[Question]) -> None:
    """Have the answers of merged questions stand where those point to now, or at home if they point nowhere."""
    merged = {each.id: each for each in questions if each.merged_at is not None}
    if not merged:
        return
    _move(queries.answers_given_at(list(merged)), {each.id: each.duplicate_of_id for each in merged.values()})
    for each in merged.values():
        if each.duplicate_of_id is None:
            each.merged_at = None


def _move(answers: Sequence[Answer], targets: Mapping[int, int | None]) -> None:
    """Move answers, with their comments.

    Args:
        targets: for each question at which they were given, where they shall stand; None is at that question itself.
    """
    threads: set[int] = set()
    remarks = defaultdict(list)
    for remark in queries.remarks_on([answer.id for answer in answers]):
        remarks[remark.answer_id].append(remark)
    for answer in answers:
        home = answer.moved_from_id or answer.question_id
        target = targets[home]
        threads |= {answer.question_id, target or home}
        answer.question_id = target or home
        if target is None:
            answer.moved_from_id = None
        for remark in remarks[answer.id]:
            remark.question_id = answer.question_id
    queries.flush()
    for number in sorted(threads):
        thread = queries.question(number)
        thread.answer_count, thread.accepted_count = queries.answer_counts(number)
        mentions.recount(number)
        note_change(db.session(), "question", number)


def original_from(viewer: object, address: str, host: str) -> Question:
    """The question of this site that an address, or a bare number, names.

    Args:
        host: this site's own host; the address of another site names nothing here.

    Raises:
        Invalid: it names none that this person may open.
    """
    address, own = address.strip(), host.partition(":")[0]
    if address.isdecimal():
        address = f"/questions/{address}"
    try:
        parts = urlsplit(address if "//" in address or address.startswith("/") else f"//{address}")
        is_ours = parts.hostname == own if parts.netloc else address.startswith("/")
        named = _QUESTION.match(parts.path) if is_ours else None
    except ValueError:
        named = None
    found = queries.question_named(viewer, named[1], int(named[2])) if named else None
    if found is None:
        raise Invalid(_("Please paste the address of a question here, such as /questions/12."), "address")
    return found


def _confirm(actor: User, duplicate: Duplicate) -> None:
    question, original = duplicate.question, _root(duplicate.original)
    duplicate.confirmed_at, duplicate.decided_by_id = now(), actor.id
    for other in queries.waiting(question.id):
        if other is not duplicate:
            _end(actor, other)
    pointing = queries.pointing_to(question.id)
    for each in pointing:
        _point(each, original)
    _point(question, original)
    queries.flush()
    _settle_merged(pointing)
    _count_people(original, question)
    publish(DuplicateConfirmed(duplicate, original, by=actor))


def _point(question: Question, original: Question) -> None:
    question.duplicate_of_id = original.id if original.id != question.id else None


def _end(actor: User, duplicate: Duplicate) -> None:
    duplicate.ended_at, duplicate.decided_by_id = now(), actor.id


def _end_of(question_id: int, leads_to: dict[int, int]) -> int:
    """Where a question leads in the end, by what each question is a duplicate of."""
    while question_id in leads_to:
        question_id = leads_to[question_id]
    return question_id


def _root(question: Question) -> Question:
    """What a question leads to; itself, if it is no duplicate."""
    return queries.question(question.duplicate_of_id or question.id)


def _count_people(*questions: Question) -> None:
    for each in questions:
        each.affected_count = queries.affected_count(each.id)


def _refuse_decided(duplicate: Duplicate) -> None:
    if duplicate.is_confirmed:
        raise Refused(_("This was confirmed already."))
    if not duplicate.is_open:
        raise Refused(_("This was declined or withdrawn already."))


def _refuse_duplicate_or_circle(question: Question, original: Question) -> None:
    if question.duplicate_of_id is not None:
        raise Refused(_("This question is marked as a duplicate already."))
    if _root(original).id == question.id:
        raise Refused(
            _(
                "The other question already points to this one. They cannot both be the duplicate of the other."
            )
        )


def _lock_decision(duplicate: Duplicate) -> None:
    _lock_with_relatives(duplicate.question, duplicate.original)
    queries.refresh(duplicate)


def _lock_with_relatives(*questions: Question) -> None:
    """Lock questions, what they lead to and what leads to them, by number: so no two deeds wait for each other.

    Raises:
        Refused: somebody linked or unlinked one of them at this very moment.
    """
    numbers = [each.id for each in questions]
    relatives = _numbers(queries.relatives(numbers))
    queries.lock(relatives)
    if _numbers(queries.relatives(numbers)) != relatives:
        raise Refused(_("Somebody else decided something about this question just now. Please look again."))


def _numbers(questions: Iterable[Question]) -> list[int]:
    return sorted({each.id for each in questions})
