"""The page of all comments on one post, and the way from a comment's number to where it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.core import addresses
from app.core.db import db
from app.core.i18n import gettext as _
from app.forum import queries
from app.forum.models import Answer, Comment, Question
from app.forum.queries import CommentView, Pager

PAGE_SIZE = 50


@dataclass(frozen=True)
class CommentsPage:
    """Some of the comments on a post, oldest first."""

    title: str
    post_url: str
    post_label: str
    comments: tuple[CommentView, ...]
    pager: Pager


def listed_comment(viewer: Any, comment_id: int) -> Comment | None:
    """The comment of that number, also a deleted one that this person may bring back."""
    found = db.session.scalar(queries.listed_comments(viewer).where(Comment.id == comment_id))
    if found is None or queries.question(viewer, found.question_id) is None:
        return None
    if found.answer_id is not None and queries.answer(viewer, found.answer_id) is None:
        return None
    return found


def comments_page(viewer: Any, post: Question | Answer, *, since: int) -> CommentsPage:
    """The comments on a post from that number on; the visible ones, and deleted ones that may be brought back."""
    here = _address(post)
    rows: Sequence[Comment] = db.session.scalars(
        _of(viewer, post)
        .where(Comment.id >= since)
        .options(joinedload(Comment.author), joinedload(Comment.became_answer))
        .order_by(Comment.id)
        .limit(PAGE_SIZE + 1)
    ).all()
    before = db.session.scalars(
        _of(viewer, post)
        .with_only_columns(Comment.id)
        .where(Comment.id < since)
        .order_by(Comment.id.desc())
        .limit(PAGE_SIZE)
    ).all()
    asked = post.question if isinstance(post, Answer) else post
    is_answer = isinstance(post, Answer)
    return CommentsPage(
        title=asked.title,
        post_url=addresses.answer_anywhere(post.id)
        if is_answer
        else addresses.question(asked.id, asked.slug),
        post_label=_("To the answer") if is_answer else _("To the question"),
        comments=tuple(queries.comment_view(viewer, each) for each in rows[:PAGE_SIZE]),
        pager=Pager(
            previous_url=f"{here}?from={before[-1]}" if before else "",
            next_url=f"{here}?from={rows[PAGE_SIZE].id}" if len(rows) > PAGE_SIZE else "",
        ),
    )


def place_of_comment(viewer: Any, remark: Comment) -> str:
    """The address where this person sees a comment: in its thread, or on the page of all where it is folded away."""
    post = db.session.get_one(Answer, remark.answer_id) if remark.answer_id is not None else None
    asked = queries.question_of(remark)
    listed = _of(viewer, post or asked).with_only_columns(Comment.id).subquery()
    place, after = db.session.execute(
        select(
            func.count().filter(listed.c.id <= remark.id), func.count().filter(listed.c.id > remark.id)
        ).select_from(listed)
    ).one()
    anchor = f"#comment-{remark.id}"
    is_folded = (
        place + after > queries.COMMENTS_UNFOLDED
        and place > queries.COMMENTS_FIRST
        and after >= queries.COMMENTS_NEWEST
    )
    if is_folded:
        return f"{_address(post or asked)}?from={remark.id}{anchor}"
    url = queries.place_of(viewer, post) if post else addresses.question(asked.id, asked.slug)
    return url.partition("#")[0] + anchor


def _of(viewer: Any, post: Question | Answer) -> Any:
    answer_id = post.id if isinstance(post, Answer) else None
    return queries.listed_comments(viewer).where(
        Comment.question_id == post.question_id, Comment.answer_id == answer_id
    )


def _address(post: Question | Answer) -> str:
    return f"/{'answers' if isinstance(post, Answer) else 'questions'}/{post.id}/comments"
