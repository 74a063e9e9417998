"""A letter as it goes out: headers, and plain text."""

import hashlib
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

from app.jobs.queue import GiveUp


class WholeLine(UnstructuredHeader, BaseHeader):
    """A header that is written as it is: an address that is folded or encoded is one that nothing can follow."""

    def fold(self, *, policy: Policy) -> str:
        """The header's line."""
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-unsubscribe", WholeLine)
LETTER = SMTP.clone(header_factory=HEADERS)


def fingerprint(key: str) -> str:
    """What stands for a job's key in a file's name and in the Message-ID: the same each time."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def compose(
    letter: dict[str, Any], *, key: str, written_at: datetime, sender: Address, host: str
) -> EmailMessage:
    """Make the message of a letter.

    The Message-ID follows from the key, so a second copy, should a server ever make one, is known for what it is.

    Raises:
        GiveUp: the address cannot be one.
    """
    message = EmailMessage(policy=LETTER)
    message["From"] = sender
    try:
        message["To"] = Address(addr_spec=letter["to"])
    except (ValueError, IndexError) as error:
        raise GiveUp(f"This is no address to write to: {error}") from None
    message["Subject"] = letter["subject"]
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{fingerprint(key)}@{host}>"
    # Out-of-office replies do not answer what says that a machine has sent it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if letter.get("unsubscribe_url"):
        message["List-Unsubscribe"] = f"<{letter['unsubscribe_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter["text"])
    return message
