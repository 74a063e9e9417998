"""Plain functions that make one thing each, saved, with sensible values and keyword overrides."""

from itertools import count
from typing import Any

from flask import current_app

from app import search
from app.accounts.models import User, name_key
from app.articles import files, sync
from app.articles.files import ArticleSource, FileFound
from app.articles.models import Article, ArticleType
from app.catalog.models import Product, Tag
from app.core.db import db, transaction
from app.core.markup import RENDERER_VERSION, render_post
from app.core.text import slugify
from app.forum.models import Answer, Comment, Question
from app.jobs.models import Job
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


def a_tag(slug: str, **fields: Any) -> Tag:
    return _saved(Tag(slug=slug, **fields))


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
    """An answer `to` a question, given `by` somebody; the question's counters know of it."""
    author = fields.pop("by", None) or a_user()
    question = fields.pop("to", None) or a_question()
    body = fields.pop("body", "Hold it for ten seconds.")
    rendered = render_post(body)
    answer = Answer(
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
    question.answer_count += answer.is_here
    question.accepted_count += answer.is_here and answer.is_accepted
    return _saved(answer)


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


def an_article(**fields: Any) -> Article:
    """A published guide, made of `fields` of its front matter and its `body`, as the sync would make it."""
    source = ArticleSource(
        **{
            "title": "Reset the lamp",
            "type": ArticleType.HOW_TO,
            "product": "lamp",
            "body": "Hold the button for ten seconds.",
            **fields,
        }
    )
    file = FileFound(f"{source.product}/{slugify(source.title)}.md", files.dump(source))
    rendered = sync.render(file)
    with transaction() as session:
        return sync.put(session, sync.Added(file), rendered)


def catch_up_search() -> None:
    """Have the index learn of everything, as the worker does: in a session of its own."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        search.catch_up()


def _saved(thing: Any) -> Any:
    db.session.add(thing)
    db.session.commit()
    return thing


def letters_to(address: str) -> list[dict[str, Any]]:
    """The letters to an address that wait to be sent, the oldest first: `subject`, `text` and so on."""
    waiting = db.session.query(Job).filter(Job.kind == "mail", Job.finished_at.is_(None)).order_by(Job.id)
    return [dict(job.payload) for job in waiting if job.payload["to"] == address]
