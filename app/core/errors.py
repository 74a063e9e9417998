"""The ways a deed can be turned down. Each carries words for the person; the web turns each into a page."""


class Declined(Exception):
    """Base of all: the deed was not done, nothing was changed, and `str(error)` says why in plain words."""


class NotAllowed(Declined):
    """The policy says that this person may not do this; the message says what is missing."""


class SignInNeeded(NotAllowed):
    """It may be allowed, but nobody is signed in."""


class ProofNeeded(Declined):
    """It is allowed, but it has been too long since the person showed that it is them."""


class Refused(Declined):
    """A rule of the thing itself says no, for example because it is closed or was withdrawn."""


class Invalid(Declined):
    """What was typed cannot be taken as it is.

    Args:
        message: what is wrong, in plain words.
        field: the name of the form field it belongs to, if it belongs to one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Gone(Declined):
    """What was asked for was here once and has been withdrawn or deleted."""


class TooMany(Declined):
    """It was tried too often within a short time.

    Args:
        message: what the limit is and when it ends, in plain words.
        seconds: how long to wait until it can be tried again.
        limit: the name of the limit that was reached.
        key: under what it counted, where that is neither the person nor where they come from.
    """

    def __init__(self, message: str, seconds: int, limit: str = "", key: str = "") -> None:
        super().__init__(message)
        self.seconds = seconds
        self.limit = limit
        self.key = key
