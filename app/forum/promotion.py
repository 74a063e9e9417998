"""The bridge from an answer to a guide: look for one that covers it, else begin a draft from the thread's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import search
from app.accounts.models import User
from app.articles import drafts
from app.articles.drafts import PERSONAL
from app.articles.models import Article, Draft
from app.articles.queries import ArticleCard, article_by_id, audiences, cards_by_id
from app.core import addresses
from app.core.db import transaction
from app.core.errors import Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.text import excerpt
from app.forum import queries
from app.forum.events import AnswerLinkedToArticle
from app.forum.models import Answer, Question
from app.forum.symptoms import error_strings, mark_personal
from app.policy import allow

CANDIDATES = 5


@dataclass(frozen=True)
class PromotionPage:
    """The choice before a draft: which guides may cover the answer already."""

    promote_url: str
    link_url: str
    question_title: str
    answer_url: str
    answer_excerpt: str
    candidates: tuple[ArticleCard, ...]


def promotion_page(viewer: Any, answer: Answer) -> PromotionPage:
    """What a writer sees before making a guide: those that may cover the answer already, the likeliest first."""
    allow(viewer, "promote_answer", answer)
    question = answer.question
    hits = search.similar(
        question.title,
        f"{question.body_text}\n{answer.body_text}",
        audiences=audiences(viewer),
        limit=CANDIDATES * 3,
        exclude=frozenset({("question", question.id)}),
    )
    ids = [hit.id for hit in hits if hit.kind == "article"][:CANDIDATES]
    cards = cards_by_id(viewer, ids)
    return PromotionPage(
        promote_url=f"/answers/{answer.id}/promote",
        link_url=f"/answers/{answer.id}/link",
        question_title=question.title,
        answer_url=addresses.answer(question.id, question.slug, answer.id),
        answer_excerpt=excerpt(answer.body_text, 280),
        candidates=tuple(cards[number] for number in ids if number in cards),
    )


def promote_answer(actor: User, answer: Answer, into: Article | None = None) -> Draft:
    """Begin a draft from an answer: a guide of its own, or an addition to the guide `into`.

    Raises:
        Refused: the answer is gone, is a guide already, or `into` is withdrawn.
    """
    allow(actor, "promote_answer", answer)
    with transaction() as session:
        queries.lock(answer.question, answer)
        _refuse_unfit(answer)
        if into is not None:
            session.refresh(into)
            if into.is_withdrawn:
                raise Refused(_("This guide was withdrawn. Please choose another one."))
        waiting = queries.open_draft_of(answer.id)
        if waiting is not None:
            return waiting
        draft = _addition(actor, answer, into) if into is not None else _new_guide(actor, answer)
        draft.question_id, draft.answer_id = answer.question_id, answer.id
        session.add(draft)
    return draft


def link_to_article(actor: User, answer: Answer, article: Article) -> None:
    """A guide says already what the answer says: the thread shows it, and nothing is written twice.

    Raises:
        Refused: the answer is gone or linked already, or the guide is withdrawn.
    """
    allow(actor, "link_to_article", answer)
    with transaction() as session:
        queries.lock(answer.question, answer)
        session.refresh(article)
        _refuse_unfit(answer)
        if article.is_withdrawn:
            raise Refused(_("This guide was withdrawn. Please choose another one."))
        answer.article_id = article.id
        answer.question.article_id = article.id
        publish(AnswerLinkedToArticle(answer, by=actor))


def unlink_from_article(actor: User, answer: Answer) -> None:
    """The guide does not say what the answer says after all: the thread stands by itself again.

    Raises:
        Refused: the answer has no guide.
    """
    allow(actor, "unlink_from_article", answer)
    question = answer.question
    with transaction():
        queries.lock(question, answer)
        if answer.article_id is None:
            raise Refused(_("This answer has no guide."))
        was_shown = question.article_id == answer.article_id
        answer.article_id = None
        if was_shown:
            question.article_id = queries.other_guide_of(question, without=answer.id)


def _refuse_unfit(answer: Answer) -> None:
    if not (answer.is_here and answer.question.is_here):
        raise Refused(_("This answer is not shown any more, so no guide can grow from it."))
    guide = article_by_id(answer.article_id) if answer.article_id is not None else None
    if guide is not None and not guide.is_withdrawn:
        raise Refused(_("This answer has its guide already."))


def _new_guide(actor: User, answer: Answer) -> Draft:
    question = answer.question
    people = queries.people_of_thread(question.id)
    title = mark_personal(question.title, people)
    asked, answered = mark_personal(question.body, people), mark_personal(answer.body, people)
    product = queries.product_of(question)
    fields: dict[str, Any] = {
        "type": "troubleshooting",
        "product": product.slug if product else "",
        "applies_to": [question.version] if question.version else [],
        "tags": [tag.slug for tag in queries.tags_of(question.id)],
        "symptoms": symptoms_of(question, [answer], people),
        "aliases": [title],
        "audience": "public",
        "owner": actor.username,
        "credits": [queries.username(answer.author_id)],
        "origin": f"answer:{answer.id}",
        "summary": "",
    }
    environment = [product.name if product else "", question.version, question.environment]
    body = "\n\n".join(
        [
            f"## {_('Symptoms')}",
            asked,
            f"## {_('Environment')}",
            "\n".join(f"- {mark_personal(line, people)}" for line in environment if line)
            or _("All versions."),
            f"## {_('Cause')}",
            # Marked, so that these words of ours cannot be published.
            f"⟦{_('Say in a sentence why it happens, or remove this section.')}⟧",
            f"## {_('Resolution')}",
            answered,
        ]
    )
    return Draft(author_id=actor.id, title=title, fields=fields, body=body)


def _addition(actor: User, answer: Answer, into: Article) -> Draft:
    question = answer.question
    people = queries.people_of_thread(question.id)
    title = mark_personal(question.title, people)
    draft = drafts.draft_of(into, actor)
    fields = dict(draft.fields)
    symptoms = symptoms_of(question, [answer], people)
    fields["symptoms"] = list(dict.fromkeys([*fields.get("symptoms", []), *symptoms]))
    fields["aliases"] = list(dict.fromkeys([*fields.get("aliases", []), title]))
    fields["credits"] = list(dict.fromkeys([*fields.get("credits", []), queries.username(answer.author_id)]))
    draft.fields = fields
    draft.body = f"{draft.body.rstrip()}\n\n## {title}\n\n{mark_personal(answer.body, people)}\n"
    return draft


def symptoms_of(question: Question, answers: Sequence[Answer], people: Sequence[str]) -> list[str]:
    """The error strings of a thread, the question's first. What names a person is none, however much like a code."""
    texts = [question.title, question.body, *(answer.body for answer in answers)]
    return error_strings(PERSONAL.sub(" ", mark_personal("\n\n".join(texts), people)))
