"""Comments beyond writing and deleting them: all of a post's, changing one, bringing one back, making an answer of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import actions, comment_queries, queries
from app.forum.models import Answer, Comment, Question, edit_window
from app.forum.views import answer_or_404, comment_or_404, question_or_404
from app.policy import allow
from app.web.drawing import words
from app.web.sending import sending
from app.web.session import actor

bp = Blueprint("comments", __name__)

LARGEST = 2**31 - 1


@bp.get("/questions/<int:question_id>/comments")
def of_question(question_id: int) -> str:
    return _draw_all(question_or_404(question_id))


@bp.get("/answers/<int:answer_id>/comments")
def of_answer(answer_id: int) -> str:
    return _draw_all(answer_or_404(answer_id))


def _draw_all(post: Question | Answer) -> str:
    since = max(0, min(request.args.get("from", 0, type=int), LARGEST))
    page = comment_queries.comments_page(actor(), post, since=since)
    return render_template("forum/comments.html", page=page)


@bp.get("/comments/<int:comment_id>")
def comment(comment_id: int) -> Response:
    return redirect(comment_queries.place_of_comment(actor(), _listed_or_404(comment_id)), 302)


def _listed_or_404(comment_id: int) -> Comment:
    return comment_queries.listed_comment(actor(), comment_id) or abort(404)


@dataclass(frozen=True)
class EditCommentPage:
    """The form for changing a comment, with the limit said."""

    url: str
    action: str
    limit: str
    body: str
    draft_key: str
    errors: Mapping[str, str]


@bp.get("/comments/<int:comment_id>/edit")
def edit_comment(comment_id: int) -> str:
    remark = comment_or_404(comment_id)
    allow(actor(), "edit_comment", remark)
    return _draw_form(remark, remark.body, {})


def _draw_form(remark: Comment, body: str, errors: dict[str, str]) -> str:
    minutes = int(edit_window().total_seconds() // 60)
    page = EditCommentPage(
        url=url_for("comments.comment", comment_id=remark.id),
        action=url_for("comments.do_edit_comment", comment_id=remark.id),
        limit=ngettext(
            "A comment can be changed for %(num)d minute after it was posted.",
            "A comment can be changed for %(num)d minutes after it was posted.",
            minutes,
        ),
        body=body,
        draft_key=f"edit-comment-{remark.id}",
        errors=words(errors),
    )
    return render_template("forum/edit_comment.html", page=page)


@bp.post("/comments/<int:comment_id>/edit")
def do_edit_comment(comment_id: int) -> str | tuple[str, int] | Response:
    remark = comment_or_404(comment_id)
    typed = request.form.get("comment", "")
    try:
        actions.edit_comment(actor(), remark, typed, sending())
    except Invalid as error:
        return _draw_form(remark, typed, {"comment": str(error)}), 400
    return redirect(comment_queries.place_of_comment(actor(), remark), 303)


@bp.post("/comments/<int:comment_id>/undelete")
def undelete_comment(comment_id: int) -> Response:
    remark = _listed_or_404(comment_id)
    actions.undelete_comment(actor(), remark)
    return redirect(comment_queries.place_of_comment(actor(), remark), 303)


@bp.post("/comments/<int:comment_id>/convert")
def convert_comment(comment_id: int) -> Response:
    answer = actions.convert_comment(actor(), comment_or_404(comment_id))
    flash(_("It is an answer now. The comment leads to it."))
    return redirect(queries.place_of(actor(), answer), 303)
