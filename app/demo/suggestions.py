"""What the demo's people suggest to each other: that something was asked before, and better words for an answer."""

from sqlalchemy import exists, select

from app.accounts.queries import person_named
from app.core.db import db
from app.forum.duplicates import suggest_duplicate
from app.forum.models import Answer, Duplicate, Question, SuggestedEdit
from app.forum.suggested_edits import EditText, suggest_edit

ASKED_AGAIN, ASKED_FIRST, FINDER = "cortado-descale-lamp-stays", "cortado-vinegar", "jonas_k"
IMPROVER = "coffeemum"
PRICE, BETTER = "Costs about 40 cents.", "Costs about 40 cents, on the shelf with the baking powder."


def put_suggestions() -> None:
    """Let both happen, unless something was suggested here before."""
    made = (exists().where(Duplicate.id.is_not(None)), exists().where(SuggestedEdit.id.is_not(None)))
    if any(db.session.scalar(select(one)) for one in made):
        return
    again, first = (
        db.session.scalar(select(Question).where(Question.origin == f"demo:{name}"))
        for name in (ASKED_AGAIN, ASKED_FIRST)
    )
    finder, improver = person_named(FINDER), person_named(IMPROVER)
    if finder is not None and again is not None and first is not None:
        suggest_duplicate(finder, again, first)
    priced = db.session.scalar(select(Answer).where(Answer.body.contains(PRICE)).order_by(Answer.id).limit(1))
    if improver is not None and priced is not None:
        text = EditText(priced.body.replace(PRICE, BETTER), why="I ran around town for it.")
        suggest_edit(improver, priced, text)
