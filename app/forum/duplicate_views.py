"""Saying that a question was asked before, and what its asker says to that."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import duplicate_queries as queries
from app.forum import duplicates, suggestions
from app.forum.models import Duplicate, Question
from app.forum.suggestions import Suggestion
from app.forum.views import question_or_404
from app.policy import allow, may
from app.web import links
from app.web.drawing import words
from app.web.session import actor

bp = Blueprint("duplicates", __name__)


@dataclass(frozen=True)
class DuplicatePage:
    """Where somebody looks for the question that was there before."""

    title: str
    url: str
    action: str
    search_url: str
    query: str
    found: tuple[tuple[str, Suggestion], ...]
    address: str
    decides: bool
    may_merge: bool
    errors: Mapping[str, str]


def duplicate_or_404(duplicate_id: int) -> Duplicate:
    """The suggestion of that number, if this person may open its question."""
    found = queries.duplicate(duplicate_id) or abort(404)
    question_or_404(found.question_id)
    return found


@bp.get("/questions/<int:question_id>/duplicate")
def suggest_duplicate(question_id: int) -> str:
    asked = question_or_404(question_id)
    allow(actor(), "suggest_duplicate", asked)
    return _draw(asked, "", {})


def _draw(asked: Question, address: str, errors: dict[str, str]) -> str:
    query = request.args.get("q", "")[:300]
    page = DuplicatePage(
        title=asked.title,
        url=links.to(asked),
        action=url_for("duplicates.do_suggest_duplicate", question_id=asked.id),
        search_url=url_for("duplicates.suggest_duplicate", question_id=asked.id),
        query=query or asked.title,
        found=suggestions.questions_like(actor(), asked, query),
        address=address,
        decides=may(actor(), "confirm_duplicate", Duplicate(question=asked)),
        may_merge=bool(asked.answer_count) and may(actor(), "merge_question", asked),
        errors=words(errors),
    )
    return render_template("forum/duplicate.html", page=page)


@bp.post("/questions/<int:question_id>/duplicate")
def do_suggest_duplicate(question_id: int) -> str | tuple[str, int] | Response:
    asked = question_or_404(question_id)
    allow(actor(), "suggest_duplicate", asked)
    address = request.form.get("address", "")[:500]
    try:
        original = duplicates.original_from(actor(), address, request.host)
        duplicate = duplicates.suggest_duplicate(actor(), asked, original)
    except Invalid as error:
        return _draw(asked, address, {error.field or "address": str(error)}), 400
    if duplicate.is_confirmed:
        if request.form.get("merge") and asked.answer_count:
            _merge(asked)
        flash(_("Linked. Readers are led to the other question, and whoever searches finds that one."))
    else:
        flash(_("Thank you. Whoever asked is shown the other question and decides."))
    return redirect(links.to(asked), 303)


@bp.post("/questions/<int:question_id>/merge")
def merge_question(question_id: int) -> Response:
    asked = question_or_404(question_id)
    _merge(asked)
    return redirect(links.to(asked), 303)


def _merge(asked: Question) -> None:
    count = duplicates.merge_question(actor(), asked)
    flash(ngettext("%(num)d answer stands there now.", "%(num)d answers stand there now.", count))


@bp.post("/duplicates/<int:duplicate_id>/confirm")
def confirm_duplicate(duplicate_id: int) -> Response:
    duplicate = duplicate_or_404(duplicate_id)
    duplicates.confirm_duplicate(actor(), duplicate)
    flash(_("Linked. You will hear of new answers there too."))
    return redirect(links.to(duplicate.question), 303)


@bp.post("/duplicates/<int:duplicate_id>/decline")
def decline_duplicate(duplicate_id: int) -> Response:
    duplicate = duplicate_or_404(duplicate_id)
    duplicates.decline_duplicate(actor(), duplicate)
    flash(_("Noted. It helps others if the question says how it differs; you can edit it."))
    return redirect(links.to(duplicate.question), 303)


@bp.post("/duplicates/<int:duplicate_id>/withdraw")
def withdraw_duplicate(duplicate_id: int) -> Response:
    duplicate = duplicate_or_404(duplicate_id)
    duplicates.withdraw_duplicate(actor(), duplicate)
    flash(_("This question stands for itself again."))
    return redirect(links.to(duplicate.question), 303)
