"""What follows for the shelves when something happens elsewhere."""

from app.articles import tag_queries
from app.catalog.events import TagMerged
from app.core.db import db
from app.search.changes import note_change


def retag_articles(event: TagMerged) -> None:
    """Guides that had the tag have the other one; their files may go on saying the old word."""
    for article_id in tag_queries.move_tag(event.tag.id, event.into.id):
        note_change(db.session(), "article", article_id)
