"""What the counter columns of guides count."""

from sqlalchemy import func, literal, select

from app.articles.feedback_models import Feedback
from app.articles.models import Article, ArticleType, Audience, shelf
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
    """What the tallies of guides must come to: those on the shelves, of the whole site and of each product."""
    amount, is_shelved = func.count().label("amount"), Article.withdrawn_at.is_(None)
    of_product = (
        select(Article.product_id.label("of_id"), amount).where(is_shelved).group_by(Article.product_id)
    )
    return {
        "guides": select(literal(tallies.WHOLE_SITE).label("of_id"), amount).where(is_shelved),
        **{
            shelf(audience, type): of_product.where(Article.audience == audience, Article.type == type)
            for audience in Audience
            for type in ArticleType
        },
    }
