"""What the counter columns of guides count."""

from sqlalchemy import func, literal, select

from app.articles.feedback_models import Feedback
from app.articles.models import Article
from app.core import tallies
from app.core.counters import Truths, total


def truths() -> Truths:
    """For each counter column of guides, what it must equal: what was said of its present edition, and of all."""
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
        "articles.helped_count": (
            Article.helped_count,
            total(select(func.count()).where(Feedback.article_id == Article.id, Feedback.helped.is_(True))),
        ),
    }


def tally_truths() -> tallies.Truths:
    """What the tally of guides must come to: those on the shelves."""
    amount = func.count().label("amount")
    shelved = select(literal(tallies.WHOLE_SITE).label("of_id"), amount).where(Article.withdrawn_at.is_(None))
    return {"guides": shelved}
