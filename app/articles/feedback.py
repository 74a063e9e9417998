"""What readers and writers do with feedback on guides. Each deed opens with its rule and is one transaction."""

import hashlib
import hmac
import ipaddress
from datetime import date, timedelta
from typing import Any

from app.accounts.actions import EMAIL
from app.accounts.models import User
from app.articles import feedback_queries as queries
from app.articles.events import FeedbackAccepted, FeedbackDeclined, FeedbackFixed, FeedbackGiven
from app.articles.feedback_models import Feedback, Reason
from app.articles.models import Article
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.policy import allow

WORDS_LONGEST = 2_000
WHY_LONGEST = 500
EMAIL_LONGEST = 254
KEY_LENGTH = 32


def visitor_key(secret: str, address: str, browser: str, day: date) -> str:
    """A browser that is signed out, told from others without a cookie and without keeping its address.

    The key is an HMAC-SHA256 over the month, the network address and what the browser calls itself. Nobody can
    get the address back from it without the secret; a browser has another key each month; and keys of months
    gone by are erased (`forget_visitors`). Two readers behind one address with the same browser look alike, so
    the later one replaces the vote of the other: too few votes rather than too many. Of an IPv6 address the
    first 64 bits count, for the rest changes by the hour.

    Args:
        secret: the site's own secret.
        address: the address that the request came from; may be empty.
        browser: its User-Agent.
        day: today.
    """
    said = f"{day:%Y-%m}\n{_network(address)}\n{browser}"
    return hmac.new(f"feedback {secret}".encode(), said.encode(), hashlib.sha256).hexdigest()[:KEY_LENGTH]


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def forget_visitors() -> int:
    """Erase the keys of visitors from months gone by; what they said stays.

    Returns:
        How many were erased.
    """
    month = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if not queries.has_visitor_keys_before(month):
        return 0
    with transaction():
        return queries.erase_visitor_keys_before(month)


def forget_addresses(days: int) -> None:
    """Erase the mail addresses that visitors left more than so many days ago; what they said stays."""
    with transaction():
        queries.erase_addresses_before(now() - timedelta(days=days))


def give_feedback(
    actor: Any,
    article: Article,
    *,
    helped: bool,
    reason: str = "",
    words: str = "",
    email: str = "",
    visitor_key: str = "",
) -> Feedback:
    """A reader says whether a guide helped; once for each of its editions, and the last word counts.

    Args:
        reason, words, email: only with a "no", and only what is new; words need a reason.
        visitor_key: tells somebody who is signed out from others.

    Raises:
        Invalid: the reason is none of ours, or something is too long or no address.
        Refused: the guide is not there for this reader any more.
    """
    allow(actor, "give_feedback", article)
    reason, words, email = reason.strip(), words.replace("\r\n", "\n").strip(), email.strip()
    _check(reason, words, email)
    with transaction() as session:
        edition = queries.lock_edition(actor, article.id)
        if edition is None:
            raise Refused(_("This guide is not there any more."))
        feedback = queries.feedback_of(article.id, edition, actor.id, visitor_key)
        before = feedback.helped if feedback is not None else None
        if feedback is None:
            feedback = Feedback(article_id=article.id, edition=edition, reason="", words="", email="")
            if actor.is_authenticated:
                feedback.user_id = actor.id
            else:
                feedback.visitor_key = visitor_key
            session.add(feedback)
        if words and not (reason or feedback.reason):
            raise Invalid(_("Please choose what was wrong."), "reason")
        # People with an account hear of it there; their address is not asked for.
        feedback.say(helped, reason, words, "" if actor.is_authenticated else email)
        session.flush()
        queries.count_vote(article.id, before, helped)
        publish(FeedbackGiven(feedback))
    return feedback


def _check(reason: str, words: str, email: str) -> None:
    if reason and reason not in set(Reason):
        raise Invalid(_("Please choose one of the reasons."), "reason")
    if len(words) > WORDS_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WORDS_LONGEST), "words")
    if email and (len(email) > EMAIL_LONGEST or not EMAIL.fullmatch(email)):
        raise Invalid(
            _("This does not look like an e-mail address. It should be like name@example.com."), "email"
        )


def accept_feedback(actor: User, feedback: Feedback) -> None:
    """A writer will see to what a reader said.

    Raises:
        Refused: it is accepted or fixed already, or the reader took it back.
    """
    allow(actor, "accept_feedback", feedback)
    with transaction():
        queries.lock_feedback(feedback)
        feedback.accept(actor)
        publish(FeedbackAccepted(feedback, by=actor))


def fix_feedback(actor: User, feedback: Feedback) -> None:
    """The guide is better now; the reader who said so hears of it.

    Raises:
        Refused: it is fixed or declined already, or the reader took it back.
    """
    allow(actor, "fix_feedback", feedback)
    with transaction():
        queries.lock_feedback(feedback)
        feedback.fix(actor)
        publish(FeedbackFixed(feedback, by=actor))


def decline_feedback(actor: User, feedback: Feedback, why: str) -> None:
    """The guide stays as it is, and other writers can read why.

    Raises:
        Invalid: there is no reason, or it is too long.
        Refused: it is fixed or declined already, or the reader took it back.
    """
    allow(actor, "decline_feedback", feedback)
    why = plain_line(why)
    if not why:
        raise Invalid(_("Please say in a sentence why, for the other writers."), "why")
    if len(why) > WHY_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WHY_LONGEST), "why")
    with transaction():
        queries.lock_feedback(feedback)
        feedback.decline(actor, why)
        publish(FeedbackDeclined(feedback, by=actor))
