"""Who does the work that waits in the queue: one row per kind of job."""

from collections.abc import Mapping

from app.accounts import actions as accounts
from app.jobs.queue import Handler
from app.mail import delivery, outbox
from app.notifications import mailing, news, telling
from app.worker import nightly

HANDLERS: Mapping[str, Handler] = {
    outbox.KIND: delivery.deliver,
    accounts.RESET: accounts.send_reset_link,
    news.NEWS_KIND: news.tell_followers,
    telling.MAIL_KIND: mailing.send_letters,
    mailing.DIGEST_KIND: mailing.send_daily_letter,
    nightly.KIND: nightly.do,
}
