"""What follows in the community from what happens elsewhere."""

from app.articles.events import ArticlePublished
from app.core.db import db
from app.forum.models import Answer


def link_thread_to_article(event: ArticlePublished) -> None:
    """The thread shows the guide that grew from one of its answers."""
    if event.draft is None or event.draft.answer_id is None:
        return
    answer = db.session.get(Answer, event.draft.answer_id)
    if answer is not None:
        answer.article_id = event.article.id
        answer.question.article_id = event.article.id
