"""What messages say as letters: plain text, with whole addresses, in the language of the context."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.i18n import gettext as _
from app.core.text import excerpt
from app.mail.delivery import site_name, site_url
from app.notifications.kinds import TOPIC_OF, TOPICS, reason

SUBJECT_LONGEST = 150
QUOTED_LONGEST = 1000
Letter = tuple[str, str]


@dataclass(frozen=True)
class News:
    """One message, ready to be put into a letter.

    Attributes:
        sentence: what happened.
        quoted: the beginning of what was written; "" where nothing was.
        path: where on this site it leads.
        reason, label: why this person hears of it; see `kinds.reason`.
        unsubscribe_path: where one press ends letters of this topic.
        unfollow_path: where one press ends letters about this question; "" where it is about none.
    """

    kind: str
    sentence: str
    quoted: str
    path: str
    reason: str
    label: str
    unsubscribe_path: str
    unfollow_path: str


def of_news(username: str, news: News) -> Letter:
    """Subject and text of a letter about one thing."""
    parts = [
        _("Hello %(name)s,", name=username),
        news.sentence + ("" if news.sentence.endswith((".", "!", "?")) else "."),
        _quote(news.quoted),
        _("Read it here: %(url)s", url=site_url(news.path)),
        _footer(news),
    ]
    return excerpt(news.sentence, SUBJECT_LONGEST), "\n\n".join(part for part in parts if part) + "\n"


def _footer(news: News) -> str:
    topic = TOPICS[TOPIC_OF[news.kind]]
    lines = [
        "-- ",
        _(
            "%(site)s writes to you because %(reason)s.",
            site=site_name(),
            reason=reason(news.reason, news.label),
        ),
    ]
    if news.unfollow_path:
        lines.append(_("No more letters about this question: %(url)s", url=site_url(news.unfollow_path)))
    lines += [
        _(
            "No more letters of this kind (%(topic)s): %(url)s",
            topic=topic.label,
            url=site_url(news.unsubscribe_path),
        ),
        _("Choose what reaches you by mail: %(url)s", url=site_url("/settings/notifications")),
    ]
    return "\n".join(lines)


def _quote(text: str) -> str:
    lines = text.strip().splitlines()
    quoted, room = [], QUOTED_LONGEST
    for line in lines:
        if len(line) > room:
            quoted.append("> " + excerpt(line, room))
            break
        quoted.append(f"> {line}".rstrip())
        room -= len(line)
    return "\n".join(quoted)


def of_day(username: str, news: Sequence[tuple[str, str]], more: int, unsubscribe_path: str) -> Letter:
    """Subject and text of the letter with a day's news.

    Args:
        news: sentence and path of each line of the inbox.
        more: how many lines there are besides these.
        unsubscribe_path: where one press ends the daily letter.
    """
    lines = [f"* {sentence}\n  {site_url(path)}" for sentence, path in news]
    if more:
        lines.append(_("… and %(num)d more: %(url)s", num=more, url=site_url("/notifications")))
    footer = "\n".join(
        [
            "-- ",
            _(
                "%(site)s writes to you once a day because you chose so, or because you follow what is new here.",
                site=site_name(),
            ),
            _("No more daily letters: %(url)s", url=site_url(unsubscribe_path)),
            _("Choose what reaches you by mail: %(url)s", url=site_url("/settings/notifications")),
        ]
    )
    text = [_("Hello %(name)s,", name=username), _("this is new for you:"), *lines, footer]
    subject = news[0][0] if len(news) == 1 else _("New for you on %(site)s", site=site_name())
    return excerpt(subject, SUBJECT_LONGEST), "\n\n".join(text) + "\n"


def feedback_fixed(title: str, path: str) -> Letter:
    """To a reader without an account who told us what was wrong with a guide and left an address."""
    text = _(
        "Hello,\n\n"
        "some time ago you told us what was wrong with our guide “%(title)s”, and left this address. "
        "It is better now, because of you. Thank you!\n\n"
        "Read it here: %(url)s\n\n"
        "This is the only letter that you get from us about it.",
        title=title,
        url=site_url(path),
    )
    return excerpt(_("“%(title)s” is better now because of you", title=title), SUBJECT_LONGEST), text
