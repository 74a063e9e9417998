"""What follows in the community from what happens elsewhere."""

from app.articles.events import ArticlePublished
from app.catalog.events import TagMerged
from app.core.db import db
from app.forum import tag_queries
from app.forum.models import Answer
from app.search.changes import note_change


def link_thread_to_article(event: ArticlePublished) -> None:
    """The thread shows the guide that grew from one of its answers."""
    if event.draft is None or event.draft.answer_id is None:
        return
    answer = db.session.get(Answer, event.draft.answer_id)
    if answer is not None:
        answer.article_id = event.article.id
        answer.question.article_id = event.article.id


def retag_questions(event: TagMerged) -> None:
    """Questions that had the tag have the other one."""
    for question_id in tag_queries.move_tag(event.tag.id, event.into.id):
        note_change(db.session(), "question", question_id)
