"""Which language and zone a page is drawn in: the reader's choice, else what the browser asks for, else the site's."""

from flask import current_app, request
from flask_login import current_user


def locale() -> str:
    """The language that the reader chose, else the one of the site's that their browser likes best."""
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    if len(languages) == 1 or not request:
        return languages[0]
    chosen: str = getattr(current_user, "language", "")
    return chosen if chosen in languages else request.accept_languages.best_match(languages) or languages[0]


def time_zone() -> str:
    """The zone that the reader chose; else UTC, which the reader's browser turns into its own."""
    chosen: str = getattr(current_user, "time_zone", "") if request else ""
    return chosen or "UTC"
