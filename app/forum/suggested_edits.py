"""Changes that people suggest to what they may not edit: written, taken back, taken over, or turned down with a reason.

A suggestion keeps the text it started from. When somebody else changed the text since, both changes are merged by
lines; only where they touch the same lines a person has to decide.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.articles import drafts
from app.articles.merge import has_marks, merge_text
from app.articles.models import Article
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.markup import GUIDE_LIMIT, Rendered
from app.core.text import plain_line
from app.forum import mentions, naming, queries, rewriting
from app.forum import suggested_edit_queries as suggestions
from app.forum.actions import TITLE_LONGEST, TITLE_SHORTEST
from app.forum.events import EditSuggested, SuggestedEditApproved, SuggestedEditRejected
from app.forum.models import Answer, Question, SuggestedEdit, question_slug
from app.forum.rewriting import ChangedMeanwhile
from app.policy import allow, may

MOST_OPEN = 10
"""So many suggestions of one person may wait at a time."""
WHY_LONGEST = 500

Post = Question | Answer | Article
EDITING = {Question: "edit_question", Answer: "edit_answer", Article: "start_draft"}


@dataclass(frozen=True)
class EditText:
    """What a person types: plain strings. Only questions have a title to change.

    Args:
        seen: the `stamp` of the text that stood beside the form.
    """

    body: str
    title: str = ""
    why: str = ""
    seen: str = ""


def stamp(post: Post) -> str:
    """A short name of what a post says now, to notice that it changed."""
    title = post.title if isinstance(post, Question) else ""
    return sha256(f"{title}\0{post.body}".encode("utf-8", "replace")).hexdigest()[:16]


def suggest_edit(actor: User, post: Post, text: EditText) -> SuggestedEdit:
    """Suggest a change to a question, an answer or a guide. Suggesting again replaces one's open suggestion.

    Raises:
        Invalid: the text cannot be taken as it is, or nothing is changed.
        ChangedMeanwhile: the text is another one than the person saw.
        Refused: it is not shown, this person may edit it anyway, or has too many suggestions waiting.
    """
    allow(actor, "suggest_edit", post)
    if may(actor, EDITING[type(post)], post):
        raise Refused(_("You may change this yourself; there is no need to suggest it."))
    title, body, _rendered = _checked(post, text)
    why = plain_line(text.why)[:WHY_LONGEST]
    with transaction() as session:
        _lock(post)
        queries.lock(actor)
        _refuse_gone(post)
        if text.seen and text.seen != stamp(post):
            raise ChangedMeanwhile(
                _("Somebody changed the text while you were writing. Yours is kept below.")
            )
        own_title = post.title if isinstance(post, Question) else ""
        if (title, body) == (own_title, _tidy(post.body)):
            raise Invalid(_("Nothing is changed yet."), "body")
        suggestion = suggestions.open_of(actor.id, post)
        if suggestion is None:
            if suggestions.count_open(actor.id) >= MOST_OPEN:
                raise Refused(
                    _(
                        "%(most)d of your suggestions wait to be looked at. Please let some be decided first.",
                        most=MOST_OPEN,
                    )
                )
            suggestion = SuggestedEdit(author_id=actor.id, **_about(post))
            session.add(suggestion)
        suggestion.base_title, suggestion.base_body = own_title, _tidy(post.body)
        suggestion.title, suggestion.body, suggestion.why = title, body, why
        session.flush()
        publish(EditSuggested(suggestion, by=actor))
    return suggestion


def withdraw_suggested_edit(actor: User, suggestion: SuggestedEdit) -> None:
    """Take one's own suggestion back.

    Raises:
        Refused: it was decided already.
    """
    allow(actor, "withdraw_suggested_edit", suggestion)
    with transaction():
        suggestions.lock(suggestion)
        _refuse_decided(suggestion)
        suggestion.withdrawn_at = now()


def approve_suggested_edit(actor: User, suggestion: SuggestedEdit, improved: EditText | None = None) -> None:
    """Take a suggestion over, as it is or `improved`. Its author is credited in the history.

    What becomes of a guide goes into the draft of its next form, which another writer approves as always.

    Raises:
        Invalid: the improved text cannot be taken as it is.
        ChangedMeanwhile: the text is another one than the person saw while improving.
        Refused: it was decided already, the post is not shown, or both changed the same lines.
    """
    allow(actor, "approve_suggested_edit", suggestion)
    post = suggestion.post
    title, body, rendered = _merged(suggestion) if improved is None else _checked(post, improved)
    seen = stamp(post)
    with transaction() as session:
        _lock(post)
        suggestions.lock(suggestion)
        _refuse_decided(suggestion)
        _refuse_gone(post)
        if stamp(post) != (improved.seen or seen if improved else seen):
            raise ChangedMeanwhile(_("Somebody changed the text just now. Please look at it again."))
        suggestion.approved_at, suggestion.decided_by_id = now(), actor.id
        suggestion.was_improved = improved is not None
        if isinstance(post, Article):
            _put_into_draft(session, actor, suggestion, post, body)
        else:
            _rewrite(session, suggestion, post, title, body, rendered)
        publish(SuggestedEditApproved(suggestion, by=actor))


def reject_suggested_edit(actor: User, suggestion: SuggestedEdit, why: str) -> None:
    """Turn a suggestion down and say why, so that the next one is better.

    Raises:
        Invalid: there is no reason, or it is too long.
        Refused: it was decided already.
    """
    allow(actor, "reject_suggested_edit", suggestion)
    why = plain_line(why)
    if not why:
        raise Invalid(_("Please say why; whoever suggested it reads that."), "why")
    if len(why) > WHY_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WHY_LONGEST), "why")
    with transaction():
        suggestions.lock(suggestion)
        _refuse_decided(suggestion)
        suggestion.rejected_at, suggestion.rejected_why = now(), why
        suggestion.decided_by_id = actor.id
        publish(SuggestedEditRejected(suggestion, by=actor))


def merged_text(suggestion: SuggestedEdit) -> tuple[str, str, int]:
    """Title and body with the suggestion's changes and those made since it was written; how many places clash.

    Places that both changed hold both texts, marked.
    """
    post = suggestion.post
    title, clashes = suggestion.title, 0
    if isinstance(post, Question) and post.title != suggestion.base_title:
        if suggestion.title == suggestion.base_title:
            title = post.title
        elif suggestion.title != post.title:
            clashes = 1
    merged = merge_text(
        suggestion.base_body, suggestion.body, _tidy(post.body), _("suggested"), _("changed meanwhile")
    )
    return title, merged.text, merged.conflicts + clashes


def _merged(suggestion: SuggestedEdit) -> tuple[str, str, Rendered | None]:
    title, body, clashes = merged_text(suggestion)
    if clashes:
        raise Refused(
            _(
                "The text was changed since, in the very places that this changes too. "
                "Choose “Improve it first”: both are there, and you decide."
            )
        )
    return _checked(suggestion.post, EditText(body=body, title=title))


def _rewrite(
    session: Session,
    suggestion: SuggestedEdit,
    post: Question | Answer,
    title: str,
    body: str,
    rendered: Rendered | None,
) -> None:
    own_title = post.title if isinstance(post, Question) else ""
    if rendered is None or (title, body) == (own_title, post.body):
        return
    rewriting.keep_form(post)
    if isinstance(post, Question):
        post.title, post.slug = title, question_slug(title)
    else:
        post.question.active_at = suggestion.approved_at or now()
    rewriting.rewrite(post, suggestion.author_id, body, rendered, at=suggestion.approved_at)
    session.flush()
    mentions.recount(post.question_id)


def _put_into_draft(
    session: Session, actor: User, suggestion: SuggestedEdit, article: Article, body: str
) -> None:
    draft = suggestions.open_draft_of(article.id)
    if draft is None:
        draft = drafts.draft_of(article, actor)
        session.add(draft)
        session.flush()
    merged = merge_text(_tidy(article.body), body, _tidy(draft.body), _("suggested"), _("in the draft"))
    if merged.conflicts:
        raise Refused(
            _(
                "The draft “%(title)s” changes the same lines. Please take the suggestion over there by hand.",
                title=draft.title,
            )
        )
    credits = [str(name) for name in draft.fields.get("credits") or []]
    name = suggestions.username(suggestion.author_id)
    if name not in credits:
        credits.append(name)
    draft.rewrite(draft.title, {**draft.fields, "credits": credits}, merged.text, by=actor)
    session.flush()
    suggestion.draft_id = draft.id


def _about(post: Post) -> dict[str, int | None]:
    match post:
        case Question():
            return {"question_id": post.id, "owner_id": post.author_id, "product_id": post.product_id}
        case Answer():
            product_id = post.question.product_id
            return {"answer_id": post.id, "owner_id": post.author_id, "product_id": product_id}
        case Article():
            return {"article_id": post.id, "product_id": post.product_id}


def _lock(post: Post) -> None:
    if isinstance(post, Article):
        suggestions.lock_article(post)
    elif isinstance(post, Answer):
        queries.lock(post.question, post)
    else:
        queries.lock(post)


def _refuse_gone(post: Post) -> None:
    if isinstance(post, Article):
        is_here = not post.is_withdrawn
    else:
        is_here = post.is_here and (isinstance(post, Question) or post.question.is_here)
    if not is_here:
        raise Refused(_("This is not shown any more, so it cannot be changed."))


def _refuse_decided(suggestion: SuggestedEdit) -> None:
    if suggestion.is_open:
        return
    if suggestion.withdrawn_at is not None:
        raise Refused(_("This suggestion was taken back."))
    name = suggestions.username(suggestion.decided_by_id or 0)
    if suggestion.approved_at is not None:
        raise Refused(_("%(name)s has taken this over already.", name=name))
    raise Refused(_("%(name)s has turned this down already.", name=name))


def _tidy(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def _checked(post: Post, text: EditText) -> tuple[str, str, Rendered | None]:
    """Title, body, and the HTML of a post; a guide is rendered when it is published."""
    body = _tidy(text.body)
    if not re.search(r"\w", body):
        raise Invalid(_("Please write something first."), "body")
    if has_marks(body):
        raise Invalid(
            _("There are places that two people changed. Please decide each and delete its marks."), "body"
        )
    if isinstance(post, Article):
        if len(body.encode("utf-8", "replace")) > GUIDE_LIMIT:
            raise Invalid(_("This guide is too large. Please split it into several."), "body")
        return "", body, None
    title = plain_line(text.title) if isinstance(post, Question) else ""
    if isinstance(post, Question) and not TITLE_SHORTEST <= len(title) <= TITLE_LONGEST:
        raise Invalid(
            _("A title has %(least)d to %(most)d characters.", least=TITLE_SHORTEST, most=TITLE_LONGEST),
            "title",
        )
    try:
        return title, body, naming.render(body)
    except Invalid as error:
        raise Invalid(str(error), "body") from error
