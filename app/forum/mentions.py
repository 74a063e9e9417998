"""Which guides a thread links to, so that each guide can name the threads that speak of it."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from sqlalchemy import delete, select

from app.articles.models import Article
from app.core.db import db
from app.core.markup import Rendered
from app.forum import queries
from app.forum.models import QuestionMention

GUIDE_LINK = re.compile(r"/articles/([^/?#\"'\s]+)")


def add(question_id: int, rendered: Rendered) -> None:
    """Note the guides that a new post links to. Call inside a transaction."""
    _note(question_id, rendered.links)


def recount(question_id: int) -> None:
    """Note afresh the guides that the whole thread links to. Call inside a transaction."""
    db.session.execute(delete(QuestionMention).where(QuestionMention.question_id == question_id))
    for html in queries.thread_html(question_id):
        _note(question_id, re.findall(r'href="([^"]+)"', html))


def _note(question_id: int, links: Iterable[str]) -> None:
    slugs = {unquote(match[1]) for link in links if (match := GUIDE_LINK.search(link))}
    if not slugs:
        return
    known = set(
        db.session.scalars(
            select(QuestionMention.article_id).where(QuestionMention.question_id == question_id)
        )
    )
    for article_id in db.session.scalars(select(Article.id).where(Article.slug.in_(slugs))):
        if article_id not in known:
            db.session.add(QuestionMention(question_id=question_id, article_id=article_id))
    db.session.flush()
