"""Letters about messages: one for each, some minutes after it came, or one a day. Decided when they leave.

Whoever has seen the message by then, may not see it any more, or has chosen otherwise, gets none.
"""

from collections import defaultdict
from datetime import datetime

import pytz

from app.accounts.models import User
from app.core.db import now, transaction
from app.core.i18n import in_language
from app.jobs import queue
from app.jobs.queue import Work
from app.mail import outbox
from app.mail.delivery import site_url
from app.notifications import letters, mail_queries, unsubscribing
from app.notifications import queries as inbox
from app.notifications.kinds import AT_ONCE, DAILY, TOPIC_OF, TOPICS, sentence
from app.notifications.models import Notification

DIGEST_KIND = "daily letter"
MORNING = 7
LINES_IN_A_DAY = 30


def send_letters(work: Work) -> None:
    """The job: the letters that are due about one event."""
    while True:
        with transaction():
            due = mail_queries.due_now(work.payload["event"])
            for message in due:
                message.mail = _send(message)
        if not due:
            return
        work.mark("")


def _send(message: Notification) -> str:
    """Send the letter about a message if it is still wanted. Returns when else one is due; "" for never."""
    user, topic = mail_queries.person(message.user_id), TOPIC_OF[message.kind]
    choice = mail_queries.choice(user.id, topic)
    if choice == DAILY:
        return DAILY
    if choice != AT_ONCE or not _is_reachable(user):
        return ""
    told = mail_queries.still_to_hear(user, message)
    if told is None:
        return ""
    with in_language(user.language):
        unsubscribe_path = unsubscribing.path(user.id, topic)
        is_about_thread = told.question_id is not None and topic == "answers"
        news = letters.News(
            kind=told.kind,
            sentence=sentence(inbox.said([told], told.line.label, messages=1, people_count=1)),
            quoted=mail_queries.words_of(told),
            path=inbox.address(told),
            reason=told.reason,
            label=told.line.label,
            unsubscribe_path=unsubscribe_path,
            unfollow_path=unsubscribing.path(user.id, f"{unsubscribing.QUESTION}{told.question_id}")
            if is_about_thread
            else "",
        )
        subject, text = letters.of_news(user.username, news)
    outbox.send_later(
        to=str(user.email),
        subject=subject,
        text=text,
        key=f"notification:{message.id}",
        unsubscribe_url=site_url(unsubscribe_path),
    )
    return ""


def _is_reachable(user: User) -> bool:
    return bool(user.email) and user.email_verified_at is not None and user.deleted_at is None


# The daily letter


def ask_for_daily_letters() -> int:
    """Have a daily letter sent to everybody whose morning has come. Returns how many were asked for."""
    moment, count = now(), 0
    for waiting in mail_queries.people_with_daily_news():
        morning = latest_morning(moment, waiting.time_zone)
        if morning is not None and waiting.since < morning:
            with transaction():
                count += queue.enqueue(
                    DIGEST_KIND, {"user_id": waiting.user_id}, key=f"{waiting.user_id}:{morning:%Y-%m-%d}"
                )
    return count


def latest_morning(moment: datetime, time_zone: str) -> datetime | None:
    """When the day began for somebody, if it has: at seven in their time zone; without one, in UTC."""
    try:
        zone = pytz.timezone(time_zone or "UTC")
    except pytz.UnknownTimeZoneError:
        zone = pytz.utc
    here = moment.astimezone(zone)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return morning if here >= morning else None


def send_daily_letter(work: Work) -> None:
    """The job: one person's letter of the day."""
    with transaction():
        user = mail_queries.person(work.payload["user_id"])
        if _is_reachable(user):
            _write_daily_letter(user, work.key)
        mail_queries.no_daily_news_left(user.id)


def _write_daily_letter(user: User, key: str) -> None:
    chosen = mail_queries.choices(user.id)
    lines: dict[int, list[Notification]] = defaultdict(list)
    for message in mail_queries.daily_news(user):
        topic = TOPIC_OF[message.kind]
        if chosen.get(topic, TOPICS[topic].default) == DAILY:
            lines[message.line_id].append(message)
    if not lines:
        return
    with in_language(user.language):
        news = [_line(messages) for messages in list(lines.values())[:LINES_IN_A_DAY]]
        unsubscribe_path = unsubscribing.path(user.id, unsubscribing.DAILY_LETTER)
        subject, text = letters.of_day(
            user.username, news, max(len(lines) - LINES_IN_A_DAY, 0), unsubscribe_path
        )
    outbox.send_later(
        to=str(user.email),
        subject=subject,
        text=text,
        key=f"daily:{key}",
        unsubscribe_url=site_url(unsubscribe_path),
    )


def _line(messages: list[Notification]) -> tuple[str, str]:
    """The sentence and the path of some messages of one line."""
    line = messages[0].line
    people = len({message.actor_id for message in messages})
    path = (
        inbox.address(messages[0]) if len(messages) == 1 else line.url or inbox.together_address(messages[0])
    )
    return sentence(inbox.said(messages, line.label, messages=len(messages), people_count=people)), path
