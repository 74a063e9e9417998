"""Making a guide of an answer: the choice, and what comes of it."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.articles import queries as articles
from app.articles.models import Article
from app.core.i18n import gettext as _
from app.forum import promotion, queries
from app.forum.views import answer_or_404
from app.web import links
from app.web.session import actor

bp = Blueprint("promotion", __name__)


@bp.get("/answers/<int:answer_id>/promote")
def promote_answer(answer_id: int) -> str:
    page = promotion.promotion_page(actor(), answer_or_404(answer_id))
    return render_template("forum/promote.html", page=page)


@bp.post("/answers/<int:answer_id>/promote")
def do_promote_answer(answer_id: int) -> Response:
    into = _chosen_article() if request.form.get("into") else None
    draft = promotion.promote_answer(actor(), answer_or_404(answer_id), into)
    flash(
        _(
            "Here is a first draft from the thread. Personal details are marked ⟦like this⟧: remove or keep them."
        )
    )
    return redirect(links.to(draft), 303)


@bp.post("/answers/<int:answer_id>/link")
def link_to_article(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    promotion.link_to_article(actor(), answer, _chosen_article())
    flash(_("Linked. The thread now leads to the guide."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/unlink")
def unlink_from_article(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    promotion.unlink_from_article(actor(), answer)
    flash(_("The thread does not lead to the guide any more."))
    return redirect(links.to(answer), 303)


def _chosen_article() -> Article:
    return articles.article(actor(), request.form.get("into", "")) or abort(404)
