"""News of products, tags and people: told by a job, because many may follow them."""

from collections.abc import Iterable, Sequence

from app.articles.models import Article
from app.catalog.models import Product, Tag
from app.core import addresses
from app.core.db import transaction
from app.forum.models import Answer, Question
from app.jobs import queue
from app.jobs.queue import Work
from app.notifications import follow_queries
from app.notifications import telling_queries as queries
from app.notifications.telling import Happening, Hearer, tell

NEWS_KIND = "news"


def spread_question(question: Question) -> None:
    """Followers of the asker, the product and the tags hear of a new question."""
    tags = queries.tags_of_question(question.id)
    _spread("question", question.id, question.author_id, question.product_id, tags)


def spread_answer(answer: Answer) -> None:
    """Followers of the answerer hear of a new answer."""
    _spread("answer", answer.id, answer.author_id, None, [])


def spread_article(article: Article, by_id: int | None) -> None:
    """Followers of the product and the tags hear of a new guide."""
    tags = queries.tags_of_article(article.id)
    _spread("article", article.id, None, article.product_id, tags, by_id=by_id)


def _spread(
    kind: str,
    number: int,
    person_id: int | None,
    product_id: int | None,
    tags: Sequence[Tag],
    *,
    by_id: int | None = None,
) -> None:
    followed = [("tag", tag.id) for tag in tags]
    followed += [("person", person_id)] if person_id is not None else []
    followed += [("product", product_id)] if product_id is not None else []
    if follow_queries.is_any_followed(followed):
        queue.enqueue(NEWS_KIND, {"kind": kind, "id": number, "by_id": by_id}, key=f"{kind}-{number}")


def tell_followers(work: Work) -> None:
    """The job: tell everybody who follows what the news is about."""
    number = work.payload["id"]
    with transaction():
        match work.payload["kind"]:
            case "question":
                _tell_of_question(number)
            case "answer":
                _tell_of_answer(number)
            case "article":
                _tell_of_article(number, work.payload["by_id"])


def _tell_of_question(question_id: int) -> None:
    question = queries.question(question_id)
    if not question.is_here:
        return
    tell(
        Happening(f"question-{question.id}", question.author_id, question_id=question.id),
        [
            *_of_person("new_question", question.author_id),
            *_of_product("new_question", question.product_id),
            *_of_tags("new_question", queries.tags_of_question(question.id)),
        ],
    )


def _tell_of_answer(answer_id: int) -> None:
    answer = queries.answer(answer_id)
    if not answer.is_here:
        return
    tell(
        Happening(
            f"answer-{answer.id}", answer.author_id, question_id=answer.question_id, answer_id=answer.id
        ),
        _of_person("new_answer", answer.author_id),
    )


def _tell_of_article(article_id: int, by_id: int | None) -> None:
    article = queries.article(article_id)
    tell(
        Happening(f"article-{article.id}", by_id, article_id=article.id),
        [
            *_of_product("new_guide", article.product_id),
            *_of_tags("new_guide", queries.tags_of_article(article.id)),
        ],
    )


def _of_person(kind: str, person_id: int) -> list[Hearer]:
    name = queries.username(person_id)
    return [
        Hearer(user_id, kind, "following", f"person-{person_id}", name, addresses.person(name))
        for user_id, _thing in follow_queries.followers_of("person", [person_id])
    ]


def _of_product(kind: str, product_id: int | None) -> list[Hearer]:
    product: Product | None = queries.product(product_id) if product_id is not None else None
    if product is None:
        return []
    return [
        Hearer(
            user_id,
            kind,
            "following",
            f"product-{product.id}",
            product.name,
            f"/questions?product={product.slug}"
            if kind == "new_question"
            else addresses.product(product.slug),
        )
        for user_id, _thing in follow_queries.followers_of("product", [product.id])
    ]


def _of_tags(kind: str, tags: Iterable[Tag]) -> list[Hearer]:
    known = {tag.id: tag for tag in tags}
    return [
        Hearer(
            user_id,
            kind,
            "following",
            f"tag-{tag_id}",
            known[tag_id].slug,
            addresses.tagged_questions(known[tag_id].slug)
            if kind == "new_question"
            else addresses.tagged_articles(known[tag_id].slug),
        )
        for user_id, tag_id in follow_queries.followers_of("tag", known)
    ]
