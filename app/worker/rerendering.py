"""Posts whose HTML an older renderer made, made anew: a few at a time, so that nobody waits for it."""

from sqlalchemy import select

from app.core.db import db, transaction
from app.core.markup import RENDERER_VERSION
from app.forum.models import Answer, Comment, Question
from app.imports.posts import render

Post = Question | Answer | Comment


def some_posts(most: int) -> int:
    """Render at most so many of them.

    Returns:
        How many there were; 0 when none is left.
    """
    for model in (Question, Answer, Comment):
        statement = (
            select(model).where(model.renderer_version != RENDERER_VERSION).order_by(model.id).limit(most)
        )
        found: list[Post] = list(db.session.scalars(statement))
        if found:
            for post in found:
                _render_again(post)
            return len(found)
    return 0


def _render_again(post: Post) -> None:
    """Render one. The database waits for nobody: a text that changes meanwhile was rendered by its writer."""
    body = post.body
    rendered = render(body)
    with transaction() as session:
        session.refresh(post, with_for_update=True)
        if post.body == body:
            post.body_html, post.renderer_version = rendered.html, RENDERER_VERSION
            if not isinstance(post, Comment):
                post.body_text = rendered.text
