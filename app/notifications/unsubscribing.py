"""Links in letters that end them with one press, without signing in (RFC 8058).

The link is signed with the site's secret and names the person and what should end. It does nothing but end letters,
so it may be kept for as long as the letter is.
"""

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from app.core.db import now, transaction
from app.notifications import follow_queries, mail_queries
from app.notifications.kinds import DAILY, NEVER, TOPICS

DAILY_LETTER = "daily"
QUESTION = "question-"
_serializer: URLSafeSerializer | None = None


@dataclass(frozen=True)
class Wish:
    """Who wants to get no more letters, and of what: a topic, the daily letter, or a question's number after "question-"."""

    user_id: int
    what: str

    @property
    def question_id(self) -> int | None:
        """The question that they want to hear no more of."""
        return int(self.what.removeprefix(QUESTION)) if self.what.startswith(QUESTION) else None


def configure(secret: str) -> None:
    """Set what links are signed with."""
    global _serializer
    _serializer = URLSafeSerializer(secret, salt="unsubscribe")


def path(user_id: int, what: str) -> str:
    """The address of a link that ends letters."""
    return f"/unsubscribe/{_signer().dumps([user_id, what])}"


def read(token: str) -> Wish | None:
    """What a link says; None if it is not one of ours."""
    try:
        user_id, what = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return Wish(user_id, what)


def grant(wish: Wish) -> None:
    """Send no more of these letters. Whoever holds the link may ask for it, and as often as they like."""
    with transaction():
        if wish.question_id is not None:
            follow_queries.set_follow(wish.user_id, "question", wish.question_id, now())
            return
        if wish.what in TOPICS:
            mail_queries.set_choice(wish.user_id, wish.what, NEVER)
            return
        chosen = mail_queries.choices(wish.user_id)
        for name, topic in TOPICS.items():
            if chosen.get(name, topic.default) == DAILY:
                mail_queries.set_choice(wish.user_id, name, NEVER)


def _signer() -> URLSafeSerializer:
    if _serializer is None:
        raise RuntimeError("Call unsubscribing.configure first.")
    return _serializer
