"""How letters leave: into a folder, or to a mail server. Never twice.

Handing a letter over cannot be undone and is not part of our transaction, so it is marked before and after. Should the
worker die in between, the folder shows whether the letter is there, for its name follows from the job's key. A mail
server does not say; then the letter is not sent a second time but given up where an administrator sees it.
"""

import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from app.core.durable import write_whole
from app.jobs.queue import GiveUp, NotNow, Work
from app.mail.letters import compose, fingerprint

HANDING_OVER = "handing over"
PATIENCE = 20.0
LEFT_IN_PEACE = 30.0
"""Seconds for which a server that did not answer is not asked again: each letter would wait for it in turn."""

_away_until: dict[tuple[str, int], float] = {}


class Backend(Protocol):
    """A way for letters to leave."""

    def deliver(self, work: Work, message: EmailMessage) -> None:
        """Let a letter leave, once.

        Raises:
            GiveUp: it will never be taken.
            OSError: it has surely not left; it can be tried again.
            NotNow: nobody is there to take it; so it is with all the others.
        """

    def __str__(self) -> str:
        """Where letters go, for an administrator."""


@dataclass(frozen=True)
class Folder:
    """Letters become files that any mail program opens; the default, for trying out and for tests."""

    path: Path

    def __str__(self) -> str:
        return f"a file in {self.path}, because AFTERCARE_SMTP_HOST names no mail server"

    def deliver(self, work: Work, message: EmailMessage) -> None:
        # They may hold links that open an account.
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.path / f"{work.created_at:%Y%m%d-%H%M%S}-{fingerprint(work.key)[:16]}.eml"
        write_whole(target, message.as_bytes(), mode=0o600)


@dataclass(frozen=True)
class Server:
    """A mail server that speaks SMTP.

    Attributes:
        security: "starttls", "tls" or "none".
        user, password: "" for a server that asks for none.
    """

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = ""

    def __str__(self) -> str:
        return f"the mail server at {self.host}:{self.port} has taken it"

    def deliver(self, work: Work, message: EmailMessage) -> None:
        if work.step == HANDING_OVER:
            raise GiveUp(
                "The worker ended while it handed this over; it may have arrived, so it is not sent again."
            )
        server = self._connected()
        try:
            work.mark(HANDING_OVER)
            self._hand_over(server, work, message)
        finally:
            # What it says at parting changes nothing: it has answered for the letter already.
            with suppress(OSError):
                server.quit()
            server.close()

    def _hand_over(self, server: smtplib.SMTP, work: Work, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            code, words = _answer(error)
            work.mark("")  # The server has said no, so it has not left.
            if 500 <= code < 600:
                raise GiveUp(f"The mail server refused it: {code} {words}") from None
            raise OSError(f"The mail server did not take it: {code} {words}") from None
        except smtplib.SMTPNotSupportedError as error:
            work.mark("")
            raise GiveUp(f"The mail server cannot take it: {error}") from None
        except OSError as error:
            raise GiveUp(
                f"The connection broke while it was handed over ({error}); it may have arrived, so it is not sent again."
            ) from None

    def _connected(self) -> smtplib.SMTP:
        place = (self.host, self.port)
        if time.monotonic() < _away_until.get(place, 0.0):
            raise NotNow(f"The mail server at {self.host} did not answer a moment ago.")
        try:
            return self._asked()
        except OSError as error:
            # Wrong words to the server are mended by an administrator; until then the letters wait.
            has_answered = isinstance(error, smtplib.SMTPException)
            has_answered = has_answered and not isinstance(error, smtplib.SMTPServerDisconnected)
            why = f"{'does not let us in' if has_answered else 'does not answer'}: {error}"
        _away_until[place] = time.monotonic() + LEFT_IN_PEACE
        raise NotNow(f"The mail server at {self.host} {why}")

    def _asked(self) -> smtplib.SMTP:
        server: smtplib.SMTP
        context = ssl.create_default_context()
        if self.security == "tls":
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _answer(error: smtplib.SMTPException) -> tuple[int, str]:
    """The server's code and words."""
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    else:
        assert isinstance(error, smtplib.SMTPResponseException)
        code, words = error.smtp_code, error.smtp_error
    return code, words.decode(errors="replace") if isinstance(words, bytes) else words


@dataclass(frozen=True)
class Post:
    """Who writes, and how the letters leave.

    Attributes:
        name: tells what the site is called at the moment.
        address: from which it writes.
        url: the site's own address, for links in letters; without a slash at its end.
    """

    backend: Backend
    name: Callable[[], str]
    address: str
    url: str


_post: Post | None = None


def configure(post: Post) -> None:
    """Set who writes and how letters leave."""
    global _post
    _post = post
    _away_until.clear()


def site_url(path: str = "") -> str:
    """An address on this site in full, for where no request is there to ask."""
    return _configured().url + path


def site_name() -> str:
    """Who the letters are from."""
    return _configured().name()


def place() -> str:
    """Where letters go, for an administrator."""
    return str(_configured().backend)


def deliver(work: Work) -> None:
    """Send the letter of a job."""
    post = _configured()
    message = compose(
        work.payload,
        key=work.key,
        written_at=work.created_at,
        sender=Address(display_name=post.name(), addr_spec=post.address),
        host=urlsplit(post.url).hostname or "localhost",
    )
    post.backend.deliver(work, message)


def _configured() -> Post:
    if _post is None:
        raise RuntimeError("Call mail.delivery.configure first.")
    return _post
