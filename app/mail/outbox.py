"""Where letters wait: each is a job, so it is kept if and only if the deed it speaks of is."""

from datetime import timedelta

from app.core.text import plain_line
from app.jobs import queries, queue

KIND = "mail"


def send_later(
    *,
    to: str,
    subject: str,
    text: str,
    key: str,
    unsubscribe_url: str = "",
    delay: timedelta = timedelta(0),
) -> bool:
    """Have a letter sent after the present transaction.

    Args:
        to: one address.
        subject: becomes a single line.
        text: plain text, with addresses in full.
        key: what this letter is about and for whom, at most 200 characters. A second letter with the
            same key is not sent.
        unsubscribe_url: where one press ends letters of this kind; see RFC 8058. "" for what people asked for themselves.
        delay: how long to wait at least.

    Returns:
        Whether it waits now; False if there was one with this key.

    Raises:
        RuntimeError: there is no transaction.
    """
    letter = {"to": to, "subject": plain_line(subject), "text": text, "unsubscribe_url": unsubscribe_url}
    return queue.enqueue(KIND, letter, key=key, delay=delay)


def take_back(to: str) -> None:
    """Let no letter leave that waits for this address, and forget those that could not be sent. Call inside a transaction."""
    queries.forget_with(KIND, "to", to)
