"""Searches that found nothing, of which somebody wants to hear when there is an answer: once, and then no more."""

from collections.abc import Iterable

from app.accounts.models import User
from app.articles import queries as articles
from app.articles.events import ArticlePublished
from app.core.db import transaction
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.forum.events import AnswerAccepted, AnswerVerified
from app.forum.models import Answer
from app.notifications import follow_queries as queries
from app.notifications.models import AwaitedAnswer
from app.notifications.telling import Happening, Hearer, tell
from app.policy import allow
from app.search import analysis
from app.search.query import parse
from app.search.synonyms import first_terms

LONGEST = 200
MOST_AWAITED = 50


def await_answer(actor: User, query: str) -> AwaitedAnswer:
    """Hear of it when a new guide or a solved question holds all words of a search. Saying it twice is saying it once.

    Raises:
        Invalid: the search has no words that could be found, or is too long to wait for.
        Refused: one waits for very much already.
    """
    allow(actor, "await_answer")
    query = plain_line(query)
    if len(query) > LONGEST or not _terms(query):
        raise Invalid(
            _("Please search with a few words first; this is nothing that could be waited for."), "q"
        )
    with transaction() as session:
        waiting = queries.awaited_by(actor)
        known = next((each for each in waiting if _terms(each.query) == _terms(query)), None)
        if known is not None:
            return known
        if len(waiting) >= MOST_AWAITED:
            raise Refused(
                _("You wait for %(num)d answers already; end one that you do not need.", num=MOST_AWAITED)
            )
        awaited = AwaitedAnswer(user_id=actor.id, query=query)
        session.add(awaited)
    return awaited


def stop_awaiting(actor: User, awaited: AwaitedAnswer) -> None:
    """Hear no more of it."""
    allow(actor, "stop_awaiting", awaited)
    with transaction() as session:
        found = session.get(AwaitedAnswer, awaited.id)
        if found is not None:
            session.delete(found)


def tell_who_awaits_guide(event: ArticlePublished) -> None:
    """Those whose search the new guide answers, as far as they may read it."""
    guide = event.article
    if not event.is_new:
        return
    texts = [guide.title, guide.summary, guide.body_text, *guide.symptoms, *guide.aliases]
    happening = Happening(f"awaited-guide-{guide.id}", event.by.id if event.by else None, article_id=guide.id)
    _tell(
        happening,
        texts,
        f"article-{guide.id}",
        (each for each in queries.all_awaited() if guide.audience in articles.audiences(each.user)),
    )


def tell_who_awaits_answer(event: AnswerAccepted | AnswerVerified) -> None:
    """Those whose search the solved question answers."""
    answer: Answer = event.answer
    question = answer.question
    if not (question.is_here and answer.is_here):
        return
    happening = Happening(
        f"awaited-question-{question.id}", event.by.id, question_id=question.id, answer_id=answer.id
    )
    texts = [question.title, question.body_text, answer.body_text]
    _tell(happening, texts, f"question-{question.id}", queries.all_awaited())


def _tell(happening: Happening, texts: Iterable[str], about: str, waiting: Iterable[AwaitedAnswer]) -> None:
    listed = list(waiting)
    if not listed:
        return
    held = frozenset(analysis.terms("\n".join(texts)))
    ending = [each for each in listed if held.issuperset(_terms(each.query))]
    tell(happening, [Hearer(each.user_id, "awaited", "awaited", about) for each in ending])
    queries.end_awaiting(each.id for each in ending)


def _terms(query: str) -> frozenset[str]:
    """The words of a search that all have to be there."""
    return frozenset(first_terms(" ".join(word.text for word in parse(query).words)))
