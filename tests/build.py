"""Plain functions that make one thing each, saved, with sensible values and keyword overrides."""

from itertools import count
from typing import Any

from app.accounts.models import User, name_key
from app.catalog.models import Product
from app.core.db import db
from app.core.markup import RENDERER_VERSION, render_post
from app.core.text import slugify
from app.forum.models import Answer, Comment, Question
from app.policy import Role

_number = count(1)


def a_user(**fields: Any) -> User:
    """A member, unless `role` says otherwise."""
    username = fields.pop("username", None) or f"person{next(_number)}"
    return _saved(
        User(
            **{
                "username": username,
                "username_key": name_key(username),
                "email": f"{username}@example.com",
                "email_key": f"{name_key(username)}@example.com",
                "role": Role.MEMBER,
                **fields,
            }
        )
    )


def a_product(**fields: Any) -> Product:
    name = fields.pop("name", None) or f"Product {next(_number)}"
    return _saved(Product(**{"slug": slugify(name), "name": name, **fields}))


def a_question(**fields: Any) -> Question:
    """A question with `title` and `body`, asked `by` somebody."""
    author = fields.pop("by", None) or a_user()
    title = fields.pop("title", "The lamp blinks and nothing happens")
    body = fields.pop("body", "I pressed the button twice.")
    rendered = render_post(body)
    return _saved(
        Question(
            **{
                "author_id": author.id,
                "title": title,
                "slug": slugify(title)[:100],
                "body": body,
                "body_html": rendered.html,
                "body_text": rendered.text,
                "renderer_version": RENDERER_VERSION,
                **fields,
            }
        )
    )


def an_answer(**fields: Any) -> Answer:
    """An answer `to` a question, given `by` somebody; the question's counter knows of it."""
    author = fields.pop("by", None) or a_user()
    question = fields.pop("to", None) or a_question()
    body = fields.pop("body", "Hold it for ten seconds.")
    rendered = render_post(body)
    question.answer_count += 1
    return _saved(
        Answer(
            **{
                "author_id": author.id,
                "question_id": question.id,
                "body": body,
                "body_html": rendered.html,
                "body_text": rendered.text,
                "renderer_version": RENDERER_VERSION,
                **fields,
            }
        )
    )


def a_comment(**fields: Any) -> Comment:
    """A comment `on` a question or an answer."""
    author = fields.pop("by", None) or a_user()
    post = fields.pop("on")
    body = fields.pop("body", "Same here.")
    return _saved(
        Comment(
            **{
                "author_id": author.id,
                "question_id": post.question_id,
                "answer_id": post.id if isinstance(post, Answer) else None,
                "body": body,
                "body_html": render_post(body).html,
                "renderer_version": RENDERER_VERSION,
                **fields,
            }
        )
    )


def _saved(thing: Any) -> Any:
    db.session.add(thing)
    db.session.commit()
    return thing
