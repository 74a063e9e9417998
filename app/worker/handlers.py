"""Who does the work that waits in the queue: one row per kind of job."""

from collections.abc import Mapping

from app.accounts import actions as accounts
from app.jobs.queue import Handler
from app.mail import delivery, outbox

HANDLERS: Mapping[str, Handler] = {
    outbox.KIND: delivery.deliver,
    accounts.RESET: accounts.send_reset_link,
}
