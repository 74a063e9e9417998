"""The community's pages and forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.catalog import queries as catalog
from app.core.errors import Gone, Invalid, TooMany
from app.core.i18n import gettext as _
from app.forum import actions, comment_queries, duplicate_queries, history, live_queries, queries, suggestions
from app.forum.differences import ChangedLine, differences
from app.forum.models import Answer, Comment, Question
from app.forum.queries import QuestionPage
from app.forum.rewriting import ChangedMeanwhile, edition
from app.forum.suggestions import Suggestion
from app.insights.actions import note_solved_while_asking
from app.notifications import follow_queries
from app.policy import allow
from app.web import feeds, links, structured_data, view_counts
from app.web.drawing import words
from app.web.head import Head, head, root
from app.web.limiting import turned_down
from app.web.sending import sending
from app.web.session import actor

bp = Blueprint("forum", __name__)


# Loading


def question_or_404(question_id: int) -> Question:
    """The question of that number; 404 if there never was one, Gone if it is not shown any more."""
    found = queries.question(actor(), question_id)
    if found is not None:
        return found
    if queries.question_was_deleted(question_id):
        raise Gone(_("This question was deleted by its author or a moderator."))
    abort(404)


def answer_or_404(answer_id: int) -> Answer:
    """The answer of that number; 404 if there never was one, Gone if it is not shown any more."""
    found = queries.answer(actor(), answer_id)
    if found is not None:
        return found
    if queries.answer_was_deleted(answer_id):
        raise Gone(_("This answer was deleted by its author or a moderator."))
    abort(404)


def comment_or_404(comment_id: int) -> Comment:
    return queries.comment(actor(), comment_id) or abort(404)


# Lists


@bp.get("/questions")
def browse() -> str | Response:
    args = request.args
    page = queries.question_list(
        actor(),
        sort=args.get("sort", "newest"),
        product=args.get("product", ""),
        tag=args.get("tag", ""),
        solved=args.get("solved", ""),
        after=args.get("after"),
    )
    if page.tag != args.get("tag", ""):
        return redirect(page.canonical_path, 301)  # Another word for the tag.
    about = head(page.canonical_path, feeds=feeds.of_questions(page), is_indexable=page.is_indexable)
    return render_template("forum/browse.html", page=page, head=about)


# Asking


@dataclass(frozen=True)
class AskPage:
    """The form for a question, new or edited, as typed, with what was wrong."""

    heading: str
    submit: str
    action: str
    title: str
    product: str
    products: tuple[tuple[str, str], ...]
    version: str
    environment: str
    body: str
    tags: str
    errors: Mapping[str, str] = field(default_factory=lambda: words({}))
    suggestions: tuple[Suggestion, ...] = ()
    is_asked_to_look: bool = False
    is_new: bool = True
    draft_key: str = "ask"
    similar_url: str = "/ask/suggestions"
    seen: str = ""
    news: tuple[ChangedLine, ...] = ()


def _ask_page(form: MultiDict[str, str]) -> AskPage:
    return AskPage(
        heading=_("Ask the community"),
        submit=_("Post your question"),
        action=url_for("forum.ask_question"),
        title=form.get("title", ""),
        product=form.get("product", ""),
        products=tuple((product.slug, product.name) for product in catalog.offered_products()),
        version=form.get("version", ""),
        environment=form.get("environment", ""),
        body=form.get("body", ""),
        tags=form.get("tags", ""),
    )


def _question_text(form: MultiDict[str, str]) -> actions.QuestionText:
    product = form.get("product", "")
    found = catalog.product_by_slug(product) if product else None
    if product and found is None:
        raise Invalid(_("Please choose a product from the list."), "product")
    return actions.QuestionText(
        title=form.get("title", ""),
        body=form.get("body", ""),
        product=found,
        version=form.get("version", ""),
        environment=form.get("environment", ""),
        tags=form.get("tags", "").replace(",", " ").split(),
    )


@bp.get("/ask")
def ask_question() -> str:
    page = _ask_page(request.args)
    found = suggestions.similar(actor(), page.title, page.body) if page.title else ()
    about = None if request.args else head("/ask")
    return render_template("forum/ask.html", page=replace(page, suggestions=found), head=about)


@bp.post("/ask")
def do_ask_question() -> str | tuple[str, int] | Response:
    form = request.form
    if actor().is_authenticated:  # Visitors look at the suggestions first, and then are asked to sign in.
        allow(actor(), "ask_question")
    try:
        text = _question_text(form)
        actions.check_question(text)
    except Invalid as error:
        page = replace(_ask_page(form), errors=words({error.field or "body": str(error)}))
        return render_template("forum/ask.html", page=page), 400
    if "looked" not in form:
        found = suggestions.similar(actor(), text.title, text.body)
        if found:
            page = replace(_ask_page(form), suggestions=found, is_asked_to_look=True)
            return render_template("forum/ask.html", page=page)
    try:
        question = actions.ask_question(actor(), text, sending())
    except TooMany as error:
        page = replace(_ask_page(form), errors=words({"body": str(error)}))
        return turned_down(error, render_template("forum/ask.html", page=page))
    _thank_for(question, _("Your question is posted. You will hear when somebody answers."))
    return redirect(links.to(question), 303)


def _thank_for(post: Question | Answer | Comment, said: str) -> None:
    """Say that a post is there, or that a moderator looks at it first."""
    if post.held_at is None:
        flash(said)
    else:
        flash(_("Thank you, nothing is lost: a moderator looks at it first, and then it appears."), "warn")


@bp.get("/ask/suggestions")
def suggest_while_asking() -> str:
    title, body = request.args.get("title", "")[:300], request.args.get("details", "")[:2000]
    found = suggestions.similar(actor(), title, body)
    return render_template("forum/suggestions.html", suggestions=found, title=title)


@bp.post("/ask/solved")
def solved_while_asking() -> Response:
    kind, _sep, number = request.form.get("suggestion", "").partition("-")
    found = suggestions.one(actor(), kind, int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None:
        abort(404)
    note_solved_while_asking(
        actor(),
        request.form.get("title", ""),
        article_id=int(number) if kind == "article" else None,
        question_id=int(number) if kind == "question" else None,
    )
    if actor().is_authenticated:
        flash(_("Glad that helped. Thank you for looking first!"))
    return redirect(found.url, 303)


# One question


@bp.get("/questions/<int:question_id>")
@bp.get("/questions/<int:question_id>/<slug>")
def read(question_id: int, slug: str = "") -> str | Response:
    asked = question_or_404(question_id)
    if slug != asked.slug:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return redirect(links.to(asked) + query, 301)
    page = _draw_question(asked)
    if "after" not in request.args and actor().id != asked.author_id:
        view_counts.note_opened("question", asked.id)
    return page


def _draw_question(
    asked: Question, *, answer_text: str = "", comment_text: str = "", errors: dict[str, str] | None = None
) -> str:
    after = request.args.get("after")
    # Read first: what changes while the page is put together, the page then hears of.
    live = live_queries.live_page(asked.id, after)
    page = queries.question_page(
        actor(),
        asked,
        after=after,
        similar=suggestions.similar_to_question(actor(), asked),
        duplicates=duplicate_queries.duplicates_of_page(actor(), asked),
    )
    return render_template(
        "forum/question.html",
        page=page,
        follow=follow_queries.follow_button(actor(), asked),
        live=live,
        near_product=page.product_slug,
        head=_head_of_question(page),
        answer_text=answer_text,
        comment_text=comment_text,
        errors=words(errors or {}),
    )


def _head_of_question(page: QuestionPage) -> Head:
    things = (
        structured_data.question(page, root()),
        structured_data.breadcrumbs(page.crumbs, page.canonical_path, root()),
    )
    original = page.duplicates.original
    return head(
        original.url if original else page.canonical_path,  # What was asked before is found where it was.
        things=() if original else things,
        feeds=feeds.of_thread(page.id),
        kind="article",
        is_indexable=page.is_indexable,
    )


@bp.get("/questions/<int:question_id>/edit")
def edit_question(question_id: int) -> str:
    asked = question_or_404(question_id)
    allow(actor(), "edit_question", asked)
    return render_template("forum/ask.html", page=_edit_page(asked))


def _edit_page(asked: Question) -> AskPage:
    product = queries.product_of(asked)
    tags = " ".join(tag.slug for tag in queries.tags_of(asked.id))
    typed: MultiDict[str, str] = MultiDict(
        {
            "title": asked.title,
            "product": product.slug if product else "",
            "version": asked.version,
            "environment": asked.environment,
            "body": asked.body,
            "tags": tags,
        }
    )
    return _as_edit(_ask_page(typed), asked, edition(asked))


def _as_edit(page: AskPage, asked: Question, seen: str) -> AskPage:
    return replace(
        page,
        heading=_("Edit this question"),
        submit=_("Save changes"),
        action=url_for("forum.do_edit_question", question_id=asked.id),
        is_new=False,
        draft_key=f"edit-question-{asked.id}",
        similar_url="",
        seen=seen,
    )


def _lines(page: AskPage) -> str:
    """All that a question says, to be compared line by line."""
    return "\n".join((page.title, page.product, page.version, page.environment, page.tags, page.body))


@bp.post("/questions/<int:question_id>/edit")
def do_edit_question(question_id: int) -> str | tuple[str, int] | Response:
    asked = question_or_404(question_id)
    try:
        actions.edit_question(actor(), asked, _question_text(request.form), sending(), _seen())
    except ChangedMeanwhile as error:
        page, there = _as_edit(_ask_page(request.form), asked, edition(asked)), _edit_page(asked)
        page = replace(
            page, errors=words({"body": str(error)}), news=differences(_lines(page), _lines(there))
        )
        return render_template("forum/ask.html", page=page), 409
    except Invalid as error:
        page = _as_edit(_ask_page(request.form), asked, _seen())
        page = replace(page, errors=words({error.field or "body": str(error)}))
        return render_template("forum/ask.html", page=page), 400
    _thank_for(asked, _("Saved. What it said before is kept in its history."))
    return redirect(links.to(asked), 303)


def _seen() -> str:
    """The edition of the post that the form of this request was opened with."""
    return request.form.get("seen", "")


@bp.get("/questions/<int:question_id>/history")
def question_history(question_id: int) -> str:
    return render_template("forum/history.html", page=history.history_page(question_or_404(question_id)))


@bp.post("/questions/<int:question_id>/delete")
def delete_question(question_id: int) -> Response:
    asked = question_or_404(question_id)
    actions.delete_question(actor(), asked)
    flash(_("Deleted. You can bring it back from here."))
    return redirect(links.to(asked), 303)


@bp.post("/questions/<int:question_id>/undelete")
def undelete_question(question_id: int) -> Response:
    asked = question_or_404(question_id)
    actions.undelete_question(actor(), asked)
    flash(_("It is back."))
    return redirect(links.to(asked), 303)


@bp.post("/questions/<int:question_id>/vote")
def vote_on_question(question_id: int) -> Response:
    asked = question_or_404(question_id)
    actions.vote(actor(), asked, _vote_value())
    return redirect(f"{links.to(asked)}#question-{asked.id}", 303)


def _vote_value() -> int:
    value = request.form.get("value", type=int)
    if value is None:
        raise Invalid(_("A vote is up, down or taken back."))
    return value


@bp.post("/questions/<int:question_id>/affected")
def mark_affected(question_id: int) -> Response:
    asked = question_or_404(question_id)
    is_affected = request.form.get("value", "yes") == "yes"
    actions.mark_affected(actor(), asked, is_affected=is_affected)
    if is_affected:
        flash(_("Noted. You will hear when there is an answer."))
    else:
        flash(_("Taken back."))
    return redirect(links.to(asked), 303)


# Answers


@bp.post("/questions/<int:question_id>/answers")
def answer_question(question_id: int) -> str | tuple[str, int] | Response:
    asked = question_or_404(question_id)
    typed = request.form.get("body", "")
    try:
        answer = actions.answer_question(actor(), asked, typed, sending())
    except (Invalid, TooMany) as error:
        drawn = _draw_question(asked, answer_text=typed, errors={"answer": str(error)})
        return turned_down(error, drawn) if isinstance(error, TooMany) else (drawn, 400)
    _thank_for(answer, _("Your answer is posted. Thank you for helping!"))
    return redirect(queries.place_of(actor(), answer), 303)


@dataclass(frozen=True)
class EditAnswerPage:
    """The form for changing an answer."""

    title: str
    url: str
    action: str
    draft_key: str
    body: str
    errors: Mapping[str, str]
    seen: str
    news: tuple[ChangedLine, ...]


def _edit_answer_page(
    answer: Answer, body: str, errors: dict[str, str], seen: str, news: tuple[ChangedLine, ...] = ()
) -> str:
    action = url_for("forum.do_edit_answer", answer_id=answer.id)
    key = f"edit-answer-{answer.id}"
    page = EditAnswerPage(
        answer.question.title, links.to(answer), action, key, body, words(errors), seen, news
    )
    return render_template("forum/edit_answer.html", page=page)


@bp.get("/answers/<int:answer_id>/edit")
def edit_answer(answer_id: int) -> str:
    answer = answer_or_404(answer_id)
    allow(actor(), "edit_answer", answer)
    return _edit_answer_page(answer, answer.body, {}, edition(answer))


@bp.post("/answers/<int:answer_id>/edit")
def do_edit_answer(answer_id: int) -> str | tuple[str, int] | Response:
    answer = answer_or_404(answer_id)
    typed = request.form.get("body", "")
    try:
        actions.edit_answer(actor(), answer, typed, sending(), _seen())
    except ChangedMeanwhile as error:
        news = differences(typed, answer.body)
        return _edit_answer_page(answer, typed, {"body": str(error)}, edition(answer), news), 409
    except Invalid as error:
        return _edit_answer_page(answer, typed, {"body": str(error)}, _seen()), 400
    _thank_for(answer, _("Saved. What it said before is kept in its history."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.get("/answers/<int:answer_id>/history")
def answer_history(answer_id: int) -> str:
    return render_template("forum/history.html", page=history.history_page(answer_or_404(answer_id)))


@bp.get("/answers/<int:answer_id>")
def answer(answer_id: int) -> Response:
    return redirect(queries.place_of(actor(), answer_or_404(answer_id)), 302)


@bp.post("/answers/<int:answer_id>/wiki")
def make_wiki(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.make_wiki(actor(), answer)
    flash(_("Everybody may improve this answer now. Each change is kept in its history."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/wiki/end")
def end_wiki(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.end_wiki(actor(), answer)
    flash(_("Only its author and those who may edit everything change it now."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/delete")
def delete_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.delete_answer(actor(), answer)
    flash(_("Deleted. You can bring it back from here."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/undelete")
def undelete_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.undelete_answer(actor(), answer)
    flash(_("It is back."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/vote")
def vote_on_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.vote(actor(), answer, _vote_value())
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/accept")
def accept_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.accept_answer(actor(), answer)
    flash(_("Accepted. Thank you for closing the loop."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/unaccept")
def unaccept_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.unaccept_answer(actor(), answer)
    flash(_("The question is open again."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/verify")
def verify_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.verify_answer(actor(), answer)
    flash(_("Verified. Readers see that you vouch for this answer."))
    return redirect(queries.place_of(actor(), answer), 303)


@bp.post("/answers/<int:answer_id>/unverify")
def unverify_answer(answer_id: int) -> Response:
    answer = answer_or_404(answer_id)
    actions.unverify_answer(actor(), answer)
    flash(_("The verification is taken back."))
    return redirect(queries.place_of(actor(), answer), 303)


# Comments


@bp.post("/questions/<int:question_id>/comments")
def comment_on_question(question_id: int) -> str | tuple[str, int] | Response:
    return _comment(question_or_404(question_id), None)


@bp.post("/answers/<int:answer_id>/comments")
def comment_on_answer(answer_id: int) -> str | tuple[str, int] | Response:
    answer = answer_or_404(answer_id)
    return _comment(answer.question, answer)


def _comment(asked: Question, answer: Answer | None) -> str | tuple[str, int] | Response:
    typed = request.form.get("comment", "")
    try:
        remark = actions.comment(actor(), asked, answer, typed, sending())
    except (Invalid, TooMany) as error:
        dom_id = f"answer-{answer.id}" if answer else f"question-{asked.id}"
        drawn = _draw_question(asked, comment_text=typed, errors={f"comment-{dom_id}": str(error)})
        return turned_down(error, drawn) if isinstance(error, TooMany) else (drawn, 400)
    if remark.held_at is not None:
        _thank_for(remark, "")
    return redirect(comment_queries.place_of_comment(actor(), remark), 303)


@bp.post("/comments/<int:comment_id>/delete")
def delete_comment(comment_id: int) -> Response:
    remark = comment_or_404(comment_id)
    actions.delete_comment(actor(), remark)
    return redirect(comment_queries.place_of_comment(actor(), remark), 303)
