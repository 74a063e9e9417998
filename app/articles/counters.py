"""What the counter columns of guides count."""

from sqlalchemy import func, select

from app.articles.feedback_models import Feedback
from app.articles.models import Article
from app.core.counters import Truths, total


def truths() -> Truths:
    """For each counter column of guides, what it must equal: what was said of its present edition."""
    said = (Feedback.article_id == Article.id, Feedback.edition == Article.edition)
    return {
        "articles.helpful_yes": (
            Article.helpful_yes,
            total(select(func.count()).where(*said, Feedback.helped.is_(True))),
        ),
        "articles.helpful_no": (
            Article.helpful_no,
            total(select(func.count()).where(*said, Feedback.helped.is_(False))),
        ),
    }
