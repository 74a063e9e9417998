"""What people do with their messages."""

from collections.abc import Mapping

from app.accounts.models import User
from app.core.db import transaction
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.notifications import mail_queries, queries
from app.notifications.kinds import CHOICES, TOPICS
from app.policy import allow


def read_notifications(
    actor: User,
    *,
    line_id: int | None = None,
    question_id: int | None = None,
    article_id: int | None = None,
) -> None:
    """Mark messages as read: all of one's own, or one line, or those about a question or a guide."""
    allow(actor, "read_notifications", actor)
    with transaction():
        queries.mark_read(actor, line_id=line_id, question_id=question_id, article_id=article_id)


def choose_mail(actor: User, choices: Mapping[str, str]) -> None:
    """Choose what reaches one by mail, and when; topics that are not named stay as they are.

    Raises:
        Invalid: no such topic or choice.
    """
    allow(actor, "choose_mail", actor)
    for topic, choice in choices.items():
        if topic not in TOPICS or choice not in CHOICES:
            raise Invalid(_("Please choose one of the answers."), topic)
    with transaction():
        for topic, choice in choices.items():
            mail_queries.set_choice(actor.id, topic, choice)
