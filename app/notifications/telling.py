"""Writing messages: what happened, and who hears of it. Call inside the transaction of the deed.

Each person hears of an event once, with the first reason on the list, and nobody of their own deeds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.core.db import now
from app.jobs import queue
from app.notifications import telling_queries as queries
from app.notifications.kinds import AT_ONCE
from app.notifications.telling_queries import NewLine

MAIL_KIND = "notification mail"
MAIL_DELAY = timedelta(minutes=10)
"""So long a letter waits; who has seen the message by then gets none."""


@dataclass(frozen=True)
class Happening:
    """What happened.

    Attributes:
        event: a name for it that no other event has, such as "answer-5".
        by_id: who did it; None if nobody should be named.
        words: what somebody wrote for those who hear of it.
    """

    event: str
    by_id: int | None
    question_id: int | None = None
    answer_id: int | None = None
    comment_id: int | None = None
    article_id: int | None = None
    words: str = ""


@dataclass(frozen=True)
class Hearer:
    """Somebody who should hear of it.

    Attributes:
        kind: a kind of `kinds.TOPICS`.
        reason: one of `kinds.REASONS`, or "following" with the `label` of what they follow.
        about: what messages have in common that make one line, such as "question-12".
        url: where a line leads whose messages speak of different things.
    """

    user_id: int
    kind: str
    reason: str
    about: str
    label: str = ""
    url: str = ""

    @property
    def line(self) -> NewLine:
        return NewLine(self.user_id, f"{self.kind}:{self.about}", self.kind, self.label, self.url)


def tell(happening: Happening, hearers: Iterable[Hearer]) -> int:
    """Write a message to each hearer, and ask for the letters that they want.

    Returns:
        How many messages were written.
    """
    wanted: dict[int, Hearer] = {}
    for hearer in hearers:
        if hearer.user_id != happening.by_id:
            wanted.setdefault(hearer.user_id, hearer)
    people = queries.people_to_tell(wanted, happening.event)
    hearing = [hearer for user_id, hearer in wanted.items() if user_id in people]
    if not hearing:
        return 0
    moment = now()
    lines = queries.open_lines([hearer.line for hearer in hearing], moment)
    rows = [
        {
            "line_id": lines[hearer.user_id, hearer.line.key],
            "user_id": hearer.user_id,
            "kind": hearer.kind,
            "event": happening.event,
            "reason": hearer.reason,
            "actor_id": happening.by_id,
            "question_id": happening.question_id,
            "answer_id": happening.answer_id,
            "comment_id": happening.comment_id,
            "article_id": happening.article_id,
            "words": happening.words[:500],
            "mail": people[hearer.user_id].wants(hearer.kind),
            "created_at": moment,
        }
        for hearer in hearing
    ]
    queries.write_messages(rows)
    if any(row["mail"] == AT_ONCE for row in rows):
        queue.enqueue(MAIL_KIND, {"event": happening.event}, delay=MAIL_DELAY)
    return len(rows)


def hearers(user_ids: Iterable[int], kind: str, reason: str, about: str) -> Sequence[Hearer]:
    """Several people who hear for the same reason."""
    return [Hearer(user_id, kind, reason, about) for user_id in user_ids]
