"""What waits for the demo's moderator: somebody reports bad advice, and an answer that came too fast is held."""

from datetime import timedelta

from sqlalchemy import exists, select

from app.accounts.queries import person_named
from app.core.db import db
from app.forum.actions import answer_question
from app.forum.models import Answer, Question
from app.forum.screening import Sending
from app.moderation.actions import report
from app.moderation.models import Case

REPORTED, REPORTER = "porter-e201-wooden-door", "sunniva"
ANSWERED, HURRIED = "hearth-local-api", "flatshare42"


def put_reports() -> None:
    """Let both happen, unless something was reported or held here before."""
    if db.session.scalar(select(exists().where(Case.id.is_not(None)))):
        return
    reporter, hurried = person_named(REPORTER), person_named(HURRIED)
    first = (
        select(Answer).join(Answer.question).where(Question.origin == f"demo:{REPORTED}").order_by(Answer.id)
    )
    oily = db.session.scalar(first.limit(1))
    asked = db.session.scalar(select(Question).where(Question.origin == f"demo:{ANSWERED}"))
    if reporter is not None and oily is not None:
        report(
            reporter,
            oily,
            "dangerous",
            "Oil in a cylinder glues it up, as old_locksmith says. Somebody will lock themselves out by this.",
        )
    if hurried is not None and asked is not None:
        words = (
            "Read-only is plenty for me too: humidity in the bathroom, so that the fan knows when to start."
        )
        answer_question(hurried, asked, words, Sending(taken=timedelta(seconds=1)))
